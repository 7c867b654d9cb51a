//! Connectors of both sides: what they read, and from where.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    AttributeName, DistinguishedName,
    config::{Connector, ContainerScope, Partition},
    difference::{Area, Difference, Kind},
    text::plural,
};

use super::{
    Configuration,
    pairs::Links,
    words::{Sink, settings, value},
};

/// Parameters of connectors that change by themselves, or that are accounts and hold no decision.
const VOLATILE: [&str; 4] = ["cookie", "last-dc", "UserName", "forest-login-user"];

/// Takes the differences of one connector.
struct Report<'s> {
    subject: &'s str,
    sink: &'s mut Sink,
}

impl Report<'_> {
    fn add(
        &mut self,
        kind: Kind,
        part: Option<&str>,
        what: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        self.sink.add(Difference {
            area: Area::Connector,
            subject: self.subject.to_owned(),
            connector: None,
            kind,
            part: part.map(ToOwned::to_owned),
            what: what.to_owned(),
            before: before.map(|it| value(&it)),
            after: after.map(|it| value(&it)),
        });
    }
}

/// Compares all connectors.
pub(super) fn compare(
    before: &Configuration,
    after: &Configuration,
    links: &Links,
    sink: &mut Sink,
) {
    for it in links.removed.iter().map(|it| &before.connectors[*it]) {
        let mut report = Report { subject: &it.name, sink };
        report.add(Kind::ConnectorRemoved, None, "connector removed", Some(summary(it)), None);
    }
    for it in links.added.iter().map(|it| &after.connectors[*it]) {
        let mut report = Report { subject: &it.name, sink };
        report.add(Kind::ConnectorAdded, None, "connector added", None, Some(summary(it)));
    }
    for (a, b) in &links.matched {
        let (old, new) = (&before.connectors[*a], &after.connectors[*b]);
        one(old, new, links, &mut Report { subject: &old.name, sink });
    }
}

fn summary(it: &Connector) -> String {
    let kind = if it.is_active_directory() {
        "Active Directory"
    } else if it.is_cloud() {
        "Microsoft Entra ID"
    } else {
        it.category.as_str()
    };
    let n_selected = it.partitions.iter().filter(|it| it.selected).count() as u64;
    format!("{kind}, {} in scope", plural(n_selected, "partition", "partitions"))
}

fn one(old: &Connector, new: &Connector, links: &Links, report: &mut Report<'_>) {
    if old.name.trim() != new.name.trim() {
        let (a, b) = (old.name.clone(), new.name.clone());
        report.add(Kind::ConnectorRenamed, None, "connector renamed", Some(a), Some(b));
    }
    partitions(old, new, report);
    object_types(old, new, report);
    attributes(old, new, report);
    properties(old, new, report);
    let no_parameters = Vec::new();
    let parameters = |it: &Connector| {
        let ad = it.active_directory.as_ref().map(|it| &it.parameters);
        ad.or(it.extensible.as_ref().map(|it| &it.parameters)).cloned()
    };
    let (a, b) = (parameters(old), parameters(new));
    let (a, b) = (a.as_ref().unwrap_or(&no_parameters), b.as_ref().unwrap_or(&no_parameters));
    settings(a, b, links, |name, kind, a, b| {
        if VOLATILE.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            return;
        }
        let what = match kind {
            Kind::ParameterAdded => format!("parameter {name} added"),
            Kind::ParameterRemoved => format!("parameter {name} removed"),
            _ => format!("parameter {name} changed"),
        };
        report.add(kind, Some(name), &what, a, b);
    });
}

fn key(it: &Partition) -> String {
    it.name.trim().to_lowercase()
}

