//! The cases of `cases/*.txt`: XML of a server and, where it matters, of its templates; and what becomes of it.
//!
//! `=== name` begins a case, `--- part` a part of it: `ad`, `cloud` and `mv` are what stands inside `ma-data` or
//! `mv-data`; the same with `stock-` are the templates; `expect` is the result. Identifiers `{0…1}` read `#1` there.
use std::{collections::BTreeMap, fmt::Write as _};

use dirlift_model::{
    ServerConfiguration, SyncRule,
    rule::{AttributeMapping, MappingSource, ScopeGroup, ValueMerge},
};
use dirlift_serverconfig::{Document, read};
use dirlift_translate::{Setting, TranslateOptions, Translation, translate};

const FILES: &[(&str, &str)] = &[
    ("filters.txt", include_str!("cases/filters.txt")),
    ("flows.txt", include_str!("cases/flows.txt")),
    ("others.txt", include_str!("cases/others.txt")),
];

const AD: &str = "{00000000-0000-0000-0000-0000000000AD}";
const CLOUD: &str = "{00000000-0000-0000-0000-0000000000C1}";

type Parts<'a> = BTreeMap<&'a str, String>;

fn cases(text: &str) -> Vec<(&str, Parts<'_>)> {
    let mut all: Vec<(&str, Parts<'_>)> = Vec::new();
    let mut part = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            all.push((name, BTreeMap::new()));
            part = None;
        } else if let Some(name) = line.strip_prefix("--- ") {
            part = Some(name);
            all.last_mut().unwrap().1.insert(name, String::new());
        } else if let Some(part) = part {
            let text = all.last_mut().unwrap().1.get_mut(part).unwrap();
            text.push_str(line);
            text.push('\n');
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "a line outside any part: {line}");
        }
    }
    all
}

fn file(kind: &str, inner: &str) -> String {
    let agent = |id: &str, name: &str, category: &str, subtype: &str| {
        format!(
            "<saved-ma-configuration><ma-data><id>{id}</id><name>{name}</name><category>{category}</category>\
             <subtype>{subtype}</subtype>\n{inner}</ma-data></saved-ma-configuration>"
        )
    };
    match kind {
        "ad" => agent(AD, "Forest", "AD", ""),
        "cloud" => {
            agent(CLOUD, "Cloud", "Extensible2", "Windows Azure Active Directory (Microsoft)")
        }
        "other" => agent("{00000000-0000-0000-0000-0000000000E1}", "HR", "MSSQL", ""),
        _ => {
            format!("<saved-mv-configuration><mv-data>\n{inner}</mv-data></saved-mv-configuration>")
        }
    }
}

/// The configuration of the parts with this prefix; `None` if there is none.
fn configuration(parts: &Parts<'_>, prefix: &str) -> Option<(ServerConfiguration, String)> {
    let kinds = ["ad", "cloud", "other", "mv"];
    if !kinds.iter().any(|it| parts.contains_key(&*format!("{prefix}{it}"))) {
        return None;
    }
    let mut configuration = ServerConfiguration::default();
    let mut all = String::new();
    for kind in kinds {
        let inner = parts.get(&*format!("{prefix}{kind}")).map_or("", String::as_str);
        if kind == "other" && inner.is_empty() {
            continue;
        }
        let inner = inner.replace("AD-ID", AD).replace("CLOUD-ID", CLOUD);
        let text = file(kind, &inner);
        let parsed = read(&format!("{kind}.xml"), text.as_bytes()).unwrap();
        match parsed.value {
            Document::Agent(agent) => configuration.connectors.push(*agent),
            Document::Metaverse(metaverse) => configuration.metaverse = Some(*metaverse),
            Document::Rule(_) => panic!("a rule"),
        }
        all.push_str(&text);
        all.push('\n');
    }
    Some((configuration, all))
}

#[test]
fn every_case_becomes_what_it_says() {
    let mut failures = Vec::new();
    let mut n_cases = 0;
    for (name, text) in FILES {
        for (case, parts) in cases(text) {
            n_cases += 1;
            let (server, xml) = configuration(&parts, "").unwrap();
            let stock = configuration(&parts, "stock-").map(|it| it.0);
            let translation = translate(&server, stock.as_ref(), &TranslateOptions::default());
            let shown = show(&translation);
            let expected = parts["expect"].trim_end();
            if shown.trim_end() != expected {
                failures
                    .push(format!("{name}: {case}\n--- expected\n{expected}\n--- found\n{shown}"));
            }
            places_are_right(case, &translation, &xml);
            let problems = crate::engine::problems(&translation.rules);
            assert!(problems.is_empty(), "{case}: {problems:?}");
        }
    }
    assert!(failures.is_empty(), "{} of {n_cases}\n{}", failures.len(), failures.join("\n\n"));
    assert!(n_cases >= 40, "{n_cases} cases");
}

