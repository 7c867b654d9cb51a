//! `synchronizationRule`: one rule, read whole.
use dirlift_model::{
    AttributeName, Guid,
    rule::{
        AttributeMapping, Direction, JoinCondition, JoinGroup, LinkType, MappingKind,
        MappingSource, ScopeClause, ScopeGroup, ScopeOperator, SyncRule, ValueMerge,
    },
    secret,
};

use crate::{
    context::{Context, shown},
    known,
    lines::Position,
    xml::Element,
};

/// `synchronizationRule`
pub(crate) fn sync_rule(cx: &mut Context, element: &Element<'_>) -> SyncRule {
    cx.check(element, &known::SYNC_RULE);
    let id = required_guid(cx, element, "id");
    let direction = Direction::new(&required_text(cx, element, "direction"));
    if let Direction::Other(word) = &direction {
        unknown_word(cx, element, "direction", word);
    }
    let link_type = LinkType::new(&required_text(cx, element, "linkType"));
    if let LinkType::Other(word) = &link_type {
        unknown_word(cx, element, "linkType", word);
    }
    SyncRule {
        id,
        internal_id: cx.child_guid(element, "internal-id"),
        version: cx.child_number(element, "version"),
        name: required_text(cx, element, "name"),
        description: text(cx, element, "description").unwrap_or_default(),
        immutable_tag: text(cx, element, "immutable-tag").unwrap_or_default(),
        direction,
        disabled: required_switch(cx, element, "disabled"),
        connector: required_guid(cx, element, "connector"),
        source_object_type: required_name(cx, element, "sourceObjectType"),
        target_object_type: required_name(cx, element, "targetObjectType"),
        link_type,
        precedence: precedence(cx, element),
        precedence_after: neighbour(cx, element, "precedence-after"),
        precedence_before: neighbour(cx, element, "precedence-before"),
        soft_delete_expiry_interval: text(cx, element, "softDeleteExpiryInterval")
            .unwrap_or_default(),
        enable_password_sync: cx.child_switch(element, "EnablePasswordSync"),
        mappings: list(cx, element, "attribute-mappings", "mapping", mapping),
        joins: list(cx, element, "relationshipCriteria", "conditions", |cx, group| {
            cx.check(group, &known::RULE_JOIN);
            let conditions = present(group, "condition").map(|it| condition(cx, it)).collect();
            JoinGroup { conditions }
        }),
        scope: list(cx, element, "synchronizationCriteria", "conditions", |cx, group| {
            cx.check(group, &known::RULE_SCOPE);
            let clauses = present(group, "scope").map(|it| clause(cx, it)).collect();
            ScopeGroup { clauses }
        }),
        location: cx.location(element.at),
    }
}

