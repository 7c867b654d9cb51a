//! What a forest says of itself: domains, servers, levels, schema.
use std::collections::BTreeMap;

use dirlift_model::{AttributeName, DistinguishedName};

use crate::{
    error::DirectoryError,
    ldap::{Connection, Filter, RawEntry, Scope, Search},
    request::ImportRequest,
    schema::{Schema, Syntax},
};

/// Names in one question to the schema.
const NAMES_PER_SEARCH: usize = 100;

/// Most partitions, servers and answers of the schema that are looked at; a forest of 50 domains has far fewer.
const MAX_FOUND: usize = 20_000;

/// `systemFlags` of a cross reference to a domain: it is a partition (1) of this forest and a domain (2).
const IS_DOMAIN: i64 = 0x3;

/// A forest, as far as an import needs to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forest {
    /// DNS name of the root domain, which is the name of the forest.
    pub dns_name: Option<String>,
    /// `forestFunctionality`: 4 is Windows Server 2008 R2, 7 is 2016.
    pub functional_level: Option<u32>,
    /// The domains, in the order of their names.
    pub domains: Vec<Domain>,
}

/// A domain of a forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its partition.
    pub naming_context: DistinguishedName,
    /// Its DNS name.
    pub dns_name: Option<String>,
    /// Its `NetBIOS` name.
    pub netbios_name: Option<String>,
    /// `msDS-Behavior-Version`: its functional level.
    pub functional_level: Option<u32>,
    /// Its domain controllers by DNS name, in order.
    pub servers: Vec<String>,
}

impl Forest {
    /// The domain that an object belongs to.
    pub fn domain_of(&self, object: &DistinguishedName) -> Option<&Domain> {
        let own = self.domains.iter().filter(|it| object.is_within(&it.naming_context));
        own.max_by_key(|it| it.naming_context.depth())
    }
}

/// What the first server said.
#[derive(Debug)]
pub(crate) struct Discovery {
    pub(crate) forest: Forest,
    /// Every partition, also those that are no domains.
    pub(crate) partitions: Vec<DistinguishedName>,
    /// The partition of the server's own domain.
    pub(crate) own_domain: Option<DistinguishedName>,
    /// The wanted attributes that the schema has.
    pub(crate) schema: Schema,
    pub(crate) missing_attributes: Vec<AttributeName>,
    pub(crate) missing_classes: Vec<AttributeName>,
}

