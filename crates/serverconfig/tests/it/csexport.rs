//! Connector space exports: what the directory has, what is pending, and files that are wrong.
use dirlift_model::{AttributeValue, Objects as _, PendingExport, pending::Operation};
use dirlift_serverconfig::csexport::{
    CsexportErrorKind, CsexportObject, CsexportReader, Hologram, ImportedCounts, ImportedObjects,
    Stage,
};
use dirlift_testkit::sample::sample;
use proptest::prelude::*;

/// `CN={` and the hexadecimal digits of `QQ==`, which is an anchor.
const DN: &str = "CN={51513D3D}";

fn objects(inner: &str) -> Vec<CsexportObject> {
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><cs-objects>{inner}</cs-objects>");
    CsexportReader::new("x.xml", xml.as_bytes()).map(|it| it.unwrap()).collect()
}

fn object(inner: &str) -> CsexportObject {
    let mut all = objects(&format!(
        r#"<cs-object cs-dn="{DN}" id="{{0A0B0C0D-1111-2222-3333-444455556666}}" object-type="user">{inner}</cs-object>"#
    ));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn pending(inner: &str) -> PendingExport {
    object(inner).pending_export().unwrap()
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::String(text.to_owned())
}

fn reference(dn: &str) -> AttributeValue {
    AttributeValue::Reference(dn.parse().unwrap())
}

#[test]
fn an_addition() {
    let export = pending(
        r#"<unapplied-export><delta operation="add" dn="CN={51513D3D}"><primary-objectclass>user</primary-objectclass>
           <attr name="userPrincipalName" operation="add" type="string" multivalued="false"><value>ida@tailspin.example</value></attr>
           <attr name="accountEnabled" type="boolean" multivalued="false"><value>true</value></attr>
           <attr name="msExchRecipientTypeDetails" type="integer" multivalued="false"><value>0x80000000</value></attr>
           </delta></unapplied-export><ma-name>tailspin.onmicrosoft.com - AAD</ma-name><connector>1</connector>"#,
    );
    assert_eq!(export.operation, Operation::Add);
    assert_eq!(export.connector, "tailspin.onmicrosoft.com - AAD");
    assert_eq!(export.anchor.as_deref(), Some("QQ=="), "spelt in the name");
    let changes: Vec<_> = export
        .changes
        .iter()
        .map(|it| (it.attribute.as_str(), it.old.len(), it.new.clone()))
        .collect();
    assert_eq!(
        changes,
        [
            ("accountEnabled", 0, vec![AttributeValue::Boolean(true)]),
            ("msExchRecipientTypeDetails", 0, vec![AttributeValue::Integer(2_147_483_648)]),
            ("userPrincipalName", 0, vec![string("ida@tailspin.example")]),
        ]
    );
}

#[test]
fn an_update_with_the_state_before() {
    let export = pending(
        r#"<unapplied-export><delta operation="update" dn="CN={51513D3D}">
           <attr name="displayName" operation="update" type="string"><value operation="delete">Old</value><value operation="add">New</value></attr>
           <attr name="info" operation="delete" type="string"/>
           <attr name="mail" operation="none" type="string"><value>same</value></attr>
           <dn-attr name="member" operation="update"><dn-value operation="add"><dn>CN={61}</dn></dn-value>
             <dn-value operation="delete"><dn>CN={62}</dn><anchor encoding="base64">AQ==</anchor></dn-value></dn-attr>
           </delta></unapplied-export>
           <synchronized-hologram><entry dn="CN={51513D3D}">
           <attr name="displayName" type="string"><value>Old</value></attr><attr name="info" type="string"><value>i</value></attr>
           <dn-attr name="member"><dn-value><dn>CN={62}</dn></dn-value><dn-value><dn>CN={63}</dn></dn-value></dn-attr>
           </entry></synchronized-hologram>"#,
    );
    assert_eq!(export.operation, Operation::Update);
    assert_eq!(export.display_name.as_deref(), Some("Old"), "nothing tells the state after");
    let changes: Vec<_> =
        export.changes.into_iter().map(|it| (it.attribute.to_string(), it.old, it.new)).collect();
    assert_eq!(
        changes,
        [
            ("displayName".to_owned(), vec![string("Old")], vec![string("New")]),
            ("info".to_owned(), vec![string("i")], vec![]),
            (
                "member".to_owned(),
                vec![reference("CN={62}"), reference("CN={63}")],
                vec![reference("CN={63}"), reference("CN={61}")]
            ),
        ]
    );
}

#[test]
fn an_update_without_the_state_before_tells_what_goes() {
    let export = pending(
        r#"<unapplied-export><delta operation="update">
           <attr name="title" operation="update" type="string"><value operation="delete">Clerk</value><value operation="add">Head</value></attr>
           </delta></unapplied-export>
           <unapplied-export-hologram><entry><attr name="title" type="string"><value>Head</value></attr>
           <attr name="displayName" type="string"><value>Ida</value></attr></entry></unapplied-export-hologram>"#,
    );
    assert_eq!(export.changes[0].old, [string("Clerk")]);
    assert_eq!(export.changes[0].new, [string("Head")]);
    assert_eq!(export.display_name.as_deref(), Some("Ida"));
    assert_eq!(export.dn, DN.parse().unwrap(), "taken from cs-dn");
}

#[test]
fn operations() {
    let hologram = "<synchronized-hologram><entry/></synchronized-hologram>";
    let cases = [
        ("operation=\"delete\"", "", Some(Operation::Delete)),
        ("operation=\"obsolete\"", "", Some(Operation::Delete)),
        ("operation=\"delete-add\"", hologram, Some(Operation::DeleteAdd)),
        ("operation=\"replace\"", "", Some(Operation::Add)),
        ("operation=\"replace\"", hologram, Some(Operation::Update)),
        ("operation=\"update\" newdn=\"CN=new\"", hologram, Some(Operation::Rename)),
        ("operation=\"none\"", hologram, None),
        ("", hologram, None),
    ];
    for (attributes, rest, expected) in cases {
        let object =
            object(&format!("<unapplied-export><delta {attributes}/></unapplied-export>{rest}"));
        let found = object.pending_export().map(|it| it.operation);
        assert_eq!(found, expected, "{attributes}");
    }
    assert_eq!(object("<unapplied-export/>").pending_export(), None);
    assert_eq!(
        object("<pending-import><delta operation=\"add\"/></pending-import>").pending_export(),
        None
    );
}

#[test]
fn an_export_that_failed_is_still_pending() {
    let object = object(
        r#"<escrowed-export><delta operation="delete"/></escrowed-export>
           <export-errordetail first-occurred="2026-03-02 08:21:00.000" date-occurred="2026-03-02 08:51:00.000"
             retry-count="3" error-type="AttributeValueMustBeUnique"><export-status><cd-error>
             <error-name>AttributeValueMustBeUnique</error-name><error-code>0x8023134a</error-code>
             <error-literal>Unable to update this object.</error-literal></cd-error></export-status></export-errordetail>
           <connector>true</connector>"#,
    );
    assert_eq!(object.pending_export().unwrap().operation, Operation::Delete);
    let error = object.export_error.unwrap();
    assert_eq!(
        (error.error_type.as_deref(), error.retries),
        (Some("AttributeValueMustBeUnique"), Some(3))
    );
    assert_eq!(error.text, ["AttributeValueMustBeUnique", "Unable to update this object."]);
    assert_eq!(object.is_connector, Some(true), "the elements after it are read");
}

#[test]
fn what_the_directory_has() {
    let synchronized = r#"<synchronized-hologram><entry dn="CN=Ann,DC=x"><attr name="objectGUID" type="binary">
        <value encoding="base64">AQIDBAUGBwgJCgsMDQ4PEA==</value></attr><attr name="sn" type="string"><value>Old</value></attr>
        </entry></synchronized-hologram>"#;
    let before = object(synchronized).imported().unwrap();
    assert_eq!(before.dn, "CN=Ann,DC=x".parse().unwrap());
    // The first three fields of a GUID stand with their lowest byte first.
    assert_eq!(before.id.unwrap(), "04030201-0605-0807-090a-0b0c0d0e0f10".parse().unwrap());
    assert_eq!(before.text("sn"), Some("Old"));
    let import = r#"<pending-import-hologram><entry><attr name="sn" type="string"><value>New</value></attr></entry></pending-import-hologram>"#;
    assert_eq!(
        object(&format!("{synchronized}{import}")).imported().unwrap().text("sn"),
        Some("New")
    );
    let gone =
        format!(r#"<pending-import><delta operation="delete"/></pending-import>{synchronized}"#);
    assert_eq!(object(&gone).imported(), None);
    assert_eq!(
        object(&format!("<placeholder-parent>1</placeholder-parent>{synchronized}")).imported(),
        None
    );
    let export = r#"<unapplied-export><delta operation="add"/></unapplied-export><unapplied-export-hologram><entry/></unapplied-export-hologram>"#;
    assert_eq!(object(export).imported(), None, "the directory does not have it yet");
}

#[test]
fn what_is_not_understood_is_told_and_passwords_are_not_kept() {
    let object = object(
        r#"<unapplied-export><delta operation="update"><attr name="a" type="integer"><value>zz</value></attr>
           <attr name="userPassword" type="string"><value>hunter2</value></attr></delta></unapplied-export><odd><deep/></odd>
           <pending-import><delta operation="merge"/></pending-import>"#,
    );
    assert_eq!(
        object.problems,
        [
            "attribute `a`: an integer is not hexadecimal",
            "attribute `operation`: the operation of a delta is not known, taken as an update",
        ]
    );
    assert!(!format!("{object:?}").contains("hunter2"));
    assert_eq!(object.delta(Stage::UnappliedExport).unwrap().attributes.len(), 1);
    assert!(object.hologram(Hologram::Synchronized).is_none());
}

#[test]
fn an_export_that_nobody_knows_is_left_out_and_case_does_not_matter() {
    for stage in ["unapplied-export", "escrowed-export"] {
        let of = |dn: &str, word: &str| {
            format!(
                r#"<cs-object cs-dn="{dn}"><{stage}><delta operation="{word}"/></{stage}></cs-object>"#
            )
        };
        let objects = [of("CN=a", "Delete"), of("CN=b", "merge"), of("CN=c", "DELETE-ADD")];
        let xml = format!("<cs-objects>{}</cs-objects>", objects.concat());
        let all: Vec<_> = CsexportReader::new("x.xml", xml.as_bytes())
            .map(|it| match it {
                Ok(it) => it.pending_export().unwrap().operation.as_str().to_owned(),
                Err(error) => {
                    assert!(!error.is_fatal());
                    error.kind.to_string()
                }
            })
            .collect();
        assert_eq!(
            all,
            [
                "delete",
                "its export has the operation `merge`, which is not known; the object is left out",
                "delete-add",
            ],
            "{stage}"
        );
    }
}

#[test]
fn an_object_without_a_name_is_left_out_and_the_next_is_read() {
    let xml = r#"<cs-objects><cs-object cs-dn="no name"><a/></cs-object><cs-object cs-dn="CN=b"/><cs-object/></cs-objects>"#;
    let all: Vec<_> = CsexportReader::new("x.xml", xml.as_bytes()).collect();
    let said: Vec<_> = all
        .iter()
        .map(|it| it.as_ref().map(|it| it.dn.to_string()).map_err(ToString::to_string))
        .collect();
    assert_eq!(said[1], Ok("CN=b".to_owned()));
    assert_eq!(
        said[0].as_ref().unwrap_err(),
        "cannot read the connector space export x.xml at byte 55, in object 1: its `cs-dn` is no distinguished name \
         (not a distinguished name at byte 0: a component has no equals sign); the object is left out"
    );
    assert!(said[2].is_err());
    assert_eq!(all.len(), 3);
}

#[test]
fn files_that_are_wrong() {
    let cases: &[(&str, &str)] = &[
        ("", "there is no element in it; run csexport again"),
        (
            "<ma-data/>",
            "its root element is `ma-data`, but csexport writes `cs-objects`; give the file that csexport wrote",
        ),
        (
            "<cs-objects><cs-object cs-dn=\"CN=a\">",
            "it ends inside an element; csexport was interrupted or the file was cut off, run it again",
        ),
        (
            "<cs-objects><cs-object cs-dn=\"CN=a\"><mv-l",
            "it ends inside an element; csexport was interrupted or the file was cut off, run it again",
        ),
        (
            "<cs-objects></cs-object>",
            "start and end tags do not belong together; the file is damaged, run csexport again",
        ),
        (
            "<!DOCTYPE x [<!ENTITY a \"b\">]><cs-objects/>",
            "document types and entity declarations are refused; the file is damaged, run csexport again",
        ),
        (
            "<cs-objects>&nbsp;</cs-objects>",
            "only the five predefined entities and character references are read; the file is damaged, run csexport again",
        ),
        (
            "<cs-objects/><cs-objects/>",
            "there is a second root element; the file is damaged, run csexport again",
        ),
    ];
    for (xml, expected) in cases {
        let error = CsexportReader::new("x.xml", xml.as_bytes()).find_map(Result::err).unwrap();
        assert_eq!(error.kind.to_string(), *expected, "{xml}");
        assert!(error.is_fatal());
    }
    let deep = format!("<cs-objects>{}", "<a>".repeat(100));
    let error = CsexportReader::new("x.xml", deep.as_bytes()).find_map(Result::err).unwrap();
    assert!(matches!(error.kind, CsexportErrorKind::Limit { limit: 64, .. }), "{error}");
}

#[test]
fn utf_16_is_told_by_its_mark() {
    let xml = r#"<?xml version="1.0" encoding="utf-16"?><cs-objects><cs-object cs-dn="CN=Åse"/></cs-objects>"#;
    let bytes: Vec<u8> = "\u{feff}"
        .chars()
        .chain(xml.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let all: Vec<_> =
        CsexportReader::decoding("x.xml", bytes.as_slice()).map(|it| it.unwrap()).collect();
    assert_eq!(all[0].dn, "cn=åSE".parse().unwrap());
}

#[test]
fn the_sample() {
    let Some(file) = sample("synthetic/csexport-pending-export.synthetic.xml") else { return };
    let bytes = std::fs::read(file).unwrap();
    let all: Vec<_> =
        CsexportReader::decoding("sample", bytes.as_slice()).map(|it| it.unwrap()).collect();
    let operations: Vec<_> = all.iter().map(|it| it.pending_export().unwrap().operation).collect();
    assert_eq!(operations, [Operation::Add, Operation::Update, Operation::Delete]);
    let add = all[0].pending_export().unwrap();
    assert_eq!(add.anchor.as_deref(), Some("AQAcPxGqIkuMMwEjRWeJqw=="));
    assert_eq!(add.changes.len(), 5);
    assert!(all.iter().all(|it| it.problems.is_empty()));
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(at in 0_usize..1_000, byte in any::<u8>(), cut in 0_usize..1_000) {
        let xml = concat!(
            r#"<?xml version="1.0"?><cs-objects><cs-object cs-dn="CN={51513D3D}" id="{0}" object-type="group"><unapplied-export>"#,
            r#"<delta operation="update" dn="CN=a" newdn="CN=b"><anchor encoding="base64">AQ==</anchor><attr name="n" type="integer" operation="update">"#,
            r#"<value operation="delete">0x1</value><value encoding="base64">AQ==</value></attr><dn-attr name="m"><dn-value><dn>CN=c</dn></dn-value>"#,
            r#"</dn-attr></delta></unapplied-export><synchronized-hologram><entry dn="CN=a"><attr name="n" type="binary"><value>&#x41;</value></attr></entry>"#,
            r#"</synchronized-hologram><export-errordetail retry-count="1"><cd-error><error-name>e</error-name></cd-error></export-errordetail></cs-object></cs-objects>"#,
        );
        let mut bytes = xml.as_bytes().to_vec();
        let n = bytes.len();
        bytes[at % n] = byte;
        bytes.truncate(n - cut % n);
        for object in CsexportReader::decoding("x.xml", bytes.as_slice()).take(1_000).flatten() {
            drop((object.pending_export(), object.imported()));
        }
    }
}

#[test]
fn what_the_directory_has_comes_object_by_object() {
    let state = |sn: &str| {
        format!(
            r#"<entry dn="CN=x"><attr name="sn" type="string"><value>{sn}</value></attr></entry>"#
        )
    };
    let object = |dn: &str, inner: &str| {
        format!(r#"<cs-object cs-dn="{dn}" object-type="user">{inner}</cs-object>"#)
    };
    let known = format!("<synchronized-hologram>{}</synchronized-hologram>", state("Beck"));
    let newer = format!("<pending-import-hologram>{}</pending-import-hologram>", state("Holm"));
    let xml = [
        object("CN=a", &known),
        object("CN=b", &format!("{known}{newer}<ma-name>corp.example</ma-name>")),
        object("CN=c", "<placeholder-link>1</placeholder-link>"),
        object("CN=d", r#"<unapplied-export><delta operation="add"/></unapplied-export>"#),
        object(
            "CN=e",
            &format!(r#"<pending-import><delta operation="delete"/></pending-import>{known}"#),
        ),
        object(
            "CN=f",
            &format!(r#"<unapplied-export><delta operation="update"/></unapplied-export>{known}"#),
        ),
        object("CN=g", r#"<unconfirmed-export><delta operation="add"/></unconfirmed-export>"#),
        object("no name", &known),
        object("CN=h", &format!("{known}<ma-name>other.example</ma-name>")),
    ]
    .concat();
    let xml = format!("<cs-objects>{xml}</cs-objects>");
    let mut imported = ImportedObjects::decoding("x.xml", xml.as_bytes());
    let found: Vec<_> =
        imported.by_ref().map(|it| it.unwrap().text("sn").unwrap().to_owned()).collect();
    assert_eq!(found, ["Beck", "Holm", "Beck", "Beck"]);
    let expected = ImportedCounts {
        given: 4,
        placeholders: 1,
        not_exported: 1,
        deleted: 1,
        unconfirmed: 1,
        with_pending_export: 1,
        unnamed: 1,
    };
    assert_eq!(imported.counts(), expected);
    let remarks = imported.remarks();
    let expected = [
        "in object 8: its `cs-dn` is no distinguished name",
        "1 object was exported and not imported since",
        "1 object is left out: its deletion was imported",
        "more than one connector: corp.example, other.example",
    ];
    assert_eq!(remarks.len(), expected.len(), "{remarks:?}");
    for (remark, expected) in remarks.iter().zip(expected) {
        assert!(remark.contains(expected), "{remark}");
    }
}

#[test]
fn a_file_of_pending_exports_only_is_suspected() {
    let object = |n: u8, inner: &str| {
        format!(
            r#"<cs-object cs-dn="CN={n}"><unapplied-export><delta operation="update"/></unapplied-export>
               <synchronized-hologram><entry/></synchronized-hologram>{inner}</cs-object>"#
        )
    };
    let read = |xml: String| {
        let mut imported = ImportedObjects::decoding("x.xml", xml.as_bytes());
        while imported.next_object().unwrap().is_some() {}
        imported.remarks()
    };
    let suspect = read(format!("<cs-objects>{}{}</cs-objects>", object(1, ""), object(2, "")));
    assert!(suspect.len() == 1 && suspect[0].contains("/f:x"), "{suspect:?}");
    let cut = format!("<cs-objects>{}<cs-object", object(1, ""));
    let mut imported = ImportedObjects::decoding("x.xml", cut.as_bytes());
    assert!(imported.next_object().unwrap().is_some());
    let error = imported.next_object().unwrap_err().to_string();
    assert!(error.contains("ends inside an element"), "{error}");
    assert!(imported.next_object().unwrap().is_none(), "after an error nothing more comes");
}

/// A file as csexport writes it, with everything that a pending export is made of and much that is not.
fn whole() -> String {
    let entry = |title: &str| {
        format!(
            r#"<entry dn="CN={{51513D3D}}"><anchor encoding="base64">AQ==</anchor><primary-objectclass>user</primary-objectclass>
            <objectclass><oc-value>user</oc-value></objectclass>
            <attr name="c" type="string" multivalued="false"><value>GB</value></attr>
            <attr name="displayName" type="string" multivalued="false"><value>Ida &amp; Co</value></attr>
            <attr name="info" type="string" multivalued="false"><value>&lt;attr&gt;</value></attr>
            <attr name="empty" type="string" multivalued="false"/>
            <attr name="odd" type="string"><value><![CDATA[</value></attr><attr name="title">]]></value></attr>
            <attr name="title" type="string" multivalued="false"><value>{title}</value></attr>
            <dn-attr name="manager" multivalued="false"><dn-value><dn>CN={{61}}</dn></dn-value></dn-attr></entry>"#
        )
    };
    format!(
        r#"<cs-objects><cs-object cs-dn="CN={{51513D3D}}" object-type="user"><unapplied-export><delta operation="update" dn="CN={{51513D3D}}">
        <attr name="title" operation="update" type="string"><value operation="delete">Old</value><value operation="add">New</value></attr>
        </delta></unapplied-export><synchronized-hologram>{}</synchronized-hologram><unapplied-export-hologram>{}</unapplied-export-hologram>
        <pending-import-hologram>{}</pending-import-hologram><connector>1</connector><pending>0</pending><ma-name>AAD</ma-name></cs-object>
        <cs-object cs-dn="CN={{52513D3D}}" object-type="group"><synchronized-hologram>{}</synchronized-hologram></cs-object></cs-objects>"#,
        entry("Old"),
        entry("New"),
        entry("Import"),
        entry("Old")
    )
}

#[test]
fn reading_for_pending_exports_alone_gives_the_same() {
    let text = whole();
    let read = |it: &mut dyn Iterator<Item = Result<CsexportObject, _>>| -> Vec<_> {
        it.map(|it: Result<_, dirlift_serverconfig::csexport::CsexportError>| {
            it.unwrap().pending_export()
        })
        .collect()
    };
    let all = read(&mut CsexportReader::new("x.xml", text.as_bytes()));
    let expected = all[0].as_ref().unwrap();
    assert_eq!(expected.display_name.as_deref(), Some("Ida & Co"));
    assert_eq!(expected.changes[0].old, [string("Old")]);
    assert_eq!(expected.changes[0].new, [string("New")]);
    assert_eq!((expected.changes.len(), all.len(), &all[1]), (1, 2, &None));
    // A buffer of any size, so that an element ends in the next one.
    for n in 1..300 {
        let input = std::io::BufReader::with_capacity(n, text.as_bytes());
        let found = read(&mut CsexportReader::new("x.xml", input).pending_only());
        assert_eq!(found, all, "buffer of {n} bytes");
    }
    let first = |text: &str| {
        CsexportReader::new("x.xml", text.as_bytes()).pending_only().next().unwrap().unwrap()
    };
    let object = first(&text);
    assert!(!object.is_placeholder);
    for (word, is_placeholder) in [("1", true), ("true", true), ("0", false), ("false", false)] {
        let flag = format!("<placeholder-link>{word}</placeholder-link><ma-name>");
        assert_eq!(first(&text.replace("<ma-name>", &flag)).is_placeholder, is_placeholder);
    }
    assert_eq!(object.connector_name.as_deref(), Some("AAD"));
    let names: Vec<_> =
        object.holograms[0].1.attributes.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["displayName", "title"], "the rest was passed over");
}

#[test]
fn what_is_passed_over_is_counted_in_the_place_of_an_error() {
    let text = whole().replace("<pending>0</pending>", "<pending>0</wrong>");
    let place = |reader: CsexportReader<&[u8]>| {
        let errors: Vec<_> = reader.filter_map(Result::err).collect();
        errors[0].offset
    };
    let slow = place(CsexportReader::new("x.xml", text.as_bytes()));
    assert_eq!(place(CsexportReader::new("x.xml", text.as_bytes()).pending_only()), slow);
}
