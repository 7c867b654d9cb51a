//! Rules of both sides.
use dirlift_model::{
    Guid, SyncRule,
    config::Connector,
    difference::{Area, Difference, Kind},
};

use super::{
    Configuration, Newer, flow,
    order::kept,
    pairs::{Link, Links, Pairs, tag},
    scope,
    words::{Sink, value},
};

/// Takes the differences of one rule.
pub(super) struct Report<'s> {
    subject: &'s str,
    connector: Option<String>,
    /// Whether the differences come with another revision of a standard rule.
    newer: bool,
    sink: &'s mut Sink,
}

impl Report<'_> {
    /// A difference of the rule as a whole.
    pub(super) fn change(
        &mut self,
        kind: Kind,
        what: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        self.take(self.newer, kind, None, what.to_owned(), before, after);
    }

    /// A difference of a part of the rule.
    pub(super) fn part(
        &mut self,
        kind: Kind,
        part: &str,
        what: String,
        before: Option<String>,
        after: Option<String>,
    ) {
        self.take(self.newer, kind, Some(part), what, before, after);
    }

    fn take(
        &mut self,
        newer: bool,
        kind: Kind,
        part: Option<&str>,
        what: String,
        before: Option<String>,
        after: Option<String>,
    ) {
        let difference = Difference {
            area: Area::Rule,
            subject: self.subject.to_owned(),
            connector: self.connector.clone(),
            kind,
            part: part.map(ToOwned::to_owned),
            what,
            before: before.map(|it| value(&it)),
            after: after.map(|it| value(&it)),
        };
        if newer { self.sink.newer(difference) } else { self.sink.add(difference) }
    }
}

/// Compares all rules.
pub(super) fn compare(
    before: &Configuration,
    after: &Configuration,
    links: &Links,
    pairs: &Pairs,
    newer: Newer,
    sink: &mut Sink,
) {
    for idx in &pairs.removed {
        let rule = &before.rules[*idx];
        let is_new = newer == Newer::Before && is_new_standard(rule, links.before(rule.connector));
        let mut report = report(rule, &before.connectors, is_new, sink);
        report.change(Kind::RuleRemoved, "rule removed", Some(summary(rule)), None);
    }
    for idx in &pairs.added {
        let rule = &after.rules[*idx];
        let is_new = newer == Newer::After && is_new_standard(rule, links.after(rule.connector));
        let mut report = report(rule, &after.connectors, is_new, sink);
        report.change(Kind::RuleAdded, "rule added", None, Some(summary(rule)));
    }
    let shifted = shifted(before, after, pairs, newer);
    for (n, (a, b)) in pairs.matched.iter().enumerate() {
        let (old, new) = (&before.rules[*a], &after.rules[*b]);
        let revised = is_revised(old, new);
        let mut report = report(old, &before.connectors, revised, sink);
        one(old, new, links, shifted[n], &mut report);
        if !is_same_connector(old.connector, new.connector, links) {
            let name = |all: &[Connector], id: Guid| {
                Some(connector_name(all, id).unwrap_or_else(|| id.to_string()))
            };
            let (a, b) =
                (name(&before.connectors, old.connector), name(&after.connectors, new.connector));
            report.take(
                false,
                Kind::RuleConnector,
                None,
                "belongs to another connector".to_owned(),
                a,
                b,
            );
        }
    }
}

fn report<'s>(
    rule: &'s SyncRule,
    connectors: &[Connector],
    newer: bool,
    sink: &'s mut Sink,
) -> Report<'s> {
    let connector = connector_name(connectors, rule.connector);
    Report { subject: &rule.name, connector, newer, sink }
}

fn connector_name(all: &[Connector], id: Guid) -> Option<String> {
    all.iter().find(|it| it.id == id).map(|it| it.name.clone())
}

/// A standard rule that came with the build, and not with a connector of its own.
fn is_new_standard(rule: &SyncRule, connector: Link) -> bool {
    !rule.is_custom() && !matches!(connector, Link::Alone(..))
}

/// The same standard rule in another revision.
fn is_revised(old: &SyncRule, new: &SyncRule) -> bool {
    match (tag(old), tag(new)) {
        (Some((a, old)), Some((b, new))) => a == b && old != new,
        _ => false,
    }
}

/// Two ids that lead nowhere were matched on other grounds, or are the same.
fn is_same_connector(old: Guid, new: Guid, links: &Links) -> bool {
    match (links.before(old), links.after(new)) {
        (Link::Unknown, _) | (_, Link::Unknown) => true,
        (a, b) => a == b,
    }
}

