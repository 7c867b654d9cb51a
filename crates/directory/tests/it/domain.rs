//! A real domain: what is found, what is selected, and that every value arrives as it is.
use std::{path::Path, sync::OnceLock};

use dirlift_directory::{
    Connect, DirectoryError, Event, ImportRequest, LdifReader, LdifWriter, PartitionRequest,
    Security, Source,
};
use dirlift_model::{
    AttributeName, AttributeValue, CsObject, DistinguishedName, config::ContainerScope,
};
use dirlift_testkit::samba::{
    ADMINISTRATOR, BASE, Binds, DomainController, Entries, Image, PASSWORD, is_there,
    unicode_password,
};
use tempfile::NamedTempFile;

use crate::common::{Imported, ca_file, connect, import, server};

/// Users that only make the domain large: three pages of 1,000.
pub(crate) const N_STAFF: usize = 2_500;

/// Names with every character that RFC 4514 escapes, and characters beyond ASCII.
const ODD_NAMES: [&str; 13] = [
    "Doe, John",
    "a+b",
    "\"quoted\"",
    "back\\slash",
    "<angle>",
    "semi;colon",
    "#hash",
    "equals=sign",
    "sl/ash",
    "st*r (and) parentheses",
    "Žofia Lučić",
    "漢字 😀",
    "mid  dle",
];

const PHOTO: &[u8] = &[0xFF, 0xD8, 0, 0x0A, 0x20, 0x3A, 0xFF];

/// The domain of all tests, started once.
#[derive(Debug)]
pub(crate) struct Fixture {
    pub(crate) image: Image,
    pub(crate) controller: DomainController,
    pub(crate) ca: NamedTempFile,
}

/// `None` where Samba is missing and may be.
pub(crate) fn fixture() -> Option<&'static Fixture> {
    static FIXTURE: OnceLock<Option<Result<Fixture, String>>> = OnceLock::new();
    let built = FIXTURE.get_or_init(|| is_there().then(|| build().map_err(|it| it.to_string())));
    built.as_ref().map(|it| it.as_ref().unwrap())
}

fn build() -> std::io::Result<Fixture> {
    let image = Image::new(Path::new(env!("CARGO_TARGET_TMPDIR")), &entries())?;
    let controller = image.start(Binds::Encrypted)?;
    let ca = ca_file(image.authority());
    Ok(Fixture { image, controller, ca })
}

impl Fixture {
    pub(crate) fn source(&self) -> Source {
        Source::Ldap(server(self.controller.address(), 636, Security::Ldaps))
    }

    pub(crate) fn connect(&self) -> Connect {
        connect(&self.ca, ADMINISTRATOR, PASSWORD)
    }
}

