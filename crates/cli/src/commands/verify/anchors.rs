//! The proof of anchors: every object of the metaverse beside its partner in the cloud.
use dirlift_deployment::StoreError;
use dirlift_model::{AttributeName, verification::AnchorProof};
use dirlift_verifier::{AnchorFacts, Anchors, Partner};

use super::stored::Stored;

/// Goes over the metaverse of every run that counts.
pub(super) fn prove(stored: &Stored<'_>) -> Result<AnchorProof, StoreError> {
    let mut anchors = Anchors::default();
    let cloud: Vec<String> = stored.cloud().map(|it| it.name.clone()).collect();
    for run in &stored.sync_runs {
        stored.store.for_each_metaverse(*run, |record| {
            let in_cloud = record.links.iter().find(|it| cloud.contains(&it.connector));
            let elsewhere = record.links.iter().find(|it| !cloud.contains(&it.connector));
            // What only the cloud has is not in scope.
            let Some(dn) = in_cloud.or(elsewhere).map(|it| it.dn.clone()) else { return Ok(()) };
            if elsewhere.is_none() {
                return Ok(());
            }
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
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(anchors.finish())
}
