//! Synchronisation rules of Azure AD Sync and its successors, as their files state them.
//!
//! Plain data, in the order of the file. Words are compared without regard to ASCII case; unknown ones are kept.
use std::fmt;

use crate::{AttributeName, Guid, config::Location};

/// One rule (`synchronizationRule`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRule {
    /// `id`; all zeros when it is missing or not understood.
    pub id: Guid,
    /// `internal-id`.
    pub internal_id: Option<Guid>,
    /// `version`: counts changes of the rule.
    pub version: Option<u64>,
    /// `name`.
    pub name: String,
    /// `description`; may be empty.
    pub description: String,
    /// `immutable-tag`, such as `Microsoft.InfromADUserJoin.003`; empty for a custom rule.
    pub immutable_tag: String,
    /// `direction`.
    pub direction: Direction,
    /// `disabled`; `None` when the file does not say.
    pub disabled: Option<bool>,
    /// `connector`: the id of the connector whose objects the rule handles; all zeros when it is missing.
    pub connector: Guid,
    /// `sourceObjectType`: in the connector space for an inbound rule, in the metaverse for an outbound one.
    pub source_object_type: AttributeName,
    /// `targetObjectType`: the other side; `*` is any.
    pub target_object_type: AttributeName,
    /// `linkType`.
    pub link_type: LinkType,
    /// `precedence`: the lower number wins; 0 to 99 are for custom rules.
    pub precedence: Option<u32>,
    /// `precedence-after`: the rule that this one follows; `None` for all zeros.
    pub precedence_after: Option<Guid>,
    /// `precedence-before`: the rule that this one precedes; `None` for all zeros.
    pub precedence_before: Option<Guid>,
    /// `softDeleteExpiryInterval` as written, `hh:mm:ss`.
    pub soft_delete_expiry_interval: String,
    /// `EnablePasswordSync`; `None` when the file does not say.
    pub enable_password_sync: Option<bool>,
    /// `attribute-mappings`.
    pub mappings: Vec<AttributeMapping>,
    /// `relationshipCriteria`: tried in order, one group is enough.
    pub joins: Vec<JoinGroup>,
    /// `synchronizationCriteria`: one group is enough; without any group every object is in scope.
    pub scope: Vec<ScopeGroup>,
    /// Where the rule begins.
    pub location: Location,
}

impl SyncRule {
    /// Whether the product did not ship this rule.
    pub fn is_custom(&self) -> bool {
        self.immutable_tag.trim().is_empty()
    }
}

macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident {
            $($variant:ident $word:literal $(or $alias:literal)? $variant_doc:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`", $variant_doc)] $variant,)*
            /// A word that is not in the table, as it was read.
            Other(String),
        }

        impl $name {
            /// Every known word.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Reads the word of the file.
            pub fn new(word: &str) -> Self {
                match word.trim() {
                    $(it if it.eq_ignore_ascii_case($word) $(|| it.eq_ignore_ascii_case($alias))? => {
                        Self::$variant
                    })*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The word of the file.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// `direction` of a rule.
    Direction {
        Inbound "Inbound" ": from a connector space into the metaverse.",
        Outbound "Outbound" ": from the metaverse into a connector space.",
    }
}

words! {
    /// `linkType` of a rule.
    LinkType {
        Provision "Provision" ": creates the object on the other side when there is none to join.",
        Join "Join" ": links to an object that is there.",
        StickyJoin "StickyJoin" ": as `Join`, and keeps the object of the metaverse alive.",
    }
}

words! {
    /// `valueMergeType` of a mapping.
    ValueMerge {
        Update "Update" ": the value replaces the one of the target.",
        Replace "Replace" ": the same as `Update`.",
        MergeCaseInsensitive "MergeCaseInsensitive" ": values of all sources together, without regard to case.",
        Merge "Merge" ": values of all sources together.",
    }
}

words! {
    /// `csOperator` of a scope clause.
    ///
    /// The words of the product's own enumeration; the documentation writes `ISNOTBITSET` for `ISBITNOTSET`, and
    /// both are read.
    ScopeOperator {
        Equal "EQUAL" "",
        NotEqual "NOTEQUAL" "",
        LessThan "LESSTHAN" "",
        LessThanOrEqual "LESSTHAN_OR_EQUAL" "",
        Contains "CONTAINS" "",
        NotContains "NOTCONTAINS" "",
        StartsWith "STARTSWITH" "",
        NotStartsWith "NOTSTARTSWITH" "",
        EndsWith "ENDSWITH" "",
        NotEndsWith "NOTENDSWITH" "",
        GreaterThan "GREATERTHAN" "",
        GreaterThanOrEqual "GREATERTHAN_OR_EQUAL" "",
        IsNull "ISNULL" "",
        IsNotNull "ISNOTNULL" "",
        IsIn "ISIN" "",
        IsNotIn "ISNOTIN" "",
        IsBitSet "ISBITSET" "",
        IsBitNotSet "ISBITNOTSET" or "ISNOTBITSET" "",
        IsMemberOf "ISMEMBEROF" "",
        IsNotMemberOf "ISNOTMEMBEROF" "",
    }
}

/// `mapping`: how one attribute of the target gets its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeMapping {
    /// `execute-once`: only when the object is created.
    pub execute_once: bool,
    /// `dest`.
    pub destination: AttributeName,
    /// `src`.
    pub source: MappingSource,
    /// `expression`; its attributes may be more than `source` lists.
    pub expression: Option<String>,
    /// `valueMergeType`.
    pub merge: ValueMerge,
}

impl AttributeMapping {
    /// What kind of mapping it is, which the file does not store; `None` when it has nothing to take a value from.
    pub fn kind(&self) -> Option<MappingKind> {
        if self.expression.as_deref().is_some_and(|it| !it.trim().is_empty()) {
            return Some(MappingKind::Expression);
        }
        match &self.source {
            MappingSource::Constant(_) => Some(MappingKind::Constant),
            MappingSource::Attributes(all) => (!all.is_empty()).then_some(MappingKind::Direct),
        }
    }
}

/// `src` of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingSource {
    /// `attr`s; none when there is no `src`.
    Attributes(Vec<AttributeName>),
    /// Text.
    Constant(String),
}

/// Kind of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MappingKind {
    /// The value of one attribute.
    Direct,
    /// A fixed value.
    Constant,
    /// The value of an expression.
    Expression,
}

/// `relationshipCriteria/conditions`: all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinGroup {
    /// `condition`s.
    pub conditions: Vec<JoinCondition>,
}

/// One condition of a join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinCondition {
    /// `csAttribute`: of the connector space.
    pub attribute: AttributeName,
    /// `ilmAttribute`: of the metaverse.
    pub metaverse_attribute: AttributeName,
    /// `caseSensitive`; `None` when the file does not say.
    pub case_sensitive: Option<bool>,
}

/// `synchronizationCriteria/conditions`: all clauses must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeGroup {
    /// `scope`s.
    pub clauses: Vec<ScopeClause>,
}

/// One clause of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeClause {
    /// `csAttribute`: of the source object, so of the metaverse in an outbound rule.
    pub attribute: AttributeName,
    /// `csOperator`.
    pub operator: ScopeOperator,
    /// `csValue`; empty for tests of presence. May hold a parameter, such as `%Connector.ID%`.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_unknown_ones_are_kept() {
        let cases = [
            ("EQUAL", ScopeOperator::Equal),
            (" notequal ", ScopeOperator::NotEqual),
            ("ISBITNOTSET", ScopeOperator::IsBitNotSet),
            ("IsNotBitSet", ScopeOperator::IsBitNotSet),
            ("LESSTHAN_OR_EQUAL", ScopeOperator::LessThanOrEqual),
            ("SoundsLike", ScopeOperator::Other("SoundsLike".to_owned())),
            ("", ScopeOperator::Other(String::new())),
        ];
        for (word, expected) in cases {
            assert_eq!(ScopeOperator::new(word), expected, "{word}");
        }
        for it in ScopeOperator::ALL {
            assert_eq!(&ScopeOperator::new(it.as_str()), it);
        }
        assert_eq!(ScopeOperator::ALL.len(), 20);
        assert_eq!(Direction::new("inbound"), Direction::Inbound);
        assert_eq!(LinkType::new("StickyJoin"), LinkType::StickyJoin);
        assert_eq!(LinkType::new("Sticky").as_str(), "Sticky");
        assert_eq!(ValueMerge::new("merge"), ValueMerge::Merge);
        assert_eq!(ValueMerge::new("MergeCaseInsensitive"), ValueMerge::MergeCaseInsensitive);
    }

    #[test]
    fn the_kind_of_a_mapping_follows_from_what_it_has() {
        let attributes =
            |all: &[&str]| MappingSource::Attributes(all.iter().map(AttributeName::new).collect());
        let constant = |it: &str| MappingSource::Constant(it.to_owned());
        let cases = [
            (attributes(&["mail"]), None, Some(MappingKind::Direct)),
            (attributes(&["mail"]), Some(" "), Some(MappingKind::Direct)),
            (attributes(&["mail"]), Some("Trim([mail])"), Some(MappingKind::Expression)),
            (attributes(&[]), Some("NULL"), Some(MappingKind::Expression)),
            (attributes(&[]), None, None),
            (constant("True"), None, Some(MappingKind::Constant)),
            (constant(""), None, Some(MappingKind::Constant)),
            (constant("True"), Some("NULL"), Some(MappingKind::Expression)),
        ];
        for (source, expression, expected) in cases {
            let mapping = AttributeMapping {
                execute_once: false,
                destination: "mail".into(),
                source,
                expression: expression.map(ToOwned::to_owned),
                merge: ValueMerge::Update,
            };
            assert_eq!(mapping.kind(), expected, "{mapping:?}");
        }
    }
}
