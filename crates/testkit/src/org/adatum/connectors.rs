//! `Connectors/Connector_{GUID}.xml` and `GlobalSettings/MV.xml`, in the element order of the newer engine.
use std::fmt::Write as _;

use super::{AD_ID, BUILD, CLOUD_ID, EXPORTED, SERVER};
use crate::org::{
    File,
    agent::{WARNING, directory_schema, plain_schema},
    attributes::{CLOUD, SELECTED, UNSELECTED},
    escape, guid,
    partition::{self, Partition},
};

const DOMAIN: &str = "DC=adatum,DC=example";
const LAB: &str = "DC=lab,DC=adatum,DC=example";

pub(super) fn files() -> Vec<File> {
    let file = |id: &str, text: String| {
        File::new(
            format!("server-configuration/Connectors/Connector_{}.xml", id.to_lowercase()),
            text,
        )
    };
    vec![
        file(AD_ID, directory()),
        file(CLOUD_ID, cloud()),
        File::new("server-configuration/GlobalSettings/MV.xml", metaverse()),
    ]
}

/// A parameter as this engine writes all its settings.
fn parameter(name: &str, scope: &str, value: &str) -> String {
    let head =
        format!("<parameter name=\"{name}\" type=\"string\" use=\"{scope}\" dataType=\"String\"");
    if value.is_empty() {
        format!("{head} />")
    } else {
        format!("{head}>{}</parameter>", escape(value))
    }
}

/// What both connectors begin with.
fn head(
    id: &str,
    name: &str,
    category: &str,
    subtype: &str,
    version: u32,
    times: [&str; 2],
) -> String {
    let leaf = |name: &str, text: &str| {
        if text.is_empty() {
            format!("  <{name} />\n")
        } else {
            format!("  <{name}>{text}</{name}>\n")
        }
    };
    let company = if subtype.is_empty() { "" } else { "Microsoft" };
    [
        "<ma-data>\n".to_owned(),
        leaf("format-version", "1"),
        leaf("id", id),
        leaf("name", name),
        leaf("category", category),
        leaf("description", ""),
        leaf("subtype", subtype),
        leaf("ma-listname", subtype),
        leaf("ma-companyname", company),
        leaf("creation-time", times[0]),
        leaf("last-modification-time", times[1]),
        leaf("version", &version.to_string()),
        leaf("internal-version", "0"),
        leaf("password-sync-allowed", "0"),
    ]
    .concat()
}

/// What both connectors end with: selected attributes, partitions, run profiles; rules stand in files of their own.
fn tail(attributes: &[&str], partitions: &[(String, String)], id: &str) -> String {
    let inclusion: String = attributes
        .iter()
        .map(|it| format!("<attribute>{it}</attribute>"))
        .collect::<Vec<_>>()
        .concat();
    let all: String = partitions.iter().map(|(_, xml)| xml.as_str()).collect();
    let profiles = [
        (
            "Full Import",
            "<step-type type=\"full-import\"><import-subtype>to-cs</import-subtype></step-type>",
        ),
        (
            "Full Synchronization",
            "<step-type type=\"apply-rules\"><apply-rules-subtype>reevaluate-flow-connectors</apply-rules-subtype></step-type>",
        ),
        (
            "Delta Import",
            "<step-type type=\"delta-import\"><import-subtype>to-cs</import-subtype></step-type>",
        ),
        (
            "Delta Synchronization",
            "<step-type type=\"apply-rules\"><apply-rules-subtype>apply-pending</apply-rules-subtype></step-type>",
        ),
        ("Export", "<step-type type=\"export\"></step-type>"),
    ];
    let partition = partitions.first().map(|it| it.0.to_ascii_uppercase()).unwrap_or_default();
    let mut runs = String::new();
    for (name, kind) in profiles {
        let run = guid(&format!("adatum/{id}/run/{name}"));
        let _ = writeln!(
            runs,
            "<run-configuration><id>{{{run}}}</id><name>{name}</name><version>4</version><configuration><step>{kind}\
             <threshold><object>0</object><batch-size>50</batch-size></threshold><partition>{partition}</partition>\
             <custom-data></custom-data></step></configuration></run-configuration>"
        );
    }
    format!(
        "<attribute-inclusion>{inclusion}</attribute-inclusion><join/><projection/><export-attribute-flow/>\n\
         <ma-partition-data>\n{all}</ma-partition-data>\n<ma-run-data>\n{runs}</ma-run-data>\n\
         <capabilities-mask>fb7f</capabilities-mask><export-type>1</export-type><dn-construction/>\n</ma-data>"
    )
}

