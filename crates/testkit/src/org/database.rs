//! `database.json`: the facts from the database, written as text.
use std::fmt::Write as _;

use super::json;

/// Rows of one object type: joined, disconnected, placeholders, pending exports, export errors.
pub(super) type Count = (&'static str, [u64; 5]);

/// An agent with its rows.
pub(super) struct AgentRow {
    /// Id as in the export.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) subtype: &'static str,
    pub(super) version: u32,
    /// Creation and modification, RFC 3339.
    pub(super) times: (&'static str, &'static str),
    pub(super) full_sync_required: bool,
    pub(super) counts: &'static [Count],
    pub(super) xml: Vec<(&'static str, String)>,
}

/// A run of one step: agent id, profile, number, kind of step, result, start, end, errors.
pub(super) type Run = (
    &'static str,
    &'static str,
    u32,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, u32)],
);

/// The database of an organisation.
pub(super) struct Database {
    pub(super) read_at: &'static str,
    pub(super) machine: &'static str,
    pub(super) instance: &'static str,
    pub(super) edition: &'static str,
    pub(super) engine_edition: u32,
    pub(super) product_version: &'static str,
    /// Sizes of data and log in megabytes.
    pub(super) size_mb: (u32, u32),
    pub(super) agents: Vec<AgentRow>,
    pub(super) metaverse: &'static [(&'static str, u64)],
    /// Object id, RDN, members.
    pub(super) large_groups: Vec<(String, &'static str, u32)>,
    pub(super) configuration_xml: Vec<(&'static str, String)>,
    pub(super) administrators: &'static str,
    pub(super) runs: &'static [Run],
}

impl Database {
    pub(super) fn json(&self) -> String {
        let text = |it: &str| json(it);
        let (data, log) = self.size_mb;
        let list = |items: Vec<String>| {
            if items.is_empty() {
                "[]".to_owned()
            } else {
                format!("[\n    {}\n  ]", items.join(",\n    "))
            }
        };
        format!(
            r#"{{
  "read_at": "{read_at}",
  "server": {{
    "machine_name": {machine},
    "instance": {instance},
    "database": "FIMSynchronizationService",
    "edition": {edition},
    "engine_edition": {engine_edition},
    "product_version": "{version}",
    "is_local_db": false,
    "collation": "SQL_Latin1_General_CP1_CI_AS"
  }},
  "files": [
    {{ "name": "FIMSynchronizationService", "kind": "ROWS", "size_mb": {data} }},
    {{ "name": "FIMSynchronizationService_log", "kind": "LOG", "size_mb": {log} }}
  ],
  "connector_space": {counts},
  "metaverse": {metaverse},
  "large_groups": {groups},
  "agents": {agents},
  "server_configuration": {{
    "xml": {xml},
    "administrators": "{administrators}"
  }},
  "runs": {runs},
  "staging_mode": null,
  "watermark_at": null,
  "not_read": []
}}
"#,
            read_at = self.read_at,
            machine = text(self.machine),
            instance = text(self.instance),
            edition = text(self.edition),
            engine_edition = self.engine_edition,
            version = self.product_version,
            counts = list(self.agents.iter().flat_map(counts).collect()),
            metaverse = list(
                self.metaverse
                    .iter()
                    .map(|(kind, n)| format!("{{ \"object_type\": \"{kind}\", \"objects\": {n} }}"))
                    .collect()
            ),
            groups = list(
                self.large_groups
                    .iter()
                    .map(|(object, rdn, members)| {
                        let agent = plain(super::agent::AD_ID);
                        format!("{{ \"connector\": \"{agent}\", \"object\": \"{object}\", \"rdn\": {}, \"members\": {members} }}", text(rdn))
                    })
                    .collect()
            ),
            agents = list(self.agents.iter().map(agent).collect()),
            xml = columns(&self.configuration_xml, "    "),
            administrators = self.administrators,
            runs = list(self.runs.iter().map(run).collect()),
        )
    }
}

/// An id as the database gives it: no braces, lower case.
fn plain(id: &str) -> String {
    id.trim_matches(['{', '}']).to_ascii_lowercase()
}

fn counts(agent: &AgentRow) -> Vec<String> {
    let id = plain(agent.id);
    let row = |(kind, [joined, disconnected, placeholders, pending, errors]): &Count| {
        format!(
            "{{ \"connector\": \"{id}\", \"object_type\": \"{kind}\", \"joined\": {joined}, \"disconnected\": {disconnected}, \
             \"placeholders\": {placeholders}, \"pending_exports\": {pending}, \"export_errors\": {errors}, \"import_errors\": 0 }}"
        )
    };
    agent.counts.iter().map(row).collect()
}

fn agent(it: &AgentRow) -> String {
    format!(
        "{{\n      \"id\": \"{}\",\n      \"name\": {},\n      \"category\": \"{}\",\n      \"subtype\": {},\n      \
         \"version\": {},\n      \"created\": \"{}\",\n      \"modified\": \"{}\",\n      \
         \"full_import_required\": false,\n      \"full_sync_required\": {},\n      \"xml\": {}\n    }}",
        plain(it.id),
        json(it.name),
        it.category,
        json(it.subtype),
        it.version,
        it.times.0,
        it.times.1,
        it.full_sync_required,
        columns(&it.xml, "      "),
    )
}

fn columns(all: &[(&str, String)], indent: &str) -> String {
    if all.is_empty() {
        return "{}".to_owned();
    }
    let lines: Vec<_> =
        all.iter().map(|(name, xml)| format!("{indent}  \"{name}\": {}", json(xml))).collect();
    format!("{{\n{}\n{indent}}}", lines.join(",\n"))
}

fn run((agent, profile, number, kind, result, started, ended, errors): &Run) -> String {
    let agent = plain(agent);
    let mut list = String::new();
    for (idx, (kind, n)) in errors.iter().enumerate() {
        let comma = if idx > 0 { ", " } else { "" };
        let _ = write!(list, "{comma}{{ \"error_type\": \"{kind}\", \"objects\": {n} }}");
    }
    format!(
        "{{ \"connector\": \"{agent}\", \"profile\": \"{profile}\", \"number\": {number}, \"result\": \"{result}\", \
         \"started\": \"{started}\", \"ended\": \"{ended}\",\n      \"steps\": [ {{ \"number\": 1, \"result\": \"{result}\", \
         \"started\": \"{started}\", \"ended\": \"{ended}\", \"kind\": \"{kind}\", \"errors\": [{list}] }} ] }}"
    )
}
