//! Objects as LDIF. What [`super::LdifReader`] makes of it are the same objects, value for value.
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_model::{AttributeValue, CsObject, DistinguishedName, text::plural};
use flate2::{Compression, write::GzEncoder};
use tempfile::NamedTempFile;

use crate::{entry::is_secret_attribute, error::LdifError, forest::Forest, schema::Schema};

/// The first line of every file.
pub(super) const HEADER: &str = "# written by dirlift";

/// The last line of every file that is whole.
pub(super) const TRAILER: &str = "# end of file:";

/// Columns of a line (RFC 2849 asks for a fold, not for a width).
const WIDTH: usize = 76;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LdifSummary {
    /// Objects.
    pub n_objects: u64,
    /// Bytes of LDIF, before they were compressed.
    pub n_bytes: u64,
}

/// Where the bytes go.
enum Out {
    Plain(BufWriter<NamedTempFile>),
    Packed(Box<BufWriter<GzEncoder<NamedTempFile>>>),
}

/// An LDIF file in the making: under a temporary name, readable by its owner only. Dropped without
/// [`LdifWriter::commit`] it leaves nothing behind.
pub struct LdifWriter {
    path: PathBuf,
    out: Out,
    line: Vec<u8>,
    summary: LdifSummary,
}

impl LdifWriter {
    /// Begins a file, so that a bad path fails before the work; one whose name ends in `.gz` is compressed.
    pub fn create(path: &Path) -> Result<Self, LdifError> {
        let folder =
            path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed =
            |source| LdifError::Io { action: "creating", path: path.display().to_string(), source };
        match std::fs::symlink_metadata(path) {
            // A rename would put a file in the place of a device or a link.
            Ok(it) if !it.is_file() => {
                let kind = io::ErrorKind::InvalidInput;
                return Err(failed(io::Error::new(kind, "it exists and is not a regular file")));
            }
            _ => {}
        }
        let file = tempfile::Builder::new()
            .prefix(".dirlift-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(failed)?;
        let is_packed = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("gz"));
        let out = if is_packed {
            Out::Packed(Box::new(BufWriter::new(GzEncoder::new(file, Compression::fast()))))
        } else {
            Out::Plain(BufWriter::new(file))
        };
        Ok(Self { path: path.to_owned(), out, line: Vec::new(), summary: LdifSummary::default() })
    }

    /// Where the file lies until it is complete.
    pub fn temporary_path(&self) -> &Path {
        match &self.out {
            Out::Plain(out) => out.get_ref().path(),
            Out::Packed(out) => out.get_ref().get_ref().path(),
        }
    }

    /// Writes what comes before the objects: the version of the writer, the domains, and how values are typed.
    pub fn begin(
        &mut self,
        version: &str,
        forest: Option<&Forest>,
        schema: &Schema,
    ) -> Result<(), LdifError> {
        self.head(version, forest, schema).map_err(|it| self.failed("writing", it))
    }

    /// Adds an object.
    pub fn write(&mut self, object: &CsObject) -> Result<(), LdifError> {
        self.object(object).map_err(|it| self.failed("writing", it))?;
        self.summary.n_objects += 1;
        Ok(())
    }

