//! What a rehearsal came to, in numbers and lines.
use std::collections::BTreeMap;

use dirlift_model::{
    AttributeName, NotChecked, PendingExport,
    pending::{Cause, Operation},
    rehearsal::{
        AssumptionUsed, AttributeCount, ConnectorCount, Count, ErrorLine, ExportCount,
        FORMAT_VERSION, GuardVerdict, Rehearsal, Stage, UnreadableCount,
    },
    text::plural,
};
use dirlift_syncengine::{
    assumption,
    sync::{ObjectError, ObjectProblem, Predicted, PredictedOutcome, Synchronized},
};
use dirlift_verifier::{Guards, Limits, Population, Sensitive};
use jiff::Timestamp;
use serde::Serialize;

use super::load::Known;
use crate::judgement::Judgement;

/// Rules that were left out and are named among the objections.
const MAX_LEFT_OUT: usize = 20;

/// Counts exports and errors as they pass.
pub(super) struct Tally {
    guards: Vec<Guards>,
    exports: BTreeMap<(usize, AttributeName, Operation, &'static str), u64>,
    attributes: BTreeMap<(usize, AttributeName, AttributeName), u64>,
    errors: BTreeMap<String, u64>,
    names: Vec<String>,
}

impl Tally {
    pub(super) fn new(known: &Known) -> Self {
        let names: Vec<_> = known.setup.connectors.iter().map(|it| it.name.clone()).collect();
        let guards = known.setup.connectors.iter().map(|it| {
            let population = Population(known.objects.get(&it.id).cloned().unwrap_or_default());
            let sensitive =
                if it.forest_side() { Sensitive::default() } else { known.sensitive.clone() };
            Guards::new(&it.name, Limits::default(), population, sensitive)
        });
        Self {
            guards: guards.collect(),
            names,
            exports: BTreeMap::new(),
            attributes: BTreeMap::new(),
            errors: BTreeMap::new(),
        }
    }

    /// Counts an export; returns how many of its kind there were, with this one.
    pub(super) fn export(&mut self, export: &PendingExport) -> u64 {
        let at = self.names.iter().position(|it| *it == export.connector).unwrap_or_default();
        for guards in &mut self.guards {
            guards.see(export);
        }
        let cause = cause(export.cause.as_ref());
        let key = (at, export.object_type.clone(), export.operation, cause);
        let count = self.exports.entry(key).or_default();
        *count += 1;
        let count = *count;
        if matches!(export.operation, Operation::Update | Operation::Rename) {
            for change in &export.changes {
                let key = (at, export.object_type.clone(), change.attribute.clone());
                *self.attributes.entry(key).or_default() += 1;
            }
        }
        count
    }

    pub(super) fn error(&mut self, line: &ErrorLine) {
        if line.stage == Stage::Export {
            return;
        }
        *self.errors.entry(line.error.clone()).or_default() += 1;
    }

