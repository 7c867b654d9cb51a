//! Databases with a little in them, and ways to read them.
use std::time::Duration;

use dirlift_model::DatabaseFacts;
use dirlift_syncdb::{ConnectOptions, Credentials, Error, SecretString, SqlUrl, Trust};
use dirlift_testkit::tds::{Database, Server, ServerBuilder, Value, adsync, datetime, fim};

pub(crate) const USER: &str = "auditor";
pub(crate) const PASSWORD: &str = "pass-CANARY-wörd";
/// What must never be read.
pub(crate) const CANARY: &str = "CANARY";

pub(crate) const AD: &str = "0a0a0a0a-0001-4000-8000-000000000001";
pub(crate) const CLOUD: &str = "b891884f-051e-4a83-95af-2544101c9083";

pub(crate) fn credentials() -> Credentials {
    Credentials::Password { user: None, password: SecretString::from(PASSWORD.to_owned()) }
}

pub(crate) fn options(server: &Server) -> ConnectOptions {
    ConnectOptions {
        trust: Trust::SystemAnd(server.authority_pem().as_bytes().to_vec()),
        connect_timeout: Duration::from_secs(10),
        command_timeout: Duration::from_secs(10),
        ..ConnectOptions::default()
    }
}

pub(crate) fn url(server: &Server, database: &str) -> SqlUrl {
    format!("mssql://{USER}@localhost:{}/{database}", server.port()).parse().unwrap()
}

pub(crate) fn with_login(database: Database) -> ServerBuilder {
    ServerBuilder::new(database).user(USER, PASSWORD)
}

pub(crate) fn read(
    server: &Server,
    database: &str,
    options: &ConnectOptions,
) -> Result<DatabaseFacts, Error> {
    dirlift_syncdb::read(&url(server, database), &credentials(), options, &mut ())
}

fn guid(n: u32) -> Value {
    Value::guid(&format!("0c0c0c0c-0000-4000-8000-{n:012x}"))
}

fn canary() -> Value {
    CANARY.into()
}

fn bytes() -> Value {
    Value::Binary(CANARY.as_bytes().to_vec())
}

/// An object of a connector space: agent, type, joined, the phantom flag, export operation, import error, export error.
type Object<'a> = (&'a str, Option<&'a str>, bool, &'a str, i64, bool, bool);

fn objects(database: &mut Database) {
    let objects: &[Object] = &[
        (AD, Some("user"), true, "", 0, false, false),
        (AD, Some("user"), true, "", 2, false, false),
        (AD, Some("user"), true, "", 0, false, true),
        (AD, Some("user"), false, "", 0, false, false),
        (AD, Some("user"), false, "is_phantom_link", 0, false, false),
        (AD, Some("user"), true, "is_phantom_delete", 4, false, false),
        (AD, Some("inetOrgPerson"), true, "", 0, true, false),
        (AD, Some("group"), true, "", 0, false, false),
        (AD, Some("contact"), true, "", 0, false, false),
        (AD, Some("organizationalUnit"), true, "", 0, false, false),
        (AD, Some("organizationalUnit"), true, "", 0, false, false),
        (AD, None, false, "is_phantom_parent", 0, false, false),
        (CLOUD, Some("user"), true, "", 1, false, false),
        (CLOUD, Some("group"), false, "", 0, false, false),
    ];
    let table = database.table("mms_connectorspace");
    for (n, (agent, ty, joined, phantom, export, import_error, export_error)) in (1..).zip(objects)
    {
        let rdn = format!("CN=Object {n}");
        let mut cells = vec![
            ("object_id", guid(n)),
            ("ma_id", Value::guid(agent)),
            ("rdn", rdn.as_str().into()),
            ("object_type", ty.map_or(Value::Null, Value::from)),
            ("is_connector", (*joined).into()),
            ("export_operation", (*export).into()),
            ("is_import_error", (*import_error).into()),
            ("is_export_error", (*export_error).into()),
            ("hologram", bytes()),
            ("deltas", bytes()),
            ("password_change_history", bytes()),
            ("key_id", 1.into()),
        ];
        for flag in ["is_phantom_parent", "is_phantom_link", "is_phantom_delete"] {
            cells.push((flag, (*phantom == flag).into()));
        }
        table.add(&cells);
    }
}

