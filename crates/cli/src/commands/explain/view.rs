//! The text of an explanation.
use dirlift_model::{
    AttributeName, AttributeValue, PendingExport,
    pending::Cause,
    text::{plural, shorten},
};
use dirlift_report::{Block, Emphasis};
use dirlift_syncengine::sync::{
    FlowExplanation, LinkExplanation, ObjectExplanation, RuleExplanation, SideExplanation, Standing,
};

use super::Document;

/// Most characters of a value.
const MAX_VALUE: usize = 300;

/// Values of one attribute that are shown.
const MAX_VALUES: usize = 10;

/// The page. Of rules out of scope only what does not hold is shown, and flows that decide nothing are counted, unless `all` is
/// asked for.
pub(super) fn page(document: &Document, all: bool) -> Vec<Block> {
    let mut out = Vec::new();
    for it in &document.explanations {
        explanation(it, all, &mut out);
    }
    if !document.not_shown.is_empty() {
        heading(&mut out, "Not shown");
        for dn in &document.not_shown {
            out.push(Block::Item(2, dn.to_string()));
        }
    }
    out.push(Block::Gap);
    out.push(Block::Paragraph(0, format!("Rules: {}.", document.rule_basis.meaning())));
    out
}

fn heading(out: &mut Vec<Block>, text: &str) {
    out.push(Block::Heading(text.to_owned()));
}

fn labelled(out: &mut Vec<Block>, indent: usize, label: &str, text: impl Into<String>) {
    out.push(Block::Labelled {
        label: format!("{}{label}  ", " ".repeat(indent)),
        emphasis: Emphasis::Strong,
        indent: indent + 4,
        text: text.into(),
    });
}

fn explanation(it: &ObjectExplanation, all: bool, out: &mut Vec<Block>) {
    heading(out, it.dn.as_str());
    out.push(Block::Paragraph(2, format!("in {}", it.connector)));
    heading(out, "Pending exports");
    if it.exports.is_empty() {
        out.push(Block::Paragraph(2, "None.".to_owned()));
    }
    for export in &it.exports {
        pending(export, out);
    }
    if !it.errors.is_empty() || !it.predicted.is_empty() {
        heading(out, "Errors");
        for error in &it.errors {
            out.push(Block::Item(2, format!("{}: {}", error.dn, error.problem)));
        }
        for predicted in &it.predicted {
            out.push(Block::Item(2, predicted.to_string()));
        }
    }
    heading(out, "Metaverse");
    match &it.metaverse {
        None => out.push(Block::Paragraph(2, "No object: nothing links it.".to_owned())),
        Some(mv) => {
            out.push(Block::Paragraph(
                2,
                format!("An object of type {}, linked to", mv.object_type),
            ));
            for (connector, dn) in &mv.links {
                out.push(Block::Item(2, format!("{dn} in {connector}")));
            }
        }
    }
    for (title, sides) in [("Way in", &it.inbound), ("Way out", &it.outbound)] {
        for side in sides.iter().filter(|it| all || !it.rules.is_empty() || it.dn.is_some()) {
            self::side(title, side, all, out);
        }
    }
    if !it.assumptions.is_empty() {
        heading(out, "Rests on");
        for assumption in &it.assumptions {
            labelled(
                out,
                2,
                assumption.id,
                format!("{}: {}", assumption.point, assumption.reading),
            );
        }
    }
}

fn side(title: &str, it: &SideExplanation, all: bool, out: &mut Vec<Block>) {
    heading(out, &format!("{title}: {}", it.connector));
    let name = it.dn.as_ref().map_or("no object".to_owned(), ToString::to_string);
    let link = match &it.link {
        LinkExplanation::None => "not linked".to_owned(),
        LinkExplanation::Projected => "the object of the metaverse was made from it".to_owned(),
        LinkExplanation::Joined => "joined".to_owned(),
        LinkExplanation::JoinedOutbound { rule } => format!("joined by {rule}"),
        LinkExplanation::Provisioned { rule } => format!("made by {rule}"),
    };
    out.push(Block::Paragraph(2, format!("{name}: {link}")));
    for rule in &it.rules {
        self::rule(rule, all, out);
    }
}

