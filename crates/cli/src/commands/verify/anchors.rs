//! The proof of anchors: every object of the metaverse beside its partner in the cloud.
use dirlift_deployment::{StoreError, StoredMetaverseObject};
use dirlift_model::{AttributeName, verification::AnchorProof};
use dirlift_verifier::{AnchorFacts, Anchors, Partner};

use super::stored::Stored;

/// Goes over the metaverse of every run that counts.
pub(super) fn prove(stored: &Stored<'_>) -> Result<AnchorProof, StoreError> {
    let mut anchors = Anchors::default();
    let cloud: Vec<String> = stored.cloud().map(|it| it.name.clone()).collect();
    for run in &stored.sync_runs {
        let mut outcome = Ok(());
        stored.store.for_each_metaverse(*run, |it| {
            if outcome.is_ok() {
                outcome = see(stored, &cloud, &mut anchors, it);
            }
        })?;
        outcome?;
    }
    Ok(anchors.finish())
}

fn see(
    stored: &Stored<'_>,
    cloud: &[String],
    anchors: &mut Anchors,
    record: StoredMetaverseObject,
) -> Result<(), StoreError> {
    let in_cloud = record.links.iter().find(|it| cloud.contains(&it.connector));
    let elsewhere = record.links.iter().find(|it| !cloud.contains(&it.connector));
    // What only the cloud has is not in scope.
    let Some(elsewhere) = elsewhere else { return Ok(()) };
    let dn = in_cloud.unwrap_or(elsewhere).dn.clone();
    let mut object_type = record.object_type;
    let found = match in_cloud {
        Some(link) => stored.cloud_object(&link.connector, &link.dn)?,
        None => None,
    };
    let partner = match (found, &record.anchor) {
        (Some((ty, mut id)), anchor) => {
            object_type = AttributeName::new(ty);
            if id.is_none()
                && let Some(anchor) = anchor
                && stored.has_real_anchor(anchor)?
            {
                id = Some(anchor.clone());
            }
            Partner::There(id)
        }
        (None, Some(anchor)) if stored.is_added(anchor)? => Partner::Added,
        (None, _) => Partner::None,
    };
    anchors.see(AnchorFacts { dn, object_type, predicted: record.anchor, partner });
    Ok(())
}
