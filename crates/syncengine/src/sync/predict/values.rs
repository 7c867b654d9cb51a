//! Values that the cloud refuses for what they are.
use super::{PredictedOutcome, Predictor};
use crate::sync::exports::Record;

/// Most values of a certificate attribute (the service's page on synchronization errors, `LargeObject`).
const MAX_CERTIFICATES: usize = 15;
/// Largest photo, in bytes: about 100 KB.
const MAX_PHOTO: usize = 100 * 1024;
/// Longest user principal name, its part before `@`, and its domain, in characters.
const MAX_NAME: (usize, usize, usize) = (113, 64, 48);

impl Predictor<'_> {
    pub(super) fn values(&mut self, record: &Record) {
        let known = &self.done.state.attributes.known;
        let name = |attribute| self.done.state.attributes.name(attribute);
        let mut found = Vec::new();
        for attribute in [known.user_certificate, known.smime_certificate] {
            let n_values = self.new_values(record, attribute).map_or(0, |it| it.len());
            if n_values > MAX_CERTIFICATES {
                found.push((PredictedOutcome::LargeObject, name(attribute), None));
            }
        }
        let photos = self.new_values(record, known.photo).unwrap_or_default();
        if photos.iter().any(|it| it.bytes.len() > MAX_PHOTO) {
            found.push((PredictedOutcome::LargeObject, name(known.photo), None));
        }
        if let Some(new) = self.new_values(record, known.upn).and_then(|it| it.first().copied()) {
            let new = new.as_str();
            if !is_valid_name(new) {
                let value = Some(new.to_owned());
                found.push((PredictedOutcome::DataValidationFailed, name(known.upn), value));
            }
            let old = self.old_values(record.idx, known.upn);
            let old = old.first().and_then(|it| self.federated(it.as_str()));
            if let (Some(old), Some(domain)) = (old, self.federated(new))
                && old != domain
            {
                let value = Some(new.to_owned());
                found.push((PredictedOutcome::FederatedDomainChange, name(known.upn), value));
            }
        }
        for (outcome, attribute, value) in found {
            self.push(record, outcome, Some(attribute), value, None);
        }
    }

    /// The domain of a name, if it is federated.
    fn federated(&self, name: &str) -> Option<String> {
        let domain = name.rsplit_once('@')?.1.to_lowercase();
        let all = &self.done.state.options.tenant.federated_domains;
        all.iter().any(|it| it.eq_ignore_ascii_case(&domain)).then_some(domain)
    }
}

/// Whether the cloud takes a text for a user principal name.
fn is_valid_name(name: &str) -> bool {
    let Some((local, domain)) = name.split_once('@') else { return false };
    let (max, max_local, max_domain) = MAX_NAME;
    let allowed = |it: char| it.is_ascii_alphanumeric() || "'.-_!#^~".contains(it);
    name.len() <= max
        && (1..=max_local).contains(&local.len())
        && (1..=max_domain).contains(&domain.len())
        && local.chars().all(allowed)
        && domain.chars().all(|it| it.is_ascii_alphanumeric() || ".-".contains(it))
        && !local.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_cloud_takes() {
        for name in
            ["ann@fabrikam.example", "o'hara_1!#^~-@a.b", &format!("{}@a.b", "x".repeat(64))]
        {
            assert!(is_valid_name(name), "{name}");
        }
        let long = format!("{}@a.b", "x".repeat(65));
        for name in [
            "", "ann", "@a.b", "ann@", "a@b@c", "ann.@a.b", "an n@a.b", "änn@a.b", "a&b@c.d", &long,
        ] {
            assert!(!is_valid_name(name), "{name}");
        }
        assert!(!is_valid_name(&format!("a@{}.b", "x".repeat(48))));
    }
}