fn summary(rule: &SyncRule) -> String {
    let count = |n: usize, one: &str, many: &str| dirlift_model::text::plural(n as u64, one, many);
    let precedence = rule.precedence.map_or("not stated".to_owned(), |it| it.to_string());
    let standard = if rule.is_custom() { "custom" } else { "standard" };
    let disabled = if rule.disabled == Some(true) { ", disabled" } else { "" };
    format!(
        "{standard}, {}, {} to {}, precedence {precedence}, {}, {}{disabled}",
        rule.direction.as_str().to_ascii_lowercase(),
        rule.source_object_type,
        rule.target_object_type,
        rule.link_type,
        count(rule.mappings.len(), "flow", "flows"),
    )
}

/// For each pair, whether its precedence shifted only because the newer build put standard rules in between.
fn shifted(
    before: &Configuration,
    after: &Configuration,
    pairs: &Pairs,
    newer: Newer,
) -> Vec<bool> {
    let mut out = vec![false; pairs.matched.len()];
    if newer == Newer::Same {
        return out;
    }
    let standard: Vec<(usize, (u32, u32))> = pairs
        .matched
        .iter()
        .enumerate()
        .filter_map(|(n, (a, b))| {
            let (old, new) = (&before.rules[*a], &after.rules[*b]);
            let is_standard = !old.is_custom() && !new.is_custom();
            is_standard.then_some((n, (old.precedence?, new.precedence?)))
        })
        .collect();
    let precedences: Vec<_> = standard.iter().map(|(_, it)| *it).collect();
    for ((n, _), kept) in standard.iter().zip(kept(&precedences)) {
        out[*n] = kept;
    }
    out
}

/// Compares one rule with its counterpart.
fn one(old: &SyncRule, new: &SyncRule, links: &Links, shifted: bool, report: &mut Report<'_>) {
    let stated = |it: &str| Some(it.trim().to_owned());
    if old.name.trim() != new.name.trim() {
        report.change(Kind::RuleRenamed, "rule renamed", stated(&old.name), stated(&new.name));
    }
    if is_revised(old, new) || old.is_custom() != new.is_custom() {
        let (a, b) = (stated(&old.immutable_tag), stated(&new.immutable_tag));
        if old.is_custom() == new.is_custom() {
            report.change(Kind::RuleRevision, "revision of the standard rule differs", a, b);
        } else {
            report.change(Kind::RuleSetting, "is a standard rule on one side only", a, b);
        }
    }
    state(old, new, report);
    if old.precedence != new.precedence {
        let number =
            |it: Option<u32>| Some(it.map_or("not stated".to_owned(), |it| it.to_string()));
        let (a, b) = (number(old.precedence), number(new.precedence));
        let newer = report.newer || shifted;
        report.take(newer, Kind::RulePrecedence, None, "precedence changed".to_owned(), a, b);
    }
    if old.link_type != new.link_type {
        let (a, b) = (stated(old.link_type.as_str()), stated(new.link_type.as_str()));
        report.change(Kind::RuleLinkType, "link type changed", a, b);
    }
    let switch = |it: Option<bool>| match it {
        Some(true) => "on",
        _ => "off",
    };
    let interval = |it: &str| {
        let it = it.trim();
        if it.is_empty() { "00:00:00".to_owned() } else { it.to_owned() }
    };
    let settings = [
        ("description", old.description.trim().to_owned(), new.description.trim().to_owned()),
        (
            "direction",
            old.direction.as_str().to_ascii_lowercase(),
            new.direction.as_str().to_ascii_lowercase(),
        ),
        (
            "source object type",
            old.source_object_type.as_str().to_ascii_lowercase(),
            new.source_object_type.as_str().to_ascii_lowercase(),
        ),
        (
            "target object type",
            old.target_object_type.as_str().to_ascii_lowercase(),
            new.target_object_type.as_str().to_ascii_lowercase(),
        ),
        (
            "soft delete interval",
            interval(&old.soft_delete_expiry_interval),
            interval(&new.soft_delete_expiry_interval),
        ),
        (
            "password synchronisation",
            switch(old.enable_password_sync).to_owned(),
            switch(new.enable_password_sync).to_owned(),
        ),
    ];
    for (name, a, b) in settings {
        if a != b {
            report.part(Kind::RuleSetting, name, format!("{name} changed"), Some(a), Some(b));
        }
    }
    scope::scopes(&old.scope, &new.scope, links, report);
    scope::joins(&old.joins, &new.joins, report);
    flow::compare(&old.mappings, &new.mappings, links, report);
}

/// Switching a rule off is somebody's decision, whatever the build; a rule that does not say is on.
fn state(old: &SyncRule, new: &SyncRule, report: &mut Report<'_>) {
    let (was, is) = (old.disabled.unwrap_or(false), new.disabled.unwrap_or(false));
    if was == is {
        return;
    }
    let word = |it: bool| Some(if it { "disabled" } else { "enabled" }.to_owned());
    let (kind, what) =
        if is { (Kind::RuleDisabled, "disabled") } else { (Kind::RuleEnabled, "enabled") };
    report.take(false, kind, None, format!("rule {what}"), word(was), word(is));
}
