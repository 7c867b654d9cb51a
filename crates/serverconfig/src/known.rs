//! Which elements and attributes are understood, and which are known and deliberately ignored.
//!
//! Source: the engine's exports of 2012 to 2016 and the published schema of its `ma-data`. Everything else in a
//! file is reported.

/// What one element may have. A child whose name ends in `*` may come more than once; `*` alone is any child.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) attributes: &'static [&'static str],
    /// Children that are read.
    pub(crate) children: &'static [&'static str],
    /// Children that are known and not needed.
    pub(crate) ignored: &'static [&'static str],
}

impl Shape {
    pub(crate) fn is_leaf(&self) -> bool {
        self.children.is_empty() && self.ignored.is_empty()
    }

    pub(crate) fn any_child(&self) -> bool {
        self.children == ["*"]
    }

    pub(crate) fn is_list(&self, idx: usize) -> bool {
        self.children.get(idx).is_some_and(|it| it.ends_with('*'))
    }
}

/// Whether an attribute (without its prefix) belongs to namespaces and says nothing by itself.
pub(crate) fn is_namespace(name: &str) -> bool {
    matches!(name, "xmlns" | "nil" | "space" | "schemaLocation")
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident: [$($attribute:literal),*], [$($child:literal),*], [$($ignored:literal),*];)*) => {
        $($(#[$doc])* pub(crate) const $name: Shape =
            Shape { attributes: &[$($attribute),*], children: &[$($child),*], ignored: &[$($ignored),*] };)*
        /// Every row, for the test below.
        #[cfg(test)]
        const ALL: &[&Shape] = &[$(&$name),*];
    };
}

shapes! {
    /// An element with text and nothing else.
    LEAF: [], [], [];
    // Files
    MA_DATA: [],
        ["id", "name", "category", "subtype", "description", "version", "creation-time", "last-modification-time", "schema",
         "attribute-inclusion", "stay-disconnector", "join", "projection", "export-attribute-flow", "provisioning-cleanup",
         "extension", "private-configuration", "ma-partition-data", "ma-run-data", "component_mappings"],
        ["format-version", "ma-listname", "ma-companyname", "internal-version", "password-sync-allowed",
         "controller-configuration", "ma-ui-settings", "SyncConfig-refresh-schema", "capabilities-mask", "export-type",
         "dn-construction", "password-sync", "encrypted-attributes", "parameter-values"];
    MV_DATA: [],
        ["version", "schema", "import-attribute-flow", "provisioning", "mv-deletion", "extension", "password-sync",
         "parameter-values"],
        ["format-version", "password-change-history-size"];
    // Rules of an agent
    FILTER_SET: ["cd-object-type", "type", "import-filter"], ["filter-alternative*"], [];
    FILTER_ALTERNATIVE: ["id"], ["condition*"], [];
    CONDITION: ["cd-attribute", "operator", "intrinsic-attribute"], ["value"], [];
    /// `ui-radix` tells the client how to show a number; the value itself stays as it is.
    VALUE: ["ui-radix"], [], [];
    JOIN_PROFILE: ["cd-object-type"], ["join-criterion*"], [];
    JOIN_CRITERION: ["id", "join-cri-type", "sync-rule-id"], ["search", "resolution", "scoping"], [];
    SEARCH: ["mv-object-type"], ["attribute-mapping*"], [];
    ATTRIBUTE_MAPPING: ["mv-attribute", "intrinsic-attribute"], ["*"], [];
    RESOLUTION: ["type"], ["script-context"], [];
    CLASS_MAPPING: ["id", "type", "cd-object-type", "sync-rule-id"], ["mv-object-type"], [];
    EXPORT_FLOW_SET: ["cd-object-type", "mv-object-type"], ["*"], [];
    EXPORT_FLOW: ["cd-attribute", "id", "suppress-deletions"], ["*"], [];
    PROVISIONING_CLEANUP: ["type"], ["action"], [];
    COMPONENT_MAPPING: [], ["dn_component", "object_class"], [];
    EXTENSION: [], ["assembly-name", "application-protection"], [];
    // Mappings
    SRC_ATTRIBUTE: ["intrinsic"], [], [];
    DIRECT_MAPPING: [], ["src-attribute"], [];
    SCRIPTED_MAPPING: [], ["src-attribute*", "script-context"], [];
    CONSTANT_MAPPING: [], ["constant-value"], [];
    DN_PART_MAPPING: [], ["dn-part"], [];
    SYNC_RULE_MAPPING: ["mapping-type", "sync-rule-id", "sync-rule-mapping-id", "initial-flow-only", "is-existence-test"],
        ["src-attribute*"], ["sync-rule-value"];
    // Private configuration
    ADMA: [],
        ["forest-name", "forest-login-user", "forest-login-domain", "sign-and-seal", "ssl-bind", "password-hash-sync-config",
         "cd-extension", "parameter-values"],
        ["forest-guid", "forest-port", "simple-bind", "default-ssl-strength", "enable-unapplied-merge", "ui-data"];
    SSL_BIND: ["crl-check"], [], [];
    PASSWORD_HASH_SYNC: [], ["enabled", "target"], [];
    CD_EXTENSION: [], ["assembly-name", "application-protection"],
        ["server-name", "exchange-version", "pre-export", "post-export", "pre-import"];
    MA_CONFIG: [],
        ["extension-config", "importing", "parameter-values", "aad-password-reset-config", "password-extension-config"],
        ["primary_class_mappings", "change_type_attribute", "add_change_type_value", "modify_change_type_value",
         "delete_change_type_value", "ldap-dn", "case_normalize_dn_for_anchor", "file-type", "parameter-definitions",
         "possible_component_mappings", "ui-data"];
    EXTENSION_CONFIG: [], ["filename", "assembly-version"],
        ["import-default-page-size", "import-max-page-size", "export-default-page-size", "export-max-page-size", "export-mode",
         "import-mode", "export-enabled", "import-enabled", "capability-bits", "export-type", "discovery-partition",
         "discovery-schema", "discovery-hierarchy", "password-management-enabled"];
    IMPORTING: [], ["anchor"], ["dn", "per-class-settings"];
    ANCHOR: [], ["attribute*"], [];
    ANCHOR_ATTRIBUTE: ["object_class"], [], [];
    PASSWORD_RESET: [], ["enabled", "adal-authority"], ["modified-timestamp"];
    PASSWORD_EXTENSION: [], ["dll"],
        ["password-extension-enabled", "connection-info", "timeout", "password-set-enabled", "password-change-enabled"];
    PARAMETER_VALUES: [], ["parameter*"], [];
    PARAMETER: ["name", "type", "use", "dataType", "encrypted", "intrinsic"], [], [];
    // Partitions
    PARTITION: [], ["id", "name", "selected", "filter", "custom-data"],
        ["creation-time", "last-modification-time", "version", "display-name", "allowed-operations", "current",
         "last-successful-batch", "filter-hints", "parameter-values"];
    FILTER: [], ["object-classes", "containers"], [];
    OBJECT_CLASSES: [], ["object-class*"], [];
    CONTAINERS: [], ["inclusions", "exclusions"], [];
    INCLUSIONS: [], ["inclusion*"], [];
    EXCLUSIONS: [], ["exclusion*"], [];
    CUSTOM_DATA: [], ["adma-partition-data"], ["ecma-partition-data", "parameter-values"];
    ADMA_PARTITION: [],
        ["name", "guid", "is-domain", "last-dc", "login-user", "login-domain", "preferred-dcs"],
        ["dn", "sign-and-seal", "ssl-bind", "simple-bind", "dc-failover", "ui-data", "parameter-values"];
    PREFERRED_DCS: [], ["preferred-dc*"], [];
    // Run profiles
    RUN_CONFIGURATION: [], ["id", "name", "configuration"], ["version", "creation-time", "last-modification-time"];
    CONFIGURATION: [], ["step*"], [];
    STEP: [], ["step-type", "threshold", "partition"], ["dropfile-name", "custom-data", "parameter-values"];
    STEP_TYPE: ["type"], ["import-subtype*", "apply-rules-subtype*"], [];
    THRESHOLD: [], ["object", "delete"], ["batch-size"];
    // Metaverse
    IMPORT_FLOW_SET: ["mv-object-type"], ["*"], [];
    IMPORT_FLOWS: ["mv-attribute", "type"], ["import-flow*"], [];
    IMPORT_FLOW: ["src-ma", "cd-object-type", "id"], ["*"], [];
    MA_OPTIONS: ["ma-id"], ["enable-recall"], [];
    PROVISIONING: ["type"], [], [];
    MV_DELETION_RULE: ["mv-object-type", "id", "type"], ["src-ma*"], [];
    MV_PASSWORD_SYNC: [], ["password-sync-enabled"], [];
    // Synchronisation rules
    SYNC_RULE: [],
        ["id", "internal-id", "version", "name", "description", "immutable-tag", "direction", "disabled", "connector",
         "sourceObjectType", "targetObjectType", "linkType", "precedence", "precedence-after", "precedence-before",
         "softDeleteExpiryInterval", "EnablePasswordSync", "attribute-mappings", "relationshipCriteria",
         "synchronizationCriteria"], [];
    RULE_MAPPINGS: [], ["mapping*"], [];
    RULE_MAPPING: ["execute-once"], ["dest", "src", "expression", "valueMergeType"], [];
    RULE_SOURCE: [], ["attr*"], [];
    RULE_CRITERIA: [], ["conditions*"], [];
    RULE_JOIN: [], ["condition*"], [];
    RULE_CONDITION: [], ["csAttribute", "ilmAttribute", "caseSensitive"], [];
    RULE_SCOPE: [], ["scope*"], [];
    RULE_CLAUSE: [], ["csAttribute", "csOperator", "csValue"], [];
}

