//! What is imported: partitions, containers, object classes and attributes.
use dirlift_model::{
    AttributeName, DistinguishedName,
    config::{Connector, ContainerScope},
};

use crate::{entry::is_secret_attribute, schema::STOCK};

/// Object classes that are imported when no configuration says which.
const STOCK_CLASSES: [&str; 4] = ["contact", "group", "inetOrgPerson", "user"];

/// What is imported from a forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRequest {
    /// The selected partitions; without any, every domain of the forest, whole.
    pub partitions: Vec<PartitionRequest>,
    /// Object classes of partitions that name none.
    pub object_classes: Vec<AttributeName>,
    /// The attributes to bring; what the directory does not have is reported.
    pub attributes: Vec<AttributeName>,
}

/// What is imported of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRequest {
    /// The name of the partition.
    pub naming_context: DistinguishedName,
    /// Object classes; without any, those of the request.
    pub object_classes: Vec<AttributeName>,
    /// Containers in and out of scope; the longest match decides.
    pub scope: ContainerScope,
}

impl PartitionRequest {
    /// A whole partition.
    pub fn whole(naming_context: DistinguishedName) -> Self {
        let scope =
            ContainerScope { inclusions: vec![naming_context.clone()], exclusions: Vec::new() };
        Self { naming_context, object_classes: Vec::new(), scope }
    }

    /// Containers to search: the outermost that are included. What lies below and is out of scope is left out later.
    pub(crate) fn bases(&self) -> Vec<DistinguishedName> {
        let mut bases: Vec<&DistinguishedName> = Vec::new();
        for container in &self.scope.inclusions {
            // The same container may be named twice, and one that is also excluded holds nothing by itself.
            let is_inner =
                self.scope.inclusions.iter().any(|it| container != it && container.is_within(it));
            if !is_inner && !bases.contains(&container) {
                bases.push(container);
            }
        }
        bases.into_iter().cloned().collect()
    }
}

impl ImportRequest {
    /// Whether objects of a class are brought, of one partition at least.
    pub fn brings(&self, class: &AttributeName) -> bool {
        let partitions = self.partitions.iter().map(|it| &it.object_classes);
        let mut lists = partitions.filter(|it| !it.is_empty()).chain([&self.object_classes]);
        lists.any(|it| it.contains(class))
    }

    /// Every domain, with the classes and attributes that the stock connectors select.
    pub fn stock() -> Self {
        Self {
            partitions: Vec::new(),
            object_classes: STOCK_CLASSES.map(AttributeName::from).to_vec(),
            attributes: STOCK.split_ascii_whitespace().map(AttributeName::from).collect(),
        }
    }

    /// What a connector is configured to import. The second part says what of it cannot be used, and why.
    pub fn from_connector(connector: &Connector) -> (Self, Vec<String>) {
        let mut request = Self::stock();
        let mut problems = Vec::new();
        if let Some(selected) = &connector.attribute_inclusion {
            request.attributes.clone_from(selected);
        }
        request.attributes.retain(|it| {
            let is_secret = is_secret_attribute(it.as_str());
            if is_secret {
                problems.push(format!("attribute {it} is never imported: it holds a secret"));
            }
            !is_secret
        });
        for partition in &connector.partitions {
            if !partition.selected {
                continue;
            }
            match partition.name.parse() {
                Ok(naming_context) => {
                    let object_classes = partition.object_classes.clone();
                    let scope = partition.scope.clone();
                    request.partitions.push(PartitionRequest {
                        naming_context,
                        object_classes,
                        scope,
                    });
                }
                Err(error) => {
                    problems.push(format!("partition `{}` is left out: {error}", partition.name));
                }
            }
        }
        if request.partitions.is_empty() {
            problems.push(
                "the connector has no partition selected; every domain is imported".to_owned(),
            );
        }
        (request, problems)
    }

    /// The partition that an object lies in, if it was selected. Without any, the second part says that all are.
    pub(crate) fn partition_of(
        &self,
        object: &DistinguishedName,
    ) -> (Option<&PartitionRequest>, bool) {
        let own = self.partitions.iter().filter(|it| object.is_within(&it.naming_context));
        (own.max_by_key(|it| it.naming_context.depth()), self.partitions.is_empty())
    }

    /// Whether an object is in scope.
    pub(crate) fn is_in_scope(&self, object: &DistinguishedName) -> bool {
        match self.partition_of(object) {
            (Some(partition), _) => partition.scope.contains(object),
            (None, takes_all) => takes_all,
        }
    }

    /// The object class as it was asked for, if it was.
    pub(crate) fn class_of(
        &self,
        object: &DistinguishedName,
        class: &str,
    ) -> Option<&AttributeName> {
        let partition = self.partition_of(object).0;
        let classes = partition.map_or(&*self.object_classes, |it| self.classes(it));
        classes.iter().find(|it| it.is(class))
    }

    /// The classes of a partition.
    pub(crate) fn classes<'r>(&'r self, partition: &'r PartitionRequest) -> &'r [AttributeName] {
        if partition.object_classes.is_empty() {
            &self.object_classes
        } else {
            &partition.object_classes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_a_partition_stand_before_those_of_the_request() {
        let mut request = ImportRequest::stock();
        request.object_classes = vec!["user".into()];
        request.partitions = vec![PartitionRequest::whole("DC=a".parse().unwrap())];
        let brings = |it: &ImportRequest, class: &str| it.brings(&class.into());
        assert!(brings(&request, "USER") && !brings(&request, "computer"));
        request.partitions[0].object_classes = vec!["computer".into()];
        assert!(brings(&request, "computer"));
    }

    fn partition(inclusions: &[&str], exclusions: &[&str]) -> PartitionRequest {
        let dns = |all: &[&str]| all.iter().map(|it| it.parse().unwrap()).collect();
        PartitionRequest {
            naming_context: "DC=x".parse().unwrap(),
            object_classes: Vec::new(),
            scope: ContainerScope { inclusions: dns(inclusions), exclusions: dns(exclusions) },
        }
    }

    #[test]
    fn only_the_outermost_containers_are_searched() {
        let cases: [(&[&str], &[&str]); 4] = [
            (&["DC=x", "OU=a,DC=x"], &["DC=x"]),
            (&["OU=a,DC=x", "OU=b,DC=x", "OU=c,OU=a,DC=x"], &["OU=a,DC=x", "OU=b,DC=x"]),
            (&["OU=a,DC=x", "ou=A,dc=X"], &["OU=a,DC=x"]),
            (&[], &[]),
        ];
        for (inclusions, expected) in cases {
            let bases = partition(inclusions, &[]).bases();
            let bases: Vec<_> = bases.iter().map(DistinguishedName::as_str).collect();
            assert_eq!(bases, expected);
        }
    }

    #[test]
    fn the_stock_request_holds_no_secret() {
        let stock = ImportRequest::stock();
        assert!(stock.attributes.iter().all(|it| !is_secret_attribute(it.as_str())));
        assert!(stock.attributes.contains(&"proxyAddresses".into()));
    }
}