fn directory() -> String {
    let schema: Vec<_> = SELECTED.iter().chain(UNSELECTED).copied().collect();
    let selected: Vec<_> =
        SELECTED.iter().map(|it| it.0).chain(["mS-DS-ConsistencyGuid"]).collect();
    let names = partition::other_names(DOMAIN);
    let whole = Partition {
        dn: DOMAIN,
        dns: "adatum.example",
        selected: true,
        is_domain: true,
        inclusions: vec![DOMAIN.to_owned()],
        exclusions: partition::below(DOMAIN, &["OU=Quarantine", "OU=Former,OU=Staff"]),
        last_dc: "ADA-DC01.adatum.example",
        preferred: &[],
    };
    let lab = Partition {
        dn: LAB,
        dns: "lab.adatum.example",
        selected: false,
        is_domain: true,
        inclusions: Vec::new(),
        exclusions: Vec::new(),
        last_dc: "ADA-LAB01.lab.adatum.example",
        preferred: &[],
    };
    let partitions = [whole, lab].into_iter().chain(partition::others("adatum.example", &names));
    let partitions: Vec<_> = partitions.map(|it| partition::directory(&it, "adatum")).collect();
    let parameters = [
        ("forest-login-user", "connectivity", "MSOL_7d20b4ce1f93"),
        ("forest-login-domain", "connectivity", "ADATUM"),
        ("forest-name", "connectivity", "adatum.example"),
        ("Connector.GroupFilteringGroupDn", "global", ""),
        ("Forest.FQDN", "global", "adatum.example"),
        ("Forest.LDAP", "global", DOMAIN),
        ("Forest.Netbios", "global", "ADATUM"),
    ]
    .map(|(name, scope, value)| parameter(name, scope, value))
    .concat();
    let times = ["2017-06-14 09:40:12.207", "2025-08-02 16:20:31.940"];
    format!(
        "{head}<schema>{schema}</schema>\n<private-configuration><adma-configuration><forest-name>adatum.example</forest-name>\
         <forest-guid>{{00000000-0000-0000-0000-000000000000}}</forest-guid><forest-port>0</forest-port>\
         <forest-login-domain>ADATUM</forest-login-domain><forest-login-user>MSOL_7d20b4ce1f93</forest-login-user>\
         <sign-and-seal>1</sign-and-seal><default-ssl-strength>0</default-ssl-strength>\
         <ssl-bind crl-check=\"0\">0</ssl-bind><simple-bind>0</simple-bind><password-hash-sync-config>\
         <enabled>1</enabled><target>{CLOUD_ID}</target></password-hash-sync-config><parameter-values>{parameters}\
         </parameter-values></adma-configuration></private-configuration>\n{tail}",
        head = head(AD_ID, "adatum.example", "AD", "", 219, times),
        schema = directory_schema(&schema),
        tail = tail(&selected, &partitions, "ad"),
    )
}

fn cloud() -> String {
    const SUBTYPE: &str = "Windows Azure Active Directory (Microsoft)";
    let names: Vec<_> = CLOUD.iter().map(|it| it.0).collect();
    let types = ["contact", "device", "group", "user"];
    let classes = types.map(|it| (it, names.clone()));
    let anchors: String = types
        .map(|it| format!("<attribute object_class=\"{it}\">cloudAnchor</attribute>"))
        .concat();
    let times = ["2017-06-14 09:40:02.553", "2025-08-02 16:20:33.121"];
    let account = "Sync_ADA-SYNC01_4b7e91c0d25f@adatum.onmicrosoft.com";
    let partition = partition::default(&types, "adatum", CLOUD_ID);
    format!(
        "{head}<schema>{schema}</schema>\n<private-configuration><MAConfig><ldap-dn>0</ldap-dn><extension-config>\
         <filename>Microsoft.Azure.ActiveDirectory.Connector.dll</filename><assembly-version>{BUILD}</assembly-version>\
         </extension-config><file-type>Extensible2</file-type><importing><dn>{anchors}</dn><anchor>{anchors}</anchor>\
         </importing><parameter-values>{user}</parameter-values><aad-password-reset-config><enabled>1</enabled>\
         <modified-timestamp>2021-10-20 08:11:54.002</modified-timestamp>\
         <adal-authority>https://login.windows.net/adatum.onmicrosoft.com</adal-authority></aad-password-reset-config>\
         </MAConfig></private-configuration>\n{tail}",
        head = head(CLOUD_ID, "adatum.onmicrosoft.com - AAD", "Extensible2", SUBTYPE, 6, times),
        schema = plain_schema(&classes, CLOUD),
        user = parameter("UserName", "connectivity", account),
        tail = tail(&names, &[partition], "cloud"),
    )
}

