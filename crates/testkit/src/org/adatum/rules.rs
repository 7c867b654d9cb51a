//! `SynchronizationRules/SynchronizationRule_{GUID}.xml`: sixteen of the product and three of the organisation.
//!
//! Names and tags of the product's rules are those that it documents; what is in them is invented.
use std::fmt::Write as _;

use super::{AD_ID, CLOUD_ID};
use crate::org::{File, escape, guid};

/// How an attribute gets its value.
enum Flow {
    /// Target, source.
    Direct(&'static str, &'static str),
    /// Target, text.
    Constant(&'static str, &'static str),
    /// Target, attributes, expression.
    Expression(&'static str, &'static [&'static str], &'static str),
}
use Flow::{Constant, Direct, Expression};

/// Attribute, operator, value.
type Clause = (&'static str, &'static str, &'static str);

struct Rule {
    name: &'static str,
    /// Revision of the product's rule; a custom rule has no tag.
    revision: Option<&'static str>,
    connector: &'static str,
    inbound: bool,
    types: (&'static str, &'static str),
    link: &'static str,
    precedence: u32,
    disabled: bool,
    passwords: bool,
    flows: &'static [Flow],
    /// Attribute here and in the metaverse.
    joins: &'static [(&'static str, &'static str)],
    scope: &'static [&'static [Clause]],
}

/// An inbound rule of the product for users of Active Directory; the others say what differs.
const USER: Rule = Rule {
    name: "",
    revision: Some("004"),
    connector: AD_ID,
    inbound: true,
    types: ("user", "person"),
    link: "Join",
    precedence: 0,
    disabled: false,
    passwords: false,
    flows: &[],
    joins: &[],
    scope: &[],
};

const NOT_CRITICAL: Clause = ("isCriticalSystemObject", "NOTEQUAL", "True");
const NOT_FILTERED: Clause = ("cloudFiltered", "NOTEQUAL", "True");
const ANCHORED: Clause = ("sourceAnchor", "ISNOTNULL", "");

const RULES: &[Rule] = &[
    Rule {
        name: "Adatum In - Leave contractors out",
        revision: None,
        precedence: 40,
        flows: &[Constant("cloudFiltered", "True")],
        scope: &[&[("employeeType", "EQUAL", "Contractor")]],
        ..USER
    },
    Rule {
        name: "In from AD - User Common - Adatum",
        revision: None,
        precedence: 41,
        flows: &[
            Direct("cn", "cn"),
            Direct("displayName", "displayName"),
            Direct("givenName", "givenName"),
            Direct("sn", "sn"),
            Direct("department", "department"),
            Direct("company", "company"),
            Expression(
                "title",
                &["title", "division"],
                "IIF(IsPresent([division]),[title] & \", \" & [division],[title])",
            ),
            Expression("mail", &["mail"], "Trim([mail])"),
        ],
        scope: &[&[NOT_CRITICAL]],
        ..USER
    },
    Rule {
        name: "Adatum Out - Country",
        revision: None,
        connector: CLOUD_ID,
        inbound: false,
        types: ("person", "user"),
        precedence: 42,
        disabled: true,
        flows: &[Expression("usageLocation", &["c"], "IIF(IsPresent([c]),[c],\"NL\")")],
        scope: &[&[NOT_FILTERED]],
        ..USER
    },
    Rule {
        name: "In from AD - User Join",
        revision: Some("006"),
        link: "Provision",
        precedence: 100,
        passwords: true,
        flows: &[
            Constant("sourceObjectType", "User"),
            Direct("objectSid", "objectSid"),
            Expression(
                "sourceAnchor",
                &["mS-DS-ConsistencyGuid", "objectGUID"],
                "IIF(IsPresent([mS-DS-ConsistencyGuid]),ConvertToBase64([mS-DS-ConsistencyGuid]),ConvertToBase64([objectGUID]))",
            ),
            Expression(
                "cloudFiltered",
                &["sAMAccountName"],
                "IIF(Left([sAMAccountName],4)=\"tmp_\",True,NULL)",
            ),
        ],
        joins: &[("objectSid", "objectSid")],
        scope: &[&[NOT_CRITICAL, ("adminDescription", "NOTSTARTSWITH", "User_")]],
        ..USER
    },
    Rule {
        name: "In from AD - User AccountEnabled",
        precedence: 101,
        flows: &[
            Expression(
                "accountEnabled",
                &["userAccountControl"],
                "IIF(BitAnd([userAccountControl],2)=0,True,False)",
            ),
            Direct("userPrincipalName", "userPrincipalName"),
        ],
        scope: &[&[("userAccountControl", "ISBITNOTSET", "2")]],
        ..USER
    },
    Rule {
        name: "In from AD - User Common",
        precedence: 102,
        disabled: true,
        flows: &[
            Direct("cn", "cn"),
            Direct("displayName", "displayName"),
            Direct("givenName", "givenName"),
            Direct("sn", "sn"),
            Direct("title", "title"),
            Direct("department", "department"),
            Direct("company", "company"),
            Expression("mail", &["mail"], "Trim([mail])"),
        ],
        scope: &[&[NOT_CRITICAL]],
        ..USER
    },
    Rule {
        name: "In from AD - User Exchange",
        precedence: 103,
        flows: &[
            Direct("mailNickname", "mailNickname"),
            Direct("proxyAddresses", "proxyAddresses"),
            Direct("targetAddress", "targetAddress"),
            Direct("extensionAttribute1", "extensionAttribute1"),
        ],
        scope: &[&[("mailNickname", "ISNOTNULL", "")]],
        ..USER
    },
    Rule {
        name: "In from AD - Group Join",
        types: ("group", "group"),
        link: "Provision",
        precedence: 104,
        flows: &[
            Constant("sourceObjectType", "Group"),
            Direct("objectSid", "objectSid"),
            Expression("sourceAnchor", &["objectGUID"], "ConvertToBase64([objectGUID])"),
        ],
        joins: &[("objectGUID", "sourceAnchorBinary")],
        scope: &[&[NOT_CRITICAL, ("adminDescription", "NOTSTARTSWITH", "Group_")]],
        ..USER
    },
    Rule {
        name: "In from AD - Group Common",
        types: ("group", "group"),
        precedence: 105,
        flows: &[
            Direct("cn", "cn"),
            Direct("displayName", "displayName"),
            Direct("description", "description"),
            Direct("member", "member"),
            Direct("mail", "mail"),
        ],
        scope: &[&[NOT_CRITICAL]],
        ..USER
    },
    Rule {
        name: "In from AD - Contact Join",
        types: ("contact", "person"),
        link: "Provision",
        precedence: 106,
        flows: &[
            Constant("sourceObjectType", "Contact"),
            Direct("mail", "mail"),
            Expression("sourceAnchor", &["objectGUID"], "ConvertToBase64([objectGUID])"),
        ],
        joins: &[("mail", "mail")],
        scope: &[&[("adminDescription", "NOTSTARTSWITH", "Contact_")]],
        ..USER
    },
    Rule {
        name: "In from AD - Contact Common",
        types: ("contact", "person"),
        precedence: 107,
        flows: &[
            Direct("cn", "cn"),
            Direct("displayName", "displayName"),
            Direct("proxyAddresses", "proxyAddresses"),
        ],
        ..USER
    },
    Rule {
        name: "In from AAD - User Join",
        connector: CLOUD_ID,
        precedence: 108,
        flows: &[Direct("cloudAnchor", "cloudAnchor"), Direct("cloudSourceAnchor", "sourceAnchor")],
        joins: &[("sourceAnchor", "sourceAnchor")],
        scope: &[&[("cloudMastered", "EQUAL", "False")]],
        ..USER
    },
    Rule {
        name: "In from AAD - Group Join",
        connector: CLOUD_ID,
        types: ("group", "group"),
        precedence: 109,
        flows: &[Direct("cloudAnchor", "cloudAnchor")],
        joins: &[("sourceAnchor", "sourceAnchor")],
        scope: &[&[("cloudMastered", "EQUAL", "False")]],
        ..USER
    },
    Rule {
        name: "In from AAD - Contact Join",
        connector: CLOUD_ID,
        types: ("contact", "person"),
        precedence: 110,
        flows: &[Direct("cloudAnchor", "cloudAnchor")],
        joins: &[("sourceAnchor", "sourceAnchor")],
        scope: &[&[("cloudMastered", "EQUAL", "False")]],
        ..USER
    },
    Rule {
        name: "Out to AAD - User Join",
        revision: Some("012"),
        connector: CLOUD_ID,
        inbound: false,
        types: ("person", "user"),
        link: "Provision",
        precedence: 111,
        passwords: true,
        flows: &[
            Direct("sourceAnchor", "sourceAnchor"),
            Direct("accountEnabled", "accountEnabled"),
            Direct("userPrincipalName", "userPrincipalName"),
        ],
        joins: &[("sourceAnchor", "sourceAnchor")],
        scope: &[&[
            ("sourceObjectType", "EQUAL", "User"),
            NOT_FILTERED,
            ANCHORED,
            ("accountEnabled", "ISNOTNULL", ""),
        ]],
        ..USER
    },
    Rule {
        name: "Out to AAD - User Identity",
        connector: CLOUD_ID,
        inbound: false,
        types: ("person", "user"),
        precedence: 112,
        flows: &[
            Direct("displayName", "displayName"),
            Direct("givenName", "givenName"),
            Direct("surname", "sn"),
            Direct("title", "title"),
            Direct("department", "department"),
            Expression("mail", &["mail"], "IIF(IsPresent([mail]),[mail],NULL)"),
        ],
        scope: &[&[("sourceObjectType", "EQUAL", "User"), NOT_FILTERED]],
        ..USER
    },
    Rule {
        name: "Out to AAD - Group Join",
        connector: CLOUD_ID,
        inbound: false,
        types: ("group", "group"),
        link: "Provision",
        precedence: 113,
        flows: &[
            Direct("sourceAnchor", "sourceAnchor"),
            Direct("displayName", "displayName"),
            Direct("member", "member"),
            Direct("securityEnabled", "securityEnabled"),
        ],
        joins: &[("sourceAnchor", "sourceAnchor")],
        scope: &[
            &[NOT_FILTERED, ANCHORED, ("securityEnabled", "EQUAL", "True")],
            &[NOT_FILTERED, ANCHORED, ("mailEnabled", "EQUAL", "True")],
        ],
        ..USER
    },
    Rule {
        name: "Out to AAD - Contact Join",
        connector: CLOUD_ID,
        inbound: false,
        types: ("person", "contact"),
        link: "Provision",
        precedence: 114,
        flows: &[
            Direct("sourceAnchor", "sourceAnchor"),
            Direct("displayName", "displayName"),
            Direct("mail", "mail"),
            Direct("proxyAddresses", "proxyAddresses"),
        ],
        joins: &[("sourceAnchor", "sourceAnchor")],
        scope: &[&[("sourceObjectType", "EQUAL", "Contact"), NOT_FILTERED, ANCHORED]],
        ..USER
    },
    Rule {
        name: "Out to AD - User Exchange Hybrid",
        inbound: false,
        types: ("person", "user"),
        precedence: 115,
        flows: &[
            Direct("msExchSafeSendersHash", "cloudMSExchSafeSendersHash"),
            Direct("proxyAddresses", "cloudLegacyExchangeDN"),
        ],
        scope: &[&[("cloudAnchor", "ISNOTNULL", "")]],
        ..USER
    },
];

pub(super) fn files() -> Vec<File> {
    RULES
        .iter()
        .map(|rule| {
            let id = guid(&format!("adatum/rule/{}", rule.name));
            let name = format!(
                "server-configuration/SynchronizationRules/SynchronizationRule_{{{id}}}.xml"
            );
            File::new(name, xml(rule))
        })
        .collect()
}

fn leaf(out: &mut String, depth: usize, name: &str, text: &str) {
    let indent = " ".repeat(2 * depth);
    // Writing to a `String` cannot fail.
    let _ = if text.is_empty() {
        writeln!(out, "{indent}<{name} />")
    } else {
        writeln!(out, "{indent}<{name}>{}</{name}>", escape(text).replace("&quot;", "\""))
    };
}

fn xml(rule: &Rule) -> String {
    const NONE: &str = "{00000000-0000-0000-0000-000000000000}";
    let id = format!("{{{}}}", guid(&format!("adatum/rule/{}", rule.name)));
    let tag = rule.revision.map_or(String::new(), |revision| {
        let word: String = rule.name.chars().filter(|it| !matches!(it, ' ' | '-')).collect();
        format!("Microsoft.{word}.{revision}")
    });
    let mut out = "<synchronizationRule>\n".to_owned();
    let number = rule.precedence.to_string();
    for (name, text) in [
        ("id", id.as_str()),
        ("internal-id", &id),
        ("version", "1"),
        ("name", rule.name),
        ("description", ""),
        ("immutable-tag", &tag),
        ("direction", if rule.inbound { "Inbound" } else { "Outbound" }),
        ("disabled", if rule.disabled { "True" } else { "False" }),
        ("connector", &rule.connector.to_lowercase()),
        ("sourceObjectType", rule.types.0),
        ("targetObjectType", rule.types.1),
        ("linkType", rule.link),
        ("precedence", &number),
        ("precedence-after", NONE),
        ("precedence-before", NONE),
        ("softDeleteExpiryInterval", "00:00:00"),
        ("EnablePasswordSync", if rule.passwords { "true" } else { "false" }),
    ] {
        leaf(&mut out, 1, name, text);
    }
    list(&mut out, "attribute-mappings", rule.flows, mapping);
    list(&mut out, "relationshipCriteria", rule.joins, |out, (here, there)| {
        out.push_str("    <conditions>\n      <condition>\n");
        leaf(out, 4, "csAttribute", here);
        leaf(out, 4, "ilmAttribute", there);
        out.push_str("      </condition>\n    </conditions>\n");
    });
    list(&mut out, "synchronizationCriteria", rule.scope, |out, clauses| {
        out.push_str("    <conditions>\n");
        for (attribute, operator, value) in *clauses {
            out.push_str("      <scope>\n");
            leaf(out, 4, "csAttribute", attribute);
            leaf(out, 4, "csOperator", operator);
            leaf(out, 4, "csValue", value);
            out.push_str("      </scope>\n");
        }
        out.push_str("    </conditions>\n");
    });
    out.push_str("</synchronizationRule>");
    out
}

fn list<T>(out: &mut String, name: &str, items: &[T], write: impl Fn(&mut String, &T)) {
    if items.is_empty() {
        return leaf(out, 1, name, "");
    }
    let _ = writeln!(out, "  <{name}>");
    for it in items {
        write(out, it);
    }
    let _ = writeln!(out, "  </{name}>");
}

fn mapping(out: &mut String, flow: &Flow) {
    let (target, attributes, expression): (_, &[&str], _) = match flow {
        Direct(target, source) => (target, std::slice::from_ref(source), None),
        Constant(target, _) => (target, &[], None),
        Expression(target, attributes, expression) => (target, attributes, Some(expression)),
    };
    out.push_str("    <mapping>\n");
    leaf(out, 3, "dest", target);
    if let Constant(_, value) = flow {
        leaf(out, 3, "src", value);
    } else {
        out.push_str("      <src>\n");
        for it in attributes {
            leaf(out, 4, "attr", it);
        }
        out.push_str("      </src>\n");
    }
    if let Some(expression) = expression {
        leaf(out, 3, "expression", expression);
    }
    leaf(out, 3, "valueMergeType", "Update");
    out.push_str("    </mapping>\n");
}
