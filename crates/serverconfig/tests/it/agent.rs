//! Every element of `ma-data` with the model that it must give.
use dirlift_model::{
    AttributeName, Guid,
    config::{ConnectorCategory, ContainerScope, FilterOperator, FlowSource, RunStepKind},
};

use crate::snippets::{self as s, agent, shown, with};

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

fn name(text: &str) -> AttributeName {
    AttributeName::new(text)
}

fn direct(attribute: &str, intrinsic: bool) -> FlowSource {
    FlowSource::Direct { attribute: name(attribute), intrinsic }
}

#[test]
fn identity_and_lists_of_names() {
    let parsed = agent(&s::full_agent());
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    let it = parsed.value;
    assert_eq!(Some(it.id), Some(guid(s::AGENT_ID)));
    assert_eq!(it.name, "Active Directory Connector");
    assert_eq!(it.category, ConnectorCategory::ActiveDirectory);
    assert_eq!((it.subtype.as_str(), it.description.as_str(), it.version), ("", "", Some(173)));
    assert_eq!(it.creation_time.as_deref(), Some("2012-08-23 08:17:11.130"));
    assert_eq!(it.last_modification_time.as_deref(), Some("2014-01-02 03:04:05.000"));
    assert_eq!(it.schema_attributes, [name("mail"), name("cookie")]);
    assert_eq!(it.attribute_inclusion, Some(vec![name("mail"), name("userPrincipalName")]));
    assert_eq!((it.location.file.as_str(), it.location.line, it.location.column), ("a.xml", 3, 1));
}

#[test]
fn roots_of_an_agent() {
    let inner = with("");
    for file in [
        inner.clone(),
        format!("<export-ma>{inner}</export-ma>"),
        format!("<saved-ma-configuration>{inner}</saved-ma-configuration>"),
    ] {
        assert_eq!(agent(&file).value.name, "a");
    }
    let parsed = agent("<ma-data/>");
    assert_eq!(
        shown(&parsed.problems),
        [
            "1:1 `ma-data` has no `id`",
            "1:1 `ma-data` has no `name`",
            "1:1 `ma-data` has no `category`"
        ]
    );
    assert!(parsed.value.id.is_nil());
    assert_eq!(parsed.value.attribute_inclusion, None, "a missing list is not an empty list");
    assert_eq!(agent(&with("<attribute-inclusion/>")).value.attribute_inclusion, Some(vec![]));
}

#[test]
fn connector_filter() {
    let parsed = agent(&with(s::FILTER));
    assert!(parsed.problems.is_empty());
    let [user, contact] = parsed.value.filters.as_slice() else { panic!() };
    assert_eq!(
        (user.object_type.as_str(), user.kind.as_str(), user.import_filter),
        ("user", "declared", true)
    );
    assert_eq!(
        (contact.object_type.as_str(), contact.kind.as_str(), contact.import_filter),
        ("contact", "scripted", false)
    );
    assert_eq!((user.location.line, user.location.column), (3, 2));
    let [first, second] = user.alternatives.as_slice() else { panic!() };
    assert_eq!(first.id, Some(guid("{00000000-0000-0000-0000-0000000000a1}")));
    assert_eq!((second.location.line, second.location.column), (8, 3));
    let conditions: Vec<_> = first
        .conditions
        .iter()
        .map(|it| (it.attribute.as_str(), it.intrinsic, it.operator.clone(), it.value.as_str()))
        .collect();
    assert_eq!(
        conditions,
        [
            ("extensionAttribute5", false, FilterOperator::Equality, "NoSync & more "),
            ("dn", true, FilterOperator::NotPresent, ""),
        ]
    );
    assert_eq!(
        (&second.conditions[0].operator, second.conditions[0].value.as_str()),
        (&FilterOperator::BitOn, "0x2")
    );
}

fn one_condition(operator: &str) -> String {
    with(&format!(
        r#"<stay-disconnector><filter-set cd-object-type="user" type="declared"><filter-alternative><condition cd-attribute="a" operator="{operator}"><value>v</value></condition></filter-alternative></filter-set></stay-disconnector>"#
    ))
}

