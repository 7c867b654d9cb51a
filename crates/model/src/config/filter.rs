//! Connector filters: which objects stay out, and the words of their operators.
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Location;
use crate::{AttributeName, Guid};

/// `filter-set`: the connector filter of one object type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorFilter {
    /// `cd-object-type`.
    pub object_type: AttributeName,
    /// `type`: `declared`, `scripted` or another word.
    pub kind: String,
    /// `import-filter`: filtered already at import.
    pub import_filter: bool,
    /// `filter-alternative`s, of which one is enough.
    pub alternatives: Vec<FilterAlternative>,
    /// Where the set begins.
    pub location: Location,
}

/// One alternative of a connector filter: all its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterAlternative {
    /// `id`.
    pub id: Option<Guid>,
    /// `condition`s.
    pub conditions: Vec<FilterCondition>,
    /// Where it begins.
    pub location: Location,
}

/// One condition of a connector filter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FilterCondition {
    /// `cd-attribute`.
    pub attribute: AttributeName,
    /// `intrinsic-attribute`: the attribute is the engine's own, such as `<dn>`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intrinsic: bool,
    /// `operator`.
    pub operator: FilterOperator,
    /// `value`; empty for tests of presence.
    pub value: String,
}

macro_rules! filter_operators {
    ($($variant:ident $word:literal $phrase:literal,)*) => {
        /// Operator of a connector filter's condition.
        ///
        /// `equality` and `not-present` are confirmed by exports; the other words are recalled. A word that is
        /// not in the table is kept and reported, its meaning is never guessed.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum FilterOperator {
            $(#[doc = concat!("`", $word, "`")] $variant,)*
            /// A word that is not in the table.
            Unknown(String),
        }

        impl FilterOperator {
            /// Every operator of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Reads the word of the file.
            pub fn new(word: &str) -> Self {
                match word.trim() {
                    $($word => Self::$variant,)*
                    other => Self::Unknown(other.to_owned()),
                }
            }

            /// The word of the file.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unknown(word) => word,
                }
            }

            /// The operator in words, as the client shows it; an unknown one stands in its own word.
            pub fn phrase(&self) -> &str {
                match self {
                    $(Self::$variant => $phrase,)*
                    Self::Unknown(word) => word,
                }
            }
        }
    };
}

filter_operators! {
    Equality "equality" "equals",
    Inequality "inequality" "does not equal",
    Present "present" "is present",
    NotPresent "not-present" "is not present",
    SubstringStart "substring-start" "starts with",
    NotSubstringStart "not-substring-start" "does not start with",
    SubstringEnd "substring-end" "ends with",
    NotSubstringEnd "not-substring-end" "does not end with",
    SubstringAny "substring-any" "contains",
    NotSubstringAny "not-substring-any" "does not contain",
    GreaterThan "greater-than" "is greater than",
    GreaterThanOrEqual "greater-than-or-equal" "is greater than or equal to",
    LessThan "less-than" "is less than",
    LessThanOrEqual "less-than-or-equal" "is less than or equal to",
    BitOn "bit-on" "has all bits of",
    BitOff "bit-off" "has not all bits of",
}

impl From<String> for FilterOperator {
    fn from(word: String) -> Self {
        Self::new(&word)
    }
}

impl From<FilterOperator> for String {
    fn from(operator: FilterOperator) -> Self {
        operator.as_str().to_owned()
    }
}

impl fmt::Display for FilterCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.attribute, self.operator.phrase())?;
        let presence =
            matches!(self.operator, FilterOperator::Present | FilterOperator::NotPresent);
        if presence { Ok(()) } else { write!(f, " \"{}\"", self.value) }
    }
}