    /// Ends the file and puts it in its place.
    pub fn commit(mut self) -> Result<LdifSummary, LdifError> {
        let last = format!("{TRAILER} {}", plural(self.summary.n_objects, "object", "objects"));
        self.raw_line(&last).map_err(|it| self.failed("writing", it))?;
        let Self { path, out, summary, .. } = self;
        let finish = || -> io::Result<()> {
            let file = match out {
                Out::Plain(out) => out.into_inner().map_err(io::IntoInnerError::into_error)?,
                Out::Packed(out) => {
                    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?
                }
            };
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|it| it.error)?;
            Ok(())
        };
        let path = path.clone().display().to_string();
        finish().map_err(|source| LdifError::Io { action: "writing", path, source })?;
        Ok(summary)
    }

    fn failed(&self, action: &'static str, source: io::Error) -> LdifError {
        LdifError::Io { action, path: self.path.display().to_string(), source }
    }

    fn head(&mut self, version: &str, forest: Option<&Forest>, schema: &Schema) -> io::Result<()> {
        self.raw_line(&format!(
            "{HEADER} {version}; for dirlift, not for import into a directory"
        ))?;
        self.raw_line("version: 1")?;
        self.raw_line("")?;
        let mut root = String::new();
        for label in
            forest.and_then(|it| it.dns_name.as_deref()).iter().flat_map(|it| it.split('.'))
        {
            root.push_str(",DC=");
            root.push_str(&DistinguishedName::escape_value(label));
        }
        if let Some(forest) = forest {
            self.text("dn", &format!("CN=Partitions,CN=Configuration{root}"))?;
            self.text("objectClass", "crossRefContainer")?;
            if let Some(level) = forest.functional_level {
                self.text("msDS-Behavior-Version", &level.to_string())?;
            }
            self.raw_line("")?;
            for domain in &forest.domains {
                let name = domain
                    .netbios_name
                    .as_deref()
                    .or(domain.dns_name.as_deref())
                    .unwrap_or("domain");
                let name = DistinguishedName::escape_value(name);
                self.text("dn", &format!("CN={name},CN=Partitions,CN=Configuration{root}"))?;
                self.text("objectClass", "crossRef")?;
                self.text("nCName", domain.naming_context.as_str())?;
                let texts = [("dnsRoot", &domain.dns_name), ("nETBIOSName", &domain.netbios_name)];
                for (key, value) in texts {
                    if let Some(value) = value {
                        self.text(key, value)?;
                    }
                }
                self.text("systemFlags", "3")?;
                if let Some(level) = domain.functional_level {
                    self.text("msDS-Behavior-Version", &level.to_string())?;
                }
                self.raw_line("")?;
            }
        }
        for (name, syntax) in schema.iter() {
            let rdn = DistinguishedName::escape_value(name.as_str());
            self.text("dn", &format!("CN={rdn},CN=Schema,CN=Configuration{root}"))?;
            self.text("objectClass", "attributeSchema")?;
            self.text("lDAPDisplayName", name.as_str())?;
            self.text("attributeSyntax", syntax.object_identifier())?;
            self.raw_line("")?;
        }
        Ok(())
    }

    fn object(&mut self, object: &CsObject) -> io::Result<()> {
        self.text("dn", object.dn.as_str())?;
        let has = |name: &str| !object.values(&name.into()).is_empty();
        if !has("objectClass") {
            self.text("objectClass", object.object_type.as_str())?;
        }
        if let Some(id) = object.id.filter(|_| !has("objectGUID")) {
            self.binary("objectGUID", &id.to_directory_bytes())?;
        }
        for attribute in object.attributes() {
            let name = attribute.name.as_str();
            if is_secret_attribute(name) {
                continue;
            }
            for value in &attribute.values {
                match value {
                    AttributeValue::String(text) => self.text(name, text)?,
                    AttributeValue::Integer(number) => self.text(name, &number.to_string())?,
                    AttributeValue::Boolean(true) => self.text(name, "TRUE")?,
                    AttributeValue::Boolean(false) => self.text(name, "FALSE")?,
                    AttributeValue::Binary(bytes) => self.binary(name, bytes)?,
                    AttributeValue::Reference(dn) => self.text(name, dn.as_str())?,
                }
            }
        }
        self.raw_line("")
    }

    fn text(&mut self, key: &str, value: &str) -> io::Result<()> {
        if !is_safe(value) {
            return self.binary(key, value.as_bytes());
        }
        self.line.clear();
        self.line.extend_from_slice(key.as_bytes());
        self.line.extend_from_slice(b": ");
        self.line.extend_from_slice(value.as_bytes());
        self.fold()
    }

    fn binary(&mut self, key: &str, value: &[u8]) -> io::Result<()> {
        let mut line = format!("{key}:: ");
        STANDARD.encode_string(value, &mut line);
        self.line.clear();
        self.line.extend_from_slice(line.as_bytes());
        self.fold()
    }

    /// Writes the line in pieces; every piece but the first begins with a space.
    fn fold(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let (first, mut rest) = line.split_at(WIDTH.min(line.len()));
        self.bytes(first)?;
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at((WIDTH - 1).min(rest.len()));
            self.bytes(b"\n ")?;
            self.bytes(piece)?;
            rest = tail;
        }
        self.line = line;
        self.bytes(b"\n")
    }

    fn raw_line(&mut self, line: &str) -> io::Result<()> {
        self.bytes(line.as_bytes())?;
        self.bytes(b"\n")
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.summary.n_bytes += bytes.len() as u64;
        match &mut self.out {
            Out::Plain(out) => out.write_all(bytes),
            Out::Packed(out) => out.write_all(bytes),
        }
    }
}