fn entries() -> Entries {
    let mut all = Entries::new();
    // Three wrong passwords lock an account for a day.
    all.domain_setting("lockoutThreshold", "3").domain_setting("lockoutDuration", "-864000000000");
    all.unit("OU=Staff");
    for n in 0..N_STAFF {
        let name = format!("Staff {n:04}");
        let mail = format!("SMTP:staff{n}@fabrikam.example");
        all.user(
            &format!("CN={name},OU=Staff"),
            &format!("staff{n}"),
            &[("displayName", name.as_bytes()), ("proxyAddresses", mail.as_bytes())],
        );
    }
    for rdn in
        ["OU=Scope", "OU=In,OU=Scope", "OU=Out,OU=In,OU=Scope", "OU=Back,OU=Out,OU=In,OU=Scope"]
    {
        all.unit(rdn);
    }
    for (account, place) in [
        ("scope0", "OU=Scope"),
        ("scope1", "OU=In,OU=Scope"),
        ("scope2", "OU=Out,OU=In,OU=Scope"),
        ("scope3", "OU=Back,OU=Out,OU=In,OU=Scope"),
    ] {
        all.user(&format!("CN={account},{place}"), account, &[]);
    }
    all.unit("OU=Odd");
    for (n, name) in ODD_NAMES.iter().enumerate() {
        let rdn = format!("CN={},OU=Odd", DistinguishedName::escape_value(name));
        all.user(&rdn, &format!("odd{n}"), &[]);
    }
    all.unit("OU=Kinds");
    let manager = format!("CN=Staff 0001,OU=Staff,{BASE}");
    all.user(
        "CN=Typed,OU=Kinds",
        "typed",
        &[
            ("thumbnailPhoto", PHOTO),
            ("userCertificate", &[1, 2, 3]),
            ("userCertificate", &[4, 5]),
            ("mS-DS-ConsistencyGuid", &[9; 16]),
            ("msExchHideFromAddressLists", b"TRUE"),
            ("msExchRecipientTypeDetails", b"2147483648"),
            ("accountExpires", b"9223372036854775807"),
            ("manager", manager.as_bytes()),
            ("otherTelephone", "+49 30 1".as_bytes()),
            ("otherTelephone", "+49 30 2".as_bytes()),
            ("description", "Größe: 10 € ".as_bytes()),
        ],
    );
    all.add(
        "CN=Partner,OU=Kinds",
        &["top", "person", "organizationalPerson", "contact"],
        &[("mail", b"x@partner.example"), ("targetAddress", b"SMTP:x@partner.example")],
    );
    all.add(
        "CN=Web,OU=Kinds",
        &["top", "person", "organizationalPerson", "user", "inetOrgPerson"],
        &[("sAMAccountName", b"web"), ("userAccountControl", b"512")],
    );
    all.add(
        "CN=PC1,OU=Kinds",
        &["top", "person", "organizationalPerson", "user", "computer"],
        &[("sAMAccountName", b"PC1$"), ("userAccountControl", b"4096")],
    );
    let members: Vec<String> =
        (0..N_STAFF).map(|n| format!("CN=Staff {n:04},OU=Staff,{BASE}")).collect();
    let mut group: Vec<(&str, &[u8])> =
        vec![("sAMAccountName", b"everybody"), ("groupType", b"-2147483646")];
    group.extend(members.iter().map(|it| ("member", it.as_bytes())));
    all.add("CN=Everybody,OU=Kinds", &["top", "group"], &group);
    all.unit("OU=Accounts");
    let password = unicode_password(PASSWORD);
    for (account, attribute) in [
        ("reader", None),
        ("disabled", Some(("userAccountControl", "514"))),
        ("expired", Some(("accountExpires", "130000000000000000"))),
        ("mustchange", Some(("pwdLastSet", "0"))),
        ("locked", None),
    ] {
        let mut attributes: Vec<(&str, &[u8])> = vec![("unicodePwd", &password)];
        attributes.extend(attribute.iter().map(|(name, value)| (*name, value.as_bytes())));
        all.user(&format!("CN={account},OU=Accounts"), account, &attributes);
    }
    all
}

/// A request for some containers.
pub(crate) fn containers(inclusions: &[&str], exclusions: &[&str]) -> ImportRequest {
    let all =
        |rdns: &[&str]| rdns.iter().map(|it| format!("{it},{BASE}").parse().unwrap()).collect();
    let scope = ContainerScope { inclusions: all(inclusions), exclusions: all(exclusions) };
    let naming_context = BASE.parse().unwrap();
    let mut request = ImportRequest::stock();
    request.partitions =
        vec![PartitionRequest { naming_context, object_classes: Vec::new(), scope }];
    request
}

async fn kinds(fixture: &Fixture) -> Imported {
    let imported =
        import(fixture.source(), containers(&["OU=Kinds"], &[]), fixture.connect()).await.unwrap();
    assert!(imported.error.is_none());
    imported
}

