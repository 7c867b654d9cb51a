//! Configurations made up for comparing: every part can be replaced.
use std::fmt::Write as _;

use dirlift_exporter::diff::Configuration;

pub(crate) const AD: &str = "{ae4db4cc-b16b-4eb2-acf5-837ca84e4d7d}";
pub(crate) const OTHER_AD: &str = "{11111111-b16b-4eb2-acf5-837ca84e4d7d}";

/// One rule; every part can be replaced.
#[derive(Clone)]
pub(crate) struct Rule {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) connector: &'static str,
    pub(crate) precedence: &'static str,
    pub(crate) disabled: &'static str,
    pub(crate) link: &'static str,
    pub(crate) flows: &'static [(&'static str, &'static str)],
    pub(crate) joins: &'static [&'static str],
    pub(crate) scope: &'static [&'static [(&'static str, &'static str, &'static str)]],
}

pub(crate) const RULE: Rule = Rule {
    id: 1,
    name: "In from AD - User Common",
    tag: "",
    connector: AD,
    precedence: "105",
    disabled: "False",
    link: "Join",
    flows: &[
        ("mail", "<src><attr>mail</attr></src>"),
        ("cn", "<expression>Trim([cn])</expression>"),
    ],
    joins: &["objectSid", "cn"],
    scope: &[&[
        ("isCriticalSystemObject", "NOTEQUAL", "True"),
        ("adminDescription", "NOTSTARTSWITH", "User_"),
    ]],
};

impl Rule {
    pub(crate) fn xml(&self) -> String {
        let mut mappings = String::new();
        for (target, source) in self.flows {
            let merge = if source.contains("valueMergeType") {
                ""
            } else {
                "<valueMergeType>Update</valueMergeType>"
            };
            write!(mappings, "<mapping><dest>{target}</dest>{source}{merge}</mapping>").unwrap();
        }
        let mut joins = String::new();
        for it in self.joins {
            write!(joins, "<conditions><condition><csAttribute>{it}</csAttribute><ilmAttribute>{it}</ilmAttribute><caseSensitive>False</caseSensitive></condition></conditions>").unwrap();
        }
        let mut scope = String::new();
        for group in self.scope {
            scope.push_str("<conditions>");
            for (attribute, operator, value) in *group {
                write!(scope, "<scope><csAttribute>{attribute}</csAttribute><csOperator>{operator}</csOperator><csValue>{value}</csValue></scope>").unwrap();
            }
            scope.push_str("</conditions>");
        }
        let Self { id, name, tag, connector, precedence, disabled, link, .. } = self;
        format!(
            "<synchronizationRule><id>{{{id:08x}-0000-0000-0000-000000000001}}</id><version>{id}</version>\
             <name>{name}</name><immutable-tag>{tag}</immutable-tag><direction>Inbound</direction>\
             <disabled>{disabled}</disabled><connector>{connector}</connector><sourceObjectType>user</sourceObjectType>\
             <targetObjectType>person</targetObjectType><linkType>{link}</linkType><precedence>{precedence}</precedence>\
             <attribute-mappings>{mappings}</attribute-mappings><relationshipCriteria>{joins}</relationshipCriteria>\
             <synchronizationCriteria>{scope}</synchronizationCriteria></synchronizationRule>"
        )
    }
}

/// One element for each text.
pub(crate) fn elements(name: &str, all: &[&str]) -> String {
    let mut text = String::new();
    for it in all {
        write!(text, "<{name}>{it}</{name}>").unwrap();
    }
    text
}

/// A connector to Active Directory with one partition.
pub(crate) fn agent(id: &str, name: &str, inner: &str, attributes: &[&str]) -> String {
    let attributes = elements("attribute", attributes);
    format!(
        "<ma-data><id>{id}</id><name>{name}</name><category>AD</category>\
         <attribute-inclusion>{attributes}</attribute-inclusion>\
         <private-configuration><adma-configuration><forest-name>{name}</forest-name></adma-configuration>\
         </private-configuration><ma-partition-data>{inner}</ma-partition-data></ma-data>"
    )
}

pub(crate) fn partition(
    selected: u8,
    types: &[&str],
    inclusions: &[&str],
    exclusions: &[&str],
) -> String {
    format!(
        "<partition><name>DC=contoso,DC=com</name><selected>{selected}</selected><filter>\
         <object-classes>{}</object-classes><containers><exclusions>{}</exclusions>\
         <inclusions>{}</inclusions></containers></filter></partition>",
        elements("object-class", types),
        elements("exclusion", exclusions),
        elements("inclusion", inclusions),
    )
}

pub(crate) fn stock() -> String {
    agent(AD, "contoso.com", &partition(1, &["user"], &["OU=A,DC=contoso,DC=com"], &[]), &["mail"])
}

pub(crate) fn parameters(all: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in all {
        write!(text, "<parameter name=\"{name}\">{value}</parameter>").unwrap();
    }
    format!("<mv-data><parameter-values>{text}</parameter-values></mv-data>")
}

pub(crate) fn configuration(
    rules: &[Rule],
    agents: &[String],
    global: &[(&str, &str)],
) -> Configuration {
    let mut files = Vec::new();
    for (idx, it) in rules.iter().enumerate() {
        files.push((format!("x/SynchronizationRules/{idx}.xml"), it.xml().into_bytes()));
    }
    for (idx, it) in agents.iter().enumerate() {
        files.push((format!("x/Connectors/{idx}.xml"), it.clone().into_bytes()));
    }
    files.push(("x/GlobalSettings/MV.xml".to_owned(), parameters(global).into_bytes()));
    let read = Configuration::from_parts(&files).unwrap();
    assert!(read.damaged.is_empty(), "{:?}", read.damaged);
    assert_eq!(read.rules.len(), rules.len());
    assert_eq!(read.connectors.len(), agents.len());
    read
}
