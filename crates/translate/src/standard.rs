//! The built-in standard rules: what a fresh Entra Connect does, written for this project.
//!
//! They stand in for the target's own rules where those are not at hand. One TOML file in `rules/` holds a group of
//! rules; attributes, filters and behaviour come from the documents that each rule names, the expressions are our own.
mod file;

use std::{collections::BTreeSet, sync::LazyLock};

use dirlift_model::{
    AttributeName, Guid, SyncRule,
    config::Location,
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingSource,
        ScopeClause, ScopeGroup, ScopeOperator, ValueMerge,
    },
};
use uuid::Uuid;

use self::file::{File, Link, Lists, Rule, Side, When, expand, for_type};
use crate::names::cloud_name;

const FILES: &[(&str, &str)] = &[
    ("in-users.toml", include_str!("../rules/in-users.toml")),
    ("in-groups.toml", include_str!("../rules/in-groups.toml")),
    ("in-contacts.toml", include_str!("../rules/in-contacts.toml")),
    ("in-cloud.toml", include_str!("../rules/in-cloud.toml")),
    ("out-users.toml", include_str!("../rules/out-users.toml")),
    ("out-contacts.toml", include_str!("../rules/out-contacts.toml")),
    ("out-groups.toml", include_str!("../rules/out-groups.toml")),
    ("hybrid.toml", include_str!("../rules/hybrid.toml")),
    ("devices.toml", include_str!("../rules/devices.toml")),
];

/// First precedence of a standard rule; lower numbers are the customer's.
pub const FIRST_STANDARD_PRECEDENCE: u32 = 100;

/// The files as they were read.
struct Catalogue {
    lists: Lists,
    /// Name, text and content of each.
    files: Vec<(&'static str, &'static str, File)>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let lists = toml::from_str(include_str!("../rules/attributes.toml"))
        .expect("the lists are part of the program and a test reads them");
    let files = FILES.iter().map(|(name, text)| {
        let file = toml::from_str(text);
        (*name, *text, file.expect("the files are part of the program and a test reads them"))
    });
    Catalogue { lists, files: files.collect() }
});

/// Where a flow arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Metaverse,
    ActiveDirectory,
    Cloud,
}

/// Place, target type and target attribute of every flow.
static TARGETS: LazyLock<BTreeSet<(Place, AttributeName, AttributeName)>> = LazyLock::new(|| {
    let options = StandardOptions::default();
    let mut all = BTreeSet::new();
    for rule in CATALOGUE.files.iter().flat_map(|it| &it.2.rule) {
        for types in rule.types() {
            for flow in flows(rule, types, &options) {
                let place = match rule.connector {
                    _ if rule.is_inbound() => Place::Metaverse,
                    Side::ActiveDirectory => Place::ActiveDirectory,
                    Side::Cloud => Place::Cloud,
                };
                all.insert((place, types.1.into(), flow.destination));
            }
        }
    }
    all
});

/// What the standard rules depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardOptions {
    /// Exchange hybrid deployment: attributes are written back to Active Directory.
    pub exchange_hybrid: bool,
    /// Devices are written back to Active Directory.
    pub device_writeback: bool,
    /// Source anchor of users: `objectGUID`, the only one after `DirSync`, or `mS-DS-ConsistencyGuid`, which falls
    /// back to it. Any other attribute is taken as it is.
    pub source_anchor: AttributeName,
    /// Attribute that userPrincipalName is taken from instead of the directory's own.
    pub alternate_id: Option<AttributeName>,
}

impl Default for StandardOptions {
    fn default() -> Self {
        Self {
            exchange_hybrid: false,
            device_writeback: false,
            source_anchor: "objectGUID".into(),
            alternate_id: None,
        }
    }
}

