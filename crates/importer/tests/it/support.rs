//! The small organisation, read.
use std::path::Path;

use dirlift_directory::{Connect, Import, Source, Trust};
use dirlift_exporter::diff::Configuration;
use dirlift_importer::rehearsal::{
    CloudSource, DirectoryImport, Loaded, Setup, Sink, load, readable,
};
use dirlift_syncengine::sync::Options;
use dirlift_testkit::small;

/// When everything happens.
pub(crate) const NOW: &str = "2026-11-20T08:00:00Z";

pub(crate) fn setup() -> Setup {
    let files: Vec<_> =
        small::connectors().into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    Setup::from_export("small", &Configuration::from_parts(&files).unwrap()).unwrap()
}

pub(crate) fn options() -> Options {
    Options { readable: readable(), ..Options::at(NOW.parse().unwrap()) }
}

/// Reads the organisation that [`small::write`] wrote into a folder.
pub(crate) fn loaded(folder: &Path, sink: &mut dyn Sink) -> Loaded {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let setup = setup();
        let own = setup.forests()[0].clone();
        let ldif = Source::Ldif(folder.join("forest.ldf"));
        let connect = Connect::new(Trust::Platform, None);
        let import = Import::start(&ldif, own.request.clone(), connect).await.unwrap();
        let imports =
            vec![DirectoryImport { connector: own.id, source: "forest.ldf".to_owned(), import }];
        let tenant = folder.join("tenant");
        let cloud = (CloudSource::Folder(&tenant), "tenant".to_owned());
        load(setup, imports, cloud, options(), sink, &mut ()).await.unwrap()
    })
}