/// Each rule names the lines at which the identifiers that it comes from stand.
fn places_are_right(case: &str, translation: &Translation, xml: &str) {
    for rule in &translation.rules {
        let ids = ids(&rule.description);
        assert!(!ids.is_empty(), "{case}: {}", rule.description);
        let before = xml[..xml.find(ids[0]).unwrap()].to_owned();
        let in_file = before.rsplit("<saved-").next().unwrap();
        let line = u32::try_from(in_file.matches('\n').count() + 1).unwrap();
        assert_eq!(rule.location.line, line, "{case}: {}", rule.description);
    }
}

fn ids(text: &str) -> Vec<&str> {
    let starts = text.match_indices('{').filter_map(|(at, _)| text.get(at..at + 38));
    starts.filter(|it| it.ends_with('}')).collect()
}

fn short(id: &str) -> String {
    format!("#{}", id.trim_matches(['{', '}']).trim_start_matches(['0', '-']))
}

fn show(translation: &Translation) -> String {
    let mut out = String::new();
    for rule in &translation.rules {
        out.push_str(&show_rule(rule));
        for filter in translation.filters.iter().filter(|it| it.rule == rule.id) {
            match &filter.within {
                Ok(groups) => groups.iter().for_each(|it| out.push_str(&line("in", &group(it)))),
                Err(error) => {
                    let text = format!("{error:?}");
                    let word = text.split('(').next().unwrap();
                    out.push_str(&line("in", &format!("! {word}")));
                }
            }
        }
    }
    for change in &translation.settings {
        match &change.setting {
            // What every case has is a test of its own.
            Setting::Parameter { value, .. } if value == "False" || value == "objectGUID" => {}
            Setting::Parameter { name, value } => writeln!(out, "set {name} = {value}").unwrap(),
            Setting::Partition { name, selected, object_types, containers, .. } => {
                let word = if *selected { "selected" } else { "not selected" };
                writeln!(out, "partition {name} {word}").unwrap();
                let types: Vec<_> = object_types.iter().map(ToString::to_string).collect();
                if !types.is_empty() {
                    out.push_str(&line("types", &types.join(", ")));
                }
                containers
                    .inclusions
                    .iter()
                    .for_each(|it| out.push_str(&line("with", &it.to_string())));
                containers
                    .exclusions
                    .iter()
                    .for_each(|it| out.push_str(&line("without", &it.to_string())));
            }
        }
    }
    for it in &translation.untranslated {
        let id = it.id.map_or_else(String::new, |id| format!(" {}", short(&id.braced())));
        writeln!(out, "left {} {}{id}: {}", it.row().code, it.item, it.observed).unwrap();
        assert_eq!(it.finding().severity, it.row().severity);
    }
    for note in &translation.notes {
        writeln!(out, "note {}", note.text).unwrap();
    }
    out
}

fn line(word: &str, text: &str) -> String {
    format!("  {word} {text}\n")
}

fn show_rule(rule: &SyncRule) -> String {
    let from: Vec<_> = ids(&rule.description).into_iter().map(short).collect();
    let mut out = format!(
        "rule {} {}: {} -> {} from {}\n",
        rule.precedence.unwrap(),
        rule.name,
        rule.source_object_type,
        rule.target_object_type,
        from.join(" ")
    );
    rule.scope.iter().for_each(|it| out.push_str(&line("out", &group(it))));
    rule.mappings.iter().for_each(|it| out.push_str(&line("flow", &mapping(it))));
    assert!(rule.is_custom() && rule.joins.is_empty() && rule.disabled == Some(false));
    out
}

fn group(group: &ScopeGroup) -> String {
    let clause = |it: &dirlift_model::rule::ScopeClause| {
        format!("{} {} {}", it.attribute, it.operator, it.value).trim_end().to_owned()
    };
    group.clauses.iter().map(clause).collect::<Vec<_>>().join(" AND ")
}

