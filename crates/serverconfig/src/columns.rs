//! The same configuration from the XML columns of the database.
use dirlift_model::{
    config::{Connector, ConnectorCategory, Location, Metaverse},
    database::{AgentRow, ServerConfigurationRow},
    secret, text,
};

use crate::{
    Parsed,
    agent::Agent,
    context::{Context, shown},
    error::ConfigError,
    lines::Position,
    metaverse, private,
    xml::{Cursor, Tag},
};

/// A column of `mms_management_agent` and the children of `ma-data` that it may hold.
const AGENT_COLUMNS: &[(&str, &[&str])] = &[
    ("attribute_inclusion_xml", &["attribute-inclusion"]),
    ("export_attribute_flow_xml", &["export-attribute-flow"]),
    ("join_rule_xml", &["join"]),
    ("ma_extension_xml", &["extension"]),
    ("ma_partition_data_xml", &["ma-partition-data"]),
    ("ma_run_data_xml", &["ma-run-data"]),
    ("ma_schema_xml", &["schema", "dsml", "directory-schema"]),
    ("private_configuration_xml", &["private-configuration", "adma-configuration", "MAConfig"]),
    ("projection_rule_xml", &["projection"]),
    ("provisioning_cleanup_xml", &["provisioning-cleanup"]),
    ("stay_disconnector_xml", &["stay-disconnector"]),
];

/// Columns that are known and not needed.
const IGNORED_COLUMNS: &[&str] = &[
    "component_mappings_xml",
    "controller_configuration_xml",
    "dn_construction_xml",
    "passwordsync_xml",
    "ui_settings_xml",
];

/// Children of `mv-data` that a column may hold, whatever its name is.
const METAVERSE_ELEMENTS: &[&str] = &[
    "schema",
    "dsml",
    "directory-schema",
    "import-attribute-flow",
    "provisioning",
    "mv-deletion",
    "extension",
    "password-sync",
    "parameter-values",
];

/// Columns of the metaverse that must be readable; others may hold anything.
const METAVERSE_COLUMNS: &[&str] = &["mv_schema_xml", "import_attribute_flow_xml"];

/// How an export writes a time: `2012-08-23 08:17:11.137`, UTC.
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S%.3f";

/// Puts an agent together from one row; locations name the column as `mms_management_agent.<column> (<agent>)`.
///
/// A column may hold the element of the export, or another element around it.
pub fn agent_from_columns(row: &AgentRow) -> Result<Parsed<Connector>, ConfigError> {
    let name = text::sanitize(&row.name);
    let mut cx = Context::new(&format!("mms_management_agent ({name})"));
    let mut agent = Agent::new(cx.location(Position::START));
    for (column, xml) in &row.xml {
        cx.file = format!("mms_management_agent.{} ({name})", shown(column));
        if xml.trim().is_empty() || IGNORED_COLUMNS.contains(&column.as_str()) {
            continue;
        }
        let Some((_, expected)) = AGENT_COLUMNS.iter().find(|(it, _)| it == column) else {
            unknown_column(&mut cx, column);
            continue;
        };
        cx = fragment(xml, cx, expected, |cursor, tag| agent_element(cursor, tag, &mut agent))?;
    }
    let connector = &mut agent.connector;
    connector.id = row.id;
    connector.name.clone_from(&row.name);
    connector.category = ConnectorCategory::new(&row.category);
    connector.subtype = row.subtype.clone().unwrap_or_default();
    connector.version = row.version;
    connector.creation_time = row.created.map(|it| it.strftime(TIME_FORMAT).to_string());
    connector.last_modification_time = row.modified.map(|it| it.strftime(TIME_FORMAT).to_string());
    Ok(Parsed { value: agent.connector, problems: cx.into_problems() })
}

fn agent_element<'t>(
    cursor: &mut Cursor<'t>,
    tag: Tag<'t>,
    agent: &mut Agent,
) -> Result<(), ConfigError> {
    match tag.name {
        "adma-configuration" | "MAConfig" => {
            private::inner(cursor, tag, "private-configuration", &mut agent.connector)
        }
        "dsml" | "directory-schema" => {
            agent.connector.schema_attributes =
                crate::schema::read(cursor, tag, crate::schema::Wanted::Attributes)?.attributes;
            Ok(())
        }
        _ => agent.child(cursor, tag),
    }
}

