//! Partitions of the agents: naming contexts with their object types and containers.
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{escape, guid};

/// One naming context.
pub(super) struct Partition<'a> {
    pub(super) dn: &'a str,
    pub(super) dns: &'a str,
    pub(super) selected: bool,
    pub(super) is_domain: bool,
    pub(super) inclusions: Vec<String>,
    pub(super) exclusions: Vec<String>,
    pub(super) last_dc: &'a str,
    pub(super) preferred: &'a [&'a str],
}

/// What the product leaves out of each domain.
const STOCK_EXCLUSIONS: &[&str] = &[
    "CN=Builtin",
    "CN=Computers",
    "CN=ForeignSecurityPrincipals",
    "CN=Infrastructure",
    "CN=LostAndFound",
    "CN=Managed Service Accounts",
    "CN=NTDS Quotas",
    "CN=Program Data",
    "CN=System",
];

/// The stock exclusions below a domain.
pub(super) fn stock_exclusions(domain: &str) -> Vec<String> {
    STOCK_EXCLUSIONS.iter().map(|it| format!("{it},{domain}")).collect()
}

/// The containers that were ticked and not: names below the domain.
pub(super) fn below(domain: &str, containers: &[&str]) -> Vec<String> {
    containers.iter().map(|it| format!("{it},{domain}")).collect()
}

/// Configuration and application partitions of a forest, never in scope.
pub(super) fn others<'a>(forest: &'a str, names: &'a [String; 3]) -> Vec<Partition<'a>> {
    let out_of_scope = |dn| Partition {
        dn,
        dns: forest,
        selected: false,
        is_domain: false,
        inclusions: Vec::new(),
        exclusions: Vec::new(),
        last_dc: "",
        preferred: &[],
    };
    names.iter().map(|it| out_of_scope(it.as_str())).collect()
}

/// Names for [`others`].
pub(super) fn other_names(domain: &str) -> [String; 3] {
    ["CN=Configuration", "DC=DomainDnsZones", "DC=ForestDnsZones"]
        .map(|it| format!("{it},{domain}"))
}

/// The element of one naming context, with its id in front. The cookie is invented.
pub(super) fn directory(it: &Partition<'_>, organisation: &str) -> (String, String) {
    let Partition { dn, dns, last_dc, .. } = it;
    let id = format!("{{{}}}", guid(&format!("{organisation}/partition/{dn}")));
    let domain_id = guid(&format!("{organisation}/domain/{dn}")).braced();
    let list = |outer: &str, inner: &str, names: &[String]| {
        if names.is_empty() {
            return format!("    <{outer}/>\n");
        }
        let lines: String = names
            .iter()
            .map(|it| format!("     <{inner}>{}</{inner}>\n", escape(it)))
            .collect::<Vec<_>>()
            .concat();
        format!("    <{outer}>\n{lines}    </{outer}>\n")
    };
    let classes = [
        "contact",
        "container",
        "domainDNS",
        "group",
        "inetOrgPerson",
        "organizationalUnit",
        "user",
    ]
    .map(|it| format!("    <object-class>{it}</object-class>\n"))
    .concat();
    let preferred: String = it
        .preferred
        .iter()
        .map(|it| format!("<preferred-dc>{it}</preferred-dc>"))
        .collect::<Vec<_>>()
        .concat();
    let preferred = if preferred.is_empty() {
        preferred
    } else {
        format!("<preferred-dcs>{preferred}</preferred-dcs>")
    };
    let cookie = if it.selected {
        invented(&format!("MSDS-invented-cookie-of-{organisation}-{dn}"))
    } else {
        String::new()
    };
    let exclusions = list("exclusions", "exclusion", &it.exclusions);
    let inclusions = list("inclusions", "inclusion", &it.inclusions);
    let xml = format!(
        " <partition>\n  <id>{id}</id>\n  <name>{dn}</name>\n  <creation-time>2014-09-02 07:31:12.540</creation-time>\n  \
         <last-modification-time>2026-03-17 10:02:55.313</last-modification-time>\n  <version>12</version>\n  \
         <selected>{selected}</selected>\n  <filter>\n   <object-classes>\n{classes}   </object-classes>\n   <containers>\n\
         {exclusions}{inclusions}   </containers>\n  </filter>\n  <custom-data><adma-partition-data><dn>{dn}</dn>\
         <name>{dns}</name><guid>{domain_id}</guid><is-domain>{is_domain}</is-domain><sign-and-seal>1</sign-and-seal>\
         <ssl-bind crl-check=\"0\">0</ssl-bind><simple-bind>0</simple-bind><dc-failover>1</dc-failover>\
         <last-dc>{last_dc}</last-dc>{preferred}<cookie>{cookie}</cookie></adma-partition-data></custom-data>\n  \
         <allowed-operations>1073741855</allowed-operations>\n  <current>\n   <batch-number>1581</batch-number>\n   \
         <sequence-number>16638</sequence-number>\n  </current>\n  \
         <last-successful-batch>1580</last-successful-batch>\n  <filter-hints>\n   <object-classes>\n    <object-class>\n     \
         <name>computer</name>\n     <hierarchy>\n      <object-class>top</object-class>\n      \
         <object-class>user</object-class>\n      <object-class>computer</object-class>\n     </hierarchy>\n     \
         <included>0</included>\n    </object-class>\n   </object-classes>\n  </filter-hints>\n </partition>\n",
        selected = u8::from(it.selected),
        is_domain = u8::from(it.is_domain),
    );
    (id, xml)
}

/// The one partition of an agent that is not to Active Directory. The watermark is invented.
pub(super) fn default(classes: &[&str], organisation: &str, agent: &str) -> (String, String) {
    let id = format!("{{{}}}", guid(&format!("{organisation}/partition/{agent}")));
    let classes: String = classes
        .iter()
        .map(|it| format!("    <object-class>{it}</object-class>\n"))
        .collect::<Vec<_>>()
        .concat();
    let mark = invented(&format!("invented-watermark-of-{organisation}"));
    let xml = format!(
        " <partition>\n  <id>{id}</id>\n  <name>default</name>\n  <creation-time>2014-09-02 07:31:12.540</creation-time>\n  \
         <last-modification-time>2026-03-17 10:02:55.313</last-modification-time>\n  <version>4</version>\n  \
         <selected>1</selected>\n  <filter>\n   <object-classes>\n{classes}   </object-classes>\n   <containers>\n    \
         <exclusions/>\n    <inclusions>\n     <inclusion></inclusion>\n    </inclusions>\n   </containers>\n  </filter>\n  \
         <custom-data><ecma-partition-data><dn>default</dn><name>default</name><is-domain>1</is-domain></ecma-partition-data>\
         <water-mark>{mark}</water-mark></custom-data>\n </partition>\n"
    );
    (id, xml)
}

fn invented(text: &str) -> String {
    STANDARD.encode(text)
}
