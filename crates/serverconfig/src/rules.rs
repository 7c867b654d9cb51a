//! Connector filter, join, projection and rules extension.
use dirlift_model::{
    AttributeName,
    config::{
        ConnectorFilter, Extension, FilterAlternative, FilterCondition, FilterOperator,
        JoinCriterion, JoinProfile, Projection,
    },
};

use crate::{
    context::{Context, shown},
    flows,
    known::{self, Shape},
    xml::Element,
};

/// `filter-set`
pub(crate) fn filter_set(cx: &mut Context, element: &Element<'_>) -> ConnectorFilter {
    cx.check(element, &known::FILTER_SET);
    let kind = cx.required(element, "type").to_owned();
    cx.word(element.at, "type", &kind, known::FILTER_KINDS);
    ConnectorFilter {
        object_type: cx.required_name(element, "cd-object-type"),
        kind,
        import_filter: cx.attribute_switch(element, "import-filter"),
        alternatives: element
            .all("filter-alternative")
            .map(|it| filter_alternative(cx, it))
            .collect(),
        location: cx.location(element.at),
    }
}

fn filter_alternative(cx: &mut Context, element: &Element<'_>) -> FilterAlternative {
    cx.check(element, &known::FILTER_ALTERNATIVE);
    FilterAlternative {
        id: cx.attribute_guid(element, "id"),
        conditions: element.all("condition").map(|it| condition(cx, it)).collect(),
        location: cx.location(element.at),
    }
}

fn condition(cx: &mut Context, element: &Element<'_>) -> FilterCondition {
    cx.check(element, &known::CONDITION);
    let operator = FilterOperator::new(cx.required(element, "operator"));
    if let FilterOperator::Unknown(word) = &operator {
        cx.problem(
            element.at,
            format_args!("`operator` is `{}`, a word that is not known", shown(word)),
        );
    }
    let value = element.child("value");
    if let Some(value) = value {
        cx.check(value, &known::VALUE);
    }
    FilterCondition {
        attribute: cx.required_name(element, "cd-attribute"),
        intrinsic: cx.attribute_switch(element, "intrinsic-attribute"),
        operator,
        value: value.map_or_else(String::new, |it| it.text.to_string()),
    }
}

/// `join-profile`
pub(crate) fn join_profile(cx: &mut Context, element: &Element<'_>) -> JoinProfile {
    cx.check(element, &known::JOIN_PROFILE);
    JoinProfile {
        object_type: cx.required_name(element, "cd-object-type"),
        criteria: element.all("join-criterion").map(|it| join_criterion(cx, it)).collect(),
    }
}

fn join_criterion(cx: &mut Context, element: &Element<'_>) -> JoinCriterion {
    cx.check(element, &known::JOIN_CRITERION);
    let id = cx.attribute_guid(element, "id");
    let kind = element.attribute("join-cri-type").unwrap_or("none");
    if kind != "none" {
        cx.problem(
            element.at,
            format_args!("`join-cri-type` is `{}`; only the search is read", shown(kind)),
        );
    }
    if let Some(scoping) = element.child("scoping").filter(|it| !it.children.is_empty()) {
        cx.problem(scoping.at, format_args!("`join-criterion` has a scope, which is not read"));
    }
    let (mut metaverse_type, mut mappings) = (None, Vec::new());
    if let Some(search) = element.child("search") {
        cx.check(search, &known::SEARCH);
        metaverse_type = search
            .attribute("mv-object-type")
            .filter(|it| !it.trim().is_empty())
            .map(AttributeName::new);
        mappings.extend(search.all("attribute-mapping").map(|mapping| {
            cx.check(mapping, &known::ATTRIBUTE_MAPPING);
            let target = cx.required_name(mapping, "mv-attribute");
            if cx.attribute_switch(mapping, "intrinsic-attribute") {
                let name = shown(target.as_str());
                cx.problem(
                    mapping.at,
                    format_args!(
                        "`mv-attribute` `{name}` is the engine's own; this mark is not kept"
                    ),
                );
            }
            (target, flows::source(cx, mapping))
        }));
    } else {
        cx.problem(element.at, format_args!("`join-criterion` has no `search`"));
    }
    JoinCriterion {
        id,
        metaverse_type,
        mappings,
        scripted_resolution: element.child("resolution").and_then(|it| resolution(cx, it)),
        location: cx.location(element.at),
    }
}

fn resolution(cx: &mut Context, element: &Element<'_>) -> Option<String> {
    cx.check(element, &known::RESOLUTION);
    let context = cx.child_text(element, "script-context");
    match element.attribute("type") {
        Some("scripted") => {
            if context.is_none() {
                cx.problem(
                    element.at,
                    format_args!("`resolution` is scripted and has no `script-context`"),
                );
            }
            Some(context.unwrap_or_default())
        }
        None | Some("none") if context.is_none() => None,
        other => {
            let word = shown(other.unwrap_or_default());
            cx.problem(
                element.at,
                format_args!("`resolution` is of type `{word}`, which is not understood"),
            );
            context
        }
    }
}

/// `class-mapping`
pub(crate) fn projection(cx: &mut Context, element: &Element<'_>) -> Projection {
    cx.check(element, &known::CLASS_MAPPING);
    let kind = cx.required(element, "type").to_owned();
    cx.word(element.at, "type", &kind, known::PROJECTION_KINDS);
    Projection {
        kind,
        object_type: cx.required_name(element, "cd-object-type"),
        metaverse_type: cx.child_text(element, "mv-object-type").map(AttributeName::new),
        location: cx.location(element.at),
    }
}

/// An element that names code in `assembly-name`; `None` when it names none.
pub(crate) fn extension(
    cx: &mut Context,
    element: &Element<'_>,
    shape: &Shape,
) -> Option<Extension> {
    cx.check(element, shape);
    let assembly_name = cx.child_text(element, "assembly-name")?;
    let application_protection = cx.child_text(element, "application-protection");
    Some(Extension { assembly_name, application_protection, location: cx.location(element.at) })
}
