//! The engine and a second one, written from the documentation without looking at the first, come to the same.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use common::sync::{Case, cases, run};
use dirlift_model::{AttributeName, AttributeValue};
use dirlift_syncengine::sync::{ConnectorKind, Mark, ObjectProblem, Synchronized};
use reference::{
    Export, Outcomes, Space, Texts, Trouble, Troubled, World, plain, synchronize, worlds,
};

/// Worlds that are tried.
const WORLDS: u64 = 1_000;

/// A case as the reference reads it.
fn world(case: &Case) -> World {
    let spaces = case.connectors.iter().map(|connector| {
        let own = || case.objects.iter().filter(|it| it.0 == connector.id);
        let marked = own().filter(|it| it.2 == Mark::Synchronised);
        Space {
            connector: connector.id,
            is_cloud: connector.kind == ConnectorKind::Entra,
            objects: own().map(|it| it.1.clone()).collect(),
            parameters: connector.parameters.clone(),
            provisioned: marked.map(|it| it.1.dn.clone()).collect(),
        }
    });
    World {
        spaces: spaces.collect(),
        rules: case.rules.clone(),
        now: "2026-01-02T03:04:05Z".parse().unwrap(),
        has_history: !case.options.iter().any(|it| it == "no-history"),
    }
}

/// Values as texts; empty text is none.
fn texts(values: &[AttributeValue]) -> Texts {
    values.iter().map(plain).filter(|it| it != "text ").collect()
}

/// What the engine came to, as the reference says it.
fn said(done: &Synchronized, case: &Case) -> Outcomes {
    let id = |name: &str| case.connectors.iter().find(|it| it.name == name).unwrap().id;
    let mut exports: Vec<Export> = done
        .exports()
        .map(|it| Export {
            connector: id(&it.connector),
            dn: it.dn.clone(),
            operation: it.operation,
            changes: it
                .changes
                .iter()
                .map(|it| (it.attribute.clone(), (texts(&it.old), texts(&it.new))))
                .collect::<BTreeMap<_, _>>(),
        })
        .collect();
    exports.sort();
    let troubles = done.errors().map(|it| {
        let trouble = match it.problem {
            ObjectProblem::Flow { .. } => Trouble::Flow,
            ObjectProblem::Mixed { .. } => Trouble::MixedMerge,
            ObjectProblem::SeveralJoinRules { .. } => Trouble::SeveralJoinRules,
            ObjectProblem::Ambiguous { .. } => Trouble::Ambiguous,
            ObjectProblem::AnchorChanged { .. } => Trouble::AnchorChanged,
            ObjectProblem::NoName { .. } => Trouble::NoName,
            ObjectProblem::NameTaken { .. } => Trouble::NameTaken,
            other => panic!("{other}"),
        };
        (id(&it.connector), it.dn, it.target.map(|it| id(&it)), trouble)
    });
    let mut metaverse: Vec<_> = done
        .metaverse()
        .map(|it| {
            let mut links: Vec<_> =
                it.links.iter().map(|(name, dn)| (id(name), dn.clone())).collect();
            links.sort_by_key(|it| case.connectors.iter().position(|other| other.id == it.0));
            let attributes: Vec<(AttributeName, Texts)> =
                it.attributes.iter().map(|it| (it.name.clone(), texts(&it.values))).collect();
            (it.object_type, links, attributes)
        })
        .collect();
    metaverse.sort();
    Outcomes { exports, troubles: troubles.collect(), metaverse }
}

/// Of two troubles of one object on the way out either may be told: the other's word for those that it has too.
fn alike(own: BTreeSet<Troubled>, other: &BTreeSet<Troubled>) -> BTreeSet<Troubled> {
    let in_flows =
        |it: Trouble| matches!(it, Trouble::Flow | Trouble::MixedMerge | Trouble::AnchorChanged);
    let same = |it: &Troubled| {
        let place = |it: &Troubled| (it.0, it.1.clone(), it.2);
        other.iter().find(|there| {
            it.2.is_some() && place(it) == place(there) && in_flows(it.3) && in_flows(there.3)
        })
    };
    own.into_iter().map(|it| same(&it).cloned().unwrap_or(it)).collect()
}

fn both(case: &Case) -> (Outcomes, Outcomes) {
    let order: Vec<_> = (0..case.objects.len()).collect();
    (said(&run(case, &order, 1), case), synchronize(&world(case)))
}

fn difference(engine: &Outcomes, reference: &Outcomes) -> String {
    fn lines<T: Ord + std::fmt::Debug>(out: &mut String, a: &[T], b: &[T]) {
        use std::fmt::Write as _;
        a.iter()
            .filter(|it| !b.contains(it))
            .for_each(|it| writeln!(out, "  engine    {it:?}").unwrap());
        b.iter()
            .filter(|it| !a.contains(it))
            .for_each(|it| writeln!(out, "  reference {it:?}").unwrap());
    }
    let mut out = String::new();
    lines(&mut out, &engine.metaverse, &reference.metaverse);
    lines(&mut out, &engine.exports, &reference.exports);
    let list = |it: &BTreeSet<_>| it.iter().cloned().collect::<Vec<_>>();
    lines(&mut out, &list(&engine.troubles), &list(&reference.troubles));
    out
}

#[test]
fn random_worlds_come_out_the_same() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong: Vec<(String, String)> = Vec::new();
    for seed in 0..WORLDS {
        let text = worlds::world(seed);
        let case = cases(&text).remove(0);
        let (engine, reference) = both(&case);
        let engine = Outcomes { troubles: alike(engine.troubles, &reference.troubles), ..engine };
        for export in &reference.exports {
            *seen.entry(export.operation.to_string()).or_default() += 1;
        }
        for it in &reference.troubles {
            *seen.entry(format!("{:?}", it.3)).or_default() += 1;
        }
        *seen.entry("links".to_owned()).or_default() +=
            reference.metaverse.iter().filter(|it| it.1.len() > 1).count();
        if engine != reference {
            wrong.push((text, format!("world {seed}\n{}", difference(&engine, &reference))));
        }
    }
    wrong.sort_by_key(|it| it.0.len());
    let shortest = wrong.first().map_or("", |it| it.0.as_str());
    let differences: String = wrong.iter().take(12).map(|it| it.1.as_str()).collect();
    let n_wrong = wrong.len();
    assert_eq!(n_wrong, 0, "{n_wrong} of {WORLDS} worlds; the shortest:\n{shortest}{differences}");
    // The worlds are of some use only if everything happens in them.
    for what in [
        "add",
        "update",
        "delete",
        "links",
        "SeveralJoinRules",
        "Ambiguous",
        "Flow",
        "MixedMerge",
        "AnchorChanged",
        "NoName",
        "NameTaken",
    ] {
        let n = seen.get(what).copied().unwrap_or(0);
        assert!(n >= 20, "{what}: {n} times in {WORLDS} worlds; {seen:?}");
    }
}
