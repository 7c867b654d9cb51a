//! The tables of a snapshot: `snapshot.json`, `services.json`, `files.csv`, `database.json`.
use dirlift_model::{
    DatabaseFacts, HostFacts,
    database::{AgentRow, ServerConfigurationRow},
    host::{InstalledFile, Service},
    secret::{is_credential_name, redact},
    text::shorten,
};
use encoding_rs::UTF_8;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    redaction::redact_proxy,
    text::{Damage, Problems, decode, number},
};

/// Longest JSON in bytes that is read a second time to leave `null`s out.
const MAX_SECOND_READING: usize = 64 << 20;

/// `snapshot.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct SnapshotFile {
    pub(crate) format_version: Option<u64>,
    pub(crate) taken_at: Option<Timestamp>,
    pub(crate) host: HostFacts,
    pub(crate) not_collected: Vec<NotCollected>,
}

/// A part that the collector could not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct NotCollected {
    pub(crate) what: String,
    pub(crate) why: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ServicesFile {
    services: Vec<Service>,
}

/// Parses `snapshot.json`.
pub(crate) fn snapshot(bytes: &[u8]) -> Result<(SnapshotFile, Problems), Damage> {
    let (mut file, mut problems) = json::<SnapshotFile>(bytes)?;
    if let Some(version) = file.format_version.filter(|it| *it != 1) {
        let what = format!(
            "the snapshot has format {version}, and only format 1 is known; some of it may be missing below"
        );
        problems.push(1, 1, what);
    }
    let proxy = &mut file.host.proxy;
    for text in [&mut proxy.winhttp, &mut proxy.machine_config].into_iter().flatten() {
        *text = redact_proxy(text);
    }
    for user in proxy.users.iter_mut().flatten() {
        user.proxy = redact_proxy(&user.proxy);
    }
    for it in &mut file.not_collected {
        (it.what, it.why) = (redact(&it.what), redact(&it.why));
    }
    Ok((file, problems))
}

/// Parses `services.json`.
pub(crate) fn services(bytes: &[u8]) -> Result<(Vec<Service>, Problems), Damage> {
    let (mut file, problems) = json::<ServicesFile>(bytes)?;
    for service in &mut file.services {
        service.image_path = service.image_path.take().map(|it| redact(&it));
    }
    Ok((file.services, problems))
}

/// Parses `database.json`.
pub(crate) fn database(bytes: &[u8]) -> Result<(DatabaseFacts, Problems), Damage> {
    let (mut facts, problems) = json::<DatabaseFacts>(bytes)?;
    drop_secrets(&mut facts);
    Ok((facts, problems))
}

/// Drops columns that hold credentials, should a reader have put them in.
pub(crate) fn drop_secrets(facts: &mut DatabaseFacts) {
    for AgentRow { xml, .. } in facts.agents.iter_mut().flatten() {
        xml.retain(|name, _| !is_credential_name(name));
    }
    if let Some(ServerConfigurationRow { xml, .. }) = &mut facts.server_configuration {
        xml.retain(|name, _| !is_credential_name(name));
    }
    for it in &mut facts.not_read {
        it.why = redact(&it.why);
    }
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, Problems), Damage> {
    let (text, damage) = decode(bytes, UTF_8);
    if text.trim().is_empty() {
        return Err(Damage::new(1, 1, "the file is empty"));
    }
    let value = match serde_json::from_str::<T>(&text) {
        Ok(value) => value,
        // `null` means the same as an absent member; serde takes it for options only.
        Err(error) if error.is_data() && text.len() <= MAX_SECOND_READING => {
            without_nulls(&text).ok_or_else(|| json_damage(&text, &error))?
        }
        Err(error) => return Err(json_damage(&text, &error)),
    };
    let mut problems = Problems::default();
    if let Some(it) = damage {
        problems.push(it.line, it.column, it.what);
    }
    Ok((value, problems))
}

fn without_nulls<T: DeserializeOwned>(text: &str) -> Option<T> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    // The depth is bounded: the parser stops at 128 levels.
    drop_nulls(&mut value);
    serde_json::from_value(value).ok()
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, it| !it.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn json_damage(text: &str, error: &serde_json::Error) -> Damage {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(it, _)| it);
    // The text of a wrong value is not repeated: it might be a secret.
    let what = match (message.find("string \""), message.rfind("\", expected")) {
        (Some(start), Some(end)) if end > start => {
            format!("{}string{}", &message[..start], &message[end + 1..])
        }
        _ => message.to_owned(),
    };
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or("");
    let n_bytes = error.column().saturating_sub(1).min(line.len());
    let column = 1 + String::from_utf8_lossy(&line.as_bytes()[..n_bytes]).chars().count();
    Damage::new(number(error.line().max(1)), number(column), shorten(&redact(&what), 300))
}