#[tokio::test]
async fn a_whole_forest_over_ldaps_and_start_tls() {
    let Some(fixture) = fixture() else { return };
    let start_tls = Source::Ldap(server(fixture.controller.address(), 389, Security::StartTls));
    for source in [fixture.source(), start_tls] {
        let imported = import(source, ImportRequest::stock(), fixture.connect()).await.unwrap();
        assert!(imported.error.is_none(), "{:?}", imported.error);
        let staff = imported.names().iter().filter(|it| it.starts_with("Staff ")).count();
        assert_eq!(staff, N_STAFF);
        let report = &imported.report;
        assert_eq!(report.n_objects(), imported.objects.len() as u64);
        // Those of the tests, and Administrator, Guest, krbtgt and dns-dc1.
        let n_users = report.objects.get(&AttributeName::from("user")).copied();
        assert_eq!(n_users, Some(N_STAFF as u64 + 4 + 13 + 1 + 5 + 4));
        assert_eq!(report.objects.get(&AttributeName::from("contact")), Some(&1));
        assert_eq!(report.objects.get(&AttributeName::from("inetOrgPerson")), Some(&1));
        assert_eq!(report.objects.get(&AttributeName::from("computer")), None);
        let mut ids: Vec<_> = imported.objects.iter().map(|it| it.id.unwrap()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), imported.objects.len(), "each object once");
    }
}

#[tokio::test]
async fn the_forest_describes_itself() {
    let Some(fixture) = fixture() else { return };
    let mut request = containers(&["OU=Scope", "OU=Nowhere"], &[]);
    request.attributes.push("fabrikamShoeSize".into());
    request.object_classes.push("fabrikamShoe".into());
    let imported = import(fixture.source(), request, fixture.connect()).await.unwrap();
    let forest = imported.report.forest.clone().unwrap();
    assert_eq!(forest.dns_name.as_deref(), Some("corp.fabrikam.example"));
    assert_eq!(forest.functional_level, Some(4), "2008 R2");
    let [domain] = forest.domains.as_slice() else { panic!("{forest:?}") };
    assert_eq!(domain.naming_context.as_str(), BASE);
    assert_eq!(domain.dns_name.as_deref(), Some("corp.fabrikam.example"));
    assert_eq!(domain.netbios_name.as_deref(), Some("FABRIKAM"));
    assert_eq!(domain.functional_level, Some(4));
    assert_eq!(domain.servers, ["dc1.corp.fabrikam.example"]);
    let events = imported.events();
    for expected in [
        "the schema has no attribute fabrikamShoeSize",
        "the schema has no attribute msRTCSIP-Line",
        "the schema has no class fabrikamShoe",
        "there is no container OU=Nowhere,DC=corp,DC=fabrikam,DC=example",
    ] {
        assert!(events.iter().any(|it| it.starts_with(expected)), "{expected}: {events:?}");
    }
    assert!(!events.iter().any(|it| it.contains("attribute mailNickname")), "{events:?}");
}

#[tokio::test]
async fn a_partition_that_is_not_there_is_an_error() {
    let Some(fixture) = fixture() else { return };
    let mut request = ImportRequest::stock();
    request.partitions = vec![PartitionRequest::whole("DC=other,DC=example".parse().unwrap())];
    let error = import(fixture.source(), request, fixture.connect()).await.err().unwrap();
    let text = error.to_string();
    assert!(text.contains("no partition DC=other,DC=example") && text.contains(BASE), "{text}");
}

