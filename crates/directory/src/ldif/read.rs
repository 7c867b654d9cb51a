//! LDIF as a source of objects: the same selection and the same types as over LDAP.
use std::{fs::File, path::Path};

use dirlift_model::{AttributeName, CsObject, DistinguishedName};

use super::{
    decode::{self, CodePage},
    extent::Extent,
    lines::{LineFailure, Lines},
    record::{Record, RecordFailure, Records},
    write::{HEADER, TRAILER},
};
use crate::{
    entry::{Described, Range, Rejected, Typing, shown},
    error::LdifError,
    forest::{Forest, domain_of_cross_reference},
    ldap::RawEntry,
    report::{Event, Report},
    request::ImportRequest,
    schema::{Schema, Syntax},
};

/// Records about schema and partitions at the beginning; Active Directory has some thousands of attributes.
const MAX_HEAD: usize = 50_000;

/// An LDIF file that is read object by object, in constant memory.
///
/// Records about the schema (`attributeSchema`) and the partitions (`crossRef`) that stand before everything else say
/// how values are typed and what the domains are called; without them the built-in table has to do.
pub struct LdifReader {
    path: String,
    extent: Extent,
    records: Records,
    request: ImportRequest,
    schema: Schema,
    typing: Typing,
    report: Report,
    /// The entry that was read last, which may still get more values.
    pending: Option<RawEntry<'static>>,
    /// An entry that is complete and was given back.
    held: Option<RawEntry<'static>>,
}

impl LdifReader {
    /// Opens a file and reads what stands before the first object.
    pub fn open(path: &Path, request: ImportRequest) -> Result<Self, LdifError> {
        Self::with_code_page(path, request, CodePage::default())
    }

    /// The same for a file that may hold text in another code page than Western European.
    pub fn with_code_page(
        path: &Path,
        request: ImportRequest,
        code_page: CodePage,
    ) -> Result<Self, LdifError> {
        let shown = path.display().to_string();
        let failed = |source| LdifError::Io { action: "opening", path: shown.clone(), source };
        let file = File::open(path).map_err(failed)?;
        let extent = Extent::new(&file);
        let reader = decode::from_reader(extent.counted(file)).map_err(failed)?;
        let mut schema = Schema::builtin();
        let mut reader = Self {
            extent,
            records: Records::new(Lines::new(reader), code_page),
            typing: Typing::new(&schema, &[]),
            request,
            schema: Schema::default(),
            report: Report::default(),
            pending: None,
            held: None,
            path: shown,
        };
        reader.head(&mut schema)?;
        reader.typing = Typing::new(&schema, &reader.request.attributes);
        reader.schema = schema;
        Ok(reader)
    }

    /// What the file says of the forest.
    pub fn forest(&self) -> Option<&Forest> {
        self.report.forest.as_ref()
    }

    /// How far the reading has come.
    pub fn extent(&self) -> Extent {
        self.extent.clone()
    }

    /// How values are typed.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The account of the reading.
    pub fn into_report(self) -> Report {
        self.report
    }