    /// Puts everything together.
    pub(super) fn finish(
        self,
        known: &Known,
        done: &Synchronized,
        tool_version: &str,
        as_of: Timestamp,
    ) -> Rehearsal {
        let summary = done.summary();
        let name = |at: usize| self.names.get(at).cloned().unwrap_or_default();
        let connectors = known.setup.connectors.iter().zip(&summary.connectors).map(|(own, it)| {
            let objects = known.objects.get(&own.id).into_iter().flatten();
            ConnectorCount {
                id: own.id,
                connector: own.name.clone(),
                is_cloud: !own.forest_side(),
                source: known.sources.get(&own.id).cloned().unwrap_or_default(),
                objects: objects.map(|(name, count)| counted(name.as_str(), *count)).collect(),
                linked: it.linked,
                exports: it.exports.values().sum(),
                errors: it.errors,
            }
        });
        let outcomes = |errors: bool| {
            let all = summary.predicted.iter().filter(|it| it.0.is_error() == errors);
            all.map(|(outcome, count)| counted(&word(outcome), *count)).collect::<Vec<_>>()
        };
        let populations: Vec<u64> = known
            .setup
            .connectors
            .iter()
            .map(|it| known.objects.get(&it.id).map_or(0, |it| it.values().sum()))
            .collect();
        let guards =
            self.guards.into_iter().zip(populations).map(|(it, objects)| verdict(it, objects));
        let mut out = Rehearsal {
            format_version: FORMAT_VERSION,
            tool_version: tool_version.to_owned(),
            as_of,
            configuration: known.setup.name.clone(),
            rule_basis: known.setup.rule_basis,
            rules: known.n_rules,
            objections: Vec::new(),
            connectors: connectors.collect(),
            exports: self
                .exports
                .iter()
                .map(|((at, object_type, operation, cause), count)| ExportCount {
                    connector: name(*at),
                    object_type: object_type.clone(),
                    operation: *operation,
                    cause: (*cause).to_owned(),
                    count: *count,
                })
                .collect(),
            attributes: self
                .attributes
                .iter()
                .map(|((at, object_type, attribute), count)| AttributeCount {
                    connector: name(*at),
                    object_type: object_type.clone(),
                    attribute: attribute.clone(),
                    count: *count,
                })
                .collect(),
            unreadable: summary
                .unreadable
                .iter()
                .map(|it| UnreadableCount {
                    object_type: it.object_type.clone(),
                    attribute: it.attribute.clone(),
                    count: it.count,
                })
                .collect(),
            guards: guards.collect(),
            errors: self.errors.iter().map(|(name, count)| counted(name, *count)).collect(),
            predicted_errors: outcomes(true),
            takeovers: outcomes(false),
            metaverse_objects: summary.metaverse_objects,
            history: summary.history,
            kept_without_history: summary.kept_without_history,
            held: summary.held,
            references_left_out: summary.references_left_out,
            assumptions: summary.assumptions.iter().filter_map(|it| assumed(it)).collect(),
            notes: known.setup.notes.iter().chain(&known.notes).cloned().collect(),
            not_checked: known.tenant.not_checked.clone(),
        };
        out.not_checked.extend(known.setup.damaged.iter().map(|it| NotChecked {
            what: "a file of the configuration".to_owned(),
            why: it.clone(),
            needed: true,
        }));
        out.objections = objections(&out, known, &Judgement::of(summary));
        out
    }
}

fn objections(it: &Rehearsal, known: &Known, judgement: &Judgement) -> Vec<String> {
    let mut out = Vec::new();
    for connector in it.connectors.iter().filter(|it| it.objects.is_empty()) {
        out.push(format!(
            "no object was read for {} from {}",
            connector.connector, connector.source
        ));
    }
    let left_out = known.left_out.iter().take(MAX_LEFT_OUT);
    out.extend(left_out.map(|it| format!("not applied as written: {it}")));
    if let Some(n @ 1..) = known.left_out.len().checked_sub(MAX_LEFT_OUT) {
        out.push(format!("{n} more things in rules are not applied as written"));
    }
    if !judgement.settled {
        out.push(judgement.circle());
    }
    for guard in &it.guards {
        out.extend(guard.objections.iter().map(|text| format!("{}: {text}", guard.connector)));
        if guard.not_named > 0 {
            let n = plural(guard.not_named, "more object", "more objects");
            out.push(format!("{}: {n} with an administrative role or a licence", guard.connector));
        }
    }
    let n_errors = it.errors.iter().map(|it| it.count).sum();
    out.extend(judgement.on_objects(n_errors));
    out
}

fn verdict(guards: Guards, objects: u64) -> GuardVerdict {
    let verdict = guards.verdict();
    let not_checked = verdict.not_checked.iter().map(|it| match &it.object_type {
        Some(object_type) => format!("{} of type {object_type}: {}", it.guard, it.why),
        None => format!("{}: {}", it.guard, it.why),
    });
    GuardVerdict {
        passes: verdict.passes(),
        connector: verdict.connector,
        exports: verdict.seen.exports,
        adds: verdict.seen.adds,
        updates: verdict.seen.updates,
        deletes: verdict.seen.deletes,
        objects,
        objections: verdict.tripped.iter().map(ToString::to_string).collect(),
        not_named: verdict.not_named,
        not_checked: not_checked.collect(),
    }
}

fn counted(name: &str, count: u64) -> Count {
    Count { name: name.to_owned(), count }
}

/// The word that a value is serialised as.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The word of a cause; `unknown` where the source does not say.
pub(super) fn cause(cause: Option<&Cause>) -> &'static str {
    cause.map_or("unknown", Cause::kind)
}

