//! The small organisation, worked out by hand.
use dirlift_importer::rehearsal::{ConnectorSetup, Sink};
use dirlift_model::{AttributeValue, CsObject, PendingExport, pending::Cause};
use dirlift_testkit::small::{self, ANN, BEN, CARL, DORA, ERIK, FAY, GUS, TEAM, cloud_dn};

use crate::support::loaded;

/// An export as one line: operation, object, what changes, why.
fn shown(it: &PendingExport) -> String {
    let value = |all: &[AttributeValue]| {
        let all = all.iter().map(|it| match it {
            AttributeValue::String(text) => text.clone(),
            AttributeValue::Boolean(flag) => flag.to_string(),
            AttributeValue::Reference(dn) => dn.to_string(),
            AttributeValue::Integer(number) => number.to_string(),
            AttributeValue::Binary(bytes) => format!("{} bytes", bytes.len()),
        });
        all.collect::<Vec<_>>().join("|")
    };
    let changes = it
        .changes
        .iter()
        .map(|it| format!(" {}:{}>{}", it.attribute, value(&it.old), value(&it.new)));
    let cause = match &it.cause {
        Some(Cause::Provisioned { rule }) => format!("provisioned {rule}"),
        Some(Cause::Flowed) => "flowed".to_owned(),
        Some(Cause::OutOfScope { rule, reason }) => {
            format!("out of scope {}: {reason}", rule.as_deref().unwrap_or("-"))
        }
        Some(Cause::SourceGone { anchor }) => format!("source gone {anchor}"),
        None => "?".to_owned(),
    };
    format!("{} {}{}; {cause}", it.operation, it.dn, changes.collect::<String>())
}

/// What a new person gets who has nothing but a name; `more` in the order of the attributes. That the account is enabled
/// is a constant of a rule, so it is text.
fn new_person(name: &str, number: u8, more: &str) -> String {
    let account = name.to_lowercase();
    let anchor = small::anchor(number);
    format!(
        "add {} accountEnabled:>True commonName:>{name} displayName:>{name} Small dnsDomainName:>small.example \
         givenName:>{name} netBiosName:>SMALL onPremiseSecurityIdentifier:>28 bytes onPremisesSamAccountName:>{account}{more} \
         sourceAnchor:>{anchor} surname:>Small userPrincipalName:>{account}@small.example; \
         provisioned Out to AAD - User Join",
        cloud_dn(number)
    )
}

#[test]
fn pending_exports_are_those_worked_out() {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path()).unwrap();
    let done = loaded(folder.path(), &mut ()).run().unwrap();
    assert_eq!(done.known.left_out, Vec::<String>::new());
    let errors: Vec<_> = done.synchronized.errors().collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let exports: Vec<_> = done.synchronized.exports().map(|it| shown(&it)).collect();
    let dn = cloud_dn;
    let mut expected = vec![
        format!("update {} title:Intern>Engineer; flowed", dn(ANN)),
        new_person("Ben", BEN, ""),
        format!("delete {}; source gone {}", dn(CARL), small::anchor(CARL)),
        format!("update {} accountEnabled:true>false; flowed", dn(DORA)),
        new_person("Erik", ERIK, ""),
        format!(
            "delete {}; out of scope In from AD - User Join: adminDescription NOTSTARTSWITH User_: it is \"User_leave her out\"",
            dn(FAY)
        ),
        new_person("Gus", GUS, " proxyAddresses:>SMTP:ann@small.example"),
        format!(
            "update CN={{{}}} member:{}>{}|{}; flowed",
            small::object_id(TEAM),
            dn(ANN),
            dn(ANN),
            dn(BEN)
        ),
    ];
    expected.sort();
    let mut sorted = exports.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    let predicted: Vec<_> = done.synchronized.predicted().iter().map(ToString::to_string).collect();
    assert_eq!(predicted.len(), 2, "{predicted:#?}");
    let summary = done.synchronized.summary();
    assert_eq!(summary.references_left_out, 1, "Carl is not imported");
    assert!(summary.history);
    assert_eq!(
        done.known.sensitive.licensed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [dn(DORA)]
    );
}