    /// The next object that was asked for; `None` at the end.
    pub fn next_object(&mut self) -> Result<Option<CsObject>, LdifError> {
        while let Some(entry) = self.next_entry()? {
            if let Some(object) = self.take(entry) {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    /// Reads schema and partitions, and stops at the first record that is neither.
    fn head(&mut self, schema: &mut Schema) -> Result<(), LdifError> {
        let mut forest = Forest::default();
        for _ in 0..MAX_HEAD {
            let Some(entry) = self.next_entry()? else { break };
            let root = entry.dn.parse::<DistinguishedName>().ok().and_then(|it| it.dns_domain());
            match Typing::class(&entry) {
                Ok("attributeSchema") => {
                    if let (Some(name), Some(syntax)) =
                        (entry.text("lDAPDisplayName"), entry.text("attributeSyntax"))
                    {
                        schema.add(name.into(), Syntax::new(syntax));
                    }
                }
                Ok("crossRef") => {
                    if let Some((true, domain)) = domain_of_cross_reference(&entry) {
                        forest.domains.push(domain);
                    }
                }
                Ok("crossRefContainer") => {
                    let level = entry.text("msDS-Behavior-Version");
                    forest.functional_level = level.and_then(|it| it.parse().ok());
                }
                Ok("classSchema" | "dMD" | "subSchema") => {}
                _ => {
                    self.held = Some(entry);
                    break;
                }
            }
            forest.dns_name = forest.dns_name.or(root);
        }
        if !forest.domains.is_empty() {
            forest.domains.sort_by(|left, right| left.naming_context.cmp(&right.naming_context));
            self.report.forest = Some(forest);
        }
        Ok(())
    }

    /// The next entry with all its values.
    fn next_entry(&mut self) -> Result<Option<RawEntry<'static>>, LdifError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        loop {
            let record = self.records.next().map_err(|it| self.error(it))?;
            match record {
                None => {
                    let last = self.pending.take();
                    if last.is_none() {
                        self.end()?;
                    }
                    return Ok(last);
                }
                Some(Record::Entry(entry)) => {
                    if let Some(complete) = self.pending.replace(entry) {
                        return Ok(Some(complete));
                    }
                }
                Some(Record::Values(more)) => match &mut self.pending {
                    Some(entry) if entry.dn == more.dn => entry.attributes.extend(more.attributes),
                    _ => self.reject(
                        &more.dn,
                        "it only adds values to an entry that does not stand before it",
                    ),
                },
                Some(Record::Change(entry, change)) => {
                    self.reject(
                        &entry.dn,
                        &format!("it is a change ({}), not an entry", shown(&change)),
                    );
                }
                Some(Record::Referral(url)) => self.report.add(Event::Referral(shown(&url))),
            }
        }
    }

    /// Checks that a file of dirlift is whole, and tells of lines in another code page.
    fn end(&mut self) -> Result<(), LdifError> {
        let lines = &self.records.lines;
        let is_own =
            lines.first_comment.as_ref().is_some_and(|it| it.starts_with(HEADER.as_bytes()));
        if is_own && !lines.last_comment.starts_with(TRAILER.as_bytes()) {
            return Err(LdifError::Line {
                path: self.path.clone(),
                line: self.records.number,
                reason: "the file ends early: its last line is missing; write it again",
            });
        }
        let n_lines = std::mem::take(&mut self.records.n_foreign);
        if n_lines > 0 {
            let name = self.records.code_page().name();
            self.report.add(Event::CodePage { n_lines, name });
        }
        Ok(())
    }

    fn reject(&mut self, dn: &str, reason: &str) {
        self.report.add(Event::Rejected { entry: shown(dn), reason: reason.to_owned() });
    }

    /// Makes an object of an entry that was asked for.
    fn take(&mut self, entry: RawEntry<'_>) -> Option<CsObject> {
        self.report.n_entries += 1;
        let read = || -> Result<_, Rejected> {
            Ok((Typing::dn(&entry)?, Typing::guid(&entry)?, Typing::class(&entry)?))
        };
        let (name, id, class) = match read() {
            Ok(found) => found,
            Err(error) => {
                let (dn, reason) = (entry.dn.into_owned(), error.to_string());
                self.reject(&dn, &reason);
                return None;
            }
        };
        if !self.request.is_in_scope(&name) {
            self.report.n_out_of_scope += 1;
            return None;
        }
        let Some(class) = self.request.class_of(&name, class).cloned() else {
            self.report.n_other_classes += 1;
            return None;
        };
        let cut_off = cut_off(&entry);
        let object = self.typing.object(entry, name, &class, id, &mut self.report);
        for attribute in cut_off {
            self.report.add(Event::Truncated { object: object.dn.clone(), attribute });
        }
        *self.report.objects.entry(class).or_default() += 1;
        Some(object)
    }

    fn error(&self, failure: RecordFailure) -> LdifError {
        let path = self.path.clone();
        match failure {
            RecordFailure::Line(_, LineFailure::Io(source)) => {
                LdifError::Io { action: "reading", path, source }
            }
            RecordFailure::Line(line, LineFailure::TooLong) => LdifError::Line {
                path,
                line,
                reason: "after this line comes one that is larger than 64 MB",
            },
            RecordFailure::Syntax(line, reason) => LdifError::Line { path, line, reason },
        }
    }
}

/// Attributes of which only a part came: ranges, and none of them is the last.
fn cut_off(entry: &RawEntry<'_>) -> Vec<AttributeName> {
    let described = || entry.attributes.iter().map(|it| Described::new(&it.name));
    let is_whole = |name: &str| {
        described().any(|it| {
            it.name.eq_ignore_ascii_case(name) && matches!(it.range, Some(Range { last: None, .. }))
        })
    };
    let mut names: Vec<AttributeName> = described()
        .filter(|it| it.range.is_some() && !is_whole(it.name))
        .map(|it| AttributeName::new(it.name))
        .collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use dirlift_model::AttributeValue;

    use super::*;
    use crate::request::PartitionRequest;

    fn read(text: &[u8], request: ImportRequest) -> Result<(Vec<CsObject>, Report), LdifError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let mut reader = LdifReader::open(file.path(), request)?;
        let mut objects = Vec::new();
        while let Some(object) = reader.next_object()? {
            objects.push(object);
        }
        Ok((objects, reader.into_report()))
    }