#[test]
fn every_operator_word_and_an_unknown_one() {
    let words = [
        ("equality", FilterOperator::Equality),
        ("inequality", FilterOperator::Inequality),
        ("present", FilterOperator::Present),
        ("not-present", FilterOperator::NotPresent),
        ("substring-start", FilterOperator::SubstringStart),
        ("not-substring-start", FilterOperator::NotSubstringStart),
        ("substring-end", FilterOperator::SubstringEnd),
        ("not-substring-end", FilterOperator::NotSubstringEnd),
        ("substring-any", FilterOperator::SubstringAny),
        ("not-substring-any", FilterOperator::NotSubstringAny),
        ("greater-than", FilterOperator::GreaterThan),
        ("greater-than-or-equal", FilterOperator::GreaterThanOrEqual),
        ("less-than", FilterOperator::LessThan),
        ("less-than-or-equal", FilterOperator::LessThanOrEqual),
        ("bit-on", FilterOperator::BitOn),
        ("bit-off", FilterOperator::BitOff),
    ];
    assert_eq!(words.len(), FilterOperator::ALL.len());
    for (word, expected) in words {
        let parsed = agent(&one_condition(word));
        assert!(parsed.problems.is_empty(), "{word}");
        assert_eq!(parsed.value.filters[0].alternatives[0].conditions[0].operator, expected);
    }
    let parsed = agent(&one_condition("sounds-like"));
    assert_eq!(
        shown(&parsed.problems),
        ["2:90 `operator` is `sounds-like`, a word that is not known"]
    );
    let operator = &parsed.value.filters[0].alternatives[0].conditions[0].operator;
    assert_eq!(*operator, FilterOperator::Unknown("sounds-like".to_owned()));
}

#[test]
fn join_and_projection() {
    let parsed = agent(&with(&format!("{}{}", s::JOIN, s::PROJECTION)));
    assert!(parsed.problems.is_empty());
    let [profile] = parsed.value.joins.as_slice() else { panic!() };
    assert_eq!(profile.object_type.as_str(), "user");
    let [first, second] = profile.criteria.as_slice() else { panic!() };
    assert_eq!(first.id, Some(guid("{00000000-0000-0000-0000-0000000000b1}")));
    assert_eq!(first.metaverse_type, Some(name("person")));
    let script =
        FlowSource::Scripted { attributes: vec![name("mail")], context: "joinMail".to_owned() };
    assert_eq!(
        first.mappings,
        [(name("sourceAnchor"), direct("objectGUID", false)), (name("mail"), script)]
    );
    assert_eq!(first.scripted_resolution, None);
    assert_eq!(second.metaverse_type, None, "any type");
    assert_eq!(second.mappings, [(name("cn"), direct("dn", true))]);
    assert_eq!(second.scripted_resolution.as_deref(), Some("pickOne"));

    let kinds: Vec<_> = parsed
        .value
        .projections
        .iter()
        .map(|it| (it.kind.as_str(), it.object_type.as_str(), it.metaverse_type.clone()))
        .collect();
    assert_eq!(kinds, [("declared", "user", Some(name("person"))), ("scripted", "group", None)]);
}

#[test]
fn every_kind_of_mapping() {
    let parsed = agent(&with(s::EXPORT_FLOW));
    assert!(parsed.problems.is_empty());
    let flows = parsed.value.export_flows;
    let sources: Vec<_> = flows.iter().map(|it| (it.target.as_str(), it.source.clone())).collect();
    let scripted = FlowSource::Scripted {
        attributes: vec![name("dn"), name("mail")],
        context: "cd.user:upn<-mv.person:dn,mail".to_owned(),
    };
    assert_eq!(
        sources,
        [
            ("proxyAddresses", direct("proxyAddresses", false)),
            ("company", FlowSource::Constant("Fabrikam".to_owned())),
            ("ou", FlowSource::DnPart(2)),
            ("upn", scripted),
            (
                "x",
                FlowSource::SyncRule {
                    kind: "expression".to_owned(),
                    attributes: vec![name("sn")]
                }
            ),
        ]
    );
    assert_eq!(
        flows.iter().map(|it| it.suppress_deletions).collect::<Vec<_>>(),
        [true, false, false, false, false]
    );
    assert!(flows.iter().all(|it| it.object_type.is("user") && it.metaverse_type.is("person")));
    assert_eq!(
        (flows[0].id, flows[2].id),
        (Some(guid("{00000000-0000-0000-0000-0000000000d1}")), None)
    );
    assert_eq!((flows[1].location.line, flows[1].location.column), (5, 3));
}