fn common(database: &mut Database) {
    objects(database);
    for (ty, count) in [("person", 5), ("group", 1)] {
        for n in 0..count {
            database
                .table("mms_metaverse")
                .add(&[("object_id", guid(100 + n)), ("object_type", ty.into())]);
        }
    }
    // Object 8 is a group of three members, object 9 has two.
    for (object, n_members) in [(8, 3), (9, 2)] {
        for member in 0..n_members {
            let cells = [
                ("object_id", guid(object)),
                ("attribute_name", "member".into()),
                ("reference_id", guid(200 + member)),
            ];
            database.table("mms_cs_link").add(&cells);
        }
    }
    database
        .table("mms_cs_link")
        .add(&[("object_id", guid(9)), ("attribute_name", "manager".into())]);

    let agents = database.table("mms_management_agent");
    let private = "<adma-configuration><forest-name>corp.example.com</forest-name><password>CANARY</password>\
                   <password-hash-sync-config><enabled>1</enabled></password-hash-sync-config></adma-configuration>";
    agents.add(&[
        ("ma_id", Value::guid(AD)),
        ("ma_name", "Active Directory Connector".into()),
        ("ma_type", "AD".into()),
        ("subtype", "".into()),
        ("version_number", 7.into()),
        ("creation_date", datetime(2013, 5, 1, 8, 0, 0)),
        ("modification_date", datetime(2014, 6, 2, 9, 30, 15)),
        ("key_id", 1.into()),
        ("controller_configuration_password", canary()),
        ("encrypted_configuration", canary()),
        ("private_configuration_xml", private.into()),
        (
            "attribute_inclusion_xml",
            "<attribute-inclusion><attribute>mail</attribute></attribute-inclusion>".into(),
        ),
        ("ma_schema_xml", "<dsml>".into()),
        ("full_import_required", false.into()),
        ("full_sync_required", true.into()),
    ]);
    agents.add(&[
        ("ma_id", Value::guid(CLOUD)),
        ("ma_name", "Windows Azure Active Directory Connector".into()),
        ("ma_type", "Extensible2".into()),
        ("subtype", "Windows Azure Active Directory (Microsoft)".into()),
        ("encrypted_configuration", canary()),
    ]);

    let step = |kind: &str| {
        Value::from(format!("<step-description><step-type {kind}</step-description>").as_str())
    };
    for (n, agent, result) in [(1, AD, "success"), (2, CLOUD, "completed-export-errors")] {
        database.table("mms_run_history").add(&[
            ("run_history_id", guid(300 + n)),
            ("ma_id", Value::guid(agent)),
            ("run_number", (40 + i64::from(n)).into()),
            ("username", canary()),
            ("run_result", result.into()),
            ("run_profile_name", "Run".into()),
            ("start_date", datetime(2026, 11, 19, 22, n, 0)),
            ("end_date", datetime(2026, 11, 19, 23, n, 30)),
        ]);
    }
    let steps = database.table("mms_step_history");
    let errors = "<synchronization-errors><export-error dn='CN=CANARY'><error-type>AttributeValueMustBeUnique</error-type>\
                  </export-error><export-error><error-type>AttributeValueMustBeUnique</error-type></export-error>\
                  </synchronization-errors>";
    for (run, number, result, kind, errors) in [
        (
            301,
            2,
            "success",
            step(
                "type='apply-rules'><apply-rules-subtype>apply-pending</apply-rules-subtype></step-type>",
            ),
            Value::Null,
        ),
        (
            301,
            1,
            "success",
            step("type='delta-import'><import-subtype>to-cs</import-subtype></step-type>"),
            Value::Null,
        ),
        (302, 1, "completed-export-errors", step("type='export'/>"), errors.into()),
        // A step whose run is gone.
        (399, 1, "success", Value::Null, Value::Null),
    ] {
        steps.add(&[
            ("step_history_id", guid(400)),
            ("run_history_id", guid(run)),
            ("step_number", number.into()),
            ("step_result", result.into()),
            ("start_date", datetime(2026, 11, 19, 22, 1, 0)),
            ("step_xml", kind),
            ("sync_errors_xml", errors),
        ]);
    }
}