fn assumed(id: &str) -> Option<AssumptionUsed> {
    let row = assumption::TABLE.iter().find(|it| it.id == id)?;
    Some(AssumptionUsed {
        id: id.to_owned(),
        point: row.point.to_owned(),
        reading: row.reading.to_owned(),
    })
}

/// The line of an object's error.
pub(super) fn error_line(it: ObjectError) -> ErrorLine {
    let text = it.problem.to_string();
    let (error, attribute, partner) = match it.problem {
        ObjectProblem::Flow { attribute, .. } => ("flow", Some(attribute), None),
        ObjectProblem::Mixed { attribute, .. } => ("mixed", Some(attribute), None),
        ObjectProblem::SeveralJoinRules { .. } => ("several-join-rules", None, None),
        ObjectProblem::Ambiguous { partner, .. } => ("ambiguous", None, Some(partner)),
        ObjectProblem::AnchorChanged { .. } => ("anchor-changed", None, None),
        ObjectProblem::NoName { .. } => ("no-name", None, None),
        ObjectProblem::BadName { .. } => ("bad-name", None, None),
        ObjectProblem::NameTaken { name, .. } => ("name-taken", None, Some(name)),
        ObjectProblem::RepeatedName => ("repeated-name", None, None),
    };
    ErrorLine {
        stage: Stage::Synchronization,
        error: error.to_owned(),
        is_error: true,
        connector: it.connector,
        dn: it.dn,
        anchor: it.anchor,
        source: None,
        attribute,
        value: None,
        partner,
        partner_id: None,
        partner_source: None,
        text,
    }
}

/// What the cloud would do, in words.
pub(crate) const fn outcome_words(outcome: PredictedOutcome) -> &'static str {
    match outcome {
        PredictedOutcome::HardMatch => "takes over an object of the cloud by its source anchor",
        PredictedOutcome::SoftMatchByAddress => {
            "takes over an object of the cloud by its primary address"
        }
        PredictedOutcome::SoftMatchByUserPrincipalName => {
            "takes over an object of the cloud by its user principal name"
        }
        PredictedOutcome::AttributeValueMustBeUnique => {
            "another object has a value that only one may have"
        }
        PredictedOutcome::InvalidSoftMatch => {
            "the object that would match has another source anchor, or soft match is blocked"
        }
        PredictedOutcome::InvalidHardMatch => {
            "taking over by source anchor is blocked in the tenant"
        }
        PredictedOutcome::ObjectTypeMismatch => "the object that would match is of another type",
        PredictedOutcome::DataValidationFailed => {
            "a value does not have the form that the cloud asks for"
        }
        PredictedOutcome::LargeObject => "more or larger values than the cloud takes",
        PredictedOutcome::FederatedDomainChange => {
            "the user principal name would move from one federated domain to another"
        }
        PredictedOutcome::ExistingAdminRoleConflict => {
            "the user that would match has an administrative role"
        }
    }
}

/// The line of what the cloud would say.
pub(super) fn predicted_line(it: &Predicted) -> ErrorLine {
    let what = outcome_words(it.outcome);
    let mut text = what.to_owned();
    if let Some(attribute) = &it.attribute {
        text = format!("{text} ({attribute}");
        if let Some(value) = &it.value {
            text = format!("{text}: {value}");
        }
        text.push(')');
    }
    if let Some(partner) = &it.partner {
        text = format!("{text}; the other is {}", partner.dn);
    }
    ErrorLine {
        stage: Stage::Export,
        error: word(&it.outcome),
        is_error: it.outcome.is_error(),
        connector: it.connector.clone(),
        dn: it.dn.clone(),
        anchor: None,
        source: it.source.clone(),
        attribute: it.attribute.clone(),
        value: it.value.clone(),
        partner: it.partner.as_ref().map(|it| it.dn.clone()),
        partner_id: it.partner.as_ref().and_then(|it| it.id),
        partner_source: it.partner.as_ref().and_then(|it| it.source.clone()),
        text,
    }
}
