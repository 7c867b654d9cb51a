//! The documentation holds the tables as the code has them.
use dirlift_entra::{CLOUDS, markdown, permissions_markdown};

const DOCS: &str = include_str!("../../../../docs/entra.md");

#[test]
fn tables_are_those_of_the_code() {
    for table in [markdown(), permissions_markdown()] {
        assert!(DOCS.contains(table.trim()), "docs/entra.md lacks or differs from:\n{table}");
    }
    for cloud in CLOUDS {
        let row =
            format!("| `{}` | {} | {} | {} |", cloud.name, cloud.about, cloud.login, cloud.graph);
        assert!(DOCS.contains(&row), "docs/entra.md lacks: {row}");
    }
}
