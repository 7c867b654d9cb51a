//! Rules for the measurement: files of a folder, or a small set.
use std::{fs, path::Path};

use dirlift_model::{
    Guid, SyncRule,
    config::Location,
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingSource,
        ScopeClause, ScopeGroup, ScopeOperator, ValueMerge,
    },
};

/// Just enough of a reader of rule files; the real one is in another crate.
pub(crate) fn from_folder(folder: &Path) -> Vec<SyncRule> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().map(|it| read(&fs::read_to_string(it).unwrap())).collect()
}

fn element(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = after.split_once(&format!("</{name}>"))?;
    Some(quick_xml::escape::unescape(inner).unwrap().into_owned())
}

fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    let parts = text.split(open.as_str()).skip(1);
    let parts = parts.filter(|it| it.starts_with(['>', ' ']) && !it.starts_with(" />"));
    parts.map(|it| it.split(&format!("</{name}>")).next().unwrap()).collect()
}

fn read(text: &str) -> SyncRule {
    let get = |name: &str| element(text, name).unwrap_or_default();
    let part = |name: &str| elements(text, name).first().copied().unwrap_or_default();
    let groups = |it: &str| elements(part(it), "conditions");
    let mapping = |it: &str| {
        let attributes: Vec<_> =
            elements(it, "attr").into_iter().map(|it| it.trim_start_matches('>').into()).collect();
        let source = element(it, "src").filter(|_| attributes.is_empty());
        AttributeMapping {
            destination: element(it, "dest").unwrap().as_str().into(),
            source: source.map_or(MappingSource::Attributes(attributes), MappingSource::Constant),
            expression: element(it, "expression"),
            merge: ValueMerge::new(&element(it, "valueMergeType").unwrap()),
            execute_once: it.starts_with(" execute-once"),
        }
    };
    let clause = |it: &str| ScopeClause {
        attribute: element(it, "csAttribute").unwrap().as_str().into(),
        operator: ScopeOperator::new(&element(it, "csOperator").unwrap()),
        value: element(it, "csValue").unwrap_or_default(),
    };
    let condition = |it: &str| JoinCondition {
        attribute: element(it, "csAttribute").unwrap().as_str().into(),
        metaverse_attribute: element(it, "ilmAttribute").unwrap().as_str().into(),
        case_sensitive: element(it, "caseSensitive").map(|it| it.eq_ignore_ascii_case("true")),
    };
    let scopes = groups("synchronizationCriteria")
        .into_iter()
        .map(|it| ScopeGroup { clauses: elements(it, "scope").into_iter().map(clause).collect() });
    let joins = groups("relationshipCriteria").into_iter().map(|it| JoinGroup {
        conditions: elements(it, "condition").into_iter().map(condition).collect(),
    });
    SyncRule {
        scope: scopes.collect(),
        joins: joins.collect(),
        mappings: elements(part("attribute-mappings"), "mapping")
            .into_iter()
            .map(mapping)
            .collect(),
        connector: get("connector").parse().unwrap(),
        id: get("id").parse().unwrap(),
        ..rule(
            get("precedence").parse().unwrap(),
            &get("name"),
            &get("direction"),
            (&get("sourceObjectType"), &get("targetObjectType")),
            &get("linkType"),
        )
    }
}

fn rule(precedence: u32, name: &str, direction: &str, types: (&str, &str), link: &str) -> SyncRule {
    SyncRule {
        id: Guid::from_u128(precedence.into()),
        internal_id: None,
        version: Some(1),
        name: name.to_owned(),
        description: String::new(),
        immutable_tag: format!("Microsoft.{precedence}.001"),
        direction: Direction::new(direction),
        disabled: Some(false),
        connector: Guid::from_u128(if name.contains("AAD") { 2 } else { 1 }),
        source_object_type: types.0.into(),
        target_object_type: types.1.into(),
        link_type: LinkType::new(link),
        precedence: Some(precedence),
        precedence_after: None,
        precedence_before: None,
        soft_delete_expiry_interval: "00:00:00".to_owned(),
        enable_password_sync: Some(false),
        mappings: Vec::new(),
        joins: Vec::new(),
        scope: Vec::new(),
        location: Location { file: format!("{precedence}.xml"), line: 1, column: 1 },
    }
}

const PLAIN: [&str; 17] = [
    "displayName",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "legacyExchangeDN",
    "extensionAttribute1",
    "extensionAttribute2",
    "sn",
    "givenName",
    "company",
    "department",
    "title",
    "l",
    "telephoneNumber",
    "userPrincipalName",
    "manager",
    "member",
];

/// Three types in, three types out.
pub(crate) fn built_in() -> Vec<SyncRule> {
    let flow = |to: &str, expression: &str| AttributeMapping {
        execute_once: false,
        destination: to.into(),
        source: MappingSource::Attributes(Vec::new()),
        expression: Some(expression.to_owned()),
        merge: ValueMerge::Update,
    };
    let plain = |name: &&str| AttributeMapping {
        source: MappingSource::Attributes(vec![(*name).into()]),
        expression: None,
        ..flow(name, "")
    };
    let join = |attribute: &str| JoinGroup {
        conditions: vec![JoinCondition {
            attribute: attribute.into(),
            metaverse_attribute: attribute.into(),
            case_sensitive: None,
        }],
    };
    let mut out = Vec::new();
    for (at, (name, mv)) in
        (0..).zip([("user", "person"), ("group", "group"), ("contact", "person")])
    {
        let mut inward =
            rule(100 + at, &format!("In from AD - {name}"), "Inbound", (name, mv), "Provision");
        inward.joins = vec![join(if name == "contact" { "mail" } else { "objectSid" })];
        inward.mappings = PLAIN.iter().map(plain).collect();
        inward.mappings.push(plain(&"objectSid"));
        inward.mappings.push(flow("sourceAnchor", "ConvertToBase64([objectGUID])"));
        inward.mappings.push(flow("kind", &format!("\"{name}\"")));
        out.push(inward);
        let mut back =
            rule(110 + at, &format!("In from AAD - {name}"), "Inbound", (name, mv), "Join");
        back.joins = vec![join("sourceAnchor")];
        out.push(back);
        let mut outward =
            rule(120 + at, &format!("Out to AAD - {name}"), "Outbound", (mv, name), "Provision");
        outward.scope = vec![ScopeGroup {
            clauses: vec![ScopeClause {
                attribute: "kind".into(),
                operator: ScopeOperator::Equal,
                value: name.to_owned(),
            }],
        }];
        outward.joins = vec![join("sourceAnchor")];
        outward.mappings = PLAIN.iter().map(plain).collect();
        outward.mappings.push(plain(&"sourceAnchor"));
        outward.mappings.push(flow("dn", "\"CN={\" & ConvertToUTF8Hex([sourceAnchor]) & \"}\""));
        out.push(outward);
    }
    out
}
