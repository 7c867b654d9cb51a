//! `partition`: which naming contexts, object types and containers are in scope.
use dirlift_model::{
    AttributeName, DistinguishedName,
    config::{ContainerScope, Partition},
};

use crate::{
    context::{Context, shown},
    known::{self, Shape},
    xml::Element,
};

/// `partition`
pub(crate) fn partition(cx: &mut Context, element: &Element<'_>) -> Partition {
    cx.check(element, &known::PARTITION);
    let selected = cx.child_switch(element, "selected");
    if selected.is_none() {
        cx.problem(
            element.at,
            format_args!(
                "`partition` does not say whether it is selected; it is taken as not selected"
            ),
        );
    }
    let mut partition = Partition {
        id: cx.child_guid(element, "id"),
        name: cx.child_text(element, "name").unwrap_or_default(),
        selected: selected.unwrap_or(false),
        object_classes: Vec::new(),
        scope: ContainerScope::default(),
        dns_name: None,
        guid: None,
        is_domain: None,
        last_domain_controller: None,
        preferred_domain_controllers: Vec::new(),
        alternate_login: None,
        location: cx.location(element.at),
    };
    if let Some(filter) = element.child("filter") {
        cx.check(filter, &known::FILTER);
        if let Some(classes) = filter.child("object-classes") {
            let names = texts(cx, classes, &known::OBJECT_CLASSES, "object-class");
            partition.object_classes = names.into_iter().map(AttributeName::new).collect();
        }
        if let Some(containers) = filter.child("containers") {
            cx.check(containers, &known::CONTAINERS);
            partition.scope.inclusions =
                names(cx, containers, "inclusions", &known::INCLUSIONS, "inclusion");
            partition.scope.exclusions =
                names(cx, containers, "exclusions", &known::EXCLUSIONS, "exclusion");
        }
    }
    if let Some(data) = element.child("custom-data") {
        cx.check(data, &known::CUSTOM_DATA);
        if let Some(data) = data.child("adma-partition-data") {
            directory(cx, data, &mut partition);
        }
    }
    partition
}

fn directory(cx: &mut Context, data: &Element<'_>, partition: &mut Partition) {
    cx.check(data, &known::ADMA_PARTITION);
    partition.dns_name = cx.child_text(data, "name");
    partition.guid = cx.child_guid(data, "guid").filter(|it| !it.is_nil());
    partition.is_domain = cx.child_switch(data, "is-domain");
    partition.last_domain_controller = cx.child_text(data, "last-dc");
    if let Some(preferred) = data.child("preferred-dcs") {
        partition.preferred_domain_controllers =
            texts(cx, preferred, &known::PREFERRED_DCS, "preferred-dc");
    }
    let (user, domain) = (cx.child_text(data, "login-user"), cx.child_text(data, "login-domain"));
    partition.alternate_login = match (user, domain) {
        (Some(user), Some(domain)) => Some(format!("{domain}\\{user}")),
        (user, None) => user,
        (None, Some(_)) => {
            cx.problem(
                data.at,
                format_args!("`adma-partition-data` has a `login-domain` without a `login-user`"),
            );
            None
        }
    };
}

fn texts(cx: &mut Context, list: &Element<'_>, shape: &Shape, name: &str) -> Vec<String> {
    cx.check(list, shape);
    list.all(name).filter_map(|it| cx.leaf(it)).collect()
}

fn names(
    cx: &mut Context,
    parent: &Element<'_>,
    list: &str,
    shape: &Shape,
    name: &str,
) -> Vec<DistinguishedName> {
    let Some(list) = parent.child(list) else { return Vec::new() };
    cx.check(list, shape);
    let mut all = Vec::new();
    for entry in list.all(name) {
        cx.check(entry, &known::LEAF);
        // A blank at the end may belong to the name, escaped.
        let text = entry.text.trim_matches(['\t', '\r', '\n']).trim_start();
        match text.parse() {
            Ok(dn) => all.push(dn),
            Err(error) => {
                cx.problem(entry.at, format_args!("`{name}` is `{}`: {error}", shown(text)));
            }
        }
    }
    all
}
