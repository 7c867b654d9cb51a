//! Writes a csexport file and a store that predicts nearly the same: `bench_verify XML STORE BYTES`.
//!
//! Of a thousand objects one is not predicted and one is predicted with another value; a hundred are predicted and not
//! in the file. Objects have the attributes and the state before and after that a real export of a cloud connector has.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    process::ExitCode,
};

use dirlift_deployment::{ConnectorKind, Deployment, RunResult, Store, StoredConnector};
use dirlift_model::{
    AttributeValue, Guid, PendingExport,
    pending::{AttributeChange, Cause, Operation},
    plan::Mode,
};
use jiff::Timestamp;

const CONNECTOR: &str = "fabrikam.example - AAD";

/// Objects that only the rehearsal has.
const ONLY_HERE: u64 = 100;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [xml, store, n_bytes] = arguments.as_slice() else {
        eprintln!("usage: bench_verify XML STORE BYTES");
        return ExitCode::from(2);
    };
    let Ok(n_bytes) = n_bytes.parse() else {
        eprintln!("BYTES is no number");
        return ExitCode::from(2);
    };
    let written = write_xml(Path::new(xml), n_bytes)
        .and_then(|n| fill(Path::new(store), n).map(|predicted| (n, predicted)));
    match written {
        Ok((n, predicted)) => {
            println!("{n} objects in the file, {predicted} predicted");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn operation(it: u64) -> Operation {
    match it % 100 {
        0..=4 => Operation::Add,
        5 | 6 => Operation::Delete,
        7 => Operation::Rename,
        8 => Operation::DeleteAdd,
        _ => Operation::Update,
    }
}

fn is_group(it: u64) -> bool {
    it % 100 > 94
}

fn dn(it: u64) -> String {
    let mut hex = String::from("CN={");
    for byte in anchor(it).bytes() {
        let _ = write!(hex, "{byte:02X}");
    }
    hex.push('}');
    hex
}

fn anchor(it: u64) -> String {
    format!("{it:020}AAA=")
}

/// Attributes of a user: name, value before and after, where they differ.
fn user(it: u64) -> Vec<(&'static str, &'static str, String, Option<String>)> {
    let mut all = Vec::new();
    let mut add = |name, ty, old: String, new: Option<String>| all.push((name, ty, old, new));
    add("accountEnabled", "boolean", "true".to_owned(), None);
    add("c", "string", "GB".to_owned(), None);
    add("city", "string", format!("Reading {}", it % 40), Some(format!("Slough {}", it % 40)));
    add("companyName", "string", "Fabrikam & Sons".to_owned(), None);
    add("department", "string", format!("Department {}", it % 300), None);
    add("displayName", "string", format!("Person Number {it}"), None);
    add("givenName", "string", "Person".to_owned(), None);
    add("mail", "string", format!("person.{it}@fabrikam.example"), None);
    add("mailNickname", "string", format!("person.{it}"), None);
    add("mobile", "string", format!("+44 7700 {:06}", it % 1_000_000), None);
    add("msExchRecipientTypeDetails", "integer", "0x80000000".to_owned(), None);
    add("physicalDeliveryOfficeName", "string", format!("Room {}", it % 900), None);
    add("postalCode", "string", "RG1 1AA".to_owned(), None);
    add("sn", "string", format!("Number {it}"), None);
    add("sourceAnchor", "string", anchor(it), None);
    add("telephoneNumber", "string", format!("+44 118 {:06}", it % 1_000_000), None);
    add(
        "title",
        "string",
        format!("Assistant {}", it % 50),
        Some(format!("Senior <Assistant> {}", it % 50)),
    );
    add("usageLocation", "string", "GB".to_owned(), None);
    add("userPrincipalName", "string", format!("person.{it}@fabrikam.example"), None);
    all
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn entry(out: &mut String, it: u64, is_after: bool) -> std::fmt::Result {
    let kind = if is_group(it) { "group" } else { "user" };
    write!(
        out,
        "<entry dn=\"{}\"><primary-objectclass>{kind}</primary-objectclass><objectclass><oc-value>{kind}</oc-value></objectclass>",
        dn(it)
    )?;
    if is_group(it) {
        write!(
            out,
            "<attr name=\"displayName\" type=\"string\" multivalued=\"false\"><value>Group {it}</value></attr>\
             <attr name=\"sourceAnchor\" type=\"string\" multivalued=\"false\"><value>{}</value></attr>\
             <dn-attr name=\"member\" multivalued=\"true\">",
            anchor(it)
        )?;
        for member in members(it, is_after) {
            write!(out, "<dn-value><dn>{}</dn></dn-value>", dn(member))?;
        }
        out.push_str("</dn-attr>");
    } else {
        for (name, ty, old, new) in user(it) {
            let value = new.filter(|_| is_after).unwrap_or(old);
            write!(
                out,
                "<attr name=\"{name}\" type=\"{ty}\" multivalued=\"false\"><value>{}</value></attr>",
                escaped(&value)
            )?;
        }
        write!(
            out,
            "<attr name=\"proxyAddresses\" type=\"string\" multivalued=\"true\"><value>SMTP:person.{it}@fabrikam.example\
             </value><value>smtp:{it}@fabrikam.example</value></attr>"
        )?;
    }
    out.push_str("</entry>");
    Ok(())
}

fn members(it: u64, is_after: bool) -> Vec<u64> {
    let first = u64::from(is_after);
    (first..first + 20).map(|at| it * 7 + at * 13).collect()
}

fn delta(out: &mut String, it: u64) -> std::fmt::Result {
    let name = dn(it);
    match operation(it) {
        Operation::Delete => write!(out, "<delta operation=\"delete\" dn=\"{name}\"/>"),
        Operation::Update | Operation::Rename => {
            write!(out, "<delta operation=\"update\" dn=\"{name}\"")?;
            if operation(it) == Operation::Rename {
                write!(out, " newdn=\"{}\"", dn(it + 5_000_000))?;
            }
            out.push('>');
            if is_group(it) {
                let (old, new) = (members(it, false), members(it, true));
                write!(
                    out,
                    "<dn-attr name=\"member\" operation=\"update\" multivalued=\"true\"><dn-value operation=\"add\"><dn>{}\
                     </dn></dn-value><dn-value operation=\"delete\"><dn>{}</dn></dn-value></dn-attr>",
                    dn(new[19]),
                    dn(old[0])
                )?;
            } else {
                for (name, ty, old, new) in user(it) {
                    let Some(new) = new else { continue };
                    write!(
                        out,
                        "<attr name=\"{name}\" operation=\"update\" type=\"{ty}\" multivalued=\"false\"><value \
                         operation=\"delete\">{}</value><value operation=\"add\">{}</value></attr>",
                        escaped(&old),
                        escaped(&new)
                    )?;
                }
            }
            out.push_str("</delta>");
            Ok(())
        }
        Operation::Add | Operation::DeleteAdd => {
            write!(out, "<delta operation=\"{}\" dn=\"{name}\">", operation(it))?;
            for (name, ty, old, new) in user(it) {
                write!(
                    out,
                    "<attr name=\"{name}\" operation=\"add\" type=\"{ty}\" multivalued=\"false\"><value>{}</value></attr>",
                    escaped(&new.unwrap_or(old))
                )?;
            }
            out.push_str("</delta>");
            Ok(())
        }
    }
}

fn object(out: &mut String, it: u64) -> std::fmt::Result {
    let kind = if is_group(it) { "group" } else { "user" };
    write!(
        out,
        "<cs-object cs-dn=\"{}\" id=\"{{0A0B0C0D-1111-2222-3333-{it:012}}}\" object-type=\"{kind}\"><unapplied-export>",
        dn(it)
    )?;
    delta(out, it)?;
    out.push_str("</unapplied-export>");
    if operation(it) != Operation::Add {
        out.push_str("<synchronized-hologram>");
        entry(out, it, false)?;
        out.push_str("</synchronized-hologram>");
    }
    if operation(it) != Operation::Delete {
        out.push_str("<unapplied-export-hologram>");
        entry(out, it, true)?;
        out.push_str("</unapplied-export-hologram>");
    }
    write!(
        out,
        "<connector>1</connector><connector-state>normal</connector-state><seen-by-import>1</seen-by-import>\
         <rebuild-in-progress>0</rebuild-in-progress><obsoletion>0</obsoletion><need-full-sync>0</need-full-sync>\
         <placeholder-parent>0</placeholder-parent><placeholder-link>0</placeholder-link><placeholder-delete>0\
         </placeholder-delete><pending>0</pending><ref-retry>0</ref-retry><rename-retry>0</rename-retry>\
         <pending-ref-delete>0</pending-ref-delete><ma-id>{{B891884F-051E-4A83-95AF-2544101C9083}}</ma-id>\
         <ma-name>{CONNECTOR}</ma-name></cs-object>"
    )
}

fn write_xml(path: &Path, n_bytes: u64) -> Result<u64, Failure> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut written = 0;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><cs-objects>");
    let mut it = 0;
    while written < n_bytes {
        object(&mut text, it)?;
        out.write_all(text.as_bytes())?;
        written += text.len() as u64;
        text.clear();
        it += 1;
    }
    out.write_all(b"</cs-objects>")?;
    out.flush()?;
    Ok(it)
}

fn value(ty: &str, text: String) -> AttributeValue {
    match ty {
        "boolean" => AttributeValue::Boolean(text == "true"),
        "integer" => AttributeValue::Integer(0x8000_0000),
        _ => AttributeValue::String(text),
    }
}

fn change(attribute: &str, old: Vec<AttributeValue>, new: Vec<AttributeValue>) -> AttributeChange {
    let rule = Some("Out to AAD - User Identity".to_owned());
    AttributeChange { attribute: attribute.into(), old, new, rule, flow: None }
}

fn references(all: &[u64]) -> Vec<AttributeValue> {
    let names = all.iter().filter_map(|it| dn(*it).parse().ok());
    names.map(AttributeValue::Reference).collect()
}

fn predicted(it: u64) -> Option<PendingExport> {
    let operation = operation(it);
    let mut changes: Vec<_> = match operation {
        Operation::Delete => Vec::new(),
        _ if is_group(it) => {
            let (old, new) = (references(&members(it, false)), references(&members(it, true)));
            vec![change("member", old, new)]
        }
        Operation::Update | Operation::Rename => user(it)
            .into_iter()
            .filter_map(|(name, ty, old, new)| {
                Some(change(name, vec![value(ty, old)], vec![value(ty, new?)]))
            })
            .collect(),
        Operation::Add | Operation::DeleteAdd => user(it)
            .into_iter()
            .map(|(name, ty, old, new)| {
                change(name, Vec::new(), vec![value(ty, new.unwrap_or(old))])
            })
            .collect(),
    };
    if it % 1000 == 501
        && let Some(first) = changes.first_mut()
    {
        first.new = vec![AttributeValue::String("something else".to_owned())];
    }
    let new_dn = match operation {
        Operation::Rename => dn(it + 5_000_000).parse().ok(),
        _ => None,
    };
    Some(PendingExport {
        connector: CONNECTOR.to_owned(),
        operation,
        object_type: if is_group(it) { "group".into() } else { "user".into() },
        dn: dn(it).parse().ok()?,
        new_dn,
        anchor: Some(anchor(it)),
        display_name: Some(format!("Person Number {it}")),
        changes,
        cause: Some(Cause::Flowed),
        unreadable: Vec::new(),
    })
}

fn fill(path: &Path, n_objects: u64) -> Result<u64, Failure> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    let id: Guid = "b891884f-051e-4a83-95af-2544101c9083".parse()?;
    let at: Timestamp = "2026-11-21T00:00:00Z".parse()?;
    let deployment = Deployment {
        id,
        name: "Fabrikam".to_owned(),
        mode: Mode::Parallel,
        created_at: at,
        bundle_sha256: "0".repeat(64),
    };
    let mut store = Store::create(path, &deployment)?;
    let name = CONNECTOR.to_owned();
    store.write_connectors(&[StoredConnector { id, name, kind: ConnectorKind::EntraId }])?;
    let import = store.begin_run(id, "Full Import", at)?;
    store.finish_run(import, RunResult::Success, &[], at)?;
    let run = store.begin_run(id, "Full Synchronization", at)?;
    let all = (0..n_objects + ONLY_HERE).filter(|it| it % 1000 != 500);
    let n = store.write_pending(run, all.filter_map(predicted))?;
    store.finish_run(run, RunResult::Success, &[], at)?;
    Ok(n)
}
