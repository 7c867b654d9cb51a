//! Whether the objects of a tenant may be read, asked before the work begins.
use serde::de::IgnoredAny;

use crate::{
    attributes::Kind,
    collections::{Collection, row_of},
    error::Error,
    graph::Graph,
};

/// Signs in and reads one page of each kind, so that a permission that is missing is known before an import.
pub async fn probe(graph: &Graph, kinds: &[Kind]) -> Result<(), Error> {
    graph.sign_in().await?;
    for kind in kinds {
        let mut pages = graph.pages(&row_of(Collection::Objects(*kind)).request())?;
        graph.next_page(&mut pages, |it| serde_json::from_str::<IgnoredAny>(it)).await?;
    }
    Ok(())
}
