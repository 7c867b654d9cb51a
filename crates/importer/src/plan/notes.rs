//! What is worth knowing about a plan and forbids nothing.
use dirlift_exporter::settings::RuleBasis;
use dirlift_model::{
    Plan,
    analysis::{Deployment, Path},
    plan::Mode,
    text::shorten,
};

use super::{Content, Request};

/// What the mode is today.
pub(super) fn today(request: &Request<'_>, content: &Content) -> Vec<String> {
    let mut all = Vec::new();
    match request.mode {
        Mode::Parallel => all.push(
            "a new server beside the old one: dirlift reads both directories and predicts what the new server would export; \
             the old server and the directories are not changed"
                .to_owned(),
        ),
        Mode::InPlace => {
            all.push(
                "the same rehearsal as beside the old server; then dirlift stops and disables DirSync's services on this \
                 machine, and a person uninstalls DirSync and installs Microsoft Entra Connect"
                    .to_owned(),
            );
            all.push(
                "Microsoft's own upgrade of DirSync in place ended on 2017-12-31: its old wizard is refused by the cloud, and \
                 today's builds install anew. From the moment the services stop until the new server leaves staging mode, \
                 nobody synchronises"
                    .to_owned(),
            );
            all.push("there is no way back to DirSync once the new server has exported".to_owned());
        }
    }
    let recommendation = &content.analysis.recommendation;
    let is_asked = match request.mode {
        Mode::Parallel => recommendation.deployment == Deployment::Parallel,
        Mode::InPlace => true,
    };
    if is_asked {
        all.extend(
            recommendation.obstacles.iter().map(|it| format!("in the way: {}", shorten(it, 400))),
        );
    }
    all
}

/// Notes about the plan as a whole.
pub(super) fn add(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    let recommendation = &content.analysis.recommendation;
    match (request.mode, recommendation.deployment) {
        (Mode::Parallel, Deployment::InPlace) if recommendation.path == Path::Dirsync => {
            plan.notes.push("the rule of the document would be an upgrade in place; a new server beside the old one is always possible".to_owned());
        }
        (Mode::InPlace, Deployment::Parallel) => {
            plan.notes.push("the analysis recommends a new server beside the old one".to_owned());
        }
        _ => {}
    }
    if !content.settings.forced.is_empty() {
        let reasons: Vec<_> = content.settings.forced.iter().map(|it| shorten(it, 200)).collect();
        plan.notes.push(format!("the bundle was forced: {}", reasons.join("; ")));
    }
    if request.rules.is_none() && content.settings.standard_rules.basis != RuleBasis::Target {
        plan.notes.push(
            "the standard rules are not those of the new server: the prediction is good for a first look, a go-ahead needs \
             the target's own rules (--rules, or dirlift sync STORE --rules later)"
                .to_owned(),
        );
    }
    for it in &content.settings.untranslated {
        plan.notes.push(format!("by hand: {} ({})", shorten(&it.what, 200), shorten(&it.why, 200)));
    }
    for it in request.target.iter().flat_map(|it| &it.remarks) {
        plan.notes.push(format!(
            "{}: {}. {}",
            it.id,
            shorten(&it.detail, 200),
            shorten(&it.remedy, 300)
        ));
    }
    if !request.synchronize {
        plan.notes
            .push("nothing is imported yet (--no-sync); dirlift sync does it later".to_owned());
    }
}
