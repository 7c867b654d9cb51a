//! What a connector is configured to import, asked of a real domain.
use dirlift_directory::{Event, ImportRequest};
use dirlift_model::{
    AttributeName, Guid,
    config::{Connector, ConnectorCategory, ContainerScope, Location, Partition},
};
use dirlift_testkit::samba::BASE;

use crate::{common::import, domain::fixture};

fn location() -> Location {
    Location { file: "x.xml".to_owned(), line: 1, column: 1 }
}

fn names(all: &[&str]) -> Vec<AttributeName> {
    all.iter().map(|it| AttributeName::from(*it)).collect()
}

fn partition(name: &str, selected: bool, inclusions: &[&str], exclusions: &[&str]) -> Partition {
    let dns = |all: &[&str]| {
        let whole =
            |it: &&str| if it.is_empty() { BASE.to_owned() } else { format!("{it},{BASE}") };
        all.iter().map(|it| whole(it).parse().unwrap()).collect()
    };
    Partition {
        id: None,
        name: name.to_owned(),
        selected,
        object_classes: names(&["organizationalUnit", "user"]),
        scope: ContainerScope { inclusions: dns(inclusions), exclusions: dns(exclusions) },
        dns_name: None,
        guid: None,
        is_domain: None,
        last_domain_controller: None,
        preferred_domain_controllers: Vec::new(),
        alternate_login: None,
        location: location(),
    }
}

fn connector(partitions: Vec<Partition>) -> Connector {
    Connector {
        id: Guid::from_u128(0xad),
        name: "corp.fabrikam.example".to_owned(),
        category: ConnectorCategory::ActiveDirectory,
        subtype: String::new(),
        description: String::new(),
        version: None,
        creation_time: None,
        last_modification_time: None,
        schema_attributes: Vec::new(),
        attribute_inclusion: Some(names(&["SAMACCOUNTNAME", "ou", "unicodePwd"])),
        filters: Vec::new(),
        joins: Vec::new(),
        projections: Vec::new(),
        export_flows: Vec::new(),
        deprovisioning: None,
        component_mappings: None,
        extension: None,
        partitions,
        run_profiles: Vec::new(),
        active_directory: None,
        extensible: None,
        location: location(),
    }
}

#[tokio::test]
async fn both_styles_of_container_selection_in_a_real_domain() {
    let Some(fixture) = fixture() else { return };
    let other = "CN=Configuration,DC=corp,DC=fabrikam,DC=example";
    let (out, back) = ("OU=Out,OU=In,OU=Scope", "OU=Back,OU=Out,OU=In,OU=Scope");
    // The containers are objects too; what is left out of the domain is everything else that the fixture has.
    let rest =
        ["OU=Staff", "OU=Odd", "OU=Kinds", "OU=Accounts", "CN=Users", "OU=Domain Controllers"];
    let domain_included: Vec<&str> = [out].into_iter().chain(rest).collect();
    let cases: [(&[&str], &[&str], &[&str]); 3] = [
        // The domain is included, containers are not.
        (&["", back], &domain_included, &["Back", "In", "Scope", "scope0", "scope1", "scope3"]),
        // The domain is not included, containers are.
        (&["OU=Scope"], &["", out], &["In", "Scope", "scope0", "scope1"]),
        (&[back], &["", "OU=Scope"], &["Back", "scope3"]),
    ];
    for (inclusions, exclusions, expected) in cases {
        let partitions = vec![
            partition(BASE, true, inclusions, exclusions),
            partition(other, false, &[""], &[]),
            partition("not a name", true, &[], &[]),
        ];
        let (request, problems) = ImportRequest::from_connector(&connector(partitions));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("attribute unicodePwd is never imported"), "{problems:?}");
        assert!(problems[1].starts_with("partition `not a name` is left out"), "{problems:?}");
        let imported = import(fixture.source(), request, fixture.connect()).await.unwrap();
        assert!(imported.error.is_none(), "{:?}", imported.error);
        assert_eq!(imported.names(), expected, "{inclusions:?} without {exclusions:?}");
        let user = imported.objects.iter().find(|it| it.object_type.is("user")).unwrap();
        let spelt: Vec<_> = user.attributes().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(spelt, ["sAMAccountName"], "what was selected, as the schema spells it");
        let unit = imported.objects.iter().find(|it| it.object_type.is("organizationalUnit"));
        assert!(unit.unwrap().text("ou").is_some());
    }
    let nothing = vec![partition(BASE, true, &[], &[""])];
    let (request, _) = ImportRequest::from_connector(&connector(nothing));
    let imported = import(fixture.source(), request, fixture.connect()).await.unwrap();
    assert!(imported.objects.is_empty());
    assert!(imported.report.events.contains(&Event::NothingInScope(BASE.parse().unwrap())));
}

#[test]
fn a_connector_without_partitions_takes_every_domain_and_says_so() {
    let (request, problems) =
        ImportRequest::from_connector(&connector(vec![partition(BASE, false, &[""], &[])]));
    assert!(request.partitions.is_empty());
    assert!(problems.iter().any(|it| it.contains("every domain is imported")), "{problems:?}");
}
