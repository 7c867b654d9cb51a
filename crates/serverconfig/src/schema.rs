//! The DSML schema, streamed for the names of attributes and classes.
use dirlift_model::AttributeName;

use crate::{
    error::ConfigError,
    xml::{Cursor, Tag},
};

/// Names of a schema.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) attributes: Vec<AttributeName>,
    pub(crate) classes: Vec<AttributeName>,
}

/// Whether the names of classes are wanted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Attributes,
    AttributesAndClasses,
}

/// Reads `schema`, `dsml` or `directory-schema`, whichever the open element is.
pub(crate) fn read<'t>(
    cursor: &mut Cursor<'t>,
    tag: Tag<'t>,
    wanted: Wanted,
) -> Result<Names, ConfigError> {
    let mut names = Names::default();
    // The three containers lie inside each other; how many of them are open is all there is to know.
    let mut open = vec![tag.name];
    while let Some(parent) = open.last().copied() {
        let Some(child) = cursor.child()? else {
            open.pop();
            continue;
        };
        match child.name {
            "dsml" | "directory-schema" => open.push(child.name),
            "attribute-type" => names.attributes.extend(name_of(cursor, child)?),
            "class" if wanted == Wanted::AttributesAndClasses => {
                names.classes.extend(name_of(cursor, child)?);
            }
            "class" | "dit-content-rule" => cursor.skip()?,
            _ => cursor.skip_unknown(child, parent)?,
        }
    }
    Ok(names)
}

fn name_of<'t>(
    cursor: &mut Cursor<'t>,
    tag: Tag<'t>,
) -> Result<Option<AttributeName>, ConfigError> {
    let mut name = None;
    while let Some(child) = cursor.child()? {
        if child.name == "name" && name.is_none() {
            let element = cursor.element(child)?;
            name = cursor.cx.leaf(&element).map(AttributeName::new);
        } else {
            cursor.skip()?;
        }
    }
    if name.is_none() {
        let at = cursor.position(tag);
        cursor.cx.problem(at, format_args!("`{}` of the schema has no name", tag.name));
    }
    Ok(name)
}