/// Counts what passes.
#[derive(Default)]
struct Counting(Vec<String>);

impl Sink for Counting {
    fn begin(
        &mut self,
        connector: &ConnectorSetup,
        source: &str,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.push(format!("{} from {source}", connector.name));
        Ok(())
    }

    fn object(
        &mut self,
        _: &ConnectorSetup,
        object: &CsObject,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.push(object.dn.to_string());
        Ok(())
    }

    fn end(&mut self, _: &ConnectorSetup) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.push("end".to_owned());
        Ok(())
    }
}

#[test]
fn every_object_passes_the_sink() {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path()).unwrap();
    let mut sink = Counting::default();
    let loaded = loaded(folder.path(), &mut sink);
    // Carl lies in a container that is not imported.
    assert_eq!(sink.0.len(), 2 + 7 + 6 + 2, "{:#?}", sink.0);
    assert_eq!(sink.0[0], "small.example from forest.ldf");
    assert_eq!(sink.0[8..10], ["end", "small.onmicrosoft.com - AAD from tenant"]);
    let counts: Vec<_> = loaded.known.objects.values().flatten().collect();
    let counts: Vec<_> = counts.iter().map(|(name, n)| (name.as_str(), **n)).collect();
    assert_eq!(counts, [("group", 1), ("user", 6), ("group", 1), ("user", 5)]);
    let notes = loaded.known.notes.join("\n");
    assert!(notes.contains("the NetBIOS name of small.example is not known"), "{notes}");
}

/// Graph shows no anchor of a contact, but whether the tenant marks it as synchronised; mail addresses then tell which it is.
#[test]
fn a_contact_that_was_synchronised_is_found_by_its_address() {
    let folder = tempfile::tempdir().unwrap();
    small::write(folder.path()).unwrap();
    let forest = folder.path().join("forest.ldf");
    let mut ldif = std::fs::read_to_string(&forest).unwrap();
    ldif.push_str(
        "dn: CN=Zoe,OU=Staff,DC=small,DC=example\nobjectClass: top\nobjectClass: contact\n\
         objectGUID:: WlpaWlpaWlpaWlpaWlpaWg==\ncn: Zoe\ndisplayName: Zoe\nmail: zoe@partner.example\n\
         mailNickname: zoe\nproxyAddresses: SMTP:zoe@partner.example\n\n",
    );
    std::fs::write(&forest, ldif).unwrap();
    let contact = |id: &str, name: &str, is_synchronised: bool| {
        let nick = name.to_lowercase();
        format!(
            "{{\"id\":\"{id}\",\"onPremisesSyncEnabled\":{is_synchronised},\"displayName\":\"Old {name}\",\
             \"mail\":\"{nick}@partner.example\",\"mailNickname\":\"{nick}\",\
             \"proxyAddresses\":[\"SMTP:{nick}@partner.example\"]}}\n"
        )
    };
    let (zoe, yan, own) = (
        "00000000-0000-0000-0000-0000000000a1",
        "00000000-0000-0000-0000-0000000000a2",
        "00000000-0000-0000-0000-0000000000a3",
    );
    let lines =
        contact(zoe, "Zoe", true) + &contact(yan, "Yan", true) + &contact(own, "Own", false);
    std::fs::write(folder.path().join("tenant/contacts.jsonl"), lines).unwrap();
    let done = loaded(folder.path(), &mut ()).run().unwrap();
    let mut exports: Vec<_> = done
        .synchronized
        .exports()
        .filter(|it| it.object_type.as_str() == "contact")
        .map(|it| shown(&it))
        .collect();
    exports.sort();
    // Yan has left the forest; Own is the tenant's.
    let expected = [
        format!("delete CN={{{yan}}}; source gone "),
        format!("update CN={{{zoe}}} displayName:Old Zoe>Zoe; flowed"),
    ];
    assert_eq!(exports, expected);
}
