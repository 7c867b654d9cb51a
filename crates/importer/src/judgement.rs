//! What the engine's own summary of a synchronization says against its exports: one judgement for a rehearsal, a deployment and
//! its verification.
use std::collections::BTreeMap;

use dirlift_model::text::{grouped, plural};
use dirlift_syncengine::sync::{PredictedOutcome, Summary};
use serde::Deserialize;

use crate::rehearsal::word;

/// What the cloud takes over instead of refusing it.
const TAKEOVERS: [PredictedOutcome; 3] = [
    PredictedOutcome::HardMatch,
    PredictedOutcome::SoftMatchByAddress,
    PredictedOutcome::SoftMatchByUserPrincipalName,
];

/// The part of a summary that something may be said against; as JSON it is read from what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Judgement {
    /// Whether the rounds of joining came to an end.
    pub settled: bool,
    /// How many rounds there were.
    pub passes: u64,
    /// Whether deletes could be worked out.
    pub history: bool,
    /// Objects that would be deleted if the tenant's marks were history.
    pub kept_without_history: u64,
    /// Objects that are not deleted only because what they come from has an error.
    pub held: u64,
    /// What the cloud would say to the exports, by its own words.
    predicted: BTreeMap<String, u64>,
}

impl Judgement {
    /// The judgement on a synchronization.
    pub fn of(summary: &Summary) -> Self {
        Self {
            settled: summary.settled,
            passes: summary.passes,
            history: summary.history,
            kept_without_history: summary.kept_without_history,
            held: summary.held,
            predicted: summary.predicted.iter().map(|(it, n)| (word(it), *n)).collect(),
        }
    }

    /// What the cloud would refuse, by its own words.
    pub fn refused(&self) -> impl Iterator<Item = (&str, u64)> {
        let takeovers = TAKEOVERS.map(|it| word(&it));
        let all = self.predicted.iter().filter(move |it| *it.1 > 0 && !takeovers.contains(it.0));
        all.map(|(word, n)| (word.as_str(), *n))
    }

    /// Leaves out what somebody expects the cloud to refuse, by word and number.
    pub fn expect(&mut self, mut is_expected: impl FnMut(&str, u64) -> bool) {
        self.predicted.retain(|word, n| !is_expected(word, *n));
    }

    /// What is to be said against the exports, in words: rules without an end, errors of single objects, what the cloud would
    /// refuse.
    pub fn objections(&self, n_errors: u64) -> Vec<String> {
        let circle = (!self.settled).then(|| self.circle());
        circle.into_iter().chain(self.on_objects(n_errors)).collect()
    }

    pub(crate) fn circle(&self) -> String {
        let passes = self.passes;
        format!("rules go round in a circle: joining did not settle in {passes} rounds")
    }

    pub(crate) fn on_objects(&self, n_errors: u64) -> Vec<String> {
        let mut all = Vec::new();
        if n_errors > 0 {
            let errors = plural(n_errors, "error", "errors");
            all.push(format!("{errors} of single objects while synchronizing"));
        }
        let n_refused = self.refused().map(|it| it.1).sum();
        if n_refused > 0 {
            let exports = plural(n_refused, "export", "exports");
            all.push(format!("the cloud would refuse {exports}"));
        }
        all
    }

    /// What could not be worked out, in words.
    pub fn gaps(&self) -> Option<String> {
        (!self.history && self.kept_without_history > 0).then(|| {
            format!(
                "deletes could not be worked out, because nothing in the tenant is marked as synchronised: {} would be \
                 deleted if it were",
                plural(self.kept_without_history, "object", "objects")
            )
        })
    }

    /// What is worth knowing beside it, in words: what the cloud would refuse by kind, and deletes that wait.
    pub fn remarks(&self) -> Vec<String> {
        let mut all: Vec<_> = self
            .refused()
            .map(|(word, n)| {
                let n = grouped(n);
                format!("the cloud would refuse {n}: {word}; mend them where they come from, then run dirlift sync")
            })
            .collect();
        if self.held > 0 {
            let (n, are) =
                (plural(self.held, "object", "objects"), if self.held == 1 { "is" } else { "are" });
            all.push(format!(
                "{n} {are} not deleted only because what they come from has an error"
            ));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_over_is_not_refused() {
        let json = r#"{"settled": false, "passes": 50, "history": false, "kept_without_history": 2, "held": 1, "connectors": [],
            "predicted": {"hard-match": 5, "soft-match-by-address": 6, "soft-match-by-user-principal-name": 7,
            "invalid-soft-match": 2, "large-object": 1, "data-validation-failed": 0}}"#;
        let mut it: Judgement = serde_json::from_str(json).unwrap();
        assert_eq!(
            it.objections(4),
            [
                "rules go round in a circle: joining did not settle in 50 rounds",
                "4 errors of single objects while synchronizing",
                "the cloud would refuse 3 exports",
            ]
        );
        assert!(it.gaps().unwrap().contains(": 2 objects would be deleted"));
        let remarks = it.remarks();
        assert!(
            remarks[0].starts_with("the cloud would refuse 2: invalid-soft-match;"),
            "{remarks:?}"
        );
        assert!(remarks[1].starts_with("the cloud would refuse 1: large-object;"), "{remarks:?}");
        assert!(remarks[2].starts_with("1 object is not deleted only because"), "{remarks:?}");
        // A tenant that was synchronised, and nothing to say.
        (it.settled, it.history, it.held) = (true, true, 0);
        it.predicted = [("hard-match".to_owned(), 5)].into();
        assert_eq!((it.objections(0), it.gaps(), it.remarks()), (Vec::new(), None, Vec::new()));
    }
}