/// One built-in rule as documents list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardRule {
    /// Its name; `{Type}` stands for several object types.
    pub name: &'static str,
    /// What it does, one sentence.
    pub does: &'static str,
    /// The document that it comes from.
    pub source: &'static str,
    /// Source and target object types, joined by an arrow.
    pub types: String,
    /// The option that it depends on, in words; none if it is always there.
    pub when: Option<&'static str>,
    /// Number of attribute flows (of the first object type).
    pub flows: usize,
    /// File and line it is written at.
    pub location: Location,
}

/// One file of built-in rules as documents list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardGroup {
    /// Name of the file.
    pub file: &'static str,
    /// What it is about, one sentence.
    pub doc: &'static str,
    /// Its rules in their order.
    pub rules: Vec<StandardRule>,
}

/// Every built-in rule, by file, for listings.
pub fn standard_catalogue() -> Vec<StandardGroup> {
    let groups = CATALOGUE.files.iter().map(|(file, text, content)| StandardGroup {
        file,
        doc: &content.doc,
        rules: content.rule.iter().map(|rule| listed(file, text, rule)).collect(),
    });
    groups.collect()
}

fn listed(file: &str, text: &str, rule: &'static Rule) -> StandardRule {
    let types = (rule.from.all().join(", "), rule.to.all().join(", "));
    let flows =
        rule.types().first().map_or(0, |it| flows(rule, *it, &StandardOptions::default()).len());
    StandardRule {
        name: rule.name.get_ref(),
        does: &rule.does,
        source: &rule.source,
        types: format!("{} → {}", types.0, types.1),
        when: rule.when.map(When::words),
        flows,
        location: location(file, text, rule),
    }
}

/// The standard rules for these connectors, in order of precedence from 100 on.
///
/// Every rule has its own identifier, derived from its name and connector: the same input gives the same rules. The
/// tag begins with `dirlift.`, so that nobody takes them for the product's own.
pub fn standard_rules(
    ad_connectors: &[Guid],
    cloud_connector: Guid,
    options: &StandardOptions,
) -> Vec<SyncRule> {
    let cloud = [cloud_connector];
    let mut rules = Vec::new();
    for (file, text, content) in &CATALOGUE.files {
        for rule in content.rule.iter().filter(|it| is_wanted(it, options)) {
            let connectors = if rule.connector == Side::Cloud { &cloud } else { ad_connectors };
            for types in rule.types() {
                for connector in connectors {
                    let mut instance = instance(rule, types, *connector, options);
                    instance.location = location(file, text, rule);
                    instance.precedence = u32::try_from(rules.len())
                        .ok()
                        .and_then(|it| it.checked_add(FIRST_STANDARD_PRECEDENCE));
                    rules.push(instance);
                }
            }
        }
    }
    if let Some(attribute) = &options.alternate_id {
        use_alternate_id(&mut rules, attribute);
    }
    rules
}

/// Makes every inbound rule take userPrincipalName from another attribute, as choosing it in the wizard does.
///
/// The directory's own userPrincipalName goes to `onPremisesUserPrincipalName` instead. Works on any set of rules, so
/// also on the product's own. Returns how many rules changed.
pub fn use_alternate_id(rules: &mut [SyncRule], attribute: &AttributeName) -> usize {
    let mut changed = 0;
    for rule in rules.iter_mut().filter(|it| it.direction == Direction::Inbound) {
        let accounts = ["user", "inetOrgPerson"];
        if !accounts.iter().any(|it| rule.source_object_type.is(it)) {
            continue;
        }
        let flow = rule.mappings.iter_mut().find(|it| it.destination.is("userPrincipalName"));
        let Some(flow) = flow else { continue };
        flow.source = MappingSource::Attributes(vec![attribute.clone()]);
        flow.expression = None;
        changed += 1;
        if !rule.mappings.iter().any(|it| it.destination.is("onPremisesUserPrincipalName")) {
            rule.mappings.push(direct("onPremisesUserPrincipalName", "userPrincipalName"));
        }
    }
    changed
}

