//! Writes a rule in the shape in which the product exports it.
use std::fmt::Write as _;

use dirlift_model::{
    Guid,
    rule::{AttributeMapping, JoinCondition, MappingSource, ScopeClause, SyncRule},
};

/// A rule as XML: the elements and their order of the product's own files, two spaces a level, no declaration and no
/// line feed at the end.
///
/// Reading it gives the same rule. Characters that XML 1.0 does not have become U+FFFD.
pub fn write_rule(rule: &SyncRule) -> String {
    let mut out = Writer::new(1_024 + 160 * rule.mappings.len());
    out.block("synchronizationRule", |out| {
        out.leaf("id", &braced(rule.id));
        out.optional("internal-id", rule.internal_id.map(braced));
        out.optional("version", rule.version);
        out.leaf("name", &rule.name);
        out.leaf("description", &rule.description);
        out.leaf("immutable-tag", &rule.immutable_tag);
        out.leaf("direction", rule.direction.as_str());
        out.optional("disabled", rule.disabled.map(capital));
        out.leaf("connector", &braced(rule.connector));
        out.leaf("sourceObjectType", rule.source_object_type.as_str());
        out.leaf("targetObjectType", rule.target_object_type.as_str());
        out.leaf("linkType", rule.link_type.as_str());
        out.optional("precedence", rule.precedence);
        out.leaf("precedence-after", &braced(rule.precedence_after.unwrap_or(Guid::NIL)));
        out.leaf("precedence-before", &braced(rule.precedence_before.unwrap_or(Guid::NIL)));
        out.leaf("softDeleteExpiryInterval", &rule.soft_delete_expiry_interval);
        out.optional("EnablePasswordSync", rule.enable_password_sync);
        out.list("attribute-mappings", &rule.mappings, mapping);
        out.list("relationshipCriteria", &rule.joins, |out, group| {
            out.list("conditions", &group.conditions, condition);
        });
        out.list("synchronizationCriteria", &rule.scope, |out, group| {
            out.list("conditions", &group.clauses, clause);
        });
    });
    out.finish()
}

fn mapping(out: &mut Writer, mapping: &AttributeMapping) {
    let head = if mapping.execute_once { "mapping execute-once=\"true\"" } else { "mapping" };
    out.line(&format!("<{head}>"));
    out.depth += 1;
    out.leaf("dest", mapping.destination.as_str());
    match &mapping.source {
        MappingSource::Attributes(all) if all.is_empty() => {}
        MappingSource::Attributes(all) => {
            out.list("src", all, |out, it| out.leaf("attr", it.as_str()));
        }
        MappingSource::Constant(value) => out.leaf("src", value),
    }
    if let Some(expression) = &mapping.expression {
        out.leaf("expression", expression);
    }
    out.leaf("valueMergeType", mapping.merge.as_str());
    out.depth -= 1;
    out.line("</mapping>");
}

fn condition(out: &mut Writer, condition: &JoinCondition) {
    out.block("condition", |out| {
        out.optional("caseSensitive", condition.case_sensitive.map(capital));
        out.leaf("csAttribute", condition.attribute.as_str());
        out.leaf("ilmAttribute", condition.metaverse_attribute.as_str());
    });
}

fn clause(out: &mut Writer, clause: &ScopeClause) {
    out.block("scope", |out| {
        out.leaf("csAttribute", clause.attribute.as_str());
        out.leaf("csOperator", clause.operator.as_str());
        out.leaf("csValue", &clause.value);
    });
}

/// The form of these files: lower case in braces.
pub(super) fn braced(guid: Guid) -> String {
    format!("{{{guid}}}")
}

const fn capital(it: bool) -> &'static str {
    if it { "True" } else { "False" }
}

/// Lines of XML.
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    pub(super) fn new(capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), depth: 0 }
    }

    /// The text without a line feed at its end.
    pub(super) fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end_matches('\n').len());
        self.text
    }

    fn line(&mut self, line: &str) {
        self.indent();
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    pub(super) fn block(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.line(&format!("<{name}>"));
        self.depth += 1;
        content(self);
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    pub(super) fn list<T>(&mut self, name: &str, items: &[T], item: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            self.line(&format!("<{name} />"));
        } else {
            self.block(name, |out| items.iter().for_each(|it| item(out, it)));
        }
    }

    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return self.line(&format!("<{name} />"));
        }
        self.indent();
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "<{name}>");
        self.escape(text);
        let _ = writeln!(self.text, "</{name}>");
    }

    /// A leaf with attributes.
    pub(super) fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"");
            for (idx, it) in value.split('"').enumerate() {
                self.text.push_str(if idx > 0 { "&quot;" } else { "" });
                self.escape(it);
            }
            self.text.push('"');
        }
        if text.is_empty() {
            self.text.push_str(" />\n");
            return;
        }
        self.text.push('>');
        self.escape(text);
        let _ = writeln!(self.text, "</{name}>");
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.leaf(name, &value.to_string());
        }
    }

    fn escape(&mut self, text: &str) {
        for it in text.chars() {
            match it {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                // A reader turns a bare one into a line feed.
                '\r' => self.text.push_str("&#xD;"),
                '\t' | '\n' => self.text.push(it),
                '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => self.text.push('\u{FFFD}'),
                _ => self.text.push(it),
            }
        }
    }
}
