//! `objectGUID`s of the containers that a configuration names: a container that is renamed keeps its own.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_directory::{Connect, ImportRequest, Source, Trust};
use dirlift_model::{AttributeName, DistinguishedName, Guid, ServerConfiguration};

use crate::{
    error::CommandError,
    sources::{ad_failed, open_ad},
};

/// Classes of what a configuration names as a container.
const CLASSES: [&str; 8] = [
    "builtinDomain",
    "container",
    "domainDNS",
    "infrastructureUpdate",
    "lostAndFound",
    "msDS-QuotaContainer",
    "msTPM-InformationObjectsContainer",
    "organizationalUnit",
];

/// Reads an LDIF file for the containers of a configuration.
pub(super) fn object_guids(
    source: &Source,
    server: &ServerConfiguration,
) -> Result<BTreeMap<DistinguishedName, Guid>, CommandError> {
    if !matches!(source, Source::Ldif(_)) {
        let text = "the containers are taken from an LDIF file only";
        let hint = "write one with ldifde -f containers.ldf -r \"(|(objectClass=organizationalUnit)(objectClass=container))\" \
                    -l objectClass,objectGUID";
        return Err(CommandError::usage(text).hint(hint));
    }
    let partitions = server.active_directory().flat_map(|it| &it.partitions);
    let scopes = partitions.map(|it| &it.scope);
    let wanted: BTreeSet<_> =
        scopes.flat_map(|it| it.inclusions.iter().chain(&it.exclusions)).collect();
    let request = ImportRequest {
        partitions: Vec::new(),
        object_classes: CLASSES.map(AttributeName::from).to_vec(),
        attributes: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|it| CommandError::failed(format!("starting the runtime of the import: {it}")))?;
    runtime.block_on(async {
        let mut import = open_ad(source, request, Connect::new(Trust::Platform, None)).await?;
        let mut guids = BTreeMap::new();
        while let Some(object) = import.next().await {
            let object = object.map_err(ad_failed)?;
            if let Some(id) = object.id.filter(|_| wanted.contains(&object.dn)) {
                guids.insert(object.dn, id);
            }
        }
        Ok(guids)
    })
}