/// The items inside a list that comes once.
fn list<T>(
    cx: &mut Context,
    rule: &Element<'_>,
    name: &str,
    item: &str,
    read: fn(&mut Context, &Element<'_>) -> T,
) -> Vec<T> {
    let Some(list) = rule.child(name) else {
        cx.problem(rule.at, format_args!("`synchronizationRule` has no `{name}`"));
        return Vec::new();
    };
    let shape = if item == "mapping" { &known::RULE_MAPPINGS } else { &known::RULE_CRITERIA };
    cx.check(list, shape);
    present(list, item).map(|it| read(cx, it)).collect()
}

fn mapping(cx: &mut Context, element: &Element<'_>) -> AttributeMapping {
    cx.check(element, &known::RULE_MAPPING);
    let mut mapping = AttributeMapping {
        execute_once: cx.attribute_switch(element, "execute-once"),
        destination: required_name(cx, element, "dest"),
        source: element
            .child("src")
            .map_or_else(|| MappingSource::Attributes(Vec::new()), |it| source(cx, it)),
        expression: text(cx, element, "expression"),
        merge: ValueMerge::new(&required_text(cx, element, "valueMergeType")),
    };
    if let ValueMerge::Other(word) = &mapping.merge {
        unknown_word(cx, element, "valueMergeType", word);
    }
    match (mapping.kind(), &mapping.source) {
        (None, _) => {
            cx.problem(
                element.at,
                format_args!("`mapping` has neither a source nor an expression"),
            );
        }
        (Some(MappingKind::Direct), MappingSource::Attributes(all)) if all.len() > 1 => {
            cx.problem(
                element.at,
                format_args!("`mapping` has {} attributes and no expression", all.len()),
            );
        }
        _ => {}
    }
    drop_credentials(cx, element.at, &mut mapping);
    mapping
}

/// A fixed value for an attribute of credentials is a credential; a name of an attribute in an expression is not.
fn drop_credentials(cx: &mut Context, at: Position, mapping: &mut AttributeMapping) {
    if !secret::is_credential_name(mapping.destination.as_str()) {
        return;
    }
    let mut dropped = false;
    if let MappingSource::Constant(value) = &mut mapping.source
        && !value.is_empty()
    {
        secret::REMOVED.clone_into(value);
        dropped = true;
    }
    if let Some(expression) = &mut mapping.expression
        && expression.contains('"')
    {
        secret::REMOVED.clone_into(expression);
        dropped = true;
    }
    if dropped {
        let name = shown(mapping.destination.as_str());
        cx.problem(
            at,
            format_args!(
                "`mapping` gives `{name}` a fixed value, which is taken for a secret and left out"
            ),
        );
    }
}

fn source(cx: &mut Context, element: &Element<'_>) -> MappingSource {
    if element.secret || !element.children.is_empty() {
        cx.check(element, &known::RULE_SOURCE);
        return MappingSource::Attributes(
            present(element, "attr").map(|it| name(cx, it)).collect(),
        );
    }
    cx.check(element, &known::LEAF);
    MappingSource::Constant(element.text.to_string())
}

fn condition(cx: &mut Context, element: &Element<'_>) -> JoinCondition {
    cx.check(element, &known::RULE_CONDITION);
    JoinCondition {
        attribute: required_name(cx, element, "csAttribute"),
        metaverse_attribute: required_name(cx, element, "ilmAttribute"),
        case_sensitive: cx.child_switch(element, "caseSensitive"),
    }
}

fn clause(cx: &mut Context, element: &Element<'_>) -> ScopeClause {
    cx.check(element, &known::RULE_CLAUSE);
    let attribute = required_name(cx, element, "csAttribute");
    let operator = ScopeOperator::new(&required_text(cx, element, "csOperator"));
    if let ScopeOperator::Other(word) = &operator {
        unknown_word(cx, element, "csOperator", word);
    }
    let mut value = text(cx, element, "csValue").unwrap_or_default();
    if !value.is_empty() && secret::is_credential_name(attribute.as_str()) {
        let name = shown(attribute.as_str());
        cx.problem(
            element.at,
            format_args!(
                "`scope` compares `{name}` with a value, which is taken for a secret and left out"
            ),
        );
        secret::REMOVED.clone_into(&mut value);
    }
    ScopeClause { attribute, operator, value }
}

/// Children of this name that are not credentials.
fn present<'s, 't>(
    element: &'s Element<'t>,
    name: &'s str,
) -> impl Iterator<Item = &'s Element<'t>> + use<'s, 't> {
    element.all(name).filter(|it| !it.secret)
}

/// Text of a child as it stands there, with the white space around it.
fn text(cx: &mut Context, element: &Element<'_>, name: &str) -> Option<String> {
    let child = element.child(name)?;
    cx.check(child, &known::LEAF);
    Some(child.text.to_string())
}

fn required_text(cx: &mut Context, element: &Element<'_>, name: &str) -> String {
    let found = text(cx, element, name);
    if found.as_deref().is_none_or(|it| it.trim().is_empty()) {
        cx.problem(element.at, format_args!("`{}` has no `{name}`", shown(element.name)));
    }
    found.unwrap_or_default()
}

fn required_name(cx: &mut Context, element: &Element<'_>, name: &str) -> AttributeName {
    AttributeName::new(required_text(cx, element, name))
}

fn name(cx: &mut Context, element: &Element<'_>) -> AttributeName {
    let text = cx.leaf(element);
    if text.is_none() {
        cx.problem(element.at, format_args!("`{}` is empty", shown(element.name)));
    }
    AttributeName::new(text.unwrap_or_default())
}

fn required_guid(cx: &mut Context, element: &Element<'_>, name: &str) -> Guid {
    let text = required_text(cx, element, name);
    let at = element.child(name).map_or(element.at, |it| it.at);
    let guid = if text.trim().is_empty() { None } else { cx.guid(at, name, &text) };
    guid.unwrap_or(Guid::NIL)
}

fn required_switch(cx: &mut Context, element: &Element<'_>, name: &str) -> Option<bool> {
    let text = required_text(cx, element, name);
    let at = element.child(name).map_or(element.at, |it| it.at);
    if text.trim().is_empty() { None } else { cx.switch(at, name, &text) }
}

fn precedence(cx: &mut Context, element: &Element<'_>) -> Option<u32> {
    let text = required_text(cx, element, "precedence");
    let at = element.child("precedence").map_or(element.at, |it| it.at);
    if text.trim().is_empty() { None } else { cx.number(at, "precedence", &text) }
}

/// A rule before or behind this one; all zeros are none.
fn neighbour(cx: &mut Context, element: &Element<'_>, name: &str) -> Option<Guid> {
    cx.child_guid(element, name).filter(|it| !it.is_nil())
}

/// Reports a word that is not in its table, at the place of its element; a missing one was reported before.
fn unknown_word(cx: &mut Context, parent: &Element<'_>, name: &str, word: &str) {
    if !word.is_empty() {
        let at = parent.child(name).map_or(parent.at, |it| it.at);
        cx.word(at, name, word, &[]);
    }
}
