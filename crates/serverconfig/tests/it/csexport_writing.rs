//! Pending exports in the shape of csexport: as written by hand, and read again.
use dirlift_model::{
    AttributeValue as V, PendingExport,
    pending::{AttributeChange, Operation},
};
use dirlift_serverconfig::csexport::{CsexportReader, CsexportWriter};
use proptest::prelude::*;

/// `CN={` and the digits of `QQ==`.
const DN: &str = "CN={51513D3D}";

fn text(it: &str) -> V {
    V::String(it.to_owned())
}

fn reference(it: &str) -> V {
    V::Reference(it.parse().unwrap())
}

fn change(attribute: &str, old: &[V], new: &[V]) -> AttributeChange {
    let (old, new) = (old.to_vec(), new.to_vec());
    AttributeChange { attribute: attribute.into(), old, new, rule: None, flow: None }
}

fn export(operation: Operation, changes: Vec<AttributeChange>) -> PendingExport {
    PendingExport {
        connector: "a & b - AAD".to_owned(),
        operation,
        object_type: "user".into(),
        dn: DN.parse().unwrap(),
        new_dn: None,
        anchor: Some("QQ==".to_owned()),
        display_name: Some("Ida <\"&\">".to_owned()),
        changes,
        cause: None,
        unreadable: Vec::new(),
    }
}

fn written(exports: &[PendingExport]) -> String {
    let mut writer = CsexportWriter::new(Vec::new()).unwrap();
    for it in exports {
        writer.write(it).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn read_again(exports: &[PendingExport]) -> Vec<PendingExport> {
    let xml = written(exports);
    let objects = CsexportReader::new("x.xml", xml.as_bytes());
    objects
        .map(|it| {
            let it = it.unwrap_or_else(|error| panic!("{error}: {xml}"));
            assert_eq!(it.problems, Vec::<String>::new(), "{xml}");
            it.pending_export().unwrap()
        })
        .collect()
}

#[test]
fn an_update_is_written_as_the_engine_does() {
    let mut it = export(
        Operation::Update,
        vec![
            change("info", &[text("gone")], &[]),
            change(
                "member",
                &[reference("CN={61}"), reference("CN={62}")],
                &[reference("CN={62}"), reference("CN={63}")],
            ),
            change("msExchRecipientTypeDetails", &[], &[V::Integer(2_147_483_648)]),
        ],
    );
    it.display_name = None;
    let class = "<primary-objectclass>user</primary-objectclass><objectclass><oc-value>user</oc-value></objectclass>";
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cs-objects>\n<cs-object cs-dn=\"{DN}\" object-type=\"user\">\n\
         <unapplied-export><delta operation=\"update\" dn=\"{DN}\">{class}\
         <attr name=\"info\" operation=\"delete\" type=\"string\" multivalued=\"false\"></attr>\
         <dn-attr name=\"member\" operation=\"update\" multivalued=\"true\"><dn-value operation=\"delete\"><dn>CN={{61}}</dn></dn-value>\
         <dn-value operation=\"add\"><dn>CN={{63}}</dn></dn-value></dn-attr>\
         <attr name=\"msExchRecipientTypeDetails\" operation=\"add\" type=\"integer\" multivalued=\"false\"><value>0x80000000</value></attr>\
         </delta></unapplied-export>\n\
         <synchronized-hologram><entry dn=\"{DN}\">{class}\
         <attr name=\"info\" type=\"string\" multivalued=\"false\"><value>gone</value></attr>\
         <dn-attr name=\"member\" multivalued=\"true\"><dn-value><dn>CN={{61}}</dn></dn-value><dn-value><dn>CN={{62}}</dn></dn-value></dn-attr>\
         </entry></synchronized-hologram>\n\
         <unapplied-export-hologram><entry dn=\"{DN}\">{class}\
         <dn-attr name=\"member\" multivalued=\"true\"><dn-value><dn>CN={{62}}</dn></dn-value><dn-value><dn>CN={{63}}</dn></dn-value></dn-attr>\
         <attr name=\"msExchRecipientTypeDetails\" type=\"integer\" multivalued=\"false\"><value>0x80000000</value></attr>\
         <attr name=\"sourceAnchor\" type=\"string\" multivalued=\"false\"><value>QQ==</value></attr>\
         </entry></unapplied-export-hologram>\n\
         <connector>1</connector><export-delta-operation>update</export-delta-operation><ma-name>a &amp; b - AAD</ma-name>\n\
         </cs-object>\n</cs-objects>\n"
    );
    assert_eq!(written(&[it]), expected);
}

#[test]
fn every_operation_comes_back_as_it_was() {
    let mut rename =
        export(Operation::Rename, vec![change("displayName", &[text("a")], &[text("b")])]);
    rename.new_dn = Some("CN={52523D3D}".parse().unwrap());
    rename.display_name = Some("b".to_owned());
    let mut directory = export(
        Operation::Update,
        vec![change("proxyAddresses", &[text("SMTP:a@x")], &[text("SMTP:a@x"), text("X500:/o=1")])],
    );
    directory.dn = "CN=Ann\\, \"B\",OU=<&>,DC=x,DC=example".parse().unwrap();
    directory.anchor = Some("MyIRAFVEd2aImaq7zN3u/w==".to_owned());
    let mut unnamed = export(Operation::Delete, Vec::new());
    unnamed.display_name = None;
    unnamed.dn = "CN={6e6f6e65}".parse().unwrap();
    unnamed.anchor = Some("none".to_owned());
    let all = [
        export(
            Operation::Add,
            vec![
                change("accountEnabled", &[], &[V::Boolean(true)]),
                change("countryCode", &[], &[V::Integer(-7)]),
                change("description", &[], &[text(" a\r\nb\tc ]]> <&'\" ")]),
                change("onPremiseSecurityIdentifier", &[], &[V::Binary(vec![0, 1, 255])]),
                change("sourceAnchor", &[], &[text("QQ==")]),
            ],
        ),
        export(
            Operation::Update,
            vec![change("accountEnabled", &[V::Boolean(false)], &[text("True")])],
        ),
        export(Operation::Delete, Vec::new()),
        export(Operation::DeleteAdd, vec![change("mail", &[text("a@x")], &[text("b@x")])]),
        rename,
        directory,
        unnamed,
    ];
    assert_eq!(read_again(&all), all);
    assert_eq!(read_again(&[]), []);
}

#[test]
fn what_xml_does_not_have_is_replaced() {
    let bad = export(Operation::Add, vec![change("info", &[], &[text("a\u{1b}\u{0}\u{ffff}b")])]);
    assert_eq!(read_again(&[bad])[0].changes[0].new, [text("a\u{fffd}\u{fffd}\u{fffd}b")]);
}

fn values() -> impl Strategy<Value = Vec<V>> {
    let texts = proptest::collection::btree_set("[ -~äß\t\r\n]{1,12}", 0..4);
    texts.prop_map(|all| all.iter().map(|it| text(it)).collect())
}

proptest! {
    #[test]
    fn any_text_comes_back(old in values(), new in values(), name in "[ -~é]{1,20}") {
        prop_assume!(old != new);
        let mut it = export(Operation::Update, vec![change("info", &old, &new)]);
        it.display_name = Some(name);
        prop_assert_eq!(read_again(&[it.clone()]), [it]);
    }
}