    fn text(it: &str) -> AttributeValue {
        AttributeValue::String(it.to_owned())
    }

    const HEAD: &str = "dn: CN=level,CN=Schema,CN=Configuration,DC=x,DC=example\n\
        objectClass: attributeSchema\nlDAPDisplayName: fabrikamLevel\nattributeSyntax: 2.5.5.9\n\n\
        dn: CN=X,CN=Partitions,CN=Configuration,DC=x,DC=example\nobjectClass: crossRef\n\
        nCName: DC=x,DC=example\ndnsRoot: x.example\nnETBIOSName: XX\nsystemFlags: 3\n\n\
        dn: CN=Partitions,CN=Configuration,DC=x,DC=example\nobjectClass: crossRefContainer\n\
        msDS-Behavior-Version: 4\n\n";

    #[test]
    fn the_head_names_domains_and_types_values() {
        let mut request = ImportRequest::stock();
        request.attributes.push("fabrikamLevel".into());
        let body = "dn: CN=a,DC=x,DC=example\nobjectClass: user\nfabrikamlevel: 7\nadminCount: 1\n\
            objectGUID:: AAECAwQFBgcICQoLDA0ODw==\nmember: CN=b\n\n\
            dn: CN=a,DC=x,DC=example\nchangetype: modify\nadd: member\nmember: CN=c\n-\n";
        let (objects, report) = read([HEAD, body].concat().as_bytes(), request).unwrap();
        let forest = report.forest.unwrap();
        assert_eq!(forest.dns_name.as_deref(), Some("x.example"));
        assert_eq!(forest.functional_level, Some(4));
        assert_eq!(forest.domains[0].netbios_name.as_deref(), Some("XX"));
        let [object] = objects.as_slice() else { panic!("{objects:?}") };
        assert_eq!(object.values(&"fabrikamLevel".into()), [AttributeValue::Integer(7)]);
        assert_eq!(object.attributes()[0].name.as_str(), "fabrikamLevel");
        assert!(object.values(&"adminCount".into()).is_empty(), "not asked for");
        assert_eq!(object.values(&"member".into()).len(), 2);
        assert_eq!(object.id.unwrap().to_string(), "03020100-0504-0706-0809-0a0b0c0d0e0f");
    }

