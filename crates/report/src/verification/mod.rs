//! Views of a verification: what is about to be exported, and what of it nobody expects.
mod csv;
mod html;
mod markdown;
mod text;

use dirlift_model::{
    pending::Operation,
    text::{grouped, plural},
    verification::{
        AcceptUse, AnchorCount, Asked, Conclusion, ConnectorReview, GuardReport, OperationCheck,
        OperationState, Outcome, Place, Row, RowChange, ServerState, Values, Verification,
    },
};

pub use self::{
    csv::{verification_csv_header, verification_csv_row},
    html::verification_html,
    markdown::verification_markdown,
    text::verification_text,
};

const fn verdict(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Clean => "Nothing unexpected is left",
        Conclusion::Unexpected => "Something unexpected is left",
        Conclusion::Incomplete => "Not everything could be looked at",
    }
}

const fn outcome(it: Outcome) -> &'static str {
    match it {
        Outcome::NotCompared => "not compared",
        Outcome::Same => "same on both sides",
        Outcome::NotComparable => "not comparable",
        Outcome::OnlyHere => "only predicted",
        Outcome::OnlyThere => "only on the real server",
        Outcome::Different => "different",
    }
}

fn connector(it: &ConnectorReview) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match it.predicted {
        Some(n) => format!("{} predicted", plural(n, "pending export", "pending exports")),
        None => "no prediction".to_owned(),
    });
    if let Some(real) = &it.real {
        lines.push(format!(
            "{} of {} in {}",
            plural(real.pending, "pending export", "pending exports"),
            plural(real.objects, "object", "objects"),
            real.file
        ));
        if !real.connector.is_empty() && real.connector != it.connector {
            lines.push(format!("called {} there", real.connector));
        }
    }
    let compared = it.outcomes.iter().filter(|it| it.outcome != Outcome::NotCompared);
    let compared: Vec<_> =
        compared.map(|it| format!("{} {}", grouped(it.objects), outcome(it.outcome))).collect();
    if !compared.is_empty() {
        lines.push(compared.join(", "));
    }
    lines.push(if it.unexpected == 0 {
        "all expected".to_owned()
    } else {
        format!("{} not expected", grouped(it.unexpected))
    });
    lines
}

fn operation(it: &OperationCheck) -> String {
    let place = match it.place {
        Place::Rehearsal => "rehearsal",
        Place::Server => "real server",
    };
    let asked = match it.asked {
        Asked::FullImport => "full import",
        Asked::Synchronization => "synchronization",
    };
    format!("{place}, {}: {asked}", it.connector)
}

fn operation_result(it: &OperationCheck) -> String {
    let mut text = match it.state {
        OperationState::Success => "success".to_owned(),
        OperationState::Missing => match it.asked {
            Asked::FullImport => "not done".to_owned(),
            Asked::Synchronization => "not done after the full import".to_owned(),
        },
        OperationState::Errors | OperationState::Failed => {
            it.result.clone().unwrap_or_else(|| "failed".to_owned())
        }
    };
    if let Some(ended) = it.ended {
        text = format!("{text}, {ended}");
    }
    for (kind, n) in &it.errors {
        text = format!("{text}; {kind}: {}", plural(*n, "object", "objects"));
    }
    text
}

fn server(it: &ServerState) -> Vec<String> {
    let mut lines = vec![match it.is_staging {
        Some(true) => "in staging mode".to_owned(),
        Some(false) => "not in staging mode: it exports".to_owned(),
        None => "whether it is in staging mode is not known".to_owned(),
    }];
    if let Some(at) = it.last_run {
        lines.push(format!("newest run ended {at}"));
    }
    if let Some(at) = it.last_export {
        lines.push(format!("newest export ended {at}"));
    }
    lines.extend(it.not_read.iter().map(|it| format!("not read: {it}")));
    lines
}

fn guard(it: &GuardReport) -> String {
    let basis = if it.looked_at_real { "real" } else { "predicted" };
    let exports = plural(it.exports, "export", "exports");
    let deletes = plural(it.deletes, "delete", "deletes");
    let verdict = match it.objections.len() as u64 + it.not_named {
        0 => "no objection".to_owned(),
        n => plural(n, "objection", "objections"),
    };
    format!("{verdict} to {exports} ({basis}), {deletes} among them")
}