#[test]
fn code_and_deprovisioning() {
    let it = agent(&s::full_agent()).value;
    let code: Vec<_> =
        it.assemblies().iter().map(|(kind, it)| (*kind, it.assembly_name.clone())).collect();
    assert_eq!(
        code,
        [
            ("rules extension", "Custom.Rules.dll".to_owned()),
            ("connected data source extension", "Exch2010Extension.dll".to_owned()),
            ("password extension", "Custom.Password.dll".to_owned()),
        ]
    );
    assert_eq!(it.extension.unwrap().application_protection.as_deref(), Some("low"));
    let cleanup = it.deprovisioning.unwrap();
    assert_eq!(
        (cleanup.kind.as_str(), cleanup.action.as_deref()),
        ("declared", Some("make-normal-disconnector"))
    );
    assert_eq!(agent(&with("<extension/><provisioning-cleanup/>")).value.extension, None);
}

#[test]
fn private_configuration() {
    let it = agent(&s::full_agent()).value;
    let ad = it.active_directory.unwrap();
    assert_eq!(ad.forest_name.as_deref(), Some("corp.example"));
    assert_eq!(
        (ad.login_user.as_deref(), ad.login_domain.as_deref()),
        (Some("MSOL_0123"), Some("corp.example"))
    );
    assert_eq!((ad.sign_and_seal, ad.ssl_bind), (Some(true), Some(false)));
    let hashes = ad.password_hash_sync.unwrap();
    assert_eq!(
        (hashes.enabled, hashes.target),
        (true, Some(guid("b891884f-051e-4a83-95af-2544101c9083")))
    );
    assert_eq!(ad.parameters, [("Forest.FQDN".to_owned(), "corp.example".to_owned())]);

    let cloud = it.extensible.unwrap();
    assert_eq!(cloud.file_name.as_deref(), Some("Microsoft.Azure.ActiveDirectory.Connector.dll"));
    assert_eq!(cloud.assembly_version.as_deref(), Some("1.0.7020.0"));
    assert_eq!(cloud.user_name.as_deref(), Some("sync@corp.example"));
    assert_eq!(
        cloud.anchors,
        [(name("user"), name("cloudAnchor")), (name("group"), name("sourceAnchor"))]
    );
    assert_eq!(
        (cloud.password_writeback, cloud.tenant.as_deref()),
        (Some(true), Some("corp.example"))
    );
    assert_eq!(cloud.parameters, [("Timeout".to_owned(), "120".to_owned())]);
}

#[test]
fn partitions_in_both_container_styles() {
    let parsed = agent(&with(s::PARTITIONS));
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    let [first, second] = parsed.value.partitions.as_slice() else { panic!() };
    let dn = |text: &str| text.parse().unwrap();
    assert_eq!((first.name.as_str(), first.selected), ("DC=corp,DC=example", true));
    assert_eq!(first.object_classes, [name("user"), name("group")]);
    assert_eq!(
        first.scope,
        ContainerScope {
            inclusions: vec![dn("DC=corp,DC=example")],
            exclusions: vec![dn("OU=Test,DC=corp,DC=example"), dn("CN=Users,DC=corp,DC=example")],
        }
    );
    assert_eq!(first.dns_name.as_deref(), Some("corp.example"));
    assert_eq!(
        (first.guid, first.is_domain),
        (Some(guid("c58ea1c0-0000-0000-0000-0c5b36c7e1c7")), Some(true))
    );
    assert_eq!(first.last_domain_controller.as_deref(), Some("dc1.corp.example"));
    assert_eq!(first.preferred_domain_controllers, ["dc2.corp.example", "dc3.corp.example"]);
    assert_eq!(first.alternate_login.as_deref(), Some(r"CORP\reader"));
    assert_eq!((second.selected, second.guid, second.is_domain), (false, None, Some(false)));
    assert!(second.scope.contains(&dn("CN=a,OU=Staff,DC=emea,DC=corp,DC=example")));
    assert!(!second.scope.contains(&dn("CN=a,OU=Other,DC=emea,DC=corp,DC=example")));
}

