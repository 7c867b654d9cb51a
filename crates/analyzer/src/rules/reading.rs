//! `DL09xx`: what the readers did not understand.
use dirlift_model::{Evidence, Severity};

use super::{Hit, Rule, docs};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "DL0901",
    name: "not-understood",
    severity: Severity::Warning,
    title: "Parts of the snapshot were not understood",
    about: "Nothing is dropped in silence: what a reader does not know is listed here. A setting may hide in it.",
    remedy: "Look at each place. If it is part of the product's own format, please report it with the element's name.",
    reference: docs::OWN,
    check: |case, hits| {
        let configuration = case.configuration().into_iter().flat_map(|it| &it.problems);
        let mut evidence: Vec<_> = case
            .facts
            .problems
            .iter()
            .chain(configuration)
            .chain(case.target.into_iter().flat_map(|it| &it.problems))
            .map(|it| Evidence::new("not understood", &it.what, &it.location))
            .collect();
        evidence.sort_by(|a, b| (&a.place, &a.observed).cmp(&(&b.place, &b.observed)));
        evidence.dedup();
        Hit::push_counted(hits, evidence, "place", "places");
    },
}];