#[tokio::test]
async fn the_longest_match_decides_what_is_in_scope() {
    let Some(fixture) = fixture() else { return };
    let (out, back) = ("OU=Out,OU=In,OU=Scope", "OU=Back,OU=Out,OU=In,OU=Scope");
    let cases: [(&[&str], &[&str], &[&str]); 5] = [
        (&["OU=Scope"], &[], &["scope0", "scope1", "scope2", "scope3"]),
        (&["OU=Scope"], &[out], &["scope0", "scope1"]),
        (&["OU=Scope", back], &[out], &["scope0", "scope1", "scope3"]),
        (&["OU=In,OU=Scope"], &["OU=Scope", out], &["scope1"]),
        (&[back, "OU=In,OU=Scope"], &[out], &["scope1", "scope3"]),
    ];
    for (inclusions, exclusions, expected) in cases {
        let request = containers(inclusions, exclusions);
        let imported = import(fixture.source(), request, fixture.connect()).await.unwrap();
        assert_eq!(imported.names(), expected, "{inclusions:?} without {exclusions:?}");
    }
    let none =
        import(fixture.source(), containers(&[], &["OU=Scope"]), fixture.connect()).await.unwrap();
    assert!(none.objects.is_empty());
    assert_eq!(none.report.events.last(), Some(&Event::NothingInScope(BASE.parse().unwrap())));
}

#[tokio::test]
async fn every_name_comes_as_it_is() {
    let Some(fixture) = fixture() else { return };
    let imported =
        import(fixture.source(), containers(&["OU=Odd"], &[]), fixture.connect()).await.unwrap();
    let mut expected = ODD_NAMES.map(str::to_owned);
    expected.sort();
    assert_eq!(imported.names(), expected);
    for object in &imported.objects {
        let parent: DistinguishedName = format!("OU=Odd,{BASE}").parse().unwrap();
        assert_eq!(object.dn.parent().as_ref(), Some(&parent), "{}", object.dn);
    }
}

#[tokio::test]
async fn values_have_the_types_of_the_schema() {
    let Some(fixture) = fixture() else { return };
    let imported = kinds(fixture).await;
    assert_eq!(imported.names(), ["Everybody", "Partner", "Typed", "Web"], "and no computer");
    let typed = imported.named("Typed");
    let text = |it: &str| AttributeValue::String(it.to_owned());
    let bytes = |it: &[u8]| AttributeValue::Binary(it.to_vec());
    let manager = format!("CN=Staff 0001,OU=Staff,{BASE}").parse().unwrap();
    let cases = [
        ("thumbnailPhoto", vec![bytes(PHOTO)]),
        ("mS-DS-ConsistencyGuid", vec![bytes(&[9; 16])]),
        ("msExchHideFromAddressLists", vec![AttributeValue::Boolean(true)]),
        ("msExchRecipientTypeDetails", vec![AttributeValue::Integer(2_147_483_648)]),
        ("accountExpires", vec![AttributeValue::Integer(i64::MAX)]),
        ("userAccountControl", vec![AttributeValue::Integer(512)]),
        ("manager", vec![AttributeValue::Reference(manager)]),
        ("description", vec![text("Größe: 10 € ")]),
        ("userPrincipalName", vec![text("typed@fabrikam.example")]),
    ];
    for (name, expected) in cases {
        assert_eq!(typed.values(&name.into()), expected, "{name}");
    }
    let sorted = |name: &str| {
        let mut values = typed.values(&name.into()).to_vec();
        values.sort();
        values
    };
    assert_eq!(sorted("userCertificate"), [bytes(&[1, 2, 3]), bytes(&[4, 5])]);
    assert_eq!(sorted("otherTelephone"), [text("+49 30 1"), text("+49 30 2")]);
    let [AttributeValue::Binary(sid)] = typed.values(&"objectSid".into()) else { panic!() };
    assert!(dirlift_model::Sid::from_bytes(sid).unwrap().to_string().starts_with("S-1-5-21-"));
    let [AttributeValue::Binary(guid)] = typed.values(&"objectGUID".into()) else { panic!() };
    assert_eq!(typed.id.unwrap().to_directory_bytes().as_slice(), guid);
    let names: Vec<_> = typed.attributes().iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"sAMAccountName"), "spelt as the schema spells it: {names:?}");
    assert_eq!(imported.named("Everybody").values(&"member".into()).len(), N_STAFF);
    assert_eq!(imported.named("Web").object_type, "inetOrgPerson".into());
}

