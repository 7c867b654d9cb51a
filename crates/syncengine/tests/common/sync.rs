//! Synchronization cases as text: rules and objects in, exports, errors and metaverse out.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_model::{
    AttributeValue, CsObject, DistinguishedName, Guid, PendingExport, SyncRule,
    pending::{Cause, Operation},
};
use dirlift_syncengine::{
    Scalar, Value,
    sync::{
        Connector, ConnectorKind, Mark, MetaverseObject, ObjectError, Options, Partition,
        Predicted, Readable, Synchronization, Synchronized,
    },
};

use super::{pieces, rules, value};

/// What is synchronized, and what is expected of it.
#[derive(Clone, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) rules: Vec<SyncRule>,
    pub(crate) connectors: Vec<Connector>,
    pub(crate) objects: Vec<(Guid, CsObject, Mark)>,
    pub(crate) options: Vec<String>,
    /// Lines as [`shown`] gives them.
    pub(crate) expected: Vec<String>,
}

/// The connectors that every case has: two of Active Directory and the cloud.
pub(crate) fn connectors() -> Vec<Connector> {
    let connector = |number: u128, name, kind| Connector::new(Guid::from_u128(number), name, kind);
    vec![
        connector(1, "AD", ConnectorKind::ActiveDirectory),
        connector(3, "AD2", ConnectorKind::ActiveDirectory),
        connector(2, "AAD", ConnectorKind::Entra),
    ]
}

/// Reads the cases of a file. Paragraphs that begin with `rules NAME` are rules for `use NAME`.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut named: BTreeMap<String, Vec<SyncRule>> = BTreeMap::new();
    let mut out: Vec<Case> = Vec::new();
    let mut set: Option<String> = None;
    for line in text.lines().filter(|it| !it.trim().is_empty() && !it.starts_with('#')) {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        if word == "rules" {
            set = Some(rest.to_owned());
            continue;
        }
        if word == "case" {
            set = None;
            let case = Case { name: rest.to_owned(), connectors: connectors(), ..Case::default() };
            out.push(case);
            continue;
        }
        let used = if word == "use" {
            named.get(rest).cloned().unwrap_or_else(|| panic!("no rules {rest}"))
        } else {
            Vec::new()
        };
        let list = match &set {
            Some(name) => named.entry(name.clone()).or_default(),
            None => &mut out.last_mut().unwrap_or_else(|| panic!("before a case: {line}")).rules,
        };
        match word {
            "rule" => list.push(rules::rule(
                &rest.replace(" aad", " connector:2").replace(" ad2", " connector:3"),
            )),
            "scope" => list.last_mut().unwrap().scope.push(rules::group(rest)),
            "join" => list.last_mut().unwrap().joins.push(rules::join(rest)),
            "flow" => list.last_mut().unwrap().mappings.push(rules::mapping(rest)),
            "use" => list.extend(used),
            _ => {
                let case = out.last_mut().unwrap();
                match word {
                    "AD" | "AD2" | "AAD" => case.objects.push(object(word, rest)),
                    "option" => case.options.push(rest.to_owned()),
                    "parameter" => parameter(&mut case.connectors, rest),
                    "export" | "error" | "mv" | "count" | "predict" => {
                        case.expected.push(line.trim().to_owned());
                    }
                    _ => panic!("{line}"),
                }
            }
        }
    }
    out
}

/// `user CN=Ann [synced|cloud|id:GUID]: name = value; ...`
fn object(connector: &str, text: &str) -> (Guid, CsObject, Mark) {
    let (head, attributes) = text.split_once(": ").unwrap_or((text.trim_end_matches(':'), ""));
    let words: Vec<_> = head.split(' ').collect();
    let mut object = CsObject::new(words[1].parse().unwrap(), words[0]);
    let mut mark = Mark::Inferred;
    for word in &words[2..] {
        match *word {
            "synced" => mark = Mark::Synchronised,
            "cloud" => mark = Mark::CloudOnly,
            word => object.id = Some(word.strip_prefix("id:").unwrap().parse().unwrap()),
        }
    }
    for piece in pieces(attributes, ';').into_iter().filter(|it| !matches!(it.trim(), "" | "-")) {
        let (name, text) = piece.split_once('=').unwrap_or_else(|| panic!("{piece}"));
        let values = value(text).scalars().iter().map(attribute_value).collect();
        object.set(name.trim().into(), values);
    }
    let connector = connectors().into_iter().find(|it| it.name == connector).unwrap();
    (connector.id, object, mark)
}

fn attribute_value(scalar: &Scalar) -> AttributeValue {
    match scalar {
        Scalar::Text(text) => AttributeValue::String(text.to_string()),
        Scalar::Number(number) => AttributeValue::Integer(*number),
        Scalar::Boolean(boolean) => AttributeValue::Boolean(*boolean),
        Scalar::Binary(bytes) => AttributeValue::Binary(bytes.to_vec()),
        Scalar::Reference(name) => AttributeValue::Reference((**name).clone()),
        Scalar::Date(_) => panic!("no directory has dates"),
    }
}

/// `AD Domain.FQDN=x` or `AD below DC=b Domain.FQDN=x`
fn parameter(connectors: &mut [Connector], text: &str) {
    let words: Vec<_> = text.split(' ').collect();
    let connector = connectors.iter_mut().find(|it| it.name == words[0]).unwrap();
    let (name, value) = words.last().unwrap().split_once('=').unwrap();
    let parameter = (name.to_owned(), value.to_owned());
    match words[1] {
        "below" => connector.partitions.push(Partition {
            root: words[2].parse().unwrap(),
            parameters: BTreeMap::from([parameter]),
        }),
        _ => connector.parameters.extend([parameter]),
    }
}