fn anchor(it: &AnchorCount) -> String {
    format!("{} of type {}: {}", grouped(it.objects), it.object_type, it.state.words())
}

fn accept(it: &AcceptUse) -> String {
    let mut text = format!("{}: {}", it.what, plural(it.objects, "object", "objects"));
    if it.is_expired {
        text.push_str("; expired");
    } else if it.beyond > 0 {
        text = format!("{text}; {} more than it may accept", grouped(it.beyond));
    } else if it.objects == 0 {
        text.push_str("; not used");
    }
    text
}

fn accept_source(it: &AcceptUse) -> String {
    let until = it.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
    format!("{} ({}{until}; {})", it.reason, it.author, it.place)
}

/// The title of a row: what happens to which object.
fn title(row: &Row) -> String {
    let name = row.display_name.as_deref().filter(|it| !it.is_empty());
    let name = name.map_or_else(String::new, |it| format!("{it}, "));
    let to = row.new_dn.as_ref().map_or_else(String::new, |it| format!(" -> {it}"));
    format!("{} {}: {name}{}{to}", row.operation, row.object_type, row.dn)
}

/// What else is to be told of a row, besides its changes.
fn remarks(row: &Row, accepted: &[AcceptUse]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(cause) = &row.cause_text {
        lines.push(format!("cause: {cause}"));
    }
    if row.outcome != Outcome::NotCompared {
        lines.push(format!("comparison: {}", outcome(row.outcome)));
    }
    if let Some(it) = row.predicted_operation {
        lines.push(format!("the rehearsal predicts: {it}"));
    }
    if let Some(it) = row.accepted.and_then(|it| accepted.get(it)) {
        lines.push(format!("expected: {} ({})", it.reason, it.author));
    }
    if let Some(error) = &row.error {
        lines.push(format!("error of an earlier export: {error}"));
    }
    if row.more_changes > 0 {
        lines.push(plural(row.more_changes, "more attribute", "more attributes"));
    }
    if !row.unreadable.is_empty() {
        let names: Vec<_> = row.unreadable.iter().map(ToString::to_string).collect();
        lines.push(format!("present values not readable: {}", names.join(", ")));
    }
    lines
}

fn change(it: &RowChange) -> String {
    let mut text = format!("{}: {} -> {}", it.attribute, values(&it.old), values(&it.new));
    if let Some(predicted) = &it.predicted {
        text = format!("{text}; predicted: {}", values(predicted));
    }
    if it.outcome != Outcome::NotCompared && it.outcome != Outcome::Same {
        text = format!("{text} [{}]", outcome(it.outcome));
    }
    if let Some(rule) = &it.rule {
        text = format!("{text} ({rule})");
    }
    text
}

fn values(it: &Values) -> String {
    let mut text = if it.shown.is_empty() && it.more == 0 {
        "(nothing)".to_owned()
    } else {
        it.shown.join(" | ")
    };
    if it.more > 0 {
        text = format!("{text} and {} more", grouped(it.more));
    }
    text
}

/// How many single exports follow, of how many.
fn rows_heading(it: &Verification) -> String {
    let shown = it.rows.len() as u64;
    if shown == it.matching {
        plural(shown, "pending export", "pending exports")
    } else {
        format!("{} of {} pending exports", grouped(shown), grouped(it.matching))
    }
}

/// What single exports are narrowed to, in words; empty when they are not.
fn filter(it: &Verification) -> String {
    let filter = &it.filter;
    let mut parts = Vec::new();
    let mut add = |label: &str, words: Vec<String>| {
        if !words.is_empty() {
            parts.push(format!("{label} {}", words.join(" or ")));
        }
    };
    add("connector", filter.connectors.clone());
    add("type", filter.object_types.iter().map(ToString::to_string).collect());
    add(
        "operation",
        filter.operations.iter().map(|it| Operation::as_str(*it).to_owned()).collect(),
    );
    add("attribute", filter.attributes.iter().map(ToString::to_string).collect());
    add("cause", filter.causes.clone());
    add("outcome", filter.outcomes.iter().map(ToString::to_string).collect());
    add("text", filter.find.iter().cloned().collect());
    if filter.unexpected {
        parts.push("unexpected".to_owned());
    }
    parts.join(", ")
}