fn partitions(old: &Connector, new: &Connector, report: &mut Report<'_>) {
    let by_name = |it: &'_ Connector| -> BTreeMap<String, usize> {
        it.partitions.iter().enumerate().map(|(idx, it)| (key(it), idx)).collect()
    };
    let (a, b) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        let was = a.get(name).map(|it| &old.partitions[*it]);
        let is = b.get(name).map(|it| &new.partitions[*it]);
        // One that is not in scope is as good as none.
        let selected = |it: Option<&Partition>| it.is_some_and(|it| it.selected);
        let Some(shown) = was.or(is) else { continue };
        match (selected(was), selected(is)) {
            (true, true) => {
                if let (Some(was), Some(is)) = (was, is) {
                    containers(&shown.name, &was.scope, &is.scope, report);
                }
            }
            (true, false) => {
                let a = was.map(|it| containers_in_words(&it.scope));
                let what = "partition left the scope";
                report.add(Kind::PartitionRemoved, Some(&shown.name), what, a, None);
            }
            (false, true) => {
                let b = is.map(|it| containers_in_words(&it.scope));
                let what = "partition came into scope";
                report.add(Kind::PartitionAdded, Some(&shown.name), what, None, b);
            }
            (false, false) => {}
        }
    }
}

fn containers_in_words(it: &ContainerScope) -> String {
    let count = |n: usize| plural(n as u64, "container", "containers");
    format!("{} included, {} excluded", count(it.inclusions.len()), count(it.exclusions.len()))
}

fn containers(
    partition: &str,
    old: &ContainerScope,
    new: &ContainerScope,
    report: &mut Report<'_>,
) {
    type Names<'a> = BTreeSet<&'a DistinguishedName>;
    fn only<'a>(one: &'a [DistinguishedName], other: &'a [DistinguishedName]) -> Names<'a> {
        let other: Names<'_> = other.iter().collect();
        one.iter().filter(|it| !other.contains(it)).collect()
    }
    let mut gone_in = only(&old.inclusions, &new.inclusions);
    let mut come_in = only(&new.inclusions, &old.inclusions);
    let mut gone_out = only(&old.exclusions, &new.exclusions);
    let mut come_out = only(&new.exclusions, &old.exclusions);
    let said = |it: &str| Some(it.to_owned());
    for (gone, come, was, is) in [
        (&mut gone_in, &mut come_out, "included", "excluded"),
        (&mut gone_out, &mut come_in, "excluded", "included"),
    ] {
        let moved: Vec<_> = gone.intersection(come).copied().collect();
        for it in moved {
            gone.remove(it);
            come.remove(it);
            let what = format!("container {it} changed");
            report.add(Kind::ContainerChanged, Some(it.as_str()), &what, said(was), said(is));
        }
    }
    for (gone, come, word) in [(gone_in, come_in, "included"), (gone_out, come_out, "excluded")] {
        if let ([a], [b]) = (&Vec::from_iter(&gone)[..], &Vec::from_iter(&come)[..]) {
            let what = format!("{word} container replaced by another");
            let (a, b) = (said(a.as_str()), said(b.as_str()));
            report.add(Kind::ContainerChanged, Some(partition), &what, a, b);
            continue;
        }
        for it in gone {
            let what = format!("container {it} removed");
            report.add(Kind::ContainerRemoved, Some(it.as_str()), &what, said(word), None);
        }
        for it in come {
            let what = format!("container {it} added");
            report.add(Kind::ContainerAdded, Some(it.as_str()), &what, None, said(word));
        }
    }
}