#[test]
fn a_bad_container_is_a_problem_and_the_others_stay() {
    let parsed = agent(&with(
        "<ma-partition-data><partition><selected>2</selected><filter><containers><exclusions>
<exclusion>OU=A,DC=x</exclusion><exclusion>not a name</exclusion><exclusion>OU=B,DC=x</exclusion></exclusions></containers></filter></partition></ma-partition-data>",
    ));
    let partition = &parsed.value.partitions[0];
    assert!(partition.selected, "any number above zero is selected");
    assert_eq!(
        partition
            .scope
            .exclusions
            .iter()
            .map(dirlift_model::DistinguishedName::as_str)
            .collect::<Vec<_>>(),
        ["OU=A,DC=x", "OU=B,DC=x"]
    );
    assert_eq!(parsed.problems.len(), 1);
    assert!(
        shown(&parsed.problems)[0]
            .starts_with("3:33 `exclusion` is `not a name`: not a distinguished name")
    );
}

#[test]
fn run_profiles() {
    let parsed = agent(&with(s::RUNS));
    assert!(parsed.problems.is_empty());
    let [profile] = parsed.value.run_profiles.as_slice() else { panic!() };
    assert_eq!(
        (profile.name.as_str(), profile.id),
        ("Full Confirming Import", Some(guid("bbbbbbbb-0000-0000-0000-000000000001")))
    );
    let [import, export] = profile.steps.as_slice() else { panic!() };
    assert_eq!((import.object_limit, import.delete_limit), (Some(500), Some(10)));
    assert_eq!(import.partition, Some(guid("aaaaaaaa-0000-0000-0000-000000000001")));
    assert_eq!((export.object_limit, export.delete_limit), (None, None));
    assert_eq!((&import.kind, &export.kind), (&RunStepKind::FullImport, &RunStepKind::Export));
}

#[test]
fn every_kind_of_step() {
    let import = |it: &str| format!("<import-subtype>{it}</import-subtype>");
    let apply = |it: &str| format!("<apply-rules-subtype>{it}</apply-rules-subtype>");
    let known = [
        ("full-import", import("to-cs"), "Full Import (Stage Only)"),
        ("full-import", String::new(), "Full Import and Delta Synchronization"),
        ("full-import-reevaluate-rules", String::new(), "Full Import and Full Synchronization"),
        ("delta-import", import("to-cs"), "Delta Import (Stage Only)"),
        ("delta-import", String::new(), "Delta Import and Delta Synchronization"),
        ("apply-rules", apply("apply-pending"), "Delta Synchronization"),
        ("apply-rules", apply("reevaluate-flow-connectors"), "Full Synchronization"),
        ("export", String::new(), "Export"),
    ];
    let unknown = [
        ("apply-rules", String::new(), "apply-rules"),
        ("delta-import", import("resume"), "delta-import/resume"),
        ("full-import", import("to-file") + &import("to-cs"), "full-import/to-file+to-cs"),
    ];
    for ((ty, sub, name), n_problems) in
        known.into_iter().map(|it| (it, 0)).chain(unknown.into_iter().map(|it| (it, 1)))
    {
        let parsed = agent(&with(&format!(
            r#"<ma-run-data><run-configuration><configuration><step><step-type type="{ty}">{sub}</step-type></step></configuration></run-configuration></ma-run-data>"#
        )));
        assert_eq!(parsed.value.run_profiles[0].steps[0].kind.to_string(), name);
        assert_eq!(parsed.problems.len(), n_problems, "{name}");
    }
}