fn rule(it: &RuleExplanation, all: bool, out: &mut Vec<Block>) {
    let (mark, emphasis) =
        if it.in_scope { ("in scope", Emphasis::Good) } else { ("out of scope", Emphasis::None) };
    out.push(Block::Labelled {
        label: format!("  {:>4}  ", it.precedence),
        emphasis,
        indent: 8,
        text: format!("{}: {mark}", it.rule),
    });
    let last = it.scope.len();
    for (at, group) in it.scope.iter().enumerate() {
        let holds = group.iter().all(|it| it.holds);
        // Of a rule in scope, the group that holds is enough to know.
        if it.in_scope && !holds && !all {
            continue;
        }
        for clause in group.iter().filter(|it| all || !it.holds || holds) {
            let word = if clause.holds { "true" } else { "false" };
            let value = shorten(&clause.value, MAX_VALUE);
            out.push(Block::Item(10, format!("{word}: {} (it is {value})", clause.clause)));
        }
        if at + 1 < last && !it.in_scope {
            out.push(Block::Paragraph(10, "or".to_owned()));
        }
    }
    for (at, group) in it.joins.iter().enumerate() {
        for criterion in group {
            let value = shorten(&criterion.value, MAX_VALUE);
            let partner = match (&criterion.partner_value, criterion.matches) {
                (Some(partner), Some(matches)) => {
                    let word = if matches { "equals" } else { "differs from" };
                    format!("{word} {}", shorten(partner, MAX_VALUE))
                }
                _ => "no partner to compare with".to_owned(),
            };
            let names =
                format!("{} and {}", criterion.connector_attribute, criterion.metaverse_attribute);
            if all || criterion.matches == Some(true) {
                out.push(Block::Item(10, format!("join {}: {names}: {value}, {partner}", at + 1)));
            }
        }
    }
    let (mut nothing, mut hidden) = (0_u64, 0_u64);
    for flow in &it.flows {
        match flow.standing {
            Standing::Nothing | Standing::OtherType | Standing::Once if !all => nothing += 1,
            Standing::Hidden { .. } if !all => hidden += 1,
            _ => self::flow(flow, out),
        }
    }
    let mut folded = Vec::new();
    if hidden > 0 {
        let n = plural(hidden, "flow is", "flows are");
        folded.push(format!("{n} hidden by rules of higher precedence"));
    }
    if nothing > 0 {
        folded.push(format!("{} nothing", plural(nothing, "flow gives", "flows give")));
    }
    if !folded.is_empty() {
        out.push(Block::Paragraph(8, format!("{} (--all shows them)", folded.join(", "))));
    }
}

fn flow(it: &FlowExplanation, out: &mut Vec<Block>) {
    let standing = match &it.standing {
        Standing::Decides => "decides".to_owned(),
        Standing::Merged => "merged with others".to_owned(),
        Standing::Hidden { by } => format!("hidden by {by}"),
        Standing::Nothing => "contributes nothing".to_owned(),
        Standing::Stops => "contributes nothing, nor may others".to_owned(),
        Standing::Once => "only when the object is made".to_owned(),
        Standing::Failed => "failed".to_owned(),
        Standing::OtherType => "for objects of another type".to_owned(),
    };
    let emphasis = match it.standing {
        Standing::Decides | Standing::Merged => Emphasis::Strong,
        Standing::Failed => Emphasis::Bad,
        _ => Emphasis::None,
    };
    let result = shorten(&it.result, MAX_VALUE);
    out.push(Block::Labelled {
        label: format!("        {}  ", it.attribute),
        emphasis,
        indent: 10,
        text: format!("{result}: {standing}"),
    });
    let inputs: Vec<_> = it
        .inputs
        .iter()
        .map(|(name, value)| format!("{name} = {}", shorten(value, MAX_VALUE)))
        .collect();
    let from =
        if inputs.is_empty() { String::new() } else { format!(" from {}", inputs.join(", ")) };
    // A direct flow says nothing that its input does not say.
    if !it.flow.contains(" → ") || inputs.is_empty() {
        out.push(Block::Paragraph(10, format!("{}{from}", it.flow)));
    } else {
        out.push(Block::Paragraph(10, from.trim_start().to_owned()));
    }
}

fn pending(it: &PendingExport, out: &mut Vec<Block>) {
    out.push(Block::Labelled {
        label: format!("  {}  ", it.operation),
        emphasis: Emphasis::Notable,
        indent: 4,
        text: format!("{} in {}", it.dn, it.connector),
    });
    let cause = it.cause.as_ref().filter(|it| **it != Cause::Flowed);
    out.extend(cause.map(|it| Block::Paragraph(4, it.to_string())));
    for change in &it.changes {
        let rule = change.rule.as_deref().map(|it| format!(" ({it})")).unwrap_or_default();
        let old = values(&change.old);
        let new = values(&change.new);
        labelled(out, 4, change.attribute.as_str(), format!("{old} -> {new}{rule}"));
    }
    if !it.unreadable.is_empty() {
        let names: Vec<_> = it.unreadable.iter().map(AttributeName::as_str).collect();
        out.push(Block::Paragraph(4, format!("cannot be compared: {}", names.join(", "))));
    }
}

fn values(all: &[AttributeValue]) -> String {
    if all.is_empty() {
        return "(nothing)".to_owned();
    }
    let shown = |it: &AttributeValue| match it {
        AttributeValue::String(text) => shorten(text, MAX_VALUE),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Boolean(flag) => flag.to_string(),
        AttributeValue::Binary(bytes) => plural(bytes.len() as u64, "byte", "bytes"),
        AttributeValue::Reference(dn) => dn.to_string(),
    };
    let mut lines: Vec<_> = all.iter().take(MAX_VALUES).map(shown).collect();
    if let Some(n @ 1..) = all.len().checked_sub(MAX_VALUES) {
        lines.push(format!("{n} more"));
    }
    lines.join("; ")
}