/// `DirSync`'s database.
pub(crate) fn dirsync() -> Database {
    let mut database = fim();
    common(&mut database);
    let agents = database.table("mms_management_agent");
    let column = |table: &dirlift_testkit::tds::Table, name: &str| {
        table.columns.iter().position(|it| it.name == name).unwrap()
    };
    let (join, password_sync) =
        (column(agents, "join_rule_xml"), column(agents, "passwordsync_xml"));
    agents.rows[0][join] = "<join><join-profile cd-object-type=\"user\"/></join>".into();
    agents.rows[0][password_sync] = "<password-sync>CANARY</password-sync>".into();
    database.table("mms_server_configuration").add(&[
        ("instance_id", guid(1)),
        ("keyset_id", 1.into()),
        ("entropy", guid(2)),
        ("mv_schema_xml", "<dsml><directory-schema/></dsml>".into()),
        ("import_attribute_flow_xml", "<import-attribute-flow/>".into()),
        ("password_history_xml", "<history>CANARY</history>".into()),
        // S-1-5-32-544
        (
            "administrators_sid",
            Value::Binary(vec![1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]),
        ),
    ]);
    database.table("mms_partition").add(&[
        ("partition_id", guid(501)),
        ("ma_id", Value::guid(AD)),
        ("name", "DC=corp,DC=example,DC=com".into()),
        ("selected", 1.into()),
        ("filter_xml", "<filter><object-classes/></filter>".into()),
        (
            "custom_data_xml",
            "<adma-partition-data><cookie>CANARY</cookie><dn>DC=corp</dn></adma-partition-data>"
                .into(),
        ),
    ]);
    database.table("mms_run_profile").add(&[
        ("run_profile_id", guid(601)),
        ("run_profile_name", "Full & Import".into()),
        ("ma_id", Value::guid(AD)),
        (
            "run_configuration_xml",
            "<?xml version=\"1.0\"?><configuration><step/></configuration>".into(),
        ),
    ]);
    database
}

/// The database of Azure AD Connect.
pub(crate) fn connect_database() -> Database {
    let mut database = adsync();
    common(&mut database);
    database.table("mms_server_configuration").add(&[
        ("entropy", guid(2)),
        ("mv_schema_xml", "<dsml/>".into()),
        (
            "global_parameters_xml",
            "<parameter-values><parameter name=\"Microsoft.Synchronize.StagingMode\" type=\"string\">True</parameter>\
             </parameter-values>"
                .into(),
        ),
    ]);
    database.table("mms_partition").add(&[
        ("partition_id", guid(502)),
        ("ma_id", Value::guid(CLOUD)),
        ("partition_name", "default".into()),
        ("is_selected", true.into()),
        (
            "partition_xml",
            "<partition><name>default</name><water-mark>CANARY</water-mark></partition>".into(),
        ),
        ("password_hash_custom_data", canary()),
    ]);
    for (agent, day) in [(AD, 20), (CLOUD, 18), (CLOUD, 17)] {
        database.table("mms_watermark_history").add(&[
            ("ma_id", Value::guid(agent)),
            ("creation_date", datetime(2026, 11, day, 6, 0, 0)),
            ("password_hash_custom_data_compressed", bytes()),
        ]);
    }
    database
}