#[tokio::test]
async fn why_an_account_cannot_sign_in() {
    let Some(fixture) = fixture() else { return };
    let user = |name: &str| format!("{name}@fabrikam.example");
    for _ in 0..3 {
        let wrong = connect(&fixture.ca, &user("locked"), "wrong");
        assert!(import(fixture.source(), containers(&["OU=Scope"], &[]), wrong).await.is_err());
    }
    let cases = [
        (user("reader"), "wrong", "data 52e"),
        (user("nobody"), PASSWORD, "data 52"),
        (user("disabled"), PASSWORD, "the account is disabled (data 533)"),
        (user("expired"), PASSWORD, "the account has expired (data 701)"),
        (user("mustchange"), PASSWORD, "must be changed before the first sign-in (data 773)"),
        (user("locked"), PASSWORD, "the account is locked out (data 775)"),
        (user("reader"), "", "the password is empty"),
        (String::new(), PASSWORD, "the user name is empty"),
    ];
    for (name, password, expected) in cases {
        let request = containers(&["OU=Scope"], &[]);
        let error = import(fixture.source(), request, connect(&fixture.ca, &name, password)).await;
        let text = error.err().unwrap().to_string();
        assert!(text.contains(expected), "{name}: {text}");
        assert!(!text.contains("Passw0rd"), "{text}");
    }
    // Every way to write a name.
    for name in
        [user("reader"), r"FABRIKAM\reader".to_owned(), format!("CN=reader,OU=Accounts,{BASE}")]
    {
        let request = containers(&["OU=Scope"], &[]);
        let imported =
            import(fixture.source(), request, connect(&fixture.ca, &name, PASSWORD)).await;
        assert_eq!(imported.unwrap().objects.len(), 4, "{name}");
    }
}

#[tokio::test]
async fn without_signing_in_nothing_is_shown() {
    let Some(fixture) = fixture() else { return };
    let connect = Connect { credentials: None, ..fixture.connect() };
    let error = import(fixture.source(), ImportRequest::stock(), connect).await.err().unwrap();
    let text = error.to_string();
    assert!(
        matches!(error, DirectoryError::Refused { .. }) && text.contains("give a user"),
        "{text}"
    );
}

#[tokio::test]
async fn from_ldap_to_ldif_and_back() {
    let Some(fixture) = fixture() else { return };
    let imported =
        import(fixture.source(), ImportRequest::stock(), fixture.connect()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["forest.ldf", "forest.ldf.gz"] {
        let path = folder.path().join(name);
        let forest = imported.report.forest.clone();
        // The schema is the one of the import: everything that was asked for and is there.
        let schema = {
            let source = fixture.source();
            let started = dirlift_directory::Import::start(
                &source,
                ImportRequest::stock(),
                fixture.connect(),
            );
            started.await.unwrap().schema().clone()
        };
        let mut writer = LdifWriter::create(&path).unwrap();
        writer.begin("0.0.0", forest.as_ref(), &schema).unwrap();
        for object in &imported.objects {
            writer.write(object).unwrap();
        }
        assert_eq!(writer.commit().unwrap().n_objects, imported.objects.len() as u64);
        let mut reader = LdifReader::open(&path, ImportRequest::stock()).unwrap();
        let mut objects: Vec<CsObject> = Vec::new();
        while let Some(object) = reader.next_object().unwrap() {
            objects.push(object);
        }
        assert!(objects == imported.objects, "the same objects in the same order, value for value");
        let mut forest = imported.report.forest.clone().unwrap();
        // Which servers there were is of no use in a file.
        forest.domains[0].servers.clear();
        let report = reader.into_report();
        assert_eq!(report.forest, Some(forest));
        assert_eq!((report.n_misfits, report.events.len()), (0, 0));
        assert_eq!(report.objects, imported.report.objects);
    }
}
