//! Which crate may depend on which; the table of `ARCHITECTURE.md`.
use cargo_metadata::{DependencyKind, Metadata};

/// A crate and what it may depend on. A crate that is not there yet is simply absent from the workspace.
type Layer = (&'static str, &'static [&'static str]);

const LAYERS: &[Layer] = &[
    (
        "importer",
        &[
            "deployment",
            "exporter",
            "translate",
            "syncengine",
            "verifier",
            "directory",
            "entra",
            "serverconfig",
            "model",
        ],
    ),
    ("deployment", &["model"]),
    ("exporter", &["serverconfig", "translate", "model"]),
    ("verifier", &["model"]),
    ("analyzer", &["model"]),
    ("report", &["model"]),
    ("translate", &["model"]),
    ("syncengine", &["model"]),
    ("source", &["serverconfig", "model"]),
    ("syncdb", &["model"]),
    ("directory", &["model"]),
    ("entra", &["model"]),
    ("serverconfig", &["model"]),
    ("model", &[]),
    ("testkit", &["model"]),
];

/// A dependency between two crates of the workspace.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    from: String,
    to: String,
    kind: DependencyKind,
}

/// Every dependency between crates of the workspace.
pub(super) fn edges(metadata: &Metadata) -> Vec<Edge> {
    let packages = metadata.workspace_packages();
    let names: Vec<_> = packages.iter().map(|it| it.name.to_string()).collect();
    let mut edges = Vec::new();
    for package in &packages {
        for dependency in package.dependencies.iter().filter(|it| names.contains(&it.name)) {
            let (from, to) = (short(&package.name), short(&dependency.name));
            edges.push(Edge { from, to, kind: dependency.kind });
        }
    }
    edges
}

fn short(name: &str) -> String {
    name.strip_prefix("dirlift-").unwrap_or(name).to_owned()
}

/// The dependencies that the table forbids.
pub(super) fn check(edges: &[Edge]) -> Vec<String> {
    edges
        .iter()
        .filter(|it| !is_allowed(it))
        .map(|it| format!("{} must not depend on {}", it.from, it.to))
        .collect()
}

fn is_allowed(edge: &Edge) -> bool {
    let (from, to) = (edge.from.as_str(), edge.to.as_str());
    if matches!(to, "cli" | "xtask") {
        return false;
    }
    if to == "testkit" {
        return from == "xtask" || (edge.kind == DependencyKind::Development && from != "model");
    }
    if matches!(from, "cli" | "xtask") {
        return true;
    }
    LAYERS.iter().any(|(name, below)| *name == from && below.contains(&to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_follow_the_table() {
        use DependencyKind::{Development, Normal};
        let cases = [
            ("analyzer", "model", Normal, true),
            ("analyzer", "source", Normal, false),
            ("analyzer", "source", Development, false),
            ("analyzer", "testkit", Development, true),
            ("analyzer", "testkit", Normal, false),
            ("model", "testkit", Development, false),
            ("model", "report", Normal, false),
            ("source", "serverconfig", Normal, true),
            ("serverconfig", "source", Normal, false),
            ("exporter", "syncengine", Normal, false),
            ("cli", "importer", Normal, true),
            ("report", "cli", Normal, false),
            ("unheard-of", "model", Normal, false),
            ("xtask", "testkit", Normal, true),
        ];
        for (from, to, kind, expected) in cases {
            let edge = Edge { from: from.to_owned(), to: to.to_owned(), kind };
            assert_eq!(check(&[edge]).is_empty(), expected, "{from} -> {to} {kind:?}");
        }
    }
}