fn options(case: &Case, threads: usize) -> Options {
    let mut options = Options::at("2026-01-02T03:04:05Z".parse().unwrap());
    options.threads = threads;
    for line in &case.options {
        let words: Vec<_> = line.split(' ').collect();
        match words[0] {
            "no-history" => options.history = false,
            "readable" => {
                let names: BTreeSet<_> = words[2..].iter().map(|it| (*it).into()).collect();
                let mut map = match &options.readable {
                    Readable::Only(map) => map.clone(),
                    Readable::All => BTreeMap::new(),
                };
                map.insert(words[1].into(), names);
                options.readable = Readable::Only(map);
            }
            "federated" => {
                options.tenant.federated_domains.extend(words[1..].iter().map(ToString::to_string));
            }
            "administrator" => {
                options
                    .tenant
                    .administrators
                    .extend(words[1..].iter().map(|it| it.parse::<Guid>().unwrap()));
            }
            "no-upn-match" => options.tenant.soft_match_on_upn = false,
            "block-soft-match" => options.tenant.blocks_soft_match = true,
            "block-hard-match" => options.tenant.blocks_hard_match = true,
            other => panic!("{other}"),
        }
    }
    options
}

/// Synchronizes a case with its objects in the given order.
pub(crate) fn run(case: &Case, order: &[usize], threads: usize) -> Synchronized {
    let mut sync =
        Synchronization::with_rules(&case.rules, case.connectors.clone(), options(case, threads))
            .unwrap();
    for it in order {
        let (connector, object, mark) = case.objects[*it].clone();
        sync.add_marked(connector, object, mark).unwrap();
    }
    sync.run().unwrap()
}

/// Everything about a synchronization, a line each. The metaverse and counts only if they are asked for.
pub(crate) fn shown(done: &Synchronized, metaverse: bool, counts: bool) -> Vec<String> {
    let mut out: Vec<String> = done.exports().map(|it| export(&it)).collect();
    out.extend(done.errors().map(|it| error(&it)));
    out.extend(done.predicted().iter().map(predicted));
    if metaverse {
        out.extend(done.metaverse().map(|it| mv(&it)));
    }
    if counts {
        let summary = done.summary();
        let mut count = |name: &str, n: u64| {
            if n > 0 {
                out.push(format!("count {name} {n}"));
            }
        };
        count("held", summary.held);
        count("kept", summary.kept_without_history);
        count("left-out", summary.references_left_out);
        for it in &summary.unreadable {
            count(&format!("unreadable {} {}", it.object_type, it.attribute), it.count);
        }
        if !summary.settled {
            count("unsettled", summary.passes);
        }
    }
    for line in &mut out {
        line.truncate(line.trim_end().len());
    }
    out.sort();
    out
}

fn list(values: &[AttributeValue]) -> String {
    Value::many(values.iter().cloned().map(Scalar::from).collect()).to_string()
}

fn export(it: &PendingExport) -> String {
    let is_new = matches!(it.operation, Operation::Add | Operation::DeleteAdd);
    let mut out = format!("export {} {} {} {}", it.connector, it.operation, it.object_type, it.dn);
    if let Some(name) = &it.new_dn {
        out.push_str(" to ");
        out.push_str(name.as_str());
    }
    let changes = it.changes.iter().map(|change| {
        let rule = change.rule.as_deref().unwrap_or("-");
        if is_new && change.old.is_empty() {
            format!("{} = {} ({rule})", change.attribute, list(&change.new))
        } else {
            format!("{}: {} -> {} ({rule})", change.attribute, list(&change.old), list(&change.new))
        }
    });
    let mut parts: Vec<String> = changes.collect();
    if !it.unreadable.is_empty() {
        let names: Vec<_> = it.unreadable.iter().map(ToString::to_string).collect();
        parts.push(format!("unreadable {}", names.join(" ")));
    }
    match it.cause.as_ref().unwrap() {
        Cause::Flowed => {}
        Cause::Provisioned { rule } => parts.push(format!("provisioned by {rule}")),
        it @ Cause::OutOfScope { .. } => parts.push(it.to_string()),
        Cause::SourceGone { anchor } => parts.push(format!("source gone {anchor}")),
    }
    out + ": " + &parts.join("; ")
}

fn error(it: &ObjectError) -> String {
    let target = it.target.as_ref().map_or(String::new(), |it| format!(" for {it}"));
    format!("error {} {}{target}: {}", it.connector, it.dn, it.problem)
}

/// What the cloud would say, both partners with the objects that they come from.
fn predicted(it: &Predicted) -> String {
    let from =
        |it: Option<&DistinguishedName>| it.map_or(String::new(), |it| format!(" from {it}"));
    let partner = it.partner.as_ref().and_then(|it| it.source.as_ref());
    format!("predict {it}{} ({})", from(partner), from(it.source.as_ref()).trim_start())
}

fn mv(it: &MetaverseObject) -> String {
    let links: Vec<_> =
        it.links.iter().map(|(connector, dn)| format!("{connector} {dn}")).collect();
    let attributes: Vec<_> = it
        .attributes
        .iter()
        .map(|it| format!("{} = {} ({})", it.name, list(&it.values), it.rule))
        .collect();
    format!("mv {} [{}] {}", it.object_type, links.join("; "), attributes.join("; "))
        .trim_end()
        .to_owned()
}