/// The global settings, 24 of them.
const SETTINGS: &[(&str, &str)] = &[
    ("Microsoft.Synchronize.SynchronizationPolicy", "Delta"),
    ("Microsoft.Synchronize.MaintenanceEnabled", "True"),
    ("Microsoft.Synchronize.SchedulerSuspended", "False"),
    ("Microsoft.Synchronize.SynchronizationSchedule", "True"),
    ("Microsoft.Synchronize.StagingMode", "False"),
    ("Microsoft.Synchronize.TimeInterval", "00:30:00"),
    ("Microsoft.Synchronize.RunHistoryPurgeInterval", "7.00:00:00"),
    ("Microsoft.Synchronize.NextStartTime", "Thu, 19 Nov 2026 13:00:04 GMT"),
    ("Microsoft.Synchronize.ServerConfigurationVersion", BUILD),
    ("Microsoft.SynchronizationOption.AnchorAttribute", "mS-DS-ConsistencyGuid"),
    ("Microsoft.SynchronizationOption.UPNAttribute", "userPrincipalName"),
    ("Microsoft.SynchronizationOption.JoinCriteria", "AlwaysProvision"),
    ("Microsoft.OptionalFeature.PasswordHashSync", "True"),
    ("Microsoft.OptionalFeature.PasswordWriteback", "True"),
    ("Microsoft.OptionalFeature.HybridExchange", "True"),
    ("Microsoft.OptionalFeature.GroupWriteBack", "False"),
    ("Microsoft.OptionalFeature.DeviceWriteBack", "True"),
    ("Microsoft.OptionalFeature.DeviceWriteUp", "True"),
    ("Microsoft.OptionalFeature.FilterAAD", "False"),
    ("Microsoft.OptionalFeature.GroupFiltering", "False"),
    ("Microsoft.OptionalFeature.ExportDeletionThreshold", "True"),
    ("Microsoft.OptionalFeature.ExportDeletionThresholdValue", "2000"),
    ("Microsoft.OptionalFeature.AutoUpgradeState", "Disabled"),
    ("Microsoft.AADFilter.AttributeExclusionList", ""),
];

fn metaverse() -> String {
    let all = |names: &[&'static str]| names.to_vec();
    let classes = [
        ("person", all(&["cn", "displayName", "mail", "sourceAnchor", "cloudFiltered"])),
        ("group", all(&["cn", "displayName", "member", "sourceAnchor"])),
        ("device", all(&["cn", "displayName"])),
    ];
    let attributes = [
        ("cn", 'S'),
        ("cloudFiltered", 'T'),
        ("displayName", 'S'),
        ("mail", 'S'),
        ("member", 'd'),
        ("sourceAnchor", 'S'),
    ];
    let mut settings = String::new();
    for (name, value) in SETTINGS {
        let _ = writeln!(settings, "    {}", parameter(name, "SynchronizationGlobal", value));
    }
    format!(
        "<saved-mv-configuration server='{SERVER}' export-date='{EXPORTED}'>\n{WARNING}<mv-data>\n \
         <format-version>1</format-version>\n <version>231</version>\n <schema>\n  {}\n </schema>\n \
         <password-change-history-size>24</password-change-history-size>\n <password-sync />\n <parameter-values>\n\
         {settings}  </parameter-values>\n</mv-data>\n\n</saved-mv-configuration>\n",
        plain_schema(&classes, &attributes),
    )
}
