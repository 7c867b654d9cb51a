//! `MigratedPolicy.json` with the keys that Microsoft's script writes, in its order and encoding.
//!
//! Nothing is invented: what the old server does not say is `null`.
use std::fmt::Write as _;

use dirlift_model::{Product, analysis::AccountRole, config::Connector};

use crate::{Input, bundle::Part};

/// Writes the file as Windows PowerShell would: UTF-16LE with a byte-order mark.
pub(crate) fn write(input: &Input<'_>, folder: &str) -> Part {
    let analysis = input.analysis;
    let database = analysis.database.as_ref();
    let service = analysis.source.accounts.iter().find(|it| it.role == AccountRole::Service);
    // A version is that of the wizard's program, which DirSync does not have.
    let version =
        analysis.source.version.filter(|_| analysis.source.product == Some(Product::EntraConnect));
    let configuration = input.facts.configuration.as_ref();
    // Of a server without rules of its own only those are written that a new server has too.
    let connectors = configuration.iter().flat_map(|configuration| {
        let server = &configuration.server;
        let is_known = |it: &&Connector| it.is_active_directory() || it.is_cloud();
        server.connectors.iter().filter(move |it| !server.rules.is_empty() || is_known(it))
    });
    let ids: Vec<_> = connectors.map(|it| text(Some(&it.id.to_string()))).collect();
    let time = input.snapshot_time.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let policy = [
        ("type", text(Some("migration"))),
        ("author", text(None)),
        ("timeCreated", text(Some(&time))),
        ("azureADConnectVersion", text(version.map(|it| it.to_string()).as_deref())),
    ];
    let deployment = [
        ("hostName", text(analysis.source.host.as_deref())),
        ("serviceAccount", text(service.map(|it| it.name.as_str()))),
        ("serviceAccountType", text(None)),
        ("databaseServer", text(database.and_then(|it| it.server.as_deref()))),
        ("databaseInstance", text(database.and_then(|it| it.instance.as_deref()))),
        ("databaseName", text(database.and_then(|it| it.name.as_deref()))),
        ("connectorIds", format!("[{}]", ids.join(", "))),
    ];
    let mut out = String::from("{\r\n");
    for (idx, (name, members)) in
        [("policyMetadata", &policy[..]), ("deploymentMetadata", &deployment[..])]
            .into_iter()
            .enumerate()
    {
        let _ = write!(out, "    \"{name}\": {{\r\n");
        for (idx, (name, value)) in members.iter().enumerate() {
            let comma = if idx + 1 < members.len() { "," } else { "" };
            let _ = write!(out, "        \"{name}\": {value}{comma}\r\n");
        }
        out.push_str(if idx == 0 { "    },\r\n" } else { "    }\r\n" });
    }
    out.push_str("}\r\n");
    let wide: Vec<u8> =
        std::iter::once(0xFEFF).chain(out.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    Part::new(format!("{folder}/MigratedPolicy.json"), wide)
}

/// A JSON string, or `null`.
fn text(value: Option<&str>) -> String {
    serde_json::Value::from(value).to_string()
}
