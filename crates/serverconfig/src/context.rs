//! Where a reader stands, and what it did not understand.
use std::fmt;

use dirlift_model::{
    AttributeName, Guid,
    config::{Location, Problem},
    secret, text,
};

use crate::{
    known::{self, Shape},
    lines::Position,
    xml::Element,
};

/// Problems that are kept; the rest is counted.
const MAX_PROBLEMS: usize = 1_000;

/// The file that is read, and the problems so far.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) file: String,
    problems: Vec<Problem>,
    n_more: u64,
}

impl Context {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: Vec::new(), n_more: 0 }
    }

    pub(crate) fn location(&self, at: Position) -> Location {
        Location { file: self.file.clone(), line: at.line, column: at.column }
    }

    pub(crate) fn problem(&mut self, at: Position, what: fmt::Arguments<'_>) {
        if self.problems.len() < MAX_PROBLEMS {
            let problem = Problem { location: self.location(at), what: what.to_string() };
            self.problems.push(problem);
            return;
        }
        if self.n_more == 0 {
            self.problems.push(Problem { location: self.location(at), what: String::new() });
        }
        self.n_more += 1;
        if let Some(last) = self.problems.last_mut() {
            last.what = format!("and {} more", text::grouped(self.n_more));
        }
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Reports what an element has and the table does not know.
    pub(crate) fn check(&mut self, element: &Element<'_>, shape: &Shape) {
        for (name, _) in &element.attributes {
            if !shape.attributes.contains(name) && !known::is_namespace(name) {
                let (element_name, name) = (shown(element.name), shown(name));
                self.problem(
                    element.at,
                    format_args!(
                        "`{element_name}` has an attribute `{name}` that is not understood"
                    ),
                );
            }
        }
        let mut seen = 0_u64;
        for child in &element.children {
            if shape.ignored.contains(&child.name) || shape.any_child() {
                continue;
            }
            let found = shape.children.iter().position(|it| it.trim_end_matches('*') == child.name);
            match found {
                Some(idx) if !shape.is_list(idx) => {
                    if seen & (1 << idx) != 0 {
                        let (parent, name) = (shown(element.name), shown(child.name));
                        self.problem(
                            child.at,
                            format_args!(
                                "`{parent}` has a second `{name}`, only the first one is read"
                            ),
                        );
                    }
                    seen |= 1 << idx;
                }
                Some(_) => {}
                // A credential: it is known to be there, and nobody looks at it.
                None if child.secret => {}
                None => self.unknown_child(child.at, child.name, element.name),
            }
        }
        if !shape.is_leaf() && !element.text.trim().is_empty() {
            self.problem(
                element.at,
                format_args!("`{}` has text that is not understood", shown(element.name)),
            );
        }
    }

    pub(crate) fn unknown_child(&mut self, at: Position, name: &str, parent: &str) {
        let (name, parent) = (shown(name), shown(parent));
        self.problem(at, format_args!("`{parent}` has an element `{name}` that is not understood"));
    }

    /// An attribute that must be there; empty when it is not.
    pub(crate) fn required<'e>(&mut self, element: &'e Element<'_>, name: &str) -> &'e str {
        element.attribute(name).unwrap_or_else(|| {
            self.problem(
                element.at,
                format_args!("`{}` has no attribute `{name}`", shown(element.name)),
            );
            ""
        })
    }

    pub(crate) fn required_name(&mut self, element: &Element<'_>, name: &str) -> AttributeName {
        AttributeName::new(self.required(element, name))
    }

    /// Text of a leaf without the white space around it; `None` when it is empty.
    pub(crate) fn leaf(&mut self, element: &Element<'_>) -> Option<String> {
        self.check(element, &known::LEAF);
        let text = element.text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Text of a child that is a leaf; `None` when there is no such child, or it is empty.
    pub(crate) fn child_text(&mut self, element: &Element<'_>, name: &str) -> Option<String> {
        element.child(name).and_then(|it| self.leaf(it))
    }

    pub(crate) fn child_guid(&mut self, element: &Element<'_>, name: &str) -> Option<Guid> {
        let child = element.child(name)?;
        let text = self.leaf(child)?;
        self.guid(child.at, name, &text)
    }

    pub(crate) fn child_number(&mut self, element: &Element<'_>, name: &str) -> Option<u64> {
        let child = element.child(name)?;
        let text = self.leaf(child)?;
        self.number(child.at, name, &text)
    }

    pub(crate) fn child_switch(&mut self, element: &Element<'_>, name: &str) -> Option<bool> {
        let child = element.child(name)?;
        let text = self.leaf(child)?;
        self.switch(child.at, name, &text)
    }

    pub(crate) fn attribute_guid(&mut self, element: &Element<'_>, name: &str) -> Option<Guid> {
        let text = element.attribute(name).filter(|it| !it.trim().is_empty())?;
        self.guid(element.at, name, text)
    }

    /// A switch; off when it is absent or not understood.
    pub(crate) fn attribute_switch(&mut self, element: &Element<'_>, name: &str) -> bool {
        let text = element.attribute(name).filter(|it| !it.trim().is_empty());
        text.and_then(|it| self.switch(element.at, name, it)).unwrap_or(false)
    }

    pub(crate) fn guid(&mut self, at: Position, what: &str, text: &str) -> Option<Guid> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problem(at, format_args!("`{what}` is `{}`, which is not a GUID", shown(text)));
        }
        parsed
    }

    pub(crate) fn number<N: std::str::FromStr>(
        &mut self,
        at: Position,
        what: &str,
        text: &str,
    ) -> Option<N> {
        let digits = text.trim();
        let plain = digits.bytes().all(|it| it.is_ascii_digit());
        let parsed = if plain { digits.parse().ok() } else { None };
        if parsed.is_none() {
            self.problem(
                at,
                format_args!("`{what}` is `{}`, which is not a number in its range", shown(text)),
            );
        }
        parsed
    }

    /// `1` and `true`, `0` and `false`; any other number is on, as the engine's own tools take it.
    pub(crate) fn switch(&mut self, at: Position, what: &str, text: &str) -> Option<bool> {
        let word = text.trim();
        let parsed = match word {
            _ if word.eq_ignore_ascii_case("true") => Some(true),
            _ if word.eq_ignore_ascii_case("false") => Some(false),
            _ if !word.bytes().all(|it| it.is_ascii_digit()) => None,
            _ => word.parse::<u64>().ok().map(|it| it > 0),
        };
        if parsed.is_none() {
            self.problem(
                at,
                format_args!("`{what}` is `{}`, which is neither on nor off", shown(text)),
            );
        }
        parsed
    }

    /// Reports a word that is not in its table; it is kept all the same.
    pub(crate) fn word(&mut self, at: Position, what: &str, word: &str, table: &[&str]) {
        if !table.contains(&word) {
            self.problem(
                at,
                format_args!("`{what}` is `{}`, a word that is not known", shown(word)),
            );
        }
    }

    /// Name and value of every parameter that is not a secret.
    pub(crate) fn parameters(&mut self, values: &Element<'_>) -> Vec<(String, String)> {
        self.check(values, &known::PARAMETER_VALUES);
        let mut all = Vec::new();
        for parameter in values.all("parameter").filter(|it| !it.secret) {
            self.check(parameter, &known::PARAMETER);
            let name = self.required(parameter, "name").to_owned();
            // A value may be a connection string.
            all.push((name, secret::redact(&parameter.text)));
        }
        all
    }
}

/// A name or word of a hostile file as it may stand in a message.
pub(crate) fn shown(name: &str) -> String {
    text::shorten(name, 60)
}

/// Whether attributes say that the content is encrypted or a credential.
pub(crate) fn is_secret<'a>(
    local_name: &str,
    mut attributes: impl Iterator<Item = (&'a str, &'a str)>,
) -> bool {
    secret::is_credential_name(local_name)
        || attributes.any(|(name, value)| {
            let value = value.trim();
            match name {
                "type" => value.eq_ignore_ascii_case("encrypted-string"),
                "encrypted" => {
                    !(value.is_empty() || value == "0" || value.eq_ignore_ascii_case("false"))
                }
                "name" => local_name == "parameter" && secret::is_credential_name(value),
                _ => false,
            }
        })
}