/// Whether a standard rule flows to this attribute of this object type.
pub(crate) fn flows_to(place: Place, target_type: &AttributeName, target: &AttributeName) -> bool {
    TARGETS.contains(&(place, target_type.clone(), target.clone()))
}

fn is_wanted(rule: &Rule, options: &StandardOptions) -> bool {
    match rule.when {
        None => true,
        Some(When::ExchangeHybrid) => options.exchange_hybrid,
        Some(When::DeviceWriteback) => options.device_writeback,
    }
}

fn instance(
    rule: &Rule,
    types: (&str, &str),
    connector: Guid,
    options: &StandardOptions,
) -> SyncRule {
    let varying = rule.varying(types);
    let name = rule.name.get_ref().replace("{Type}", &capital(varying));
    let compact: String = name.chars().filter(|it| it.is_alphanumeric()).collect();
    SyncRule {
        id: rule_id(connector, &name),
        internal_id: None,
        version: Some(1),
        description: rule.does.clone(),
        immutable_tag: format!("dirlift.{compact}.001"),
        direction: if rule.is_inbound() { Direction::Inbound } else { Direction::Outbound },
        disabled: Some(false),
        connector,
        source_object_type: types.0.into(),
        target_object_type: types.1.into(),
        link_type: match rule.link {
            Link::Provision => LinkType::Provision,
            Link::Join => LinkType::Join,
        },
        precedence: None,
        precedence_after: None,
        precedence_before: None,
        soft_delete_expiry_interval: "00:00:00".to_owned(),
        enable_password_sync: Some(rule.password_sync),
        mappings: flows(rule, types, options),
        joins: rule
            .join
            .iter()
            .map(|it| JoinGroup { conditions: it.iter().filter_map(|it| join(it)).collect() })
            .collect(),
        scope: scope(rule, varying),
        location: location("", "", rule),
        name,
    }
}

/// The identifier of a rule: version 5 of RFC 9562, its name in the name space of its connector.
pub(crate) fn rule_id(connector: Guid, name: &str) -> Guid {
    let space = Uuid::from_bytes(connector.to_network_bytes());
    Guid::from_network_bytes(*Uuid::new_v5(&space, name.as_bytes()).as_bytes())
}

fn scope(rule: &Rule, object_type: &str) -> Vec<ScopeGroup> {
    let clauses = |group: &Vec<String>| {
        let of_type = group.iter().filter_map(|it| for_type(it, object_type));
        of_type.filter_map(clause).collect::<Vec<_>>()
    };
    let groups = rule.scope.iter().map(|it| ScopeGroup { clauses: clauses(it) });
    groups.filter(|it| !it.clauses.is_empty()).collect()
}

/// `attribute OPERATOR value`
fn clause(text: &str) -> Option<ScopeClause> {
    let mut words = text.splitn(3, ' ');
    Some(ScopeClause {
        attribute: words.next()?.into(),
        operator: ScopeOperator::new(words.next()?),
        value: words.next().unwrap_or_default().to_owned(),
    })
}

/// `connector space = metaverse`, or `==` where case counts.
fn join(text: &str) -> Option<JoinCondition> {
    let case_sensitive = text.contains("==");
    let separator = if case_sensitive { "==" } else { "=" };
    let (attribute, metaverse) = text.split_once(separator)?;
    Some(JoinCondition {
        attribute: attribute.into(),
        metaverse_attribute: metaverse.into(),
        case_sensitive: Some(case_sensitive),
    })
}