/// Object types of the partitions that are in scope on both sides.
fn object_types(old: &Connector, new: &Connector, report: &mut Report<'_>) {
    fn by_type<'a>(it: &'a Connector, both: &BTreeSet<String>) -> Types<'a> {
        let mut out = Types::new();
        for partition in it.partitions.iter().filter(|it| both.contains(&key(it))) {
            for class in &partition.object_classes {
                out.entry(class).or_default().insert(&partition.name);
            }
        }
        out
    }
    type Types<'a> = BTreeMap<&'a AttributeName, BTreeSet<&'a str>>;
    let selected = |it: &Connector| -> BTreeSet<String> {
        it.partitions.iter().filter(|it| it.selected).map(key).collect()
    };
    let both: BTreeSet<String> = selected(old).intersection(&selected(new)).cloned().collect();
    let (a, b) = (by_type(old, &both), by_type(new, &both));
    let say = |it: Option<&BTreeSet<&str>>| {
        let names = it.map(|it| it.iter().copied().collect::<Vec<_>>().join("; "))?;
        Some(format!("in {names}"))
    };
    let folded = |it: Option<&BTreeSet<&str>>| -> BTreeSet<String> {
        it.into_iter().flatten().map(|it| it.trim().to_lowercase()).collect()
    };
    let types: BTreeSet<_> = a.keys().chain(b.keys()).collect();
    for it in types {
        let (was, is) = (a.get(*it), b.get(*it));
        let (in_old, in_new) = (folded(was), folded(is));
        if in_old == in_new {
            continue;
        }
        let (kind, what) = if in_old.is_subset(&in_new) {
            (Kind::ObjectTypeAdded, format!("object type {it} added"))
        } else {
            (Kind::ObjectTypeRemoved, format!("object type {it} removed"))
        };
        report.add(kind, Some(it.as_str()), &what, say(was), say(is));
    }
}

fn attributes(old: &Connector, new: &Connector, report: &mut Report<'_>) {
    let (Some(a), Some(b)) = (&old.attribute_inclusion, &new.attribute_inclusion) else {
        if old.attribute_inclusion.is_some() != new.attribute_inclusion.is_some() {
            let say = |it: &Option<Vec<AttributeName>>| {
                let counted =
                    |it: &Vec<AttributeName>| plural(it.len() as u64, "attribute", "attributes");
                Some(it.as_ref().map_or("not stated".to_owned(), counted))
            };
            let (a, b) = (say(&old.attribute_inclusion), say(&new.attribute_inclusion));
            let part = Some("attribute selection");
            report.add(Kind::ConnectorSetting, part, "attribute selection changed", a, b);
        }
        return;
    };
    let (a, b): (BTreeSet<_>, BTreeSet<_>) = (a.iter().collect(), b.iter().collect());
    for it in a.difference(&b) {
        let what = format!("attribute {it} no longer selected");
        report.add(Kind::AttributeRemoved, Some(it.as_str()), &what, None, None);
    }
    for it in b.difference(&a) {
        let what = format!("attribute {it} selected");
        report.add(Kind::AttributeAdded, Some(it.as_str()), &what, None, None);
    }
}

fn properties(old: &Connector, new: &Connector, report: &mut Report<'_>) {
    let switch = |it: Option<bool>| {
        match it {
            Some(true) => "on",
            Some(false) => "off",
            None => "not stated",
        }
        .to_owned()
    };
    let text = |it: Option<&str>| it.map_or("none".to_owned(), |it| it.trim().to_owned());
    let rows = |it: &Connector| {
        let ad = it.active_directory.as_ref();
        let cloud = it.extensible.as_ref();
        [
            ("forest", text(ad.and_then(|it| it.forest_name.as_deref()))),
            (
                "password hash synchronisation",
                switch(ad.and_then(|it| it.password_hash_sync.as_ref()).map(|it| it.enabled)),
            ),
            ("password writeback", switch(cloud.and_then(|it| it.password_writeback))),
            ("tenant", text(cloud.and_then(|it| it.tenant.as_deref()))),
            (
                "action on deprovisioning",
                text(it.deprovisioning.as_ref().and_then(|it| it.action.as_deref())),
            ),
        ]
    };
    for ((name, a), (_, b)) in rows(old).into_iter().zip(rows(new)) {
        if !a.eq_ignore_ascii_case(&b) {
            let what = format!("{name} changed");
            report.add(Kind::ConnectorSetting, Some(name), &what, Some(a), Some(b));
        }
    }
}
