//! Every element of `mv-data`, and the scheduler's file.
use dirlift_model::{AttributeName, Guid, config::FlowSource};
use dirlift_serverconfig::{read_export_head, read_scheduler};

use crate::snippets::{self as s, metaverse, shown};

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

#[test]
fn one_of_everything() {
    let parsed = metaverse(&s::full_metaverse());
    assert_eq!(shown(&parsed.problems), Vec::<String>::new());
    let it = parsed.value;
    assert_eq!(it.version, Some(339));
    assert_eq!(it.object_types, [AttributeName::new("person"), AttributeName::new("group")]);
    assert_eq!(it.schema_attributes, [AttributeName::new("mail")]);
    let [upn, cn] = it.import_flows.as_slice() else { panic!() };
    assert_eq!(
        (upn.metaverse_type.as_str(), upn.target.as_str(), upn.precedence.as_str()),
        ("person", "userPrincipalName", "ranked")
    );
    assert_eq!((cn.target.as_str(), cn.precedence.as_str(), cn.flows.len()), ("cn", "equal", 0));
    let [first, second] = upn.flows.as_slice() else { panic!() };
    assert_eq!((first.connector, first.object_type.as_str()), (guid(s::AGENT_ID), "user"));
    assert_eq!(first.id, Some(guid("{00000000-0000-0000-0000-0000000000E1}")));
    assert_eq!(
        first.source,
        FlowSource::Scripted {
            attributes: vec![AttributeName::new("userPrincipalName")],
            context: "upn".to_owned()
        }
    );
    assert_eq!(
        second.source,
        FlowSource::Direct { attribute: AttributeName::new("mail"), intrinsic: false }
    );
    assert_eq!(it.recalling_connectors, [guid(s::AGENT_ID)]);
    assert_eq!(it.provisioning.as_deref(), Some("both"));
    let [rule] = it.deletion_rules.as_slice() else { panic!() };
    assert_eq!((rule.metaverse_type.as_str(), rule.kind.as_str()), ("person", "declared-any"));
    assert_eq!(rule.connectors, [guid(s::AGENT_ID)]);
    assert_eq!(it.extension.unwrap().assembly_name, "MVExtension.dll");
    assert_eq!(it.password_change_notification, Some(true));
    assert_eq!(
        it.parameters,
        [("Microsoft.Synchronize.StagingMode".to_owned(), "False".to_owned())]
    );
}

#[test]
fn what_is_not_understood() {
    let cases = [
        ("<odd/>", "1:10 `mv-data` has an element `odd` that is not understood"),
        ("<provisioning type='magic'/>", "1:10 `type` is `magic`, a word that is not known"),
        ("<provisioning/>", "1:10 `provisioning` has no attribute `type`"),
        (
            "<import-attribute-flow><import-flow-set mv-object-type='p'><import-flows mv-attribute='a' type='ranked'><import-flow src-ma='x' cd-object-type='u'><constant-mapping><constant-value>1</constant-value></constant-mapping></import-flow></import-flows></import-flow-set></import-attribute-flow>",
            "1:114 `src-ma` is `x`, which is not a GUID",
        ),
        (
            "<mv-deletion><mv-deletion-rule mv-object-type='p' type='declared-last'><src-ma>x</src-ma></mv-deletion-rule></mv-deletion>",
            "1:81 `src-ma` is `x`, which is not a GUID",
        ),
    ];
    for (children, expected) in cases {
        let shown = shown(&metaverse(&format!("<mv-data>{children}</mv-data>")).problems);
        assert!(shown.contains(&expected.to_owned()), "{children}: {shown:?}");
    }
    assert_eq!(
        metaverse("<mv-data><password-sync/></mv-data>").value.password_change_notification,
        None
    );
}

#[test]
fn the_interval_of_the_scheduler() {
    let file = r#"<?xml version="1.0"?><configuration><configSections/><appSettings>
      <add key="Other" value="9:9:9"/><add key="SyncTimeInterval" value="3:0:0" /></appSettings></configuration>"#;
    let scheduler = read_scheduler("scheduler.config", file.as_bytes()).unwrap();
    assert_eq!(scheduler.interval.as_deref(), Some("3:0:0"));
    assert_eq!(
        (scheduler.interval_seconds, scheduler.place.as_str()),
        (Some(10_800), "scheduler.config")
    );

    let odd = read_scheduler("s", file.replace("3:0:0", "soon").as_bytes()).unwrap();
    assert_eq!((odd.interval.as_deref(), odd.interval_seconds), (Some("soon"), None));
    let absent = read_scheduler("s", b"<configuration/>").unwrap();
    assert_eq!((absent.interval, absent.interval_seconds), (None, None));
    let error = read_scheduler("s", b"\n <settings/>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the configuration in s:2:2: there is no `configuration` in it; give the file as the engine exported it"
    );
    assert!(read_scheduler("s", b"<configuration>").is_err());
}

#[test]
fn the_head_of_an_export() {
    let text = |it: &str| Some(it.to_owned());
    let cases = [
        ("<saved-mv-configuration server='A' export-date='B'/>", (text("A"), text("B"))),
        ("<!-- x --><saved-ma-configuration export-date=' B ' server=''><x>", (None, text("B"))),
        ("<ma-data server='A'/>", (None, None)),
        ("<saved-mv-configuration", (None, None)),
        ("", (None, None)),
    ];
    for (xml, expected) in cases {
        assert_eq!(read_export_head(xml.as_bytes()), expected, "{xml}");
    }
}
