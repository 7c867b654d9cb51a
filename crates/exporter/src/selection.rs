//! Which attributes a connector of the new server selects: those of the old one, and what its rules read and write.
use std::collections::BTreeSet;

use dirlift_model::{
    AttributeName, SyncRule,
    config::Connector,
    rule::{Direction, MappingSource},
};

/// The selected attributes of the old connector in their order, and behind them what rules need, sorted; `None` when the
/// selection of the old one is not known.
pub(crate) fn selection(connector: &Connector, rules: &[&SyncRule]) -> Option<Vec<AttributeName>> {
    let mut all = connector.attribute_inclusion.clone()?;
    let mut needed = BTreeSet::new();
    for rule in rules.iter().filter(|it| it.connector == connector.id) {
        if rule.direction == Direction::Inbound {
            read_by(rule, &mut needed);
        } else {
            needed.extend(rule.mappings.iter().map(|it| it.destination.clone()));
        }
    }
    let old: BTreeSet<_> = all.iter().cloned().collect();
    all.extend(needed.into_iter().filter(|it| !old.contains(it) && is_attribute(it.as_str())));
    Some(all)
}

/// Attributes of the connector space that an inbound rule reads.
fn read_by(rule: &SyncRule, needed: &mut BTreeSet<AttributeName>) {
    for mapping in &rule.mappings {
        if let MappingSource::Attributes(all) = &mapping.source {
            needed.extend(all.iter().cloned());
        }
        let expression = mapping.expression.as_deref().unwrap_or_default();
        needed.extend(in_brackets(expression).map(AttributeName::from));
    }
    needed.extend(rule.scope.iter().flat_map(|it| &it.clauses).map(|it| it.attribute.clone()));
    needed.extend(rule.joins.iter().flat_map(|it| &it.conditions).map(|it| it.attribute.clone()));
}

/// Names in square brackets, outside of quoted text.
fn in_brackets(expression: &str) -> impl Iterator<Item = &str> {
    // Every second piece is quoted; a doubled quote makes an empty piece, which changes nothing.
    let plain = expression.split('"').step_by(2);
    plain.flat_map(|it| it.split('[').skip(1)).filter_map(|it| Some(it.split_once(']')?.0.trim()))
}

/// Names that the engine itself gives to every object are no attributes of a directory.
fn is_attribute(name: &str) -> bool {
    let is_word = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | ';');
    !name.is_empty() && name.chars().all(is_word) && !name.eq_ignore_ascii_case("dn")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_an_expression() {
        let cases = [
            ("IIF(IsPresent([a]), [b-c], NULL)", vec!["a", "b-c"]),
            ("\"[no]\" & [yes]", vec!["yes"]),
            ("\"a\"\"[no]\" & [ yes ]", vec!["yes"]),
            ("[open", vec![]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(in_brackets(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn names_that_are_none() {
        for (name, expected) in [
            ("mail", true),
            ("mS-DS-ConsistencyGuid", true),
            ("dn", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(is_attribute(name), expected, "{name}");
        }
    }
}
