//! Which attributes there are.
use dirlift_model::{AttributeName, Guid, ServerConfiguration};

/// Where attributes are looked up.
pub trait Schema {
    /// Whether the connector's schema has the attribute; `None` if the schema is not known.
    fn connector_has(&self, connector: Guid, attribute: &AttributeName) -> Option<bool>;
    /// Whether the metaverse has the attribute; `None` if the schema is not known.
    fn metaverse_has(&self, attribute: &AttributeName) -> Option<bool>;
}

/// No schema is known; nothing is missing.
impl Schema for () {
    fn connector_has(&self, _: Guid, _: &AttributeName) -> Option<bool> {
        None
    }

    fn metaverse_has(&self, _: &AttributeName) -> Option<bool> {
        None
    }
}

/// Names of the engine's own that stand in no connector's schema.
const INTRINSIC: [&str; 3] = ["dn", "objectClass", "rdn"];

/// The schemas as they are configured; a connector without any, or that is not there, is not known.
impl Schema for ServerConfiguration {
    fn connector_has(&self, connector: Guid, attribute: &AttributeName) -> Option<bool> {
        let all = &self.connector(connector)?.schema_attributes;
        let is_there = || all.contains(attribute) || INTRINSIC.iter().any(|it| attribute.is(it));
        (!all.is_empty()).then(is_there)
    }

    fn metaverse_has(&self, attribute: &AttributeName) -> Option<bool> {
        let all = &self.metaverse.as_ref()?.schema_attributes;
        (!all.is_empty()).then(|| all.contains(attribute))
    }
}
