//! `ma-data`: one management agent, child by child.
use std::ops::Range;

use dirlift_model::{
    AttributeName, Guid,
    config::{Connector, ConnectorCategory, Deprovisioning, Location},
};

use crate::{
    context::Context,
    error::ConfigError,
    flows, known, partition, private, rules, runs, schema,
    xml::{Cursor, Element, Tag},
};

/// An agent that is being put together.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) connector: Connector,
    /// Bytes of the text from the start tag of `schema` to behind its end tag.
    pub(crate) schema_span: Option<Range<usize>>,
    /// Children that were read, as each may come once.
    seen: Vec<&'static str>,
}

impl Agent {
    pub(crate) fn new(location: Location) -> Self {
        let connector = Connector {
            id: Guid::NIL,
            name: String::new(),
            category: ConnectorCategory::Other(String::new()),
            subtype: String::new(),
            description: String::new(),
            version: None,
            creation_time: None,
            last_modification_time: None,
            schema_attributes: Vec::new(),
            attribute_inclusion: None,
            filters: Vec::new(),
            joins: Vec::new(),
            projections: Vec::new(),
            export_flows: Vec::new(),
            deprovisioning: None,
            extension: None,
            partitions: Vec::new(),
            run_profiles: Vec::new(),
            component_mappings: None,
            active_directory: None,
            extensible: None,
            location,
        };
        Self { connector, schema_span: None, seen: Vec::new() }
    }

    /// Reads one child of `ma-data`.
    pub(crate) fn child<'t>(
        &mut self,
        cursor: &mut Cursor<'t>,
        tag: Tag<'t>,
    ) -> Result<(), ConfigError> {
        let Some(name) = known::MA_DATA.children.iter().find(|it| **it == tag.name) else {
            if known::MA_DATA.ignored.contains(&tag.name) {
                return cursor.skip();
            }
            return cursor.skip_unknown(tag, "ma-data");
        };
        if self.seen.contains(name) {
            let at = cursor.position(tag);
            cursor.cx.problem(
                at,
                format_args!("`ma-data` has a second `{name}`, only the first one is read"),
            );
            return cursor.skip();
        }
        self.seen.push(name);
        let connector = &mut self.connector;
        match *name {
            "schema" => {
                connector.schema_attributes =
                    schema::read(cursor, tag, schema::Wanted::Attributes)?.attributes;
                self.schema_span = Some(tag.offset..cursor.offset());
            }
            "attribute-inclusion" => connector.attribute_inclusion = Some(inclusion(cursor, tag)?),
            "stay-disconnector" => {
                connector.filters = items(cursor, tag, "filter-set", rules::filter_set)?;
            }
            "join" => connector.joins = items(cursor, tag, "join-profile", rules::join_profile)?,
            "projection" => {
                connector.projections = items(cursor, tag, "class-mapping", rules::projection)?;
            }
            "export-attribute-flow" => connector.export_flows = flows::export_flows(cursor, tag)?,
            "ma-partition-data" => {
                connector.partitions = items(cursor, tag, "partition", partition::partition)?;
            }
            "ma-run-data" => {
                connector.run_profiles =
                    items(cursor, tag, "run-configuration", runs::run_profile)?;
            }
            "component_mappings" => {
                let mappings = items(cursor, tag, "mapping", component_mapping)?;
                connector.component_mappings = Some(mappings.into_iter().flatten().collect());
            }
            "private-configuration" => private::read(cursor, tag, connector)?,
            name => {
                let element = cursor.element(tag)?;
                self.small(&mut cursor.cx, name, &element);
            }
        }
        Ok(())
    }

    /// Reads a child that is held as a tree.
    fn small(&mut self, cx: &mut Context, name: &str, element: &Element<'_>) {
        let connector = &mut self.connector;
        match name {
            "provisioning-cleanup" => connector.deprovisioning = deprovisioning(cx, element),
            "extension" => connector.extension = rules::extension(cx, element, &known::EXTENSION),
            "id" => {
                let text = cx.leaf(element).unwrap_or_default();
                connector.id = cx.guid(element.at, "id", &text).unwrap_or(Guid::NIL);
            }
            "name" => connector.name = cx.leaf(element).unwrap_or_default(),
            "category" => {
                connector.category = ConnectorCategory::new(&cx.leaf(element).unwrap_or_default());
            }
            "subtype" => connector.subtype = cx.leaf(element).unwrap_or_default(),
            "description" => connector.description = cx.leaf(element).unwrap_or_default(),
            "version" => {
                connector.version =
                    cx.leaf(element).and_then(|it| cx.number(element.at, "version", &it));
            }
            "creation-time" => connector.creation_time = cx.leaf(element),
            "last-modification-time" => connector.last_modification_time = cx.leaf(element),
            _ => cx.unknown_child(element.at, element.name, "ma-data"),
        }
    }
}

/// Reads `ma-data`, which is the open element.
pub(crate) fn read<'t>(cursor: &mut Cursor<'t>, data: Tag<'t>) -> Result<Agent, ConfigError> {
    let at = cursor.position(data);
    let mut agent = Agent::new(cursor.cx.location(at));
    while let Some(tag) = cursor.child()? {
        agent.child(cursor, tag)?;
    }
    for name in ["id", "name", "category"] {
        if !agent.seen.contains(&name) {
            cursor.cx.problem(at, format_args!("`ma-data` has no `{name}`"));
        }
    }
    Ok(agent)
}

/// Reads a list, one item at a time.
pub(crate) fn items<'t, T>(
    cursor: &mut Cursor<'t>,
    list: Tag<'t>,
    name: &str,
    read: fn(&mut Context, &Element<'t>) -> T,
) -> Result<Vec<T>, ConfigError> {
    let mut all = Vec::new();
    while let Some(tag) = cursor.child()? {
        if tag.name == name {
            let element = cursor.element(tag)?;
            all.push(read(&mut cursor.cx, &element));
        } else {
            cursor.skip_unknown(tag, list.name)?;
        }
    }
    Ok(all)
}

fn inclusion<'t>(
    cursor: &mut Cursor<'t>,
    list: Tag<'t>,
) -> Result<Vec<AttributeName>, ConfigError> {
    let names = items(cursor, list, "attribute", |cx, element| {
        let name = cx.leaf(element);
        if name.is_none() {
            cx.problem(element.at, format_args!("`attribute` is empty"));
        }
        name
    })?;
    Ok(names.into_iter().flatten().map(AttributeName::new).collect())
}

fn component_mapping(cx: &mut Context, element: &Element<'_>) -> Option<(String, AttributeName)> {
    cx.check(element, &known::COMPONENT_MAPPING);
    let component = cx.child_text(element, "dn_component");
    let mapping = component.zip(cx.child_text(element, "object_class"));
    if mapping.is_none() {
        cx.problem(
            element.at,
            format_args!("`mapping` needs a `dn_component` and an `object_class`"),
        );
    }
    mapping.map(|(component, class)| (component, AttributeName::new(class)))
}

fn deprovisioning(cx: &mut Context, element: &Element<'_>) -> Option<Deprovisioning> {
    cx.check(element, &known::PROVISIONING_CLEANUP);
    let action = cx.child_text(element, "action");
    if element.attribute("type").is_none() && action.is_none() {
        return None;
    }
    let kind = cx.required(element, "type").to_owned();
    cx.word(element.at, "type", &kind, known::CLEANUP_KINDS);
    if let Some(action) = &action {
        cx.word(element.at, "action", action, known::CLEANUP_ACTIONS);
    }
    Some(Deprovisioning { kind, action })
}
