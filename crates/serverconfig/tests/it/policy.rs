//! Connectors with their bytes, and the JSON files of the wizard.
use dirlift_model::{Guid, rule::Direction};
use dirlift_serverconfig::{
    ErrorKind,
    declarative::{
        CustomRule, Json, PartitionFilter, StandardRule, read_connector, read_migrated_policy,
        read_synchronization_policy,
    },
};

use crate::snippets::{self as s, shown};

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

fn owned(text: &str) -> String {
    text.to_owned()
}

fn text(text: &str) -> Json {
    Json::String(text.to_owned())
}

#[test]
fn the_schema_is_a_span_of_the_file_in_every_encoding() {
    let schema = "<schema>\n <dsml><directory-schema><attribute-type id='A'><name>mäil€😀</name></attribute-type></directory-schema></dsml></schema >";
    let file = s::with(&format!("<description>Größe</description>{schema}<version>1</version>"));
    let utf16 =
        |to: fn(u16) -> [u8; 2], it: &str| -> Vec<u8> { it.encode_utf16().flat_map(to).collect() };
    let latin = schema.replace("€😀", "");
    let latin_bytes = |it: &str| -> Vec<u8> {
        it.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect()
    };
    let latin_file =
        format!("<?xml version='1.0' encoding='windows-1252'?>{}", file.replace(schema, &latin));
    let cases = [
        ("UTF-8", file.clone().into_bytes(), schema.as_bytes().to_vec()),
        ("UTF-8 with a mark", format!("\u{FEFF}{file}").into_bytes(), schema.as_bytes().to_vec()),
        (
            "UTF-8 with two marks",
            format!("\u{FEFF}\u{FEFF}{file}").into_bytes(),
            schema.as_bytes().to_vec(),
        ),
        (
            "UTF-16LE with a mark",
            utf16(u16::to_le_bytes, &format!("\u{FEFF}{file}")),
            utf16(u16::to_le_bytes, schema),
        ),
        ("UTF-16LE", utf16(u16::to_le_bytes, &file), utf16(u16::to_le_bytes, schema)),
        (
            "UTF-16BE with a mark",
            utf16(u16::to_be_bytes, &format!("\u{FEFF}{file}")),
            utf16(u16::to_be_bytes, schema),
        ),
        ("windows-1252", latin_bytes(&latin_file), latin_bytes(&latin)),
    ];
    for (name, bytes, expected) in cases {
        let parsed = read_connector("c.xml", &bytes).unwrap();
        let span = parsed.value.schema_span.clone().unwrap();
        assert_eq!(bytes[span], expected, "{name}");
        assert!(parsed.value.bytes == bytes && parsed.value.connector.name == "a", "{name}");
    }
    let other = format!("<?xml version='1.0' encoding='shift_jis'?>{}", s::with("<schema/>"));
    assert_eq!(read_connector("c.xml", other.as_bytes()).unwrap().value.schema_span, None);
}

#[test]
fn connectors_of_every_root_and_what_is_none() {
    let inner = s::with("<schema/>");
    for (file, start) in [
        (inner.clone(), 0),
        (format!("<export-ma>{inner}</export-ma>"), 11),
        (format!("<saved-ma-configuration>{inner}</saved-ma-configuration>"), 24),
    ] {
        let span = read_connector("c.xml", file.as_bytes()).unwrap().value.schema_span.unwrap();
        assert_eq!(&file[span.clone()], "<schema/>");
        assert_eq!(span.start, start + inner.find("<schema/>").unwrap());
    }
    assert_eq!(read_connector("c.xml", s::with("").as_bytes()).unwrap().value.schema_span, None);
    let error = |text: &str| read_connector("c.xml", text.as_bytes()).unwrap_err();
    assert!(matches!(error(s::SMALL_RULE).kind, ErrorKind::Root { .. }));
    assert_eq!(error("<export-ma/>").kind, ErrorKind::Missing { element: "ma-data" });
    assert_eq!(error("<ma-data>\n <id></name>").location.to_string(), "c.xml:2:6");
}

