//! `run-configuration`: run profiles and their steps.
use dirlift_model::config::{RunProfile, RunStep, RunStepKind};

use crate::{
    context::{Context, shown},
    known,
    xml::Element,
};

/// `run-configuration`
pub(crate) fn run_profile(cx: &mut Context, element: &Element<'_>) -> RunProfile {
    cx.check(element, &known::RUN_CONFIGURATION);
    let mut steps = Vec::new();
    if let Some(configuration) = element.child("configuration") {
        cx.check(configuration, &known::CONFIGURATION);
        steps.extend(configuration.all("step").map(|it| step(cx, it)));
    }
    RunProfile {
        id: cx.child_guid(element, "id"),
        name: cx.child_text(element, "name").unwrap_or_default(),
        steps,
        location: cx.location(element.at),
    }
}

fn step(cx: &mut Context, element: &Element<'_>) -> RunStep {
    cx.check(element, &known::STEP);
    let kind = if let Some(step_type) = element.child("step-type") {
        kind(cx, step_type)
    } else {
        cx.problem(element.at, format_args!("`step` has no `step-type`"));
        RunStepKind::Other(String::new())
    };
    let (mut object_limit, mut delete_limit) = (None, None);
    if let Some(threshold) = element.child("threshold") {
        cx.check(threshold, &known::THRESHOLD);
        object_limit = cx.child_number(threshold, "object");
        delete_limit = cx.child_number(threshold, "delete");
    }
    RunStep { kind, partition: cx.child_guid(element, "partition"), object_limit, delete_limit }
}

fn kind(cx: &mut Context, step_type: &Element<'_>) -> RunStepKind {
    cx.check(step_type, &known::STEP_TYPE);
    let word = cx.required(step_type, "type").trim().to_owned();
    // The table has no step with two subtypes; more than one makes another, unknown kind.
    let mut subtypes = Vec::new();
    for subtype in &step_type.children {
        if matches!(subtype.name, "import-subtype" | "apply-rules-subtype") {
            subtypes.extend(cx.leaf(subtype));
        }
    }
    let kind = RunStepKind::new(&word, &subtypes.join("+"));
    if let RunStepKind::Other(words) = &kind {
        cx.problem(
            step_type.at,
            format_args!("`step-type` is `{}`, which is not known", shown(words)),
        );
    }
    kind
}