/// Puts the metaverse together from the one row; locations name the column as `mms_server_configuration.<column>`.
///
/// Names of the columns other than schema and import flow are not known, so their root elements decide; one that
/// is not understood is a problem and never an error.
pub fn metaverse_from_columns(
    row: &ServerConfigurationRow,
) -> Result<Parsed<Metaverse>, ConfigError> {
    let mut cx = Context::new("mms_server_configuration");
    let mut reader = metaverse::Reader::new(cx.location(Position::START));
    for (column, xml) in &row.xml {
        cx.file = format!("mms_server_configuration.{}", shown(column));
        if xml.trim().is_empty() {
            continue;
        }
        if METAVERSE_COLUMNS.contains(&column.as_str()) {
            cx = fragment(xml, cx, METAVERSE_ELEMENTS, |cursor, tag| {
                metaverse_element(cursor, tag, &mut reader)
            })?;
        } else if secret::is_credential_name(column) || !holds_metaverse_element(xml) {
            unknown_column(&mut cx, column);
        } else {
            // Read once for nothing: a column that breaks off half-way must leave no half behind.
            let mut trial = metaverse::Reader::new(reader.metaverse.location.clone());
            let checked =
                fragment(xml, Context::new(&cx.file), METAVERSE_ELEMENTS, |cursor, tag| {
                    metaverse_element(cursor, tag, &mut trial)
                });
            match checked {
                Ok(_) => {
                    cx = fragment(xml, cx, METAVERSE_ELEMENTS, |cursor, tag| {
                        metaverse_element(cursor, tag, &mut reader)
                    })?;
                }
                Err(ConfigError { location: Location { line, column, .. }, kind }) => {
                    cx.problem(
                        Position { line, column },
                        format_args!("the column is not read: {kind}"),
                    );
                }
            }
        }
    }
    Ok(Parsed { value: reader.metaverse, problems: cx.into_problems() })
}

fn metaverse_element<'t>(
    cursor: &mut Cursor<'t>,
    tag: Tag<'t>,
    reader: &mut metaverse::Reader,
) -> Result<(), ConfigError> {
    match tag.name {
        "dsml" | "directory-schema" => reader.schema(cursor, tag),
        _ => reader.child(cursor, tag),
    }
}

/// Whether a column of unknown name begins with an element of `mv-data`.
fn holds_metaverse_element(xml: &str) -> bool {
    let Ok(mut cursor) = Cursor::new(xml, Context::new("")) else { return false };
    cursor.root().is_ok_and(|it| METAVERSE_ELEMENTS.contains(&it.name))
}

fn unknown_column(cx: &mut Context, column: &str) {
    if secret::is_credential_name(column) {
        cx.problem(
            Position::START,
            format_args!("a column that holds secrets is there; it was not looked at"),
        );
    } else {
        cx.problem(Position::START, format_args!("this column is not understood"));
    }
}

/// Reads one column: one of the expected elements, or an element around them.
fn fragment<'t>(
    xml: &'t str,
    cx: Context,
    expected: &[&str],
    mut read: impl FnMut(&mut Cursor<'t>, Tag<'t>) -> Result<(), ConfigError>,
) -> Result<Context, ConfigError> {
    let mut cursor = Cursor::new(xml, cx)?;
    let root = cursor.root()?;
    if expected.contains(&root.name) {
        read(&mut cursor, root)?;
    } else {
        let at = cursor.position(root);
        let mut n_found = 0;
        while let Some(tag) = cursor.child()? {
            if expected.contains(&tag.name) {
                n_found += 1;
                read(&mut cursor, tag)?;
            } else {
                cursor.skip_unknown(tag, root.name)?;
            }
        }
        if n_found == 0 {
            let (name, first) = (shown(root.name), expected.first().copied().unwrap_or_default());
            cursor.cx.problem(
                at,
                format_args!("`{name}` is there instead of `{first}`; the column is not read"),
            );
        }
    }
    cursor.end()?;
    Ok(cursor.cx)
}
