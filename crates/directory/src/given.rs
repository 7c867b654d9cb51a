//! Objects that somebody else reads: the selection of a directory, applied to them.
use std::collections::BTreeSet;

use dirlift_model::{AttributeName, CsObject, Objects};

use crate::{
    entry::is_secret_attribute,
    error::DirectoryError,
    forest::{Domain, Forest},
    report::{Event, Report},
    request::ImportRequest,
};

/// Objects of another reader, of which those are given on that were asked for.
pub(crate) struct Given {
    objects: Box<dyn Objects>,
    request: ImportRequest,
    wanted: BTreeSet<AttributeName>,
    report: Report,
}

impl Given {
    pub(crate) fn new(objects: Box<dyn Objects>, request: ImportRequest) -> Self {
        let wanted = request.attributes.iter().cloned().collect();
        let report = Report { forest: forest(&request), ..Report::default() };
        Self { objects, request, wanted, report }
    }

    /// The domains that were asked for by name.
    pub(crate) fn forest(&self) -> Option<&Forest> {
        self.report.forest.as_ref()
    }

    /// The next object that was asked for; `None` at the end.
    pub(crate) fn next_object(&mut self) -> Result<Option<CsObject>, DirectoryError> {
        while let Some(object) = self.objects.next_object().map_err(DirectoryError::Objects)? {
            if object.dn.dns_domain().is_none() {
                let dn = crate::entry::shown(object.dn.as_str());
                return Err(DirectoryError::NotActiveDirectory { dn });
            }
            if let Some(object) = self.take(object) {
                return Ok(Some(object));
            }
        }
        for remark in self.objects.remarks() {
            self.report.add(Event::Remark(remark));
        }
        Ok(None)
    }

    /// The account of the reading.
    pub(crate) fn into_report(self) -> Report {
        self.report
    }

    fn take(&mut self, object: CsObject) -> Option<CsObject> {
        self.report.n_entries += 1;
        if !self.request.is_in_scope(&object.dn) {
            self.report.n_out_of_scope += 1;
            return None;
        }
        let class = self.request.class_of(&object.dn, object.object_type.as_str());
        let Some(class) = class.cloned() else {
            self.report.n_other_classes += 1;
            return None;
        };
        *self.report.objects.entry(class.clone()).or_default() += 1;
        let mut kept = CsObject::new(object.dn.clone(), class);
        kept.id = object.id;
        for attribute in object.into_attributes() {
            if is_secret_attribute(attribute.name.as_str()) {
                self.report.n_secrets += attribute.values.len() as u64;
            } else if self.wanted.contains(&attribute.name) {
                kept.set(attribute.name, attribute.values);
            }
        }
        Some(kept)
    }
}

/// What the request says of the forest; nothing when it takes every partition.
fn forest(request: &ImportRequest) -> Option<Forest> {
    let mut domains: Vec<_> = request
        .partitions
        .iter()
        .map(|it| Domain {
            naming_context: it.naming_context.clone(),
            dns_name: it.naming_context.dns_domain(),
            netbios_name: None,
            functional_level: None,
            servers: Vec::new(),
        })
        .collect();
    domains.sort_by(|left, right| left.naming_context.cmp(&right.naming_context));
    let forest = Forest { domains, ..Forest::default() };
    (!request.partitions.is_empty()).then_some(forest)
}

#[cfg(test)]
mod tests {
    use dirlift_model::{AttributeValue, config::ContainerScope};

    use super::*;
    use crate::request::PartitionRequest;

    /// Objects of a test, with one remark.
    struct List(std::vec::IntoIter<CsObject>);

    impl Objects for List {
        fn next_object(
            &mut self,
        ) -> Result<Option<CsObject>, Box<dyn std::error::Error + Send + Sync>> {
            Ok(self.0.next())
        }

        fn remarks(&self) -> Vec<String> {
            vec!["something".to_owned()]
        }
    }

    fn object(dn: &str, class: &str) -> CsObject {
        let mut object = CsObject::new(dn.parse().unwrap(), class);
        for name in ["displayName", "title", "unicodePwd"] {
            object.set(name.into(), vec![AttributeValue::String(name.to_owned())]);
        }
        object
    }

    fn request() -> ImportRequest {
        let dns = |all: &[&str]| all.iter().map(|it| it.parse().unwrap()).collect();
        let scope = ContainerScope {
            inclusions: dns(&["OU=In,DC=x,DC=example", "OU=Back,OU=Out,OU=In,DC=x,DC=example"]),
            exclusions: dns(&["DC=x,DC=example", "OU=Out,OU=In,DC=x,DC=example"]),
        };
        let naming_context = "DC=x,DC=example".parse().unwrap();
        ImportRequest {
            partitions: vec![PartitionRequest {
                naming_context,
                object_classes: vec!["group".into(), "user".into()],
                scope,
            }],
            object_classes: vec!["contact".into()],
            attributes: vec!["displayname".into(), "unicodePwd".into()],
        }
    }

    #[test]
    fn the_same_is_selected_as_from_a_directory() {
        let objects = vec![
            object("CN=1,OU=In,DC=x,DC=example", "user"),
            object("CN=2,OU=Out,OU=In,DC=x,DC=example", "user"),
            object("CN=3,OU=Back,OU=Out,OU=In,DC=x,DC=example", "Group"),
            object("CN=4,OU=In,DC=x,DC=example", "contact"),
            object("CN=5,DC=x,DC=example", "user"),
            object("CN=6,OU=In,DC=y,DC=example", "user"),
        ];
        let mut given = Given::new(Box::new(List(objects.into_iter())), request());
        let mut names = Vec::new();
        while let Some(object) = given.next_object().unwrap() {
            let attributes: Vec<_> =
                object.attributes().iter().map(|it| it.name.as_str()).collect();
            assert_eq!(attributes, ["displayName"]);
            names.push(object.dn.first_component().unwrap().1);
        }
        assert_eq!(names, ["1", "3"]);
        let domain = given.forest().unwrap().domains[0].dns_name.clone();
        assert_eq!(domain.as_deref(), Some("x.example"));
        let report = given.into_report();
        assert_eq!((report.n_entries, report.n_objects()), (6, 2));
        assert_eq!((report.n_out_of_scope, report.n_other_classes, report.n_secrets), (3, 1, 2));
        assert_eq!(report.events, [Event::Remark("something".to_owned())]);
    }

    #[test]
    fn without_partitions_every_domain_is_taken_and_no_other_connector() {
        let all = ImportRequest { partitions: Vec::new(), ..request() };
        let objects =
            vec![object("CN=1,DC=y,DC=example", "contact"), object("CN={5151}", "contact")];
        let mut given = Given::new(Box::new(List(objects.into_iter())), all);
        assert!(given.forest().is_none());
        assert!(given.next_object().unwrap().is_some());
        let text = given.next_object().unwrap_err().to_string();
        assert!(text.contains("CN={5151}") && text.contains("another connector"), "{text}");
    }
}
