//! Pending exports as a table for spreadsheets: one row a change.
//!
//! The first eleven columns are those of the script in Microsoft's page on staging mode, in its order; `OMODT` and `AMODT`
//! are the words of `CSExportAnalyzer`. One row says both what changes and whose object it is.
use std::io::Write;

use dirlift_model::{
    AttributeName, AttributeValue, PendingExport,
    pending::{AttributeChange, Cause, Operation},
};

/// The columns.
pub(super) const HEADER: [&str; 19] = [
    "ID",
    "Type",
    "DN",
    "operation",
    "UPN",
    "displayName",
    "sourceAnchor",
    "alias",
    "primarySMTP",
    "onPremisesSamAccountName",
    "mail",
    "connector",
    "OMODT",
    "attribute",
    "AMODT",
    "old",
    "new",
    "rule",
    "cause",
];

/// What an object is known by, in the order of [`Table::row`]'s `known`.
pub(super) const KNOWN: [&str; 4] =
    ["userPrincipalName", "alias", "onPremisesSamAccountName", "mail"];

/// The table.
pub(super) struct Table<W: Write> {
    out: csv::Writer<W>,
    ordinal: u64,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W) -> csv::Result<Self> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        out.write_record(HEADER)?;
        Ok(Self { out, ordinal: 0 })
    }

    pub(super) fn known() -> Vec<AttributeName> {
        let mut names: Vec<AttributeName> = KNOWN.map(AttributeName::from).to_vec();
        names.push("proxyAddresses".into());
        names
    }

    pub(super) fn row(&mut self, it: &PendingExport, known: &[Option<String>]) -> csv::Result<()> {
        self.ordinal += 1;
        let known = |at: usize| known.get(at).and_then(Option::as_deref).unwrap_or_default();
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let first = it.changes.iter().find(|it| it.attribute.is("proxyAddresses"));
        let primary = first.map_or_else(
            || primary(known(KNOWN.len())),
            |it| {
                it.new
                    .iter()
                    .map(shown)
                    .find_map(|it| is_primary(&it).then(|| primary(&it)))
                    .unwrap_or_default()
            },
        );
        let object = [
            self.ordinal.to_string(),
            it.object_type.to_string(),
            it.dn.to_string(),
            it.operation.to_string(),
            known(0).to_owned(),
            text(&it.display_name),
            text(&it.anchor),
            known(1).to_owned(),
            primary,
            known(2).to_owned(),
            known(3).to_owned(),
            it.connector.clone(),
            omodt(it.operation).to_owned(),
        ];
        let cause = it.cause.as_ref().map(cause).unwrap_or_default();
        let mut write = |change: [String; 5]| {
            let cells = object.iter().chain(&change).chain([&cause]);
            self.out.write_record(cells.map(|it| harmless(it)))
        };
        if it.changes.is_empty() || it.operation == Operation::Delete {
            return write([const { String::new() }; 5]);
        }
        for change in &it.changes {
            write([
                change.attribute.to_string(),
                amodt(change).to_owned(),
                values(&change.old),
                values(&change.new),
                text(&change.rule),
            ])?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> std::io::Result<W> {
        self.out.into_inner().map_err(|it| std::io::Error::other(it.to_string()))
    }
}

fn is_primary(address: &str) -> bool {
    address.starts_with("SMTP:")
}

fn primary(address: &str) -> String {
    address.strip_prefix("SMTP:").unwrap_or_default().to_owned()
}

const fn omodt(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "Add",
        Operation::Update => "Update",
        Operation::Delete => "Delete",
        Operation::DeleteAdd => "DeleteAdd",
        Operation::Rename => "Rename",
    }
}

fn amodt(change: &AttributeChange) -> &'static str {
    if change.old.is_empty() {
        "Add"
    } else if change.new.is_empty() {
        "Delete"
    } else {
        "Update"
    }
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Provisioned { rule } => format!("provisioned by {rule}"),
        Cause::Flowed => "flowed".to_owned(),
        Cause::OutOfScope { .. } => cause.to_string(),
        Cause::SourceGone { anchor } => format!("source gone: {anchor}"),
    }
}

fn values(all: &[AttributeValue]) -> String {
    all.iter().map(shown).collect::<Vec<_>>().join("; ")
}

/// A value as text; bytes in hexadecimal digits.
pub(super) fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::String(text) => text.clone(),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Boolean(flag) => flag.to_string(),
        AttributeValue::Binary(bytes) => {
            bytes.iter().map(|it| format!("{it:02X}")).collect::<Vec<_>>().concat()
        }
        AttributeValue::Reference(dn) => dn.to_string(),
    }
}

/// A cell that no spreadsheet takes for a formula: such text gets an apostrophe before it.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_whose_object_it_is_and_what_changes() {
        let change = |name: &str, old: &[&str], new: &[&str]| AttributeChange {
            attribute: name.into(),
            old: old.iter().map(|it| AttributeValue::String((*it).to_owned())).collect(),
            new: new.iter().map(|it| AttributeValue::String((*it).to_owned())).collect(),
            rule: Some("+rule".to_owned()),
            flow: None,
        };
        let mut export = PendingExport {
            connector: "@cloud".to_owned(),
            operation: Operation::Update,
            object_type: "user".into(),
            dn: "CN={6162}".parse().unwrap(),
            new_dn: None,
            anchor: Some("=1+1".to_owned()),
            display_name: Some("Ann, \"A\"\r\n".to_owned()),
            changes: vec![
                change("proxyAddresses", &["smtp:old@x"], &["smtp:a@x", "SMTP:b@x"]),
                change("title", &["-2"], &[]),
            ],
            cause: Some(Cause::Flowed),
            unreadable: Vec::new(),
        };
        let mut table = Table::new(Vec::new()).unwrap();
        let known = [
            Some("ann@x".to_owned()),
            None,
            Some("ann".to_owned()),
            None,
            Some("SMTP:z@x".to_owned()),
        ];
        table.row(&export, &known).unwrap();
        export.operation = Operation::Delete;
        export.cause = Some(Cause::SourceGone { anchor: "=1+1".to_owned() });
        table.row(&export, &known).unwrap();
        let text = String::from_utf8(table.finish().unwrap()).unwrap();
        let expected = "ID,Type,DN,operation,UPN,displayName,sourceAnchor,alias,primarySMTP,onPremisesSamAccountName,mail,\
            connector,OMODT,attribute,AMODT,old,new,rule,cause\r\n\
            1,user,CN={6162},update,ann@x,\"Ann, \"\"A\"\"\r\n\",'=1+1,,b@x,ann,,'@cloud,Update,proxyAddresses,Update,\
            smtp:old@x,smtp:a@x; SMTP:b@x,'+rule,flowed\r\n\
            1,user,CN={6162},update,ann@x,\"Ann, \"\"A\"\"\r\n\",'=1+1,,b@x,ann,,'@cloud,Update,title,Delete,'-2,,'+rule,flowed\r\n\
            2,user,CN={6162},delete,ann@x,\"Ann, \"\"A\"\"\r\n\",'=1+1,,b@x,ann,,'@cloud,Delete,,,,,,source gone: =1+1\r\n";
        assert_eq!(text, expected);
    }
}
