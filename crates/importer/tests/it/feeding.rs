//! Real sources: what they lack is said, and is no success.
use std::{fs, ops::ControlFlow};

use dirlift_directory::{Connect, Trust};
use dirlift_importer::{
    Directories as _,
    apply::{Imported, SourceFailed},
    feed::Feed,
    setup::ConnectorSetup,
};

use super::common::setup;

/// Imports a file as the forest or as the cloud; the answer is how many objects came.
fn import(is_cloud: bool, prefix: &str, text: &str) -> Result<(usize, Imported), SourceFailed> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source");
    fs::write(&path, text).unwrap();
    let connector = ConnectorSetup {
        source: Some(format!("{prefix}{}", path.display())),
        object_classes: vec!["user".into()],
        attributes: vec!["cn".into()],
        partitions: Vec::new(),
        ..setup().connectors[usize::from(is_cloud)].clone()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connect = Connect::new(Trust::Platform, None);
    let mut feed = Feed { runtime: &runtime, connect, graph: None };
    let mut n = 0;
    let mut take = |_| {
        n += 1;
        ControlFlow::Continue(())
    };
    let imported = feed.import(&connector, &mut take, &mut ())?;
    Ok((n, imported))
}

const USER: &str = "dn: CN=a,DC=x,DC=example\nobjectClass: user\ncn: a\n\
                    objectGUID:: AQAAAAAAAAAAAAAAAAAAAA==\n\n";

#[test]
fn entries_that_are_left_out_are_counted_and_told_first() {
    let (n, whole) = import(false, "", USER).unwrap();
    assert_eq!((n, whole.errors), (1, 0), "{:?}", whole.remarks);
    let change = "dn: CN=b,DC=x,DC=example\nchangetype: delete\n\n";
    let (n, partly) = import(false, "", &format!("{USER}{change}")).unwrap();
    assert_eq!((n, partly.errors), (1, 1), "{:?}", partly.remarks);
    assert!(partly.remarks[0].contains("left out"), "{:?}", partly.remarks);
    // More than is kept one by one is not passed over.
    let (_, many) = import(false, "", &format!("{USER}{}", change.repeat(1_003))).unwrap();
    assert_eq!(many.errors, 1_003);
    assert!(many.remarks[0].starts_with("3 more remarks"), "{:?}", many.remarks[0]);
}

#[test]
fn an_export_of_a_connector_space_that_is_not_whole_is_no_success() {
    let object = |name: &str| {
        format!(
            "<cs-object cs-dn=\"{name}\" object-type=\"user\"><synchronized-hologram>\
             <entry dn=\"{name}\"><primary-objectclass>user</primary-objectclass></entry>\
             </synchronized-hologram></cs-object>"
        )
    };
    let file = |inner: &[String]| format!("<cs-objects>{}</cs-objects>", inner.concat());
    let (n, whole) = import(true, "csexport:", &file(&[object("CN={61}")])).unwrap();
    assert_eq!((n, whole.errors), (1, 0), "{:?}", whole.remarks);
    let (n, partly) =
        import(true, "csexport:", &file(&[object("CN={61}"), object("no name")])).unwrap();
    assert_eq!((n, partly.errors), (1, 1), "{:?}", partly.remarks);
    assert!(partly.remarks[0].contains("connector-space export"), "{:?}", partly.remarks);
}