fn mapping(mapping: &AttributeMapping) -> String {
    assert!(mapping.merge == ValueMerge::Update && !mapping.execute_once);
    let source = match (&mapping.expression, &mapping.source) {
        (Some(text), _) => text.clone(),
        (None, MappingSource::Constant(value)) => format!("{value:?}"),
        (None, MappingSource::Attributes(all)) => {
            let [only] = &all[..] else { panic!("one attribute: {all:?}") };
            only.to_string()
        }
    };
    format!("{} <- {source}", mapping.destination)
}

/// The engine, asked with the scope of the rule and with its denial, never gives the same answer.
#[test]
fn the_engine_agrees_with_every_denial() {
    let (mut n_filters, mut n_objects) = (0, 0);
    for (_, text) in FILES {
        for (case, parts) in cases(text) {
            let (server, _) = configuration(&parts, "").unwrap();
            let stock = configuration(&parts, "stock-").map(|it| it.0);
            let translation = translate(&server, stock.as_ref(), &TranslateOptions::default());
            for filter in &translation.filters {
                let Ok(within) = &filter.within else { continue };
                n_filters += 1;
                for object in objects(&filter.out) {
                    n_objects += 1;
                    let out = crate::engine::is_in_scope(&filter.out, &object);
                    let is_in = crate::engine::is_in_scope(within, &object);
                    assert_ne!(out, is_in, "{case}: {object:?}");
                }
            }
        }
    }
    assert!(n_filters >= 20 && n_objects >= 100, "{n_filters} filters, {n_objects} objects");
}

/// Objects on which the clauses can differ: each attribute absent, fitting, not fitting, and with both values.
fn objects(groups: &[ScopeGroup]) -> Vec<Vec<(String, Vec<String>)>> {
    let mut all = vec![Vec::new()];
    let clauses: BTreeMap<_, _> =
        groups.iter().flat_map(|it| &it.clauses).map(|it| (&it.attribute, &it.value)).collect();
    for (attribute, value) in clauses {
        let fits = if value.is_empty() { "1" } else { value }.to_owned();
        let numeric = fits.parse::<i64>().is_ok();
        let other = if numeric { "0" } else { "other" }.to_owned();
        let mut choices = vec![vec![], vec![fits.clone()], vec![other.clone()]];
        if !numeric {
            choices.push(vec![other, fits]);
        }
        let longer = all.iter().flat_map(|object: &Vec<_>| {
            choices.iter().map(move |it| {
                let mut object = object.clone();
                object.push((attribute.to_string(), it.clone()));
                object
            })
        });
        all = longer.collect();
    }
    all
}

#[test]
fn what_every_forest_has_is_set() {
    let parts = BTreeMap::from([("ad", String::new())]);
    let (server, _) = configuration(&parts, "").unwrap();
    let translation = translate(&server, None, &TranslateOptions::default());
    let shown: Vec<_> = translation
        .settings
        .iter()
        .map(|it| match &it.setting {
            Setting::Parameter { name, value } => format!("{name} = {value}"),
            Setting::Partition { .. } => panic!("no partition"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Microsoft.SynchronizationOption.AnchorAttribute = objectGUID",
            "Microsoft.OptionalFeature.HybridExchange = False",
            "Microsoft.OptionalFeature.PasswordHashSync = False",
        ]
    );
    assert_eq!(translation.untranslated, []);
    assert!(translation.rules.is_empty() && translation.notes.is_empty());
}

#[test]
fn rules_that_do_not_fit_below_100_are_left() {
    let set = |n: u32| {
        format!(
            "<filter-set cd-object-type=\"user\" type=\"declared\" import-filter=\"0\"><filter-alternative \
             id=\"{{00000000-0000-0000-0000-{n:012}}}\"><condition cd-attribute=\"cn\" operator=\"equality\">\
             <value>{n}</value></condition></filter-alternative></filter-set>"
        )
    };
    let sets: String = (1..=4).map(set).collect();
    let parts = BTreeMap::from([("ad", format!("<stay-disconnector>{sets}</stay-disconnector>"))]);
    let (server, _) = configuration(&parts, "").unwrap();
    let translation = translate(&server, None, &TranslateOptions { first_precedence: 97 });
    let numbers: Vec<_> = translation.rules.iter().filter_map(|it| it.precedence).collect();
    assert_eq!(numbers, [97, 98, 99]);
    let names: Vec<_> = translation.rules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names[1], "In from AD - User Filter from DirSync 2",
        "names differ, so do identifiers"
    );
    let findings = translation.findings();
    assert_eq!(findings.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["DL1014"]);
    assert_eq!(translation.filters.len(), 3);
}