#[test]
fn the_migrated_policy() {
    let utf16: Vec<u8> = format!("\u{FEFF}{}\r\n", s::MIGRATED_POLICY)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let parsed = read_migrated_policy("p.json", &utf16).unwrap();
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    assert_eq!(parsed, read_migrated_policy("p.json", s::MIGRATED_POLICY.as_bytes()).unwrap());
    assert_eq!(parsed.value.other, []);
    let policy = parsed.value.policy.unwrap();
    assert_eq!(policy.kind, Some(owned("migration")));
    assert_eq!(policy.author, Some(owned(r"FABRIKAM\adm-sync")));
    assert_eq!(policy.time_created, Some(owned("2026-04-01 10:20:30Z")));
    assert_eq!((policy.connect_version, policy.other), (Some(owned("1.6.16.0")), vec![]));
    let server = parsed.value.deployment.unwrap();
    assert_eq!(server.host_name, Some(owned("sync02.fabrikam.example")));
    assert_eq!(server.service_account, Some(owned(r"FABRIKAM\svc-sync$")));
    assert_eq!((server.service_account_type, server.database_type), (None, None));
    assert_eq!(server.database_server, Some(owned("sql01")));
    assert_eq!(server.database_instance, Some(owned("SYNC")));
    assert_eq!(server.database_name, Some(owned("ADSync")));
    assert_eq!(
        server.connector_ids,
        [
            guid("11112222-3333-4444-5555-66667777cccc"),
            guid("11112222-3333-4444-5555-66667777dddd")
        ]
    );
    assert_eq!(server.other, []);
}

