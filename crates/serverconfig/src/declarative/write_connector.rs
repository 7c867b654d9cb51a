//! Writes connectors and global settings in the shape in which the product exports them, as far as the model holds them.
use dirlift_model::{
    Guid,
    config::{ActiveDirectorySettings, Connector, ExtensibleSettings, Partition},
};

use super::write::{Writer, braced};

/// A connector as XML: identity, forest, selected attributes, partitions with their containers.
///
/// Left out is what a new server decides itself or what only the engine knows: schema, accounts, run profiles, counters
/// and times; of rules the product keeps nothing in this file. Reading it gives what was written. Characters that XML 1.0
/// does not have become U+FFFD.
pub fn write_connector(connector: &Connector) -> String {
    let mut out = Writer::new(4_096);
    out.block("ma-data", |out| {
        out.leaf("format-version", "1");
        out.leaf("id", &connector.id.braced());
        out.leaf("name", &connector.name);
        out.leaf("category", connector.category.as_str());
        out.leaf("description", &connector.description);
        out.leaf("subtype", &connector.subtype);
        if let Some(it) = &connector.active_directory {
            out.block("private-configuration", |out| active_directory(out, it));
        } else if let Some(it) = &connector.extensible {
            out.block("private-configuration", |out| extensible(out, it));
        }
        if let Some(all) = &connector.attribute_inclusion {
            out.list("attribute-inclusion", all, |out, it| out.leaf("attribute", it.as_str()));
        }
        for rules in ["join", "projection", "export-attribute-flow"] {
            out.leaf(rules, "");
        }
        out.list("ma-partition-data", &connector.partitions, partition);
        if let Some(all) = &connector.component_mappings {
            out.list("component_mappings", all, |out, (component, class)| {
                out.block("mapping", |out| {
                    out.leaf("dn_component", component);
                    out.leaf("object_class", class.as_str());
                });
            });
        }
    });
    out.finish()
}

/// Global parameters as an export of the metaverse, which has nothing else in it.
pub fn write_global_settings<'p>(
    parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
) -> String {
    let mut out = Writer::new(4_096);
    out.block("saved-mv-configuration", |out| {
        out.block("mv-data", |out| {
            out.leaf("format-version", "1");
            out.block("parameter-values", |out| {
                for (name, value) in parameters {
                    let others = [
                        ("name", name),
                        ("type", "string"),
                        ("use", "SynchronizationGlobal"),
                        ("dataType", "String"),
                    ];
                    out.leaf_with("parameter", &others, value);
                }
            });
        });
    });
    out.finish()
}

fn active_directory(out: &mut Writer, it: &ActiveDirectorySettings) {
    out.block("adma-configuration", |out| {
        out.optional("forest-name", it.forest_name.as_deref());
        out.optional("sign-and-seal", it.sign_and_seal.map(digit));
        out.optional("ssl-bind", it.ssl_bind.map(digit));
        if let Some(it) = &it.password_hash_sync {
            out.block("password-hash-sync-config", |out| {
                out.leaf("enabled", digit(it.enabled));
                out.optional("target", it.target.map(Guid::braced));
            });
        }
    });
}

fn extensible(out: &mut Writer, it: &ExtensibleSettings) {
    out.block("MAConfig", |out| {
        if let Some(enabled) = it.password_writeback {
            out.block("aad-password-reset-config", |out| out.leaf("enabled", digit(enabled)));
        }
    });
}

fn partition(out: &mut Writer, it: &Partition) {
    out.block("partition", |out| {
        out.optional("id", it.id.map(braced));
        out.leaf("name", &it.name);
        out.leaf("selected", digit(it.selected));
        out.block("filter", |out| {
            out.list("object-classes", &it.object_classes, |out, it| {
                out.leaf("object-class", it.as_str());
            });
            out.block("containers", |out| {
                out.list("exclusions", &it.scope.exclusions, |out, it| {
                    out.leaf("exclusion", it.as_str());
                });
                out.list("inclusions", &it.scope.inclusions, |out, it| {
                    out.leaf("inclusion", it.as_str());
                });
            });
        });
        let has_data =
            it.dns_name.is_some() || it.guid.is_some() || it.is_domain.is_some() || has_dcs(it);
        if has_data {
            out.block("custom-data", |out| domain(out, it));
        }
    });
}

fn has_dcs(it: &Partition) -> bool {
    !it.preferred_domain_controllers.is_empty()
}

fn domain(out: &mut Writer, it: &Partition) {
    out.block("adma-partition-data", |out| {
        out.leaf("dn", &it.name);
        out.optional("name", it.dns_name.as_deref());
        out.optional("guid", it.guid.map(Guid::braced));
        out.optional("is-domain", it.is_domain.map(digit));
        if has_dcs(it) {
            out.list("preferred-dcs", &it.preferred_domain_controllers, |out, it| {
                out.leaf("preferred-dc", it);
            });
        }
    });
}

const fn digit(it: bool) -> &'static str {
    if it { "1" } else { "0" }
}
