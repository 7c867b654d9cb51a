//! Sign-in data in free text: URLs with a password, connection strings, command lines. Readers drop credentials by the
//! names of their elements; what somebody typed into a description or a value is looked at here.
use std::borrow::Cow;

use dirlift_model::{SyncRule, rule::MappingSource, secret};

use crate::settings::SettingsFile;

/// The text without sign-in data; borrowed when there is none.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains("://") || text.to_ascii_lowercase().contains("password=") {
        let clean = secret::redact(text);
        if clean != text {
            return Cow::Owned(clean);
        }
    }
    Cow::Borrowed(text)
}

fn edit(text: &mut String) {
    if let Cow::Owned(clean) = clean(text) {
        *text = clean;
    }
}

/// A rule without sign-in data. What it does may be another thing then: see [`is_changed`].
pub(crate) fn rule(rule: &SyncRule) -> SyncRule {
    let mut rule = rule.clone();
    edit(&mut rule.name);
    edit(&mut rule.description);
    for mapping in &mut rule.mappings {
        mapping.expression.iter_mut().for_each(edit);
        if let MappingSource::Constant(it) = &mut mapping.source {
            edit(it);
        }
    }
    rule.scope.iter_mut().flat_map(|it| &mut it.clauses).for_each(|it| edit(&mut it.value));
    rule
}

/// Whether something of what a rule does was taken out.
pub(crate) fn is_changed(rule: &SyncRule) -> bool {
    let is_cut = |it: &str| it.contains(secret::REMOVED);
    rule.mappings.iter().any(|it| {
        let constant = match &it.source {
            MappingSource::Constant(it) => is_cut(it),
            MappingSource::Attributes(_) => false,
        };
        constant || it.expression.as_deref().is_some_and(is_cut)
    }) || rule.scope.iter().flat_map(|it| &it.clauses).any(|it| is_cut(&it.value))
}

/// Takes sign-in data out of everything that somebody may have typed.
pub(crate) fn settings(settings: &mut SettingsFile) {
    settings.global_parameters.iter_mut().for_each(|it| edit(&mut it.value));
    settings.custom_rules.iter_mut().for_each(|it| edit(&mut it.name));
    settings.disabled_standard_rules.iter_mut().for_each(|it| edit(&mut it.value));
    settings.filter_groups.iter_mut().for_each(|it| edit(&mut it.value));
    settings.custom_flows.iter_mut().for_each(|it| edit(&mut it.source));
    settings
        .custom_filters
        .iter_mut()
        .flat_map(|it| &mut it.conditions)
        .for_each(|it| edit(&mut it.value));
    for forest in &mut settings.forests {
        edit(&mut forest.name);
        edit(&mut forest.connector_name);
        let alternatives = forest.connector_filters.iter_mut().flat_map(|it| &mut it.alternatives);
        alternatives.flatten().for_each(|it| edit(&mut it.value));
    }
    settings.other_connectors.iter_mut().for_each(|it| edit(&mut it.name));
    settings.schedule.run_profiles.iter_mut().for_each(|it| edit(&mut it.name));
    settings.accounts.iter_mut().for_each(|it| edit(&mut it.name));
    for it in &mut settings.untranslated {
        edit(&mut it.what);
        edit(&mut it.why);
    }
    settings.notes.iter_mut().for_each(|it| edit(&mut it.what));
    for it in &mut settings.not_carried {
        edit(&mut it.what);
        edit(&mut it.why);
    }
    for it in &mut settings.blockers {
        edit(&mut it.title);
        edit(&mut it.detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sign_in_data_goes() {
        let cases = [
            ("http://a:b@c/d", "http://(removed)@c/d"),
            ("Server=a;Password=b;x", "Server=a;Password=(removed);x"),
            ("http://c/d", "http://c/d"),
            ("IIF([pwdLastSet]=0, \"token: x\", NULL)", "IIF([pwdLastSet]=0, \"token: x\", NULL)"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected);
        }
    }
}
