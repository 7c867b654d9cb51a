//! The metaverse that a full synchronization made.
use dirlift_model::{AttributeName, AttributeValue, DistinguishedName};
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::{RunId, Store, StoreError, runs::signed};

/// An object of the metaverse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMetaverseObject {
    /// Its type.
    pub object_type: AttributeName,
    /// The source anchor in base64; `None` when it has none.
    pub anchor: Option<String>,
    /// The objects that are linked to it.
    pub links: Vec<StoredLink>,
    /// Its attributes, in the order of their names.
    pub attributes: Vec<StoredAttribute>,
}

/// An object that is linked to one of the metaverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLink {
    /// The name of the connector.
    pub connector: String,
    /// The object.
    pub dn: DistinguishedName,
}

/// An attribute of the metaverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAttribute {
    /// Its name.
    pub name: AttributeName,
    /// Its values.
    pub values: Vec<AttributeValue>,
    /// The rule that gave them.
    pub rule: String,
    /// The flow of that rule as `source → destination` or its expression.
    pub flow: String,
}

#[derive(Deserialize)]
struct Content {
    links: Vec<StoredLink>,
    attributes: Vec<StoredAttribute>,
}

#[derive(Serialize)]
struct ContentOf<'a> {
    links: &'a [StoredLink],
    attributes: &'a [StoredAttribute],
}

const WRITING: &str = "writing the metaverse";
const READING: &str = "reading the metaverse";

impl Store {
    /// Takes the metaverse of a run, all of it or nothing; memory does not grow with it.
    pub fn write_metaverse(
        &mut self,
        run: RunId,
        objects: impl IntoIterator<Item = StoredMetaverseObject>,
    ) -> Result<u64, StoreError> {
        let path = self.path.clone();
        let failed = |it| StoreError::new(&path, WRITING, &it);
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut ordinal = 0_u64;
        {
            let sql = "INSERT INTO metaverse_object (run_id, ordinal, object_type, anchor, content) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare(sql).map_err(failed)?;
            for it in objects {
                let content = ContentOf { links: &it.links, attributes: &it.attributes };
                let content = serde_json::to_string(&content)
                    .map_err(|it| StoreError::damaged(&path, WRITING, &it))?;
                let anchor = &it.anchor;
                let row = params![
                    run.number(),
                    signed(ordinal),
                    it.object_type.as_str(),
                    anchor,
                    content
                ];
                insert.execute(row).map_err(failed)?;
                ordinal += 1;
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(ordinal)
    }

    /// Gives the metaverse of a run to `each`, in its order, one object at a time.
    pub fn for_each_metaverse(
        &self,
        run: RunId,
        mut each: impl FnMut(StoredMetaverseObject),
    ) -> Result<(), StoreError> {
        let failed = |it| self.failed(READING, &it);
        let sql = "SELECT object_type, anchor, content FROM metaverse_object \
                   WHERE run_id = ?1 ORDER BY ordinal";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([run.number()]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let object_type: String = row.get(0).map_err(failed)?;
            let content: String = row.get(2).map_err(failed)?;
            let content: Content = serde_json::from_str(&content)
                .map_err(|it| StoreError::damaged(&self.path, READING, &it))?;
            each(StoredMetaverseObject {
                object_type: AttributeName::new(object_type),
                anchor: row.get(1).map_err(failed)?,
                links: content.links,
                attributes: content.attributes,
            });
        }
        Ok(())
    }
}
