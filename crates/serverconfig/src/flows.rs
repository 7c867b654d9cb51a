//! Attribute flows in both directions, and where their values come from.
use dirlift_model::{
    AttributeName, Guid,
    config::{ExportFlow, FlowSource, ImportFlow, ImportFlows},
};

use crate::{
    context::{Context, shown},
    error::ConfigError,
    known,
    xml::{Cursor, Element, Tag},
};

/// `export-attribute-flow`, one flow at a time.
pub(crate) fn export_flows<'t>(
    cursor: &mut Cursor<'t>,
    list: Tag<'t>,
) -> Result<Vec<ExportFlow>, ConfigError> {
    let mut all = Vec::new();
    while let Some(set) = cursor.child()? {
        if set.name != "export-flow-set" {
            cursor.skip_unknown(set, list.name)?;
            continue;
        }
        let head = cursor.head(set)?;
        cursor.cx.check(&head, &known::EXPORT_FLOW_SET);
        let object_type = cursor.cx.required_name(&head, "cd-object-type");
        let metaverse_type = cursor.cx.required_name(&head, "mv-object-type");
        while let Some(tag) = cursor.child()? {
            if tag.name != "export-flow" {
                cursor.skip_unknown(tag, set.name)?;
                continue;
            }
            let element = cursor.element(tag)?;
            let cx = &mut cursor.cx;
            cx.check(&element, &known::EXPORT_FLOW);
            all.push(ExportFlow {
                id: cx.attribute_guid(&element, "id"),
                object_type: object_type.clone(),
                metaverse_type: metaverse_type.clone(),
                target: cx.required_name(&element, "cd-attribute"),
                suppress_deletions: cx.attribute_switch(&element, "suppress-deletions"),
                source: source(cx, &element),
                location: cx.location(element.at),
            });
        }
    }
    Ok(all)
}

/// `import-flow-set`, which is the open element, one target at a time.
pub(crate) fn import_flow_set<'t>(
    cursor: &mut Cursor<'t>,
    set: Tag<'t>,
    all: &mut Vec<ImportFlows>,
) -> Result<(), ConfigError> {
    let head = cursor.head(set)?;
    cursor.cx.check(&head, &known::IMPORT_FLOW_SET);
    let metaverse_type = cursor.cx.required_name(&head, "mv-object-type");
    while let Some(tag) = cursor.child()? {
        if tag.name != "import-flows" {
            cursor.skip_unknown(tag, set.name)?;
            continue;
        }
        let element = cursor.element(tag)?;
        let cx = &mut cursor.cx;
        cx.check(&element, &known::IMPORT_FLOWS);
        let precedence = cx.required(&element, "type").to_owned();
        cx.word(element.at, "type", &precedence, known::PRECEDENCE_KINDS);
        all.push(ImportFlows {
            metaverse_type: metaverse_type.clone(),
            target: cx.required_name(&element, "mv-attribute"),
            precedence,
            flows: element.all("import-flow").map(|it| import_flow(cx, it)).collect(),
        });
    }
    Ok(())
}

fn import_flow(cx: &mut Context, element: &Element<'_>) -> ImportFlow {
    cx.check(element, &known::IMPORT_FLOW);
    let connector = cx.required(element, "src-ma");
    ImportFlow {
        id: cx.attribute_guid(element, "id"),
        connector: if connector.is_empty() {
            Guid::NIL
        } else {
            cx.attribute_guid(element, "src-ma").unwrap_or(Guid::NIL)
        },
        object_type: cx.required_name(element, "cd-object-type"),
        source: source(cx, element),
        location: cx.location(element.at),
    }
}

/// The one mapping inside a flow or a join's `attribute-mapping`.
pub(crate) fn source(cx: &mut Context, parent: &Element<'_>) -> FlowSource {
    let mut mappings = parent.children.iter().filter(|it| !it.secret);
    let Some(mapping) = mappings.next() else {
        cx.problem(parent.at, format_args!("`{}` has no mapping", shown(parent.name)));
        return FlowSource::Other(String::new());
    };
    for other in mappings {
        let (parent, name) = (shown(parent.name), shown(other.name));
        cx.problem(
            other.at,
            format_args!("`{parent}` has a second mapping `{name}`, only the first one is read"),
        );
    }
    match mapping.name {
        "direct-mapping" => direct(cx, mapping),
        "scripted-mapping" => {
            cx.check(mapping, &known::SCRIPTED_MAPPING);
            let attributes = source_attributes(cx, mapping);
            let context = cx.child_text(mapping, "script-context").unwrap_or_default();
            FlowSource::Scripted { attributes, context }
        }
        "constant-mapping" => {
            cx.check(mapping, &known::CONSTANT_MAPPING);
            let value = mapping.child("constant-value");
            match value {
                Some(value) => cx.check(value, &known::LEAF),
                None => cx.problem(
                    mapping.at,
                    format_args!("`constant-mapping` has no `constant-value`"),
                ),
            }
            FlowSource::Constant(value.map_or_else(String::new, |it| it.text.to_string()))
        }
        "dn-part-mapping" => {
            cx.check(mapping, &known::DN_PART_MAPPING);
            let text = cx.child_text(mapping, "dn-part").unwrap_or_default();
            let part = cx.number(mapping.at, "dn-part", &text);
            part.map_or_else(|| FlowSource::Other(mapping.name.to_owned()), FlowSource::DnPart)
        }
        "sync-rule-mapping" => {
            cx.check(mapping, &known::SYNC_RULE_MAPPING);
            let kind = cx.required(mapping, "mapping-type").to_owned();
            cx.word(mapping.at, "mapping-type", &kind, known::SYNC_RULE_KINDS);
            FlowSource::SyncRule { kind, attributes: source_attributes(cx, mapping) }
        }
        other => {
            cx.unknown_child(mapping.at, other, parent.name);
            FlowSource::Other(other.to_owned())
        }
    }
}

fn direct(cx: &mut Context, mapping: &Element<'_>) -> FlowSource {
    cx.check(mapping, &known::DIRECT_MAPPING);
    let Some(attribute) = mapping.child("src-attribute") else {
        cx.problem(mapping.at, format_args!("`direct-mapping` has no `src-attribute`"));
        return FlowSource::Other(mapping.name.to_owned());
    };
    cx.check(attribute, &known::SRC_ATTRIBUTE);
    let intrinsic = cx.attribute_switch(attribute, "intrinsic");
    FlowSource::Direct { attribute: AttributeName::new(&attribute.text), intrinsic }
}

fn source_attributes(cx: &mut Context, mapping: &Element<'_>) -> Vec<AttributeName> {
    let mut all = Vec::new();
    for attribute in mapping.all("src-attribute") {
        cx.check(attribute, &known::SRC_ATTRIBUTE);
        all.push(AttributeName::new(&attribute.text));
    }
    all
}
