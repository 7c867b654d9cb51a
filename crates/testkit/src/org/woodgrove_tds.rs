//! Woodgrove's database as a copy that was restored on another SQL Server, for the TDS responder.
use super::{
    agent::{AD_ID, Agent, CLOUD_ID},
    guid,
    metaverse::Metaverse,
    partition::{self, Partition},
    stock,
    woodgrove::{BUILD, DNS},
};
use crate::tds::{Column, Database, Type, Value, datetime, fim};

/// Name of the database.
pub const NAME: &str = "FIMSynchronizationService";

const DOMAIN: &str = "DC=woodgrove,DC=example";

/// The restored copy: `FIMSynchronizationService` on WG-SQL02, a full SQL Server 2016.
pub fn database() -> Database {
    let mut database = fim();
    database.properties = [
        ("MachineName", "WG-SQL02".into()),
        ("Edition", "Standard Edition (64-bit)".into()),
        ("EngineEdition", Value::Int(2)),
        ("ProductVersion", "13.0.6300.2".into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    add_files(&mut database);
    for agent in [directory(), cloud()] {
        add_agent(&mut database, &agent);
    }
    add_configuration(&mut database);
    add_connector_space(&mut database);
    add_metaverse(&mut database);
    add_runs(&mut database);
    database
}

/// 7,936 MB of data and 640 MB of log, in pages of 8 KiB.
fn add_files(database: &mut Database) {
    let table = database.table("sys.database_files");
    table.rows.clear();
    for (id, name, kind, megabytes) in
        [(1, NAME, "ROWS", 7_936), (2, "FIMSynchronizationService_log", "LOG", 640)]
    {
        table.add(&[
            ("file_id", Value::Int(id)),
            ("name", name.into()),
            ("type_desc", kind.into()),
            ("size", Value::Int(megabytes * 128)),
        ]);
    }
}

fn id(text: &str) -> Value {
    Value::guid(text.trim_matches(['{', '}']))
}

fn add_agent(database: &mut Database, agent: &Agent) {
    let columns = agent.columns();
    let own = |name: &str| !matches!(name, "ma_partition_data_xml" | "ma_run_data_xml");
    let mut cells = vec![
        ("ma_id", id(agent.id)),
        ("ma_name", agent.name.into()),
        ("ma_type", agent.category.into()),
        ("subtype", agent.subtype.into()),
        ("version_number", i64::from(agent.version).into()),
        ("creation_date", datetime(2014, 11, 19, 9, 2, 17)),
        ("modification_date", datetime(2025, 9, 30, 13, 41, 5)),
        ("full_import_required", false.into()),
        ("full_sync_required", false.into()),
    ];
    for (name, xml) in columns.iter().filter(|(name, _)| own(name)) {
        cells.push((name, xml.as_str().into()));
    }
    database.table("mms_management_agent").add(&cells);
    for (partition, xml) in &agent.partitions {
        database.table("mms_partition").add(&[
            ("partition_id", id(partition)),
            ("ma_id", id(agent.id)),
            ("name", inside(xml, "name").into()),
            ("selected", Value::Int(i64::from(inside(xml, "selected") == "1"))),
            ("filter_xml", element(xml, "filter").as_str().into()),
            ("custom_data_xml", element(xml, "custom-data").as_str().into()),
        ]);
    }
    let runs = columns.iter().find(|(name, _)| *name == "ma_run_data_xml");
    let runs = runs.map_or("", |(_, xml)| xml.as_str());
    for run in runs.split("<run-configuration>").skip(1) {
        database.table("mms_run_profile").add(&[
            ("run_profile_id", id(inside(run, "id"))),
            ("run_profile_name", inside(run, "name").into()),
            ("ma_id", id(agent.id)),
            ("run_configuration_xml", element(run, "configuration").as_str().into()),
        ]);
    }
}

/// The text inside the first element of a name; empty when there is none.
fn inside<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = xml.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    inner.map_or("", |(inner, _)| inner)
}

/// The same with its tags.
fn element(xml: &str, name: &str) -> String {
    format!("<{name}>{}</{name}>", inside(xml, name))
}

fn add_configuration(database: &mut Database) {
    let columns = metaverse().columns();
    let table = database.table("mms_server_configuration");
    for (name, _) in &columns {
        if !table.columns.iter().any(|it| it.name == *name) {
            table.columns.push(Column { name: (*name).to_owned(), ty: Type::Xml });
        }
    }
    let mut cells: Vec<_> =
        columns.iter().map(|(name, xml)| (*name, Value::from(xml.as_str()))).collect();
    // S-1-5-21-1870042913-2267305118-4029881120-1009 in its binary form.
    let mut sid = vec![1, 5, 0, 0, 0, 0, 0, 5];
    for part in [21_u32, 1_870_042_913, 2_267_305_118, 4_029_881_120, 1_009] {
        sid.extend_from_slice(&part.to_le_bytes());
    }
    cells.push(("administrators_sid", Value::Binary(sid)));
    table.add(&cells);
}

/// An id of a row: its table and its number.
fn row_id(table: u8, n: u32) -> Value {
    let mut bytes = [0; 16];
    bytes[0] = table;
    bytes[7] = 0x40;
    bytes[8] = 0x80;
    bytes[12..].copy_from_slice(&n.to_be_bytes());
    Value::Guid(bytes)
}

fn add_connector_space(database: &mut Database) {
    let table = database.table("mms_connectorspace");
    let mut number = 0;
    for (agent, object_type, counts) in ROWS {
        for (state, count) in counts.iter().enumerate() {
            if *count == 0 {
                continue;
            }
            let place = table.rows.len();
            table.add(&[
                ("ma_id", id(agent)),
                ("object_type", (*object_type).into()),
                ("is_connector", (state == 0).into()),
                ("is_phantom_parent", (state == 2).into()),
                ("is_phantom_link", false.into()),
                ("is_phantom_delete", false.into()),
                ("is_import_error", false.into()),
                ("is_export_error", false.into()),
                ("export_operation", Value::Int(0)),
            ]);
            let object = table.columns.iter().position(|it| it.name == "object_id");
            let model = table.rows.remove(place);
            for _ in 0..*count {
                number += 1;
                let mut row = model.clone();
                if let Some(object) = object {
                    row[object] = row_id(1, number);
                }
                table.rows.push(row);
            }
        }
    }
}

fn add_metaverse(database: &mut Database) {
    let table = database.table("mms_metaverse");
    let mut number = 0;
    for (object_type, count) in METAVERSE {
        for _ in 0..*count {
            number += 1;
            table.add(&[("object_id", row_id(2, number)), ("object_type", (*object_type).into())]);
        }
    }
}

fn add_runs(database: &mut Database) {
    let time = |[month, day, hour, minute, second]: [u32; 5]| {
        datetime(2026, month.into(), day.into(), hour, minute, second)
    };
    for (agent, profile, number, kind, started, ended) in RUNS {
        let run = Value::guid(&guid(&format!("woodgrove/run/{number}")).to_string());
        database.table("mms_run_history").add(&[
            ("run_history_id", run.clone()),
            ("ma_id", id(agent)),
            ("run_number", (*number).into()),
            ("run_profile_name", (*profile).into()),
            ("run_result", "success".into()),
            ("is_run_complete", true.into()),
            ("start_date", time(*started)),
            ("end_date", time(*ended)),
        ]);
        let step = format!("<step-description><step-type type=\"{kind}\"/></step-description>");
        database.table("mms_step_history").add(&[
            ("step_history_id", row_id(3, u32::try_from(*number).unwrap_or_default())),
            ("run_history_id", run),
            ("step_number", Value::Int(1)),
            ("step_result", "success".into()),
            ("start_date", time(*started)),
            ("end_date", time(*ended)),
            ("step_xml", step.as_str().into()),
        ]);
    }
}

/// The agent to Active Directory as the database has it.
fn directory() -> Agent {
    let mut agent = stock::directory_agent();
    (agent.created, agent.modified, agent.version) =
        ("2014-11-19 09:02:17.300", "2025-09-30 13:41:05.900", 41);
    agent.private = String::from(
        "<adma-configuration><forest-name>woodgrove.example</forest-name><forest-port>0</forest-port>\
        <forest-guid>{00000000-0000-0000-0000-000000000000}</forest-guid>\
        <forest-login-user>MSOL_c83e51f07a9d</forest-login-user><forest-login-domain>WOODGROVE</forest-login-domain>\
        <sign-and-seal>1</sign-and-seal><ssl-bind crl-check=\"0\">0</ssl-bind><simple-bind>0</simple-bind>\
        <default-ssl-strength>0</default-ssl-strength><enable-unapplied-merge>0</enable-unapplied-merge>\
        <password-hash-sync-config><enabled>1</enabled><target>{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}</target>\
        </password-hash-sync-config></adma-configuration>",
    );
    agent.filters[0].1.push(vec![("extensionAttribute7", "equality", "DoNotSync")]);
    let mut exclusions = partition::stock_exclusions(DOMAIN);
    exclusions.extend(partition::below(DOMAIN, &["OU=Leavers"]));
    let domain = Partition {
        dn: DOMAIN,
        dns: DNS,
        selected: true,
        is_domain: true,
        inclusions: vec![DOMAIN.to_owned()],
        exclusions,
        last_dc: "WG-DC02.woodgrove.example",
        preferred: &[],
    };
    let names = partition::other_names(DOMAIN);
    let partitions = std::iter::once(domain).chain(partition::others(DNS, &names));
    agent.partitions = partitions.map(|it| partition::directory(&it, "woodgrove")).collect();
    agent
}

/// The agent to the cloud as the database has it.
fn cloud() -> Agent {
    let mut agent = stock::cloud_agent(BUILD);
    (agent.created, agent.modified, agent.version) =
        ("2014-11-19 09:02:14.860", "2025-09-30 13:41:11.470", 6);
    agent.private = stock::cloud_configuration(BUILD, Some("dirsync@woodgrove.onmicrosoft.com"));
    agent.partitions =
        vec![partition::default(&["contact", "group", "user"], "woodgrove", CLOUD_ID)];
    agent
}

/// The metaverse as the database has it.
fn metaverse() -> Metaverse {
    let mut metaverse = stock::metaverse();
    metaverse.version = 77;
    metaverse
}

/// A run of one step: agent, profile, number, kind of step, start and end (month, day, hour, minute, second of 2026).
type Run = (&'static str, &'static str, i64, &'static str, [u32; 5], [u32; 5]);

const FULL: &str = "full-import-reevaluate-rules";
const DELTA: &str = "delta-import";

/// Runs, newest first; all of them succeeded.
#[rustfmt::skip]
const RUNS: &[Run] = &[
    (CLOUD_ID, "Export", 6_318, "export", [10, 27, 21, 5, 40], [10, 27, 21, 6, 31]),
    (CLOUD_ID, "Delta Confirming Import", 6_317, DELTA, [10, 27, 21, 3, 50], [10, 27, 21, 5, 38]),
    (AD_ID, "Delta Import Delta Sync", 6_316, DELTA, [10, 27, 21, 0, 4], [10, 27, 21, 3, 48]),
    (CLOUD_ID, "Full Confirming Import", 5_903, FULL, [8, 2, 2, 22, 30], [8, 2, 3, 40, 30]),
    (AD_ID, "Full Import Full Sync", 5_902, FULL, [8, 2, 0, 10, 0], [8, 2, 2, 22, 0]),
];

/// Rows of the connector spaces by agent and type: joined, disconnected, placeholders.
#[rustfmt::skip]
const ROWS: &[(&str, &str, [u32; 3])] = &[
    (AD_ID, "user", [46_812, 388, 6]),
    (AD_ID, "inetOrgPerson", [28, 0, 0]),
    (AD_ID, "contact", [1_260, 34, 0]),
    (AD_ID, "group", [4_240, 190, 12]),
    (AD_ID, "organizationalUnit", [0, 262, 3]),
    (AD_ID, "container", [0, 31, 0]),
    (AD_ID, "domainDNS", [0, 1, 0]),
    (CLOUD_ID, "user", [46_840, 5, 0]),
    (CLOUD_ID, "contact", [1_260, 0, 0]),
    (CLOUD_ID, "group", [4_240, 1, 0]),
];

/// Objects of the metaverse by type.
const METAVERSE: &[(&str, u32)] = &[("person", 46_840), ("contact", 1_260), ("group", 4_240)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_what_the_readme_counts() {
        let mut database = database();
        let joined = |database: &mut Database, agent: &str| {
            let table = database.table("mms_connectorspace");
            let at = |name: &str| table.columns.iter().position(|it| it.name == name).unwrap();
            let (agent_at, joined_at) = (at("ma_id"), at("is_connector"));
            let is = |row: &&Vec<Value>| {
                row[agent_at] == id(agent) && row[joined_at] == Value::Bit(true)
            };
            table.rows.iter().filter(is).count()
        };
        assert_eq!(joined(&mut database, AD_ID), 52_340);
        assert_eq!(joined(&mut database, CLOUD_ID), 52_340);
        assert_eq!(database.table("mms_metaverse").rows.len(), 52_340);
        assert_eq!(database.table("mms_management_agent").rows.len(), 2);
        // The domain, three other naming contexts, and the one of the cloud.
        assert_eq!(database.table("mms_partition").rows.len(), 5);
        assert_eq!(database.table("mms_run_profile").rows.len(), 6);
    }
}