#[test]
fn what_a_policy_has_besides() {
    let cases: [(&str, &[&str]); 8] = [
        ("{}", &["1:1 there is no `policyMetadata`", "1:1 there is no `deploymentMetadata`"]),
        (r#"{"policymetadata":{},"DEPLOYMENTMETADATA":{}}"#, &[]),
        (
            r#"{"policyMetadata":{},"deploymentMetadata":{},"x":1}"#,
            &["1:1 the key `x` is not understood"],
        ),
        (
            r#"{"policyMetadata":{"type":5},"deploymentMetadata":{}}"#,
            &["1:1 `policyMetadata.type` is not a text"],
        ),
        (r#"{"policyMetadata":{},"deploymentMetadata":{"connectorIds":null}}"#, &[]),
        (
            r#"{"policyMetadata":{},"deploymentMetadata":{"connectorIds":[1]}}"#,
            &["1:1 `deploymentMetadata.connectorIds` is not a list of texts"],
        ),
        (
            r#"{"policyMetadata":{},"deploymentMetadata":{"connectorIds":["a"]}}"#,
            &["1:1 `deploymentMetadata.connectorIds` is `a`, which is not a GUID"],
        ),
        (
            r#"{"policyMetadata":[],"deploymentMetadata":{}}"#,
            &[
                "1:1 `policyMetadata` is not an object",
                "1:1 there is no `policyMetadata`",
                "1:1 the key `policyMetadata` is not understood",
            ],
        ),
    ];
    for (text, expected) in cases {
        let parsed = read_migrated_policy("p.json", text.as_bytes()).unwrap();
        assert_eq!(shown(&parsed.problems), expected, "{text}");
    }
    let kept =
        r#"{"z":1,"policyMetadata":{"q":0,"type":5,"b":"t","q":null},"a":[true,-7,2.5,1e300,{}]}"#;
    let value = read_migrated_policy("p.json", kept.as_bytes()).unwrap().value;
    let number = |it: &str| Json::Number(it.to_owned());
    let numbers = [number("-7"), number("2.5"), number("1e300")];
    let mut list = vec![Json::Bool(true)];
    list.extend(numbers);
    list.push(Json::Object(vec![]));
    assert_eq!(value.other, [("z".to_owned(), number("1")), ("a".to_owned(), Json::Array(list))]);
    let keys: Vec<_> = value.policy.unwrap().other;
    let expected = [("q", number("0")), ("type", number("5")), ("b", text("t")), ("q", Json::Null)];
    assert_eq!(keys, expected.map(|(key, value)| (key.to_owned(), value)));
}

#[test]
fn the_policy_of_the_wizard() {
    let parsed = read_synchronization_policy("p.json", s::WIZARD_POLICY.as_bytes()).unwrap();
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    let it = parsed.value;
    let policy = it.policy.unwrap();
    let keys: Vec<_> = policy.other.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!((policy.kind, keys), (Some(owned("applied")), vec!["Zeta", "alpha"]));
    let deployment = it.deployment.unwrap();
    assert_eq!(deployment.database_type, Some(owned("LocalDB")));
    assert_eq!(deployment.connector_ids, [guid("11112222-3333-4444-5555-66667777cccc")]);
    let [directory] = it.directories.as_slice() else { panic!("{:?}", it.directories) };
    assert_eq!(directory.id, Some(guid("11112222-3333-4444-5555-66667777cccc")));
    assert_eq!(
        (&directory.name, &directory.forest_name),
        (&Some(owned("fabrikam.example")), &Some(owned("fabrikam.example")))
    );
    assert_eq!(
        directory.partition_filters,
        [PartitionFilter {
            distinguished_name: Some(owned("DC=fabrikam,DC=example")),
            inclusions: vec![
                "OU=Staff,DC=fabrikam,DC=example".to_owned(),
                "OU=Rooms,DC=fabrikam,DC=example".to_owned()
            ],
            exclusions: vec!["OU=Old,DC=fabrikam,DC=example".to_owned()],
            other: vec![("domain".to_owned(), text("FABRIKAM"))],
        }]
    );
    assert_eq!(
        directory.standard_rules,
        [StandardRule {
            name: Some(owned("In from AD - User Join")),
            id: Some(guid("11112222-3333-4444-5555-666677770001")),
            immutable_tag: Some(owned("Microsoft.InfromADUserJoin.006")),
            precedence: Some(100),
            other: vec![],
        }]
    );
    let [rule] = directory.custom_rules.as_slice() else { panic!() };
    let keys: Vec<_> = rule.other.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["scopeFilters", "attributeMappings"]);
    assert_eq!(
        CustomRule { other: vec![], ..rule.clone() },
        CustomRule {
            name: Some(owned("In from AD - Staff only")),
            id: Some(guid("11112222-3333-4444-5555-666677770002")),
            internal_id: Some(guid("11112222-3333-4444-5555-666677770003")),
            description: Some(owned("")),
            direction: Some(Direction::Inbound),
            source: Some(owned("user")),
            target: Some(owned("person")),
            link_type: Some(owned("Join")),
            precedence: Some(50),
            other: vec![],
        }
    );
    let cloud = it.cloud.unwrap();
    assert!(cloud.standard_rules.is_empty() && cloud.custom_rules.is_empty());
    assert_eq!(cloud.other, [("tenant".to_owned(), text("fabrikam.example"))]);
    assert_eq!(it.other.len(), 1);
    assert_eq!(it.other[0].0, "userSignInPolicy");
    let odd = r#"{"onpremisesDirectoryPolicy":[{"uniqueIdentifier":"x","standardSynchronizationRules":[{"precedence":-1}]}, {"partitionFilters":[1]}]}"#;
    assert_eq!(
        shown(&read_synchronization_policy("p.json", odd.as_bytes()).unwrap().problems),
        [
            "1:1 `onpremisesDirectoryPolicy[0].uniqueIdentifier` is not a GUID",
            "1:1 `onpremisesDirectoryPolicy[0].standardSynchronizationRules[0].precedence` is not a number in its range",
            "1:1 `onpremisesDirectoryPolicy[1].partitionFilters` is not a list of objects",
        ]
    );
    assert_eq!(
        shown(&read_synchronization_policy("p.json", b"{}").unwrap().problems),
        ["1:1 there is neither `onpremisesDirectoryPolicy` nor `azureDirectoryPolicy`"]
    );
}

#[test]
fn broken_and_hostile_policies_are_errors_with_their_place() {
    let nested = format!("{{\"a\":{}", "[".repeat(100_000));
    let many = format!("[{}0]", "0,".repeat(1_000_000));
    let cases = [
        ("", "1:1", "the file is empty"),
        ("{\n \"é\": x}", "2:7", "this is not JSON"),
        ("{\n \"a\": 1", "2:7", "the text ends inside a value"),
        ("{} {}", "1:4", "this is not JSON"),
        ("[]", "1:1", "there is no JSON object in it"),
        ("5", "1:1", "there is no JSON object in it"),
        ("{\"a\":\"\\ud800\"}", "1:", "this is not JSON"),
        ("{\"a\":1e999}", "1:", "this is not JSON"),
        (&nested, "1:105", "the depth of values exceeds the limit of 100"),
        (&many, "1:", "the number of values exceeds the limit of 1000000"),
    ];
    for (text, place, what) in cases {
        for shown in [
            read_migrated_policy("p.json", text.as_bytes()).unwrap_err().to_string(),
            read_synchronization_policy("p.json", text.as_bytes()).unwrap_err().to_string(),
        ] {
            assert!(
                shown.contains(&format!(" in p.json:{place}")) && shown.contains(what),
                "{shown}"
            );
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in "(\\{|\\}|\\[|\\]|\"|:|,|\\\\|\\\\u|1|-|e|null|policyMetadata|connectorIds|\\PC){0,40}") {
        drop(read_migrated_policy("p.json", text.as_bytes()));
        drop(read_synchronization_policy("p.json", format!("{{\"onpremisesDirectoryPolicy\":{text}}}").as_bytes()));
    }
}
