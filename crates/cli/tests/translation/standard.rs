//! The built-in standard rules, checked and evaluated by the rule engine.
use dirlift_model::{AttributeName, Guid, SyncRule};
use dirlift_syncengine::{Expression, MapInput, Names, Priority, Scalar, Value, rules::Scope};
use dirlift_translate::{StandardOptions, standard_rules};

use crate::engine::{self, Object};

fn everything() -> StandardOptions {
    StandardOptions { exchange_hybrid: true, device_writeback: true, ..StandardOptions::default() }
}

fn rules() -> Vec<SyncRule> {
    standard_rules(&[Guid::from_u128(0xad)], Guid::from_u128(0xc1), &everything())
}

#[test]
fn the_check_of_rules_has_nothing_to_say() {
    let forests = [Guid::from_u128(0xad), Guid::from_u128(0xae)];
    for (anchor, alternate) in [("objectGUID", None), ("mS-DS-ConsistencyGuid", Some("mail"))] {
        let options = StandardOptions {
            source_anchor: anchor.into(),
            alternate_id: alternate.map(AttributeName::new),
            ..everything()
        };
        let rules = standard_rules(&forests, Guid::from_u128(0xc1), &options);
        assert!(rules.len() > 60, "{} rules", rules.len());
        let mut problems = engine::problems(&rules);
        // Documented on another page than the function reference, which the check tells.
        problems.retain(|it| !(it.starts_with("info") && it.contains("`ImportedValue`")));
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}

/// `name=value` by `;`; several values by `|`. Numbers, True and False are what they look like, `dn` is a name.
fn object(text: &str, names: &mut Names) -> Object {
    let mut input = MapInput::default();
    input.set_parameter("Domain.FQDN", Value::text("x.example"));
    for pair in text.split(';').map(str::trim).filter(|it| !it.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        let scalars: Vec<_> = value.split('|').map(|it| scalar(name, it)).collect();
        let value = match &scalars[..] {
            [only] => only.clone().into(),
            _ => Value::many(scalars),
        };
        input.set(names.intern(&name.into()), value);
    }
    Object(input)
}

fn scalar(name: &str, text: &str) -> Scalar {
    match text {
        "True" => Scalar::Boolean(true),
        "False" => Scalar::Boolean(false),
        _ if name == "objectGUID" => Scalar::binary(text.as_bytes().to_vec()),
        _ => match text.parse() {
            Ok(number) => Scalar::Number(number),
            Err(_) => Scalar::text(text),
        },
    }
}

/// Rule, attribute, object, value in the engine's form: worked out from the documents that the rules name.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=jo", "-"),
    ("In from AD - User Join", "cloudFiltered", "", "True"),
    (
        "In from AD - User Join",
        "cloudFiltered",
        "sAMAccountName=jo; isCriticalSystemObject=False",
        "True",
    ),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=AAD_abc", "True"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=AADX", "-"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=MSOL_abc", "True"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=SUPPORT_388945a0", "True"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=CAS_{1}", "True"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=CAS_1", "-"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=jo; mailNickname=CAS_{1}", "True"),
    (
        "In from AD - User Join",
        "cloudFiltered",
        "sAMAccountName=jo; mailNickname=SystemMailbox{1}",
        "True",
    ),
    (
        "In from AD - User Join",
        "cloudFiltered",
        "sAMAccountName=jo; mailNickname=SystemMailbox",
        "-",
    ),
    // 0x21C07000 has the bits 0x1000, 0x2000, 0x4000, 0x400000, 0x800000, 0x1000000, 0x20000000.
    (
        "In from AD - User Join",
        "cloudFiltered",
        "sAMAccountName=jo; msExchRecipientTypeDetails=4096",
        "True",
    ),
    (
        "In from AD - User Join",
        "cloudFiltered",
        "sAMAccountName=jo; msExchRecipientTypeDetails=536870912",
        "True",
    ),
    (
        "In from AD - User Join",
        "cloudFiltered",
        "sAMAccountName=jo; msExchRecipientTypeDetails=1",
        "-",
    ),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=jo; dn=CN=a\\0ACNF:1,DC=x", "True"),
    ("In from AD - User Join", "cloudFiltered", "sAMAccountName=jo; dn=CN=a,DC=x", "-"),
    ("In from AD - InetOrgPerson Join", "cloudFiltered", "sAMAccountName=MSOL_abc", "True"),
    (
        "In from AD - Group Join",
        "cloudFiltered",
        "sAMAccountName=MSOL_AD_Sync_RichCoexistence",
        "True",
    ),
    ("In from AD - Group Join", "cloudFiltered", "sAMAccountName=staff", "-"),
    ("In from AD - Group Join", "cloudFiltered", "msExchRecipientTypeDetails=1073741824", "True"),
    (
        "In from AD - Contact Join",
        "cloudFiltered",
        "displayName=a (MSOL); msExchHideFromAddressLists=True",
        "True",
    ),
    ("In from AD - Contact Join", "cloudFiltered", "displayName=a (MSOL)", "-"),
    ("In from AD - Contact Join", "cloudFiltered", "mailNickname=CAS_{1}", "True"),
    ("In from AD - Contact Join", "mailEnabled", "proxyAddresses=smtp:a@x|SMTP:b@x", "True"),
    ("In from AD - Contact Join", "mailEnabled", "proxyAddresses=SMTP:b", "False"),
    (
        "In from AD - Contact Join",
        "mailEnabled",
        "proxyAddresses=smtp:a@x|x500:b; mail=a@x",
        "True",
    ),
    ("In from AD - Contact Join", "mailEnabled", "proxyAddresses=smtp:a@x|x500:b", "False"),
    ("In from AD - Contact Join", "mailEnabled", "mail=a@x", "False"),
    ("In from AD - Computer Join", "cloudFiltered", "cn=pc", "True"),
    ("In from AD - User Common", "accountEnabled", "userAccountControl=512", "True"),
    ("In from AD - User Common", "accountEnabled", "userAccountControl=514", "False"),
    ("In from AD - User Common", "accountEnabled", "", "-"),
    ("In from AD - User Common", "userPrincipalName", "userPrincipalName=jo@a", "jo@a"),
    ("In from AD - User Common", "userPrincipalName", "sAMAccountName=jo", "jo@x.example"),
    ("In from AD - User Common", "description", "description= one |two", "one"),
    ("In from AD - User Common", "displayName", "cn=Jo", "Jo"),
    // 0x30 0x31 is "01", in base64 MDE=
    ("In from AD - User Common", "sourceAnchor", "objectGUID=01", "MDE="),
    (
        "In from AD - User Common",
        "sourceAnchor",
        "objectGUID=01; msExchRecipientTypeDetails=2",
        "-",
    ),
    ("In from AD - Group Common", "memberCount", "", "0"),
    ("In from AD - Group Common", "memberCount", "member=a|b|c", "3"),
    // A global security group is 0x80000002, stored as -2147483646; a distribution group is 2.
    ("In from AD - Group Common", "securityEnabled", "groupType=-2147483646", "True"),
    ("In from AD - Group Common", "securityEnabled", "groupType=2", "False"),
    ("In from AD - Group Common", "proxyAddresses", "proxyAddresses=SMTP:a@x", "SMTP:a@x"),
    // "MDE=" in UTF-8 is 4D 44 45 3D
    ("Out to AAD - User Join", "dn", "sourceAnchor=MDE=", "CN={4D44453D}"),
    ("Out to AAD - User Join", "sourceAnchor", "sourceAnchor=a", "a"),
    ("Out to AAD - User Join", "sourceAnchor", "sourceAnchor=a; cloudSourceAnchor=a", "a"),
    ("Out to AAD - User Join", "sourceAnchor", "sourceAnchor=a; cloudSourceAnchor=b", "!"),
    ("Out to AAD - Contact Join", "sourceAnchor", "sourceAnchor=a; cloudSourceAnchor=b", "a"),
    ("Out to AAD - Group Join", "member", "memberCount=250001", "!"),
    (
        "Out to AD - User Exchange Hybrid",
        "proxyAddresses",
        "cloudLegacyExchangeDN=/o=x",
        "x500:/o=x",
    ),
    ("Out to AD - User Exchange Hybrid", "proxyAddresses", "", "-"),
    (
        "In from AAD - User Exchange Hybrid",
        "cloudSOAExchMailbox",
        "cloudMSExchRecipientDisplayType=1073741824",
        "True",
    ),
    (
        "In from AAD - User Exchange Hybrid",
        "cloudSOAExchMailbox",
        "cloudMSExchRecipientDisplayType=-2147483642",
        "False",
    ),
];

