//! `mv-data`: the metaverse with all import flows, child by child.
use dirlift_model::{
    Guid,
    config::{DeletionRule, Location, Metaverse},
};

use crate::{
    agent::items,
    context::Context,
    error::ConfigError,
    flows, known, rules, schema,
    xml::{Cursor, Element, Tag},
};

/// A metaverse that is being put together.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) metaverse: Metaverse,
    /// Children that were read, as each may come once.
    seen: Vec<&'static str>,
}

impl Reader {
    pub(crate) fn new(location: Location) -> Self {
        let metaverse = Metaverse {
            version: None,
            object_types: Vec::new(),
            schema_attributes: Vec::new(),
            import_flows: Vec::new(),
            recalling_connectors: Vec::new(),
            provisioning: None,
            deletion_rules: Vec::new(),
            extension: None,
            password_change_notification: None,
            parameters: Vec::new(),
            location,
        };
        Self { metaverse, seen: Vec::new() }
    }

    /// Reads one child of `mv-data`.
    pub(crate) fn child<'t>(
        &mut self,
        cursor: &mut Cursor<'t>,
        tag: Tag<'t>,
    ) -> Result<(), ConfigError> {
        let Some(name) = known::MV_DATA.children.iter().find(|it| **it == tag.name) else {
            if known::MV_DATA.ignored.contains(&tag.name) {
                return cursor.skip();
            }
            return cursor.skip_unknown(tag, "mv-data");
        };
        if self.seen.contains(name) {
            let at = cursor.position(tag);
            cursor.cx.problem(
                at,
                format_args!("`mv-data` has a second `{name}`, only the first one is read"),
            );
            return cursor.skip();
        }
        self.seen.push(name);
        match *name {
            "schema" => self.schema(cursor, tag),
            "import-attribute-flow" => self.import_flows(cursor, tag),
            "mv-deletion" => {
                self.metaverse.deletion_rules =
                    items(cursor, tag, "mv-deletion-rule", deletion_rule)?;
                Ok(())
            }
            name => {
                let element = cursor.element(tag)?;
                self.small(&mut cursor.cx, name, &element);
                Ok(())
            }
        }
    }

    /// Reads `schema`, or one of the elements inside it.
    pub(crate) fn schema<'t>(
        &mut self,
        cursor: &mut Cursor<'t>,
        tag: Tag<'t>,
    ) -> Result<(), ConfigError> {
        let names = schema::read(cursor, tag, schema::Wanted::AttributesAndClasses)?;
        self.metaverse.object_types = names.classes;
        self.metaverse.schema_attributes = names.attributes;
        Ok(())
    }

    fn import_flows<'t>(
        &mut self,
        cursor: &mut Cursor<'t>,
        list: Tag<'t>,
    ) -> Result<(), ConfigError> {
        while let Some(tag) = cursor.child()? {
            match tag.name {
                "import-flow-set" => {
                    flows::import_flow_set(cursor, tag, &mut self.metaverse.import_flows)?;
                }
                "per-ma-options" => {
                    let recalling = items(cursor, tag, "ma-options", recalling_connector)?;
                    self.metaverse.recalling_connectors.extend(recalling.into_iter().flatten());
                }
                _ => cursor.skip_unknown(tag, list.name)?,
            }
        }
        Ok(())
    }

    /// Reads a child that is held as a tree.
    fn small(&mut self, cx: &mut Context, name: &str, element: &Element<'_>) {
        let metaverse = &mut self.metaverse;
        match name {
            "version" => {
                metaverse.version =
                    cx.leaf(element).and_then(|it| cx.number(element.at, "version", &it));
            }
            "provisioning" => {
                cx.check(element, &known::PROVISIONING);
                let kind = cx.required(element, "type").trim().to_owned();
                cx.word(element.at, "type", &kind, known::PROVISIONING_KINDS);
                metaverse.provisioning = (!kind.is_empty()).then_some(kind);
            }
            "extension" => metaverse.extension = rules::extension(cx, element, &known::EXTENSION),
            "password-sync" => {
                cx.check(element, &known::MV_PASSWORD_SYNC);
                metaverse.password_change_notification =
                    cx.child_switch(element, "password-sync-enabled");
            }
            "parameter-values" => metaverse.parameters = cx.parameters(element),
            _ => cx.unknown_child(element.at, element.name, "mv-data"),
        }
    }
}

/// Reads `mv-data`, which is the open element.
pub(crate) fn read<'t>(cursor: &mut Cursor<'t>, data: Tag<'t>) -> Result<Metaverse, ConfigError> {
    let at = cursor.position(data);
    let mut reader = Reader::new(cursor.cx.location(at));
    while let Some(tag) = cursor.child()? {
        reader.child(cursor, tag)?;
    }
    Ok(reader.metaverse)
}

fn recalling_connector(cx: &mut Context, element: &Element<'_>) -> Option<Guid> {
    cx.check(element, &known::MA_OPTIONS);
    let recalls = cx.child_switch(element, "enable-recall").unwrap_or(false);
    let text = cx.required(element, "ma-id").to_owned();
    let id = if text.is_empty() { None } else { cx.guid(element.at, "ma-id", &text) };
    id.filter(|_| recalls)
}

fn deletion_rule(cx: &mut Context, element: &Element<'_>) -> DeletionRule {
    cx.check(element, &known::MV_DELETION_RULE);
    let kind = cx.required(element, "type").to_owned();
    cx.word(element.at, "type", &kind, known::DELETION_KINDS);
    let mut connectors = Vec::new();
    for source in element.all("src-ma") {
        let text = cx.leaf(source).unwrap_or_default();
        connectors.extend(cx.guid(source.at, "src-ma", &text));
    }
    DeletionRule { metaverse_type: cx.required_name(element, "mv-object-type"), kind, connectors }
}
