//! The files of `rules/`: groups of rules with lists of attributes, in TOML.
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) doc: String,
    pub(super) rule: Vec<Rule>,
}

/// The file of shared lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lists {
    pub(super) lists: BTreeMap<String, Vec<String>>,
}

/// One rule, or one for each of several object types.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Rule {
    /// `{Type}` stands for the object type where there are several; begins with `In from` or `Out to`.
    pub(super) name: Spanned<String>,
    pub(super) does: String,
    pub(super) source: String,
    pub(super) connector: Side,
    pub(super) from: Types,
    pub(super) to: Types,
    #[serde(default)]
    pub(super) link: Link,
    pub(super) when: Option<When>,
    #[serde(default)]
    pub(super) password_sync: bool,
    /// Groups of clauses `attribute OPERATOR value`; `type:` before one restricts it to that type, here and below.
    #[serde(default)]
    pub(super) scope: Vec<Vec<String>>,
    /// Groups of `connector space = metaverse`; `==` where case counts.
    #[serde(default)]
    pub(super) join: Vec<Vec<String>>,
    /// Direct flows: `target = source`, or one name for both.
    #[serde(default)]
    pub(super) copy: Vec<String>,
    /// Flows of trimmed text.
    #[serde(default)]
    pub(super) text: Vec<String>,
    /// Flows of the first value, trimmed and cut at 448 characters.
    #[serde(default)]
    pub(super) first: Vec<String>,
    /// Conditions of which one is enough for `cloudFiltered`.
    #[serde(default)]
    pub(super) filtered: Vec<String>,
    /// Targets that keep the values of all sources.
    #[serde(default)]
    pub(super) merge: Vec<String>,
    /// Targets that flow only when the object is made.
    #[serde(default)]
    pub(super) once: Vec<String>,
    #[serde(default)]
    pub(super) constant: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) expression: BTreeMap<String, String>,
}

/// Which connectors a rule is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Side {
    ActiveDirectory,
    Cloud,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Link {
    Provision,
    #[default]
    Join,
}

/// The option that a rule depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum When {
    ExchangeHybrid,
    DeviceWriteback,
}

impl When {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::ExchangeHybrid => "with Exchange hybrid deployment",
            Self::DeviceWriteback => "with device writeback",
        }
    }
}

/// One object type or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Types {
    One(String),
    Several(Vec<String>),
}

impl Types {
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::One(it) => std::slice::from_ref(it),
            Self::Several(all) => all,
        }
    }
}

impl Rule {
    /// Pairs of source and target type, of which one side varies.
    pub(super) fn types(&self) -> Vec<(&str, &str)> {
        let pairs = self
            .from
            .all()
            .iter()
            .flat_map(|from| self.to.all().iter().map(move |to| (from.as_str(), to.as_str())));
        pairs.collect()
    }

    /// The type of a pair that the name and restrictions speak of.
    pub(super) fn varying<'a>(&self, (from, to): (&'a str, &'a str)) -> &'a str {
        if self.to.all().len() > 1 { to } else { from }
    }

    pub(super) fn is_inbound(&self) -> bool {
        self.name.get_ref().starts_with("In from")
    }
}

/// An entry without its restriction, if it holds for the type.
pub(super) fn for_type<'a>(entry: &'a str, object_type: &str) -> Option<&'a str> {
    match entry.split_once(':') {
        Some((only, rest)) if only.chars().all(char::is_alphanumeric) => {
            (only == object_type).then_some(rest)
        }
        _ => Some(entry),
    }
}

/// Replaces every `@name` by the list of that name; lists may name others, five levels deep.
pub(super) fn expand(entries: &[String], lists: &Lists, depth: usize, out: &mut Vec<String>) {
    for entry in entries {
        match entry.strip_prefix('@').and_then(|it| lists.lists.get(it)) {
            Some(list) if depth < 5 => expand(list, lists, depth + 1, out),
            _ => out.push(entry.clone()),
        }
    }
}