fn flows(rule: &Rule, types: (&str, &str), options: &StandardOptions) -> Vec<AttributeMapping> {
    let object_type = rule.varying(types);
    let to_cloud = rule.connector == Side::Cloud && !rule.is_inbound();
    let listed = |entries: &[String]| {
        let mut all = Vec::new();
        expand(entries, &CATALOGUE.lists, 0, &mut all);
        let of_type = all.iter().filter_map(|it| for_type(it, object_type));
        let pairs = of_type.map(|it| match it.split_once('=') {
            Some((target, source)) => (AttributeName::new(target), AttributeName::new(source)),
            None if to_cloud => (cloud_name(&it.into()), it.into()),
            None => (it.into(), it.into()),
        });
        pairs.collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for (target, source) in listed(&rule.copy) {
        all.push(direct(target.as_str(), source.as_str()));
    }
    for (target, source) in listed(&rule.text) {
        all.push(expression(target.as_str(), format!("Trim([{source}])")));
    }
    for (target, source) in listed(&rule.first) {
        let text =
            format!("IIF(IsPresent([{source}]), Left(Trim(Item([{source}], 1)), 448), NULL)");
        all.push(expression(target.as_str(), text));
    }
    if !rule.filtered.is_empty() {
        let conditions: Vec<_> = rule.filtered.iter().map(|it| format!("({it})")).collect();
        let text = format!("IIF({}, True, NULL)", conditions.join(" || "));
        all.push(expression("cloudFiltered", text));
    }
    for (target, value) in &rule.constant {
        if let Some(target) = for_type(target, object_type) {
            let source = MappingSource::Constant(value.clone());
            all.push(AttributeMapping { source, ..direct(target, target) });
        }
    }
    for (target, text) in &rule.expression {
        if let Some(target) = for_type(target, object_type) {
            all.push(expression(target, fill(text, options)));
        }
    }
    for flow in &mut all {
        if rule.merge.iter().any(|it| flow.destination.is(it)) {
            flow.merge = ValueMerge::MergeCaseInsensitive;
        }
        flow.execute_once = rule.once.iter().any(|it| flow.destination.is(it));
    }
    all
}

/// Puts the expressions that depend on an option, or that several rules share, into their places.
fn fill(text: &str, options: &StandardOptions) -> String {
    const GUID: &str = "ConvertToBase64([objectGUID])";
    const UPN: &str = "IIF(IsPresent([userPrincipalName]), Trim([userPrincipalName]), \
                       IIF(IsPresent([sAMAccountName]), [sAMAccountName] & \"@\" & %Domain.FQDN%, \
                       Error(\"the account has neither userPrincipalName nor sAMAccountName\")))";
    const MAIL_ENABLED: &str = "IIF(IsPresent([proxyAddresses]) && \
                                (((Contains([proxyAddresses], \"SMTP:\") > 0) && \
                                (InStr(Item([proxyAddresses], Contains([proxyAddresses], \"SMTP:\")), \"@\") > 0)) || \
                                (InStr([mail], \"@\") > 0)), True, False)";
    let anchor = match &options.source_anchor {
        it if it.is("objectGUID") => GUID.to_owned(),
        it if it.is("mS-DS-ConsistencyGuid") => {
            format!("IIF(IsPresent([{it}]), ConvertToBase64([{it}]), {GUID})")
        }
        it => format!("[{it}]"),
    };
    text.replace("{anchor}", &anchor).replace("{upn}", UPN).replace("{mail-enabled}", MAIL_ENABLED)
}

fn location(file: &str, text: &str, rule: &Rule) -> Location {
    let before = text.get(..rule.name.span().start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Location {
        file: format!("rules/{file}"),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: 1,
    }
}

/// A direct flow.
pub(crate) fn direct(target: &str, source: &str) -> AttributeMapping {
    AttributeMapping {
        execute_once: false,
        destination: target.into(),
        source: MappingSource::Attributes(vec![source.into()]),
        expression: None,
        merge: ValueMerge::Update,
    }
}

/// A flow of an expression; the attributes stand in the expression itself.
pub(crate) fn expression(target: &str, text: String) -> AttributeMapping {
    let source = MappingSource::Attributes(Vec::new());
    AttributeMapping { source, expression: Some(text), ..direct(target, target) }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

#[cfg(test)]
mod tests;