/// Whether a text may stand as it is (RFC 2849, `SAFE-STRING`), and does not end in a space.
fn is_safe(value: &str) -> bool {
    let bytes = value.as_bytes();
    let inside = |it: &u8| it.is_ascii() && !matches!(it, 0 | b'\n' | b'\r');
    bytes.iter().all(inside)
        && !matches!(bytes.first(), Some(b' ' | b':' | b'<' | b'\t'))
        && !matches!(bytes.last(), Some(b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use dirlift_model::AttributeName;
    use proptest::prelude::*;

    use super::{super::LdifReader, *};
    use crate::{forest::Domain, request::ImportRequest, schema::Syntax};

    fn forest() -> Forest {
        Forest {
            dns_name: Some("corp.example".to_owned()),
            functional_level: Some(7),
            domains: vec![Domain {
                naming_context: "DC=corp,DC=example".parse().unwrap(),
                dns_name: Some("corp.example".to_owned()),
                netbios_name: Some("CORP".to_owned()),
                functional_level: Some(6),
                servers: Vec::new(),
            }],
        }
    }

    /// Writes objects and reads them again.
    fn there_and_back(name: &str, objects: &[CsObject], schema: &Schema) -> Vec<CsObject> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut writer = LdifWriter::create(&path).unwrap();
        writer.begin("1.2.3", Some(&forest()), schema).unwrap();
        for object in objects {
            writer.write(object).unwrap();
        }
        let summary = writer.commit().unwrap();
        assert_eq!(summary.n_objects, objects.len() as u64);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        let mut request = ImportRequest::stock();
        request.attributes = schema.iter().map(|(name, _)| name.clone()).collect();
        let mut reader = LdifReader::open(&path, request).unwrap();
        assert_eq!(reader.forest(), Some(&forest()));
        let mut read = Vec::new();
        while let Some(object) = reader.next_object().unwrap() {
            read.push(object);
        }
        read
    }

    fn schema() -> Schema {
        let mut schema = Schema::default();
        let syntaxes = [
            ("a", Syntax::Text),
            ("b", Syntax::Integer),
            ("c", Syntax::Boolean),
            ("d", Syntax::Binary),
            ("e", Syntax::Reference),
        ];
        for (name, syntax) in syntaxes {
            schema.add(name.into(), syntax);
        }
        schema
    }

    #[test]
    fn the_bytes_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ldf");
        let mut schema = Schema::default();
        schema.add("a".into(), Syntax::Text);
        let mut object = CsObject::new("CN=ö".parse().unwrap(), "user");
        object.set("a".into(), vec![AttributeValue::String(format!(" {}", "x".repeat(80)))]);
        object.set("b".into(), vec![AttributeValue::String("y".repeat(80))]);
        object.set("unicodePwd".into(), vec![AttributeValue::Binary(vec![1])]);
        let mut writer = LdifWriter::create(&path).unwrap();
        writer.begin("1.2.3", None, &schema).unwrap();
        writer.write(&object).unwrap();
        assert!(!path.exists(), "not before it is complete");
        let n_bytes = writer.commit().unwrap().n_bytes;
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(n_bytes, text.len() as u64);
        let x = "eHh4".repeat(26);
        let expected = format!(
            "# written by dirlift 1.2.3; for dirlift, not for import into a directory\nversion: 1\n\n\
             dn: CN=a,CN=Schema,CN=Configuration\nobjectClass: attributeSchema\nlDAPDisplayName: a\n\
             attributeSyntax: 2.5.5.12\n\n\
             dn:: Q049w7Y=\nobjectClass: user\n\
             a:: IHh4{}\n {}\n\
             b: {}\n {}\n\n# end of file: 1 object\n",
            &x[..68],
            &x[68..],
            "y".repeat(73),
            "y".repeat(7)
        );
        assert_eq!(text, expected);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
        }
    }

    #[test]
    fn a_link_or_a_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert!(LdifWriter::create(folder.path()).is_err());
        assert!(LdifWriter::create(Path::new("/dev/null")).is_err());
    }

    fn value(kind: u8) -> BoxedStrategy<AttributeValue> {
        match kind {
            0 => "[ -~\n\r\t\u{0}ä€\u{1F600}:<#]{0,100}".prop_map(AttributeValue::String).boxed(),
            1 => proptest::num::i64::ANY.prop_map(AttributeValue::Integer).boxed(),
            2 => proptest::bool::ANY.prop_map(AttributeValue::Boolean).boxed(),
            3 => proptest::collection::vec(proptest::num::u8::ANY, 0..200)
                .prop_map(AttributeValue::Binary)
                .boxed(),
            _ => "[ -~ä€]{1,20}"
                .prop_map(|it| {
                    let dn = format!("CN={},DC=x", DistinguishedName::escape_value(&it));
                    AttributeValue::Reference(dn.parse().unwrap())
                })
                .boxed(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_object_comes_back(
            values in [0_u8, 1, 2, 3, 4].map(|it| proptest::collection::vec(value(it), 0..4)),
            name in "[ -~ä€]{1,20}",
            id in proptest::num::u128::ANY,
            is_packed in proptest::bool::ANY,
        ) {
            let dn = format!("CN={},DC=corp,DC=example", DistinguishedName::escape_value(&name));
            let mut object = CsObject::new(dn.parse().unwrap(), "inetOrgPerson");
            object.id = Some(dirlift_model::Guid::from_u128(id));
            for (name, values) in ["a", "b", "c", "d", "e"].iter().zip(values) {
                object.set(AttributeName::from(*name), values);
            }
            let file = if is_packed { "x.ldf.gz" } else { "x.ldf" };
            let read = there_and_back(file, std::slice::from_ref(&object), &schema());
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read[0].dn.as_str(), object.dn.as_str());
            prop_assert_eq!(&read[0], &object);
        }
    }
}