/// Parses `files.csv`.
pub(crate) fn files(bytes: &[u8]) -> Result<(Vec<InstalledFile>, Problems), Damage> {
    let (text, damage) = decode(bytes, UTF_8);
    let mut problems = Problems::default();
    if let Some(it) = damage {
        problems.push(it.line, it.column, it.what);
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut place = Place { text: &text, at: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    let mut columns = None;
    let mut files = Vec::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                problems.push(
                    place.line,
                    1,
                    format!("the table could not be read further: {error}"),
                );
                break;
            }
        }
        let start = record.position().map_or(0, csv::Position::byte);
        place.advance(usize::try_from(start).unwrap_or(usize::MAX));
        match &columns {
            None => columns = Some(Columns::new(&record, place.line)?),
            Some(columns) => files.extend(columns.file(&record, &place, &mut problems)),
        }
    }
    if columns.is_none() {
        return Err(Damage::new(1, 1, "the file is empty"));
    }
    Ok((files, problems))
}

/// Which column is where.
struct Columns {
    width: usize,
    path: usize,
    size: Option<usize>,
    sha256: Option<usize>,
    version: Option<usize>,
    signer: Option<usize>,
}

impl Columns {
    fn new(header: &csv::StringRecord, line: u32) -> Result<Self, Damage> {
        let column = |name: &str| header.iter().position(|it| it.trim().eq_ignore_ascii_case(name));
        let path = column("path");
        let path = path.ok_or_else(|| {
            Damage::new(line, 1, "the first line is not `path,size,sha256,version,signer`")
        })?;
        Ok(Self {
            width: header.len(),
            path,
            size: column("size"),
            sha256: column("sha256"),
            version: column("version"),
            signer: column("signer"),
        })
    }

    fn file(
        &self,
        record: &csv::StringRecord,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<InstalledFile> {
        if record.len() != self.width {
            let what =
                format!("the line has {} fields, the first line has {}", record.len(), self.width);
            problems.push(place.line, 1, what);
        }
        let known = |column: Option<usize>| {
            column.and_then(|it| record.get(it)).map(str::trim).filter(|it| *it != "?")
        };
        let path = known(Some(self.path)).filter(|it| !it.is_empty());
        let Some(path) = path else {
            problems.push(place.line, 1, "the line names no path; it was left out");
            return None;
        };
        let mut wrong = |column: Option<usize>, what: &str| {
            let (line, column) = place.field(column.unwrap_or(0));
            problems.push(line, column, what);
        };
        let size = known(self.size).filter(|it| !it.is_empty()).and_then(|it| {
            let size = it.parse().ok();
            if size.is_none() {
                wrong(self.size, "the size is not a whole number of bytes");
            }
            size
        });
        let sha256 = known(self.sha256).filter(|it| !it.is_empty()).and_then(|it| {
            let is_hash = it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
            if !is_hash {
                wrong(self.sha256, "the SHA-256 is not 64 hexadecimal digits");
            }
            is_hash.then(|| it.to_ascii_lowercase())
        });
        let version = known(self.version).filter(|it| !it.is_empty()).map(str::to_owned);
        Some(InstalledFile {
            path: path.to_owned(),
            size,
            sha256,
            version,
            signer: known(self.signer).map(str::to_owned),
        })
    }
}

/// The beginning of a record.
struct Place<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Place<'_> {
    /// Moves on to a record; the rest of the line break before it is skipped.
    fn advance(&mut self, to: usize) {
        let bytes = self.text.as_bytes();
        let mut to = to.clamp(self.at, bytes.len());
        while matches!(bytes.get(to), Some(b'\r' | b'\n')) {
            to += 1;
        }
        let n_lines = self.text.get(self.at..to).unwrap_or("").matches('\n').count();
        self.line = self.line.saturating_add(number(n_lines));
        self.at = to;
    }

    /// Line and column of a field of the record.
    fn field(&self, idx: usize) -> (u32, u32) {
        let (mut line, mut column, mut n_fields, mut quoted) = (self.line, 1, 0, false);
        for it in self.text.get(self.at..).unwrap_or("").chars() {
            if n_fields == idx {
                break;
            }
            column += 1;
            match it {
                '"' => quoted = !quoted,
                ',' if !quoted => n_fields += 1,
                '\n' if !quoted => break,
                '\n' => (line, column) = (line + 1, 1),
                _ => {}
            }
        }
        (line, column)
    }
}

#[cfg(test)]
mod tests;