#[test]
fn expressions_give_what_the_documents_say() {
    let rules = rules();
    let mut failures = Vec::new();
    for (name, target, text, expected) in VALUES {
        let rule =
            rules.iter().find(|it| it.name == *name).unwrap_or_else(|| panic!("no rule {name}"));
        let flow = rule.mappings.iter().find(|it| it.destination.is(target)).unwrap();
        let mut names = Names::default();
        let source = flow.expression.as_deref().unwrap();
        let compiled = Expression::compile(source, Priority::Conventional, &mut names).unwrap();
        let outcome = compiled.evaluate(&object(text, &mut names)).outcome;
        let found = format!("{outcome:?}");
        if outcome_text(&outcome) != *expected {
            failures.push(format!("{name}, {target}, {text}: expected {expected}, found {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A single value as text; `-` for nothing, `!` for an error.
fn outcome_text(outcome: &dirlift_syncengine::Outcome) -> String {
    use dirlift_syncengine::Outcome;
    let scalars = match outcome {
        Outcome::Value(value) => value.clone().scalars().to_vec(),
        Outcome::Null => return "-".to_owned(),
        Outcome::Error(_) => return "!".to_owned(),
        other => return format!("{other:?}"),
    };
    match &scalars[..] {
        [Scalar::Text(text)] => text.to_string(),
        [Scalar::Number(number)] => number.to_string(),
        [Scalar::Boolean(it)] => if *it { "True" } else { "False" }.to_owned(),
        other => format!("{other:?}"),
    }
}

/// Rule, object, whether it is in scope.
const SCOPES: &[(&str, &str, bool)] = &[
    ("In from AD - User Join", "", true),
    ("In from AD - User Join", "isCriticalSystemObject=True", false),
    ("In from AD - User Join", "adminDescription=User_1", false),
    ("In from AD - InetOrgPerson Join", "adminDescription=User_1", true),
    ("In from AD - Group Join", "adminDescription=Group_1", false),
    ("In from AD - Contact Join", "adminDescription=Contact_1", false),
    ("In from AD - User AccountEnabled", "userAccountControl=512", true),
    ("In from AD - User AccountEnabled", "userAccountControl=514", false),
    ("In from AD - User Exchange", "", false),
    ("In from AD - User Exchange", "mailNickname=jo", true),
    ("Out to AAD - User Join", "sourceObjectType=User; sourceAnchor=a; accountEnabled=False", true),
    ("Out to AAD - User Join", "sourceObjectType=User; sourceAnchor=a", false),
    (
        "Out to AAD - User Join",
        "sourceObjectType=User; sourceAnchor=a; accountEnabled=True; cloudFiltered=True",
        false,
    ),
    ("Out to AAD - Contact Join", "sourceObjectType=Contact; mailEnabled=True", true),
    ("Out to AAD - Contact Join", "sourceObjectType=Contact; mailEnabled=False", false),
    ("Out to AAD - Group Join", "sourceAnchor=a; securityEnabled=True; memberCount=249999", true),
    ("Out to AAD - Group Join", "sourceAnchor=a; securityEnabled=True; memberCount=250000", false),
    (
        "Out to AAD - Group Join",
        "sourceAnchor=a; securityEnabled=True; memberCount=250000; cloudAnchor=Group_1",
        true,
    ),
    (
        "Out to AAD - Group Join",
        "sourceAnchor=a; securityEnabled=False; mailEnabled=True; memberCount=1",
        true,
    ),
    (
        "Out to AAD - Group Join",
        "sourceAnchor=a; securityEnabled=False; mailEnabled=False; memberCount=1",
        false,
    ),
    ("Out to AAD - Device Join SOAInAD", "cloudCreated=False; userCertificate=a", true),
    (
        "Out to AAD - Device Join SOAInAD",
        "cloudCreated=False; userCertificate=a; cloudFiltered=True",
        false,
    ),
];

#[test]
fn scopes_take_whom_the_documents_say() {
    let rules = rules();
    for (name, text, expected) in SCOPES {
        let rule =
            rules.iter().find(|it| it.name == *name).unwrap_or_else(|| panic!("no rule {name}"));
        let mut names = Names::default();
        let scope = Scope::compile(&rule.scope, &mut names).unwrap();
        let decision = scope.decide(&object(text, &mut names));
        assert_eq!(decision.in_scope, *expected, "{name}: {text}: {:?}", decision.failed);
    }
}
