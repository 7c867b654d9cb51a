//! `settings.json` against what the README of each organisation says.
use dirlift_exporter::{
    SETTINGS, export,
    settings::{ConfigurationBasis, Partition, RuleBasis, SettingsFile, Value},
};
use dirlift_model::{AttributeName, DistinguishedName, Guid, analysis::AccountRole};

use crate::{Server, contoso};

fn settings(name: &str) -> SettingsFile {
    Server::of(name).export().settings
}

fn known<T: Clone + std::fmt::Debug>(value: &Value<T>) -> (T, String) {
    assert_eq!(value.not_known, None);
    (value.value.clone().unwrap(), value.read_from.clone().unwrap())
}

fn selected(settings: &SettingsFile) -> Vec<&Partition> {
    settings.forests.iter().flat_map(|it| &it.partitions).filter(|it| it.selected).collect()
}

fn included(partition: &Partition) -> Vec<&str> {
    partition.included.iter().map(|it| it.dn.as_str()).collect()
}

fn excluded(partition: &Partition) -> Vec<&str> {
    partition.excluded.iter().map(|it| it.dn.as_str()).collect()
}

fn untranslated(settings: &SettingsFile) -> Vec<&str> {
    let mut all: Vec<_> = settings.untranslated.iter().map(|it| it.id.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn account(settings: &SettingsFile, role: AccountRole) -> Vec<&str> {
    let accounts = settings.accounts.iter().filter(|it| it.role == role);
    accounts.map(|it| it.name.as_str()).collect()
}

#[test]
fn fabrikam() {
    let settings = settings("fabrikam");
    assert_eq!(settings.source.product.unwrap().as_str(), "DirSync");
    assert_eq!(settings.source.version.unwrap().to_string(), "1.0.7020.0");
    assert_eq!(settings.source.host.as_deref(), Some("FAB-SYNC01.corp.fabrikam.example"));
    assert_eq!(settings.source.snapshot_time.to_string(), "2026-11-16T08:30:00Z");
    assert_eq!(settings.forced.len(), 1, "{:?}", settings.forced);
    assert!(settings.forced[0].contains("38,214") && settings.forced[0].contains("50,000"));
    assert!(settings.blockers.is_empty());

    assert_eq!(known(&settings.sign_in_method).0, "password hash synchronization");
    let anchor = known(&settings.source_anchor);
    assert!(anchor.0.is("objectGUID") && anchor.1.contains("DirSync"), "{anchor:?}");
    assert!(known(&settings.user_principal_name_from).0.is("userPrincipalName"));
    assert!(known(&settings.password_hash_sync).0);
    assert!(!known(&settings.password_writeback).0);
    assert!(!known(&settings.exchange_hybrid).0);
    assert!(settings.written_back.is_empty());
    assert_eq!(settings.device_writeback.value, None);
    assert!(settings.device_writeback.not_known.is_some(), "it never looks like off");

    let [forest] = settings.forests.as_slice() else { panic!() };
    assert_eq!(forest.name, "corp.fabrikam.example");
    assert_eq!(forest.connector_name, "Active Directory Connector");
    assert_eq!(known(&forest.account).0, "CORP\\MSOL_5f2c81d09be4");
    let hierarchy = known(&forest.provisioning_hierarchy).0;
    assert_eq!(hierarchy.len(), 1);
    assert_eq!(
        (hierarchy[0].component.as_str(), hierarchy[0].object_type.as_str()),
        ("ou", "organizationalUnit")
    );
    let [domain] = selected(&settings)[..] else { panic!() };
    assert_eq!(domain.dn, "DC=corp,DC=fabrikam,DC=example");
    assert_eq!(included(domain), ["DC=corp,DC=fabrikam,DC=example"]);
    assert_eq!(excluded(domain).len(), 12, "three of its own beside nine stock exclusions");
    for own in ["OU=Service Accounts", "OU=Test", "OU=Leavers,OU=People"] {
        let dn = format!("{own},DC=corp,DC=fabrikam,DC=example");
        assert!(excluded(domain).contains(&dn.as_str()), "{dn}");
    }
    let types: Vec<_> = domain.object_types.iter().map(AttributeName::as_str).collect();
    assert_eq!(
        types,
        [
            "contact",
            "container",
            "domainDNS",
            "group",
            "inetOrgPerson",
            "organizationalUnit",
            "user"
        ]
    );
    assert!(
        domain.included.iter().chain(&domain.excluded).all(|it| it.object_guid.not_known.is_some()),
        "the directory was not asked"
    );

    assert_eq!(
        settings.tenant.as_ref().unwrap().connector_name,
        "Windows Azure Active Directory Connector"
    );
    assert!(settings.other_connectors.is_empty());
    assert!(settings.custom_filters.is_empty() && settings.custom_flows.is_empty());
    assert!(settings.custom_rules.is_empty() && settings.disabled_standard_rules.is_empty());
    assert_eq!(settings.standard_rules.basis, RuleBasis::BuiltIn);
    assert!(settings.standard_rules.count > 0);
    assert_eq!(
        known(&settings.schedule.interval_seconds),
        (3 * 3_600, "scheduler.config".to_owned())
    );
    let profiles: Vec<_> = settings
        .schedule
        .run_profiles
        .iter()
        .filter(|it| it.connector_name == "Active Directory Connector")
        .map(|it| (it.name.as_str(), it.steps[0].kind.as_str()))
        .collect();
    assert_eq!(
        profiles,
        [
            ("Full Import Full Sync", "Full Import and Full Synchronization"),
            ("Delta Import Delta Sync", "Delta Import and Delta Synchronization"),
            ("Export", "Export"),
        ]
    );
    assert_eq!(settings.deletion_threshold.value, None);
    assert!(settings.deletion_threshold.read_from.is_some(), "known that there is none");
    assert!(settings.global_parameters.is_empty());
    assert_eq!(account(&settings, AccountRole::ActiveDirectory), ["CORP\\MSOL_5f2c81d09be4"]);
    assert_eq!(account(&settings, AccountRole::Service), [".\\AAD_c41b7e90d2a8"]);
    assert_eq!(untranslated(&settings), Vec::<&str>::new());
    assert_eq!(settings.server_configuration.basis, ConfigurationBasis::Translated);
    assert!(settings.server_configuration.experimental);
}

#[test]
fn northwind() {
    let settings = settings("northwind");
    assert_eq!(settings.source.version.unwrap().to_string(), "1.0.6765.6");
    assert_eq!(settings.forced, Vec::<String>::new(), "62,480 objects need no force");
    assert!(!known(&settings.password_hash_sync).0);
    assert!(settings.sign_in_method.not_known.is_some());
    assert!(known(&settings.exchange_hybrid).0);
    let alternate = known(&settings.user_principal_name_from);
    assert!(alternate.0.is("mail"));
    assert!(alternate.1.contains("import_attribute_flow_xml"), "{}", alternate.1);
    // Six write-back flows and proxyAddresses, which is there for three object types.
    assert_eq!(settings.written_back.len(), 7);
    let [domain] = selected(&settings)[..] else { panic!() };
    assert_eq!(domain.dn, "DC=northwind,DC=example");
    assert_eq!(
        included(domain),
        [
            "OU=Staff,DC=northwind,DC=example",
            "OU=Groups,DC=northwind,DC=example",
            "OU=External Contacts,DC=northwind,DC=example",
            "OU=Retail & Stores,DC=northwind,DC=example",
        ]
    );
    assert_eq!(
        excluded(domain),
        ["DC=northwind,DC=example", "OU=Archive,OU=Staff,DC=northwind,DC=example"]
    );
    assert_eq!(
        domain.preferred_domain_controllers,
        ["NW-DC01.northwind.example", "NW-DC04.northwind.example"]
    );
    let emea = settings.forests[0].partitions.iter().find(|it| it.dn.starts_with("DC=emea"));
    assert!(!emea.unwrap().selected);
    let filters: Vec<_> = settings
        .custom_filters
        .iter()
        .map(|it| it.conditions.iter().map(ToString::to_string).collect::<Vec<_>>())
        .collect();
    assert_eq!(
        filters,
        [
            vec!["extensionAttribute15 equals \"NoSync\""],
            vec!["department equals \"Contractors\"", "employeeType equals \"External\""],
        ]
    );
    let rules: Vec<_> = settings
        .custom_rules
        .iter()
        .map(|it| (it.order, it.precedence, it.name.as_str(), it.disabled, it.flows_to.len()))
        .collect();
    assert_eq!(
        rules,
        [
            (1, Some(10), "In from AD - User Filter from DirSync", Some(false), 1),
            (2, Some(11), "Out to AAD - User Flows from DirSync", Some(false), 2),
        ]
    );
    assert_eq!(known(&settings.schedule.interval_seconds).0, 3_600);
    assert_eq!(account(&settings, AccountRole::Service), ["NORTHWIND\\svc-dirsync"]);
    assert_eq!(untranslated(&settings), Vec::<&str>::new());
}

#[test]
fn tailspin() {
    let settings = settings("tailspin");
    assert_eq!(settings.forced.len(), 2, "too few objects, and blockers: {:?}", settings.forced);
    let blockers: Vec<_> = settings.blockers.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(blockers, ["DL0401", "DL0403", "DL0405"]);
    assert_eq!(untranslated(&settings), ["DL1005", "DL1006", "DL1015"]);
    let cost_centre = settings.untranslated.iter().find(|it| it.id == "DL1005").unwrap();
    assert!(cost_centre.what.contains("extensionAttribute1 {"), "{}", cost_centre.what);
    assert!(cost_centre.why.contains("CostCentreName(department, company)"), "{}", cost_centre.why);
    assert!(cost_centre.read_from.starts_with("server-configuration/MV.XML:"));
    let [other] = settings.other_connectors.as_slice() else { panic!() };
    assert_eq!((other.name.as_str(), other.category.as_str()), ("HR Import", "MSSQL"));
    let (threshold, place) = known(&settings.deletion_threshold);
    assert_eq!(threshold, 50);
    assert!(place.ends_with("limit of a run step"), "{place}");
    let attributes = known(&settings.forests[0].attribute_selection).0;
    for removed in
        ["extensionAttribute10", "msExchArchiveName", "telephoneAssistant", "thumbnailPhoto"]
    {
        assert!(!attributes.iter().any(|it| it.is(removed)), "{removed}");
    }
    assert!(attributes.iter().any(|it| it.is("extensionAttribute11")));
    let stays: Vec<_> = settings.not_carried.iter().map(|it| it.what.as_str()).collect();
    assert!(stays.contains(&"the connector HR Import (MSSQL)"), "{stays:?}");
    assert!(stays.iter().any(|it| it.contains("TailspinUserRules.dll")), "{stays:?}");
}

#[test]
fn adatum() {
    let settings = settings("adatum");
    assert_eq!(settings.source.product.unwrap().as_str(), "Microsoft Entra Connect");
    assert_eq!(settings.forced, Vec::<String>::new());
    let (anchor, place) = known(&settings.source_anchor);
    assert!(anchor.is("mS-DS-ConsistencyGuid"));
    assert!(place.starts_with("server-configuration/GlobalSettings/MV.xml:"), "{place}");
    for on in [
        &settings.password_hash_sync,
        &settings.password_writeback,
        &settings.exchange_hybrid,
        &settings.device_writeback,
    ] {
        assert!(known(on).0);
    }
    assert!(!known(&settings.staging_mode).0);
    let threshold = known(&settings.deletion_threshold);
    assert_eq!(threshold.0, 2_000);
    assert!(threshold.1.contains("ExportDeletionThresholdValue"), "{}", threshold.1);
    assert_eq!(known(&settings.schedule.interval_seconds).0, 1_800);
    assert!(known(&settings.schedule.enabled).0);
    assert_eq!(settings.global_parameters.len(), 24);
    let [domain] = selected(&settings)[..] else { panic!() };
    assert_eq!(
        excluded(domain),
        ["OU=Quarantine,DC=adatum,DC=example", "OU=Former,OU=Staff,DC=adatum,DC=example"]
    );
    let rules: Vec<_> = settings
        .custom_rules
        .iter()
        .map(|it| (it.precedence, it.name.as_str(), it.direction.as_str(), it.disabled))
        .collect();
    assert_eq!(
        rules,
        [
            (Some(40), "Adatum In - Leave contractors out", "Inbound", Some(false)),
            (Some(41), "In from AD - User Common - Adatum", "Inbound", Some(false)),
            (Some(42), "Adatum Out - Country", "Outbound", Some(true)),
        ]
    );
    let off: Vec<_> = settings.disabled_standard_rules.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(off, ["In from AD - User Common"]);
    assert_eq!(
        (settings.standard_rules.basis, settings.standard_rules.count),
        (RuleBasis::Original, 16)
    );
    assert_eq!(settings.server_configuration.basis, ConfigurationBasis::Original);
    assert!(settings.untranslated.is_empty() && settings.notes.is_empty());
}

#[test]
fn the_published_export() {
    let Some(folder) = contoso() else { return };
    let settings = Server::open(&folder).export().settings;
    assert_eq!(settings.source.version.unwrap().to_string(), "1.1.130.0");
    assert_eq!(settings.global_parameters.len(), 37);
    assert_eq!(
        (settings.standard_rules.basis, settings.standard_rules.count),
        (RuleBasis::Original, 62)
    );
    assert!(settings.custom_rules.is_empty());
    assert_eq!(known(&settings.deletion_threshold).0, 500);
    assert!(known(&settings.exchange_hybrid).0);
    assert!(!known(&settings.password_hash_sync).0);
    assert!(!known(&settings.device_writeback).0);
    assert!(known(&settings.source_anchor).0.is("objectGUID"));
    let attributes = known(&settings.forests[0].attribute_selection).0;
    assert_eq!(attributes.len(), 132);
    let tenant = settings.tenant.unwrap();
    assert_eq!(known(&tenant.attribute_selection).0.len(), 161);
}

#[test]
fn the_file_is_what_was_built() {
    let server = Server::of("northwind");
    let exported = server.export();
    let read: SettingsFile = serde_json::from_str(crate::text(&exported, SETTINGS)).unwrap();
    assert_eq!(read, exported.settings);
}

#[test]
fn containers_get_their_guids_from_the_directory() {
    let server = Server::of("northwind");
    let mut input = server.input();
    let staff: DistinguishedName = "ou=staff,dc=Northwind,dc=example".parse().unwrap();
    input.object_guids.insert(staff, Guid::from_u128(0x51));
    let settings = export(&input).unwrap().settings;
    let domain = selected(&settings)[0];
    let guids: Vec<_> = domain.included.iter().map(|it| it.object_guid.value).collect();
    assert_eq!(guids, [Some(Guid::from_u128(0x51)), None, None, None]);
    assert_eq!(known(&domain.included[0].object_guid).1, "Active Directory");
}