/// `filter-set/@type`.
pub(crate) const FILTER_KINDS: &[&str] = &["declared", "scripted"];
/// `class-mapping/@type`.
pub(crate) const PROJECTION_KINDS: &[&str] = &["declared", "scripted", "sync-rule"];
/// `provisioning-cleanup/@type`.
pub(crate) const CLEANUP_KINDS: &[&str] = &["declared", "scripted"];
/// `provisioning-cleanup/action`.
pub(crate) const CLEANUP_ACTIONS: &[&str] =
    &["make-normal-disconnector", "make-explicit-disconnector", "delete-object"];
/// `sync-rule-mapping/@mapping-type`.
pub(crate) const SYNC_RULE_KINDS: &[&str] = &["direct", "constant", "expression"];
/// `import-flows/@type`.
pub(crate) const PRECEDENCE_KINDS: &[&str] = &["ranked", "equal"];
/// `provisioning/@type`.
pub(crate) const PROVISIONING_KINDS: &[&str] = &["none", "scripted", "sync-rule", "both"];
/// `mv-deletion-rule/@type`.
pub(crate) const DELETION_KINDS: &[&str] = &["declared-any", "declared-last", "scripted"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_names_a_child_twice_and_all_fit_the_bit_mask() {
        for shape in ALL {
            let mut names: Vec<_> = shape
                .children
                .iter()
                .chain(shape.ignored)
                .map(|it| it.trim_end_matches('*'))
                .collect();
            assert!(names.len() < 64, "{shape:?}");
            names.sort_unstable();
            let n_names = names.len();
            names.dedup();
            assert_eq!(names.len(), n_names, "{shape:?}");
        }
    }
}