#[test]
fn what_is_not_understood_is_reported_with_its_place() {
    let cases = [
        ("<surprise/>", "2:1 `ma-data` has an element `surprise` that is not understood"),
        ("text", "2:1 `ma-data` has text that is not understood"),
        ("<version>many</version>", "2:1 `version` is `many`, which is not a number in its range"),
        (
            "<version>99999999999999999999</version>",
            "2:1 `version` is `99999999999999999999`, which is not a number in its range",
        ),
        ("<name>again</name>", "2:1 `ma-data` has a second `name`, only the first one is read"),
        ("<version>1<x/></version>", "2:11 `version` has an element `x` that is not understood"),
        (
            r#"<extension colour="red"/>"#,
            "2:1 `extension` has an attribute `colour` that is not understood",
        ),
        ("<extension>stray</extension>", "2:1 `extension` has text that is not understood"),
        ("<join><odd/></join>", "2:7 `join` has an element `odd` that is not understood"),
        ("<schema><odd/></schema>", "2:9 `schema` has an element `odd` that is not understood"),
        ("<schema><attribute-type/></schema>", "2:9 `attribute-type` of the schema has no name"),
        (
            "<projection><class-mapping type='declared'/></projection>",
            "2:13 `class-mapping` has no attribute `cd-object-type`",
        ),
        (
            "<projection><class-mapping type='magic' cd-object-type='u'/></projection>",
            "2:13 `type` is `magic`, a word that is not known",
        ),
        (
            "<projection><class-mapping type='declared' cd-object-type='u'><mv-object-type>a</mv-object-type><mv-object-type>b</mv-object-type></class-mapping></projection>",
            "2:97 `class-mapping` has a second `mv-object-type`, only the first one is read",
        ),
        (
            "<private-configuration><oledb/></private-configuration>",
            "2:24 `private-configuration` has an element `oledb` that is not understood",
        ),
        (
            "<private-configuration><adma-configuration><sign-and-seal>maybe</sign-and-seal></adma-configuration></private-configuration>",
            "2:44 `sign-and-seal` is `maybe`, which is neither on nor off",
        ),
        (
            "<export-attribute-flow><export-flow-set cd-object-type='u' mv-object-type='p'><export-flow cd-attribute='a'/></export-flow-set></export-attribute-flow>",
            "2:79 `export-flow` has no mapping",
        ),
        (
            "<export-attribute-flow><export-flow-set cd-object-type='u' mv-object-type='p'><export-flow cd-attribute='a'><magic-mapping/></export-flow></export-flow-set></export-attribute-flow>",
            "2:109 `export-flow` has an element `magic-mapping` that is not understood",
        ),
        (
            "<export-attribute-flow><export-flow-set cd-object-type='u' mv-object-type='p'><export-flow cd-attribute='a' id='7'><dn-part-mapping><dn-part>1</dn-part></dn-part-mapping></export-flow></export-flow-set></export-attribute-flow>",
            "2:79 `id` is `7`, which is not a GUID",
        ),
        (
            "<join><join-profile cd-object-type='u'><join-criterion join-cri-type='sync-rule'><search/></join-criterion></join-profile></join>",
            "2:40 `join-cri-type` is `sync-rule`; only the search is read",
        ),
        (
            "<ma-partition-data><partition/></ma-partition-data>",
            "2:20 `partition` does not say whether it is selected; it is taken as not selected",
        ),
    ];
    for (children, expected) in cases {
        assert_eq!(shown(&agent(&with(children)).problems), [expected], "{children}");
    }
    let parsed =
        agent("<ma-data><id>nonsense</id><name>a</name><category>ADAM</category></ma-data>");
    assert_eq!(shown(&parsed.problems), ["1:10 `id` is `nonsense`, which is not a GUID"]);
    assert_eq!(parsed.value.category, ConnectorCategory::Other("ADAM".to_owned()));
}

#[test]
fn problems_are_capped_and_the_rest_is_counted() {
    let parsed = agent(&with(&"<surprise/>\n".repeat(3_500)));
    assert_eq!(parsed.problems.len(), 1_001);
    assert_eq!(
        shown(&parsed.problems[999..]),
        [
            "1001:1 `ma-data` has an element `surprise` that is not understood",
            "1002:1 and 2,500 more",
        ]
    );
    assert_eq!(agent(&with(&"<surprise/>".repeat(1_000))).problems.len(), 1_000);
}