/// Asks a server for everything.
pub(crate) async fn discover(
    connection: &mut Connection,
    request: &ImportRequest,
    page_size: u16,
) -> Result<Discovery, DirectoryError> {
    let during = "reading the rootDSE";
    let root = Search {
        base: String::new(),
        scope: Scope::Base,
        filter: Filter::everything(),
        attributes: [
            "configurationNamingContext",
            "defaultNamingContext",
            "forestFunctionality",
            "namingContexts",
            "rootDomainNamingContext",
            "schemaNamingContext",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let root = connection.entry(&root, during).await?.unwrap_or_default();
    let missing = |what: &str| DirectoryError::Unexpected {
        server: connection.server().to_owned(),
        during: during.to_owned(),
        reason: format!("its rootDSE has no {what}; it is not a domain controller"),
    };
    let configuration = root
        .text("configurationNamingContext")
        .ok_or_else(|| missing("configurationNamingContext"))?;
    let schema_context =
        root.text("schemaNamingContext").ok_or_else(|| missing("schemaNamingContext"))?;
    let name =
        |attribute: &str| root.text(attribute).and_then(|it| it.parse::<DistinguishedName>().ok());

    let (domains, partitions) = partitions(connection, configuration, page_size).await?;
    let mut forest = Forest {
        dns_name: name("rootDomainNamingContext").and_then(|it| it.dns_domain()),
        functional_level: root.text("forestFunctionality").and_then(|it| it.parse().ok()),
        domains,
    };
    servers(connection, configuration, page_size, &mut forest).await?;
    forest.domains.sort_by(|left, right| left.naming_context.cmp(&right.naming_context));

    let mut schema = Schema::default();
    for entry in
        lookup(connection, schema_context, "attributeSchema", &request.attributes, page_size)
            .await?
    {
        if let (Some(name), Some(syntax)) =
            (entry.text("lDAPDisplayName"), entry.text("attributeSyntax"))
        {
            schema.add(name.into(), Syntax::new(syntax));
        }
    }
    let mut classes: Vec<&AttributeName> = request
        .partitions
        .iter()
        .flat_map(|it| &it.object_classes)
        .chain(&request.object_classes)
        .collect();
    classes.sort();
    classes.dedup();
    let classes: Vec<AttributeName> = classes.into_iter().cloned().collect();
    let found = lookup(connection, schema_context, "classSchema", &classes, page_size).await?;
    let has_class = |class: &AttributeName| {
        found.iter().any(|it| it.text("lDAPDisplayName").is_some_and(|it| class.is(it)))
    };
    Ok(Discovery {
        forest,
        partitions,
        own_domain: name("defaultNamingContext"),
        missing_attributes: request
            .attributes
            .iter()
            .filter(|it| schema.get(it).is_none())
            .cloned()
            .collect(),
        missing_classes: classes.iter().filter(|it| !has_class(it)).cloned().collect(),
        schema,
    })
}

/// The cross references: every partition, and those that are domains with their names and levels.
async fn partitions(
    connection: &mut Connection,
    configuration: &str,
    page_size: u16,
) -> Result<(Vec<Domain>, Vec<DistinguishedName>), DirectoryError> {
    let search = Search {
        base: format!("CN=Partitions,{configuration}"),
        scope: Scope::OneLevel,
        filter: Filter::equal("objectClass", "crossRef"),
        attributes: ["nCName", "dnsRoot", "nETBIOSName", "systemFlags", "msDS-Behavior-Version"]
            .map(str::to_owned)
            .to_vec(),
    };
    let entries = connection.find(&search, page_size, MAX_FOUND, "reading the partitions").await?;
    let mut domains = Vec::new();
    let mut all = Vec::new();
    for entry in &entries {
        let Some(domain) = domain_of_cross_reference(entry) else { continue };
        all.push(domain.1.naming_context.clone());
        if domain.0 {
            domains.push(domain.1);
        }
    }
    all.sort();
    Ok((domains, all))
}

/// What a cross reference says, and whether it is about a domain of this forest.
pub(crate) fn domain_of_cross_reference(entry: &RawEntry<'_>) -> Option<(bool, Domain)> {
    let naming_context = entry.text("nCName")?.parse().ok()?;
    let flags: i64 = entry.text("systemFlags").and_then(|it| it.parse().ok()).unwrap_or(0);
    let domain = Domain {
        naming_context,
        dns_name: entry.text("dnsRoot").map(str::to_ascii_lowercase),
        netbios_name: entry.text("nETBIOSName").map(str::to_owned),
        functional_level: entry.text("msDS-Behavior-Version").and_then(|it| it.parse().ok()),
        servers: Vec::new(),
    };
    Some((flags & IS_DOMAIN == IS_DOMAIN, domain))
}

/// The domain controllers of each domain: a server object has the DNS name, its settings below it the domains.
async fn servers(
    connection: &mut Connection,
    configuration: &str,
    page_size: u16,
    forest: &mut Forest,
) -> Result<(), DirectoryError> {
    let mut search = Search {
        base: format!("CN=Sites,{configuration}"),
        scope: Scope::Subtree,
        filter: Filter::equal("objectClass", "server"),
        attributes: vec!["dNSHostName".to_owned()],
    };
    let during = "reading the domain controllers";
    let mut hosts = BTreeMap::new();
    for entry in connection.find(&search, page_size, MAX_FOUND, during).await? {
        if let (Ok(dn), Some(host)) =
            (entry.dn.parse::<DistinguishedName>(), entry.text("dNSHostName"))
        {
            hosts.insert(dn, host.to_ascii_lowercase());
        }
    }
    search.filter = Filter::equal("objectClass", "nTDSDSA");
    search.attributes = vec!["msDS-HasDomainNCs".to_owned(), "hasMasterNCs".to_owned()];
    for entry in connection.find(&search, page_size, MAX_FOUND, during).await? {
        let server = entry.dn.parse::<DistinguishedName>().ok().and_then(|it| it.parent());
        let Some(host) = server.and_then(|it| hosts.get(&it)) else { continue };
        let held = entry.texts("msDS-HasDomainNCs").chain(entry.texts("hasMasterNCs"));
        for dn in held.filter_map(|it| it.parse::<DistinguishedName>().ok()) {
            if let Some(domain) = forest.domains.iter_mut().find(|it| it.naming_context == dn)
                && !domain.servers.contains(host)
            {
                domain.servers.push(host.clone());
            }
        }
    }
    forest.domains.iter_mut().for_each(|it| it.servers.sort());
    Ok(())
}

/// Looks names up in the schema, some at a time.
async fn lookup(
    connection: &mut Connection,
    schema: &str,
    class: &str,
    names: &[AttributeName],
    page_size: u16,
) -> Result<Vec<RawEntry<'static>>, DirectoryError> {
    let mut found = Vec::new();
    for names in names.chunks(NAMES_PER_SEARCH) {
        let names = names.iter().map(|it| Filter::equal("lDAPDisplayName", it.as_str())).collect();
        let search = Search {
            base: schema.to_owned(),
            scope: Scope::OneLevel,
            filter: Filter::And(vec![Filter::equal("objectClass", class), Filter::Or(names)]),
            attributes: ["lDAPDisplayName", "attributeSyntax"].map(str::to_owned).to_vec(),
        };
        found.extend(connection.find(&search, page_size, MAX_FOUND, "reading the schema").await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_belongs_to_the_innermost_domain() {
        let domain = |dn: &str| Domain {
            naming_context: dn.parse().unwrap(),
            dns_name: None,
            netbios_name: None,
            functional_level: None,
            servers: Vec::new(),
        };
        let forest =
            Forest { domains: vec![domain("DC=x"), domain("DC=a,DC=x")], ..Forest::default() };
        let of =
            |dn: &str| forest.domain_of(&dn.parse().unwrap()).map(|it| it.naming_context.as_str());
        assert_eq!(of("CN=u,DC=a,DC=x"), Some("DC=a,DC=x"));
        assert_eq!(of("CN=u,DC=x"), Some("DC=x"));
        assert_eq!(of("CN=u,DC=y"), None);
    }
}