    #[test]
    fn scope_and_classes_select() {
        let mut request = ImportRequest::stock();
        let mut partition = PartitionRequest::whole("DC=x".parse().unwrap());
        partition.scope.exclusions.push("OU=old,DC=x".parse().unwrap());
        partition.scope.inclusions.push("OU=keep,OU=old,DC=x".parse().unwrap());
        request.partitions.push(partition);
        let records = [
            ("CN=a,DC=x", "user"),
            ("CN=b,OU=old,DC=x", "user"),
            ("CN=c,OU=keep,OU=old,DC=x", "Group"),
            ("CN=d,DC=x", "computer"),
            ("CN=e,DC=y", "user"),
        ];
        let records = records.map(|(dn, class)| {
            format!("dn: {dn}\nobjectClass: top\nobjectClass: {class}\ncn: x\n\n")
        });
        let text = records.concat();
        let (objects, report) = read(text.as_bytes(), request).unwrap();
        let names: Vec<_> = objects.iter().map(|it| it.dn.as_str()).collect();
        assert_eq!(names, ["CN=a,DC=x", "CN=c,OU=keep,OU=old,DC=x"]);
        assert_eq!(objects[1].object_type.as_str(), "group");
        assert_eq!((report.n_out_of_scope, report.n_other_classes, report.n_entries), (2, 1, 5));
    }

    #[test]
    fn what_is_no_object_is_told() {
        let text = b"dn: nobody\nobjectClass: user\n\ndn: CN=a\nsn: x\n\ndn: CN=b\nchangetype: delete\n\n\
            dn: CN=c\nobjectClass: user\nobjectGUID: short\n\n\
            dn: CN=d\nobjectClass: group\nmember;range=0-1: CN=a\nunicodePwd: x\ndescription: caf\xE9\n\n";
        let (objects, report) = read(text, ImportRequest::stock()).unwrap();
        assert_eq!(objects.len(), 1);
        assert_eq!(objects[0].values(&"description".into()), [self::text("caf\u{e9}")]);
        let events: Vec<String> = report.events.iter().map(ToString::to_string).collect();
        let expected = [
            "left out CN=b: it is a change (delete), not an entry",
            "left out nobody: its name cannot be read",
            "left out CN=a: it has no objectClass",
            "left out CN=c: its objectGUID does not have 16 bytes",
            "CN=d lacks values of member",
            "1 line is not in UTF-8, read as windows-1252",
        ];
        assert_eq!(events.len(), expected.len(), "{events:?}");
        for expected in expected {
            assert!(events.iter().any(|it| it.starts_with(expected)), "{expected}: {events:?}");
        }
        assert_eq!(report.n_secrets, 1);
    }

    #[test]
    fn how_far_it_has_come_is_known() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for n in 0..20_000 {
            write!(file, "dn: CN={n},DC=x\nobjectClass: user\n\n").unwrap();
        }
        let mut reader = LdifReader::open(file.path(), ImportRequest::stock()).unwrap();
        let (extent, size) = (reader.extent(), file.path().metadata().unwrap().len());
        assert!(reader.next_object().unwrap().is_some());
        assert_eq!(extent.n_bytes(), size);
        assert!(extent.n_read() < size, "it is not read at once");
        while reader.next_object().unwrap().is_some() {}
        assert_eq!(extent.n_read(), size);
    }

    #[test]
    fn a_cut_off_file_of_our_own_is_refused() {
        let text = format!("{HEADER} 1\nversion: 1\n\ndn: CN=a\nobjectClass: user\n");
        let error = read(text.as_bytes(), ImportRequest::stock()).unwrap_err();
        assert!(error.to_string().contains("ends early"), "{error}");
        let whole = format!("{text}\n{TRAILER} 1 object\n");
        assert_eq!(read(whole.as_bytes(), ImportRequest::stock()).unwrap().0.len(), 1);
    }
}
