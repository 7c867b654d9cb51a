//! When an export is refused, and why it had to be forced.
use dirlift_analyzer::{Knowledge, Options, analyze};
use dirlift_exporter::{Force, Refusal, gate};
use dirlift_model::{Product, config::Connector};
use dirlift_source::{Snapshot, assemble};

use crate::{Server, organisation, time};

#[test]
fn organisations() {
    for (name, expected) in [("adatum", 0), ("fabrikam", 1), ("northwind", 0), ("tailspin", 2)] {
        let server = Server::of(name);
        let forced = gate(&server.facts, &server.analysis, Force::Yes).unwrap();
        assert_eq!(forced.len(), expected, "{name}: {forced:?}");
        let unforced = gate(&server.facts, &server.analysis, Force::No);
        let answer = if expected == 0 { Ok(Vec::new()) } else { Err(Refusal::NeedsForce(forced)) };
        assert_eq!(unforced, answer, "{name}");
    }
}

#[test]
fn a_server_without_configuration_has_nothing_to_export() {
    let snapshot = Snapshot::open(&organisation("woodgrove")).unwrap();
    let facts = assemble(&snapshot, None, &mut ()).unwrap();
    let options = Options { as_of: time(&facts), mode: None, tool_version: "0.1.0".to_owned() };
    let analysis = analyze(&facts, None, &Knowledge::builtin(), &options);
    for force in [Force::Yes, Force::No] {
        assert_eq!(gate(&facts, &analysis, force), Err(Refusal::NoConfiguration));
    }
    let text = Refusal::NoConfiguration.to_string();
    for part in ["server-configuration/", "MA-*.XML", "MV.XML", "database.json"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_threshold_is_fifty_thousand() {
    for (total, forced) in [(Some(49_999), true), (Some(50_000), false), (None, true)] {
        let mut server = Server::of("fabrikam");
        server.analysis.objects.total = total;
        let answer = gate(&server.facts, &server.analysis, Force::No);
        assert_eq!(answer.is_err(), forced, "{total:?}: {answer:?}");
    }
}

#[test]
fn what_is_missing_has_to_be_forced() {
    let mut server = Server::of("northwind");
    let configuration = &mut server.facts.configuration.as_mut().unwrap().server;
    configuration.metaverse = None;
    configuration.connectors.retain(Connector::is_active_directory);
    let Err(Refusal::NeedsForce(reasons)) = gate(&server.facts, &server.analysis, Force::No) else {
        panic!()
    };
    assert!(reasons.iter().any(|it| it.contains("MV.XML")), "{reasons:?}");
    assert!(reasons.iter().any(|it| it.contains("cloud")), "{reasons:?}");
    // Without an agent to Active Directory force does not help.
    server.facts.configuration.as_mut().unwrap().server.connectors.clear();
    let answer = gate(&server.facts, &server.analysis, Force::Yes);
    assert_eq!(answer, Err(Refusal::NoConfiguration));
}

#[test]
fn other_products_have_no_path() {
    let mut server = Server::of("northwind");
    server.facts.product.product = Some(Product::Fim);
    let options =
        Options { as_of: time(&server.facts), mode: None, tool_version: "0.1.0".to_owned() };
    let analysis = analyze(&server.facts, None, &Knowledge::builtin(), &options);
    assert!(matches!(gate(&server.facts, &analysis, Force::No), Err(Refusal::NeedsForce(_))));
}
