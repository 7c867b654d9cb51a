//! Judges the facts of a server: findings, estimate, recommendation.
//!
//! Pure: no I/O, no clock (the time is a parameter), no runtime. It knows no file format and writes no
//! report; `dirlift-report` lays out what comes out of here. It may depend on `dirlift-model` only.
mod case;
mod connect;
mod knowledge;
mod measure;
mod recommend;
pub mod rules;
mod settings;

pub use knowledge::{Knowledge, KnowledgeError};
pub use rules::{RULES, Rule};

use dirlift_model::{
    Analysis, Facts, Finding,
    analysis::{Deployment, FORMAT_VERSION, Path},
};
use jiff::Timestamp;

use crate::case::Case;

/// What a judgement depends on beside the facts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time that the judgement holds for.
    pub as_of: Timestamp,
    /// The deployment that the user asks for instead of the recommended one.
    pub mode: Option<Deployment>,
    /// Version of the program, for the record.
    pub tool_version: String,
}

/// Judges a server. `target` holds the facts of the new server, where they are known.
pub fn analyze(
    facts: &Facts,
    target: Option<&Facts>,
    knowledge: &Knowledge,
    options: &Options,
) -> Analysis {
    let case = Case::new(facts, target, knowledge, options);
    let findings = findings(&case);
    let recommendation = recommend::recommend(&case, &findings, options.mode);
    let mut not_checked = facts.missing.clone();
    not_checked.extend(case.not_checked());
    if recommendation.path == Path::None && facts.product.product.is_some() {
        // Nothing to upgrade: no fact is needed to say so.
        for it in &mut not_checked {
            it.needed = false;
        }
    }
    not_checked.sort();
    not_checked.sort_by_key(|it| !it.needed);
    not_checked.dedup();
    Analysis {
        format_version: FORMAT_VERSION,
        tool_version: options.tool_version.clone(),
        as_of: options.as_of,
        source: measure::source(&case),
        database: case.database.clone(),
        objects: case.objects.clone(),
        estimate: case.estimate.clone(),
        recommendation,
        settings: case.settings.clone(),
        findings,
        not_checked,
        network: knowledge.network.clone(),
    }
}

/// Runs every rule. The order is fixed: worst first, then code, then detail.
fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    for rule in RULES.iter().flat_map(|it| it.iter()) {
        let mut hits = Vec::new();
        (rule.check)(case, &mut hits);
        all.extend(hits.into_iter().map(|it| rule.finding(case, it)));
    }
    all.sort_by(|a, b| (b.severity, &a.id, &a.detail).cmp(&(a.severity, &b.id, &b.detail)));
    all
}
