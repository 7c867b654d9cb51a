//! What the tests share.
use std::{io::Write as _, time::Duration};

use dirlift_directory::{
    Connect, Credentials, DirectoryError, Import, ImportRequest, Limits, Report, Security, Server,
    Source, Trust,
};
use dirlift_model::CsObject;
use dirlift_testkit::pki::Authority;
use tempfile::NamedTempFile;

/// Limits that do not make tests wait.
pub(crate) fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(10),
        silence: Duration::from_mins(1),
        pause: Duration::from_millis(20),
        ..Limits::default()
    }
}

/// The authority's certificate in a file.
pub(crate) fn ca_file(authority: &Authority) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(authority.pem().as_bytes()).unwrap();
    file
}

pub(crate) fn connect(ca: &NamedTempFile, user: &str, password: &str) -> Connect {
    let credentials = Credentials { user: user.to_owned(), password: password.to_owned().into() };
    let trust = Trust::CaFile(ca.path().to_owned());
    Connect { limits: limits(), ..Connect::new(trust, Some(credentials)) }
}

pub(crate) fn server(host: impl std::fmt::Display, port: u16, security: Security) -> Server {
    Server { host: host.to_string(), port, security }
}

/// Everything that an import brings, and its account.
pub(crate) struct Imported {
    pub(crate) objects: Vec<CsObject>,
    pub(crate) report: Report,
    pub(crate) error: Option<DirectoryError>,
}

impl Imported {
    pub(crate) fn events(&self) -> Vec<String> {
        self.report.events.iter().map(ToString::to_string).collect()
    }

    /// The object with this name in its first component.
    pub(crate) fn named(&self, name: &str) -> &CsObject {
        let is_it = |it: &&CsObject| it.dn.first_component().is_some_and(|(_, it)| it == name);
        self.objects.iter().find(is_it).unwrap_or_else(|| panic!("no object {name}"))
    }

    /// The names of all objects, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.objects.iter().filter_map(|it| it.dn.first_component().map(|it| it.1)).collect();
        names.sort();
        names
    }
}

pub(crate) async fn import(
    source: Source,
    request: ImportRequest,
    connect: Connect,
) -> Result<Imported, DirectoryError> {
    let mut import = Import::start(&source, request, connect).await?;
    let mut objects = Vec::new();
    let mut error = None;
    while let Some(next) = import.next().await {
        match next {
            Ok(object) => objects.push(object),
            Err(it) => error = Some(it),
        }
    }
    assert!(import.next().await.is_none(), "the end stays the end");
    let report = import.report().unwrap().clone();
    Ok(Imported { objects, report, error })
}
