//! DirSync's configuration in the new server's words: what `translate` makes of it, in the shape of a bundle.
use dirlift_model::{Facts, Guid, ServerConfiguration, SyncRule, config::Connector};
use dirlift_translate::{Setting, TranslateOptions, standard_rules, translate, use_alternate_id};

use crate::settings::{Note, Untranslated};

/// DirSync's configuration in the new server's words; empty for servers that have rules of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translation {
    /// Custom rules in order of precedence.
    pub rules: Vec<SyncRule>,
    /// Standard rules that stand in for the target's own; they have what alternate ID and Exchange hybrid change.
    pub standard: Vec<SyncRule>,
    /// Global parameters, as name and value.
    pub parameters: Vec<(String, String)>,
    /// What is left to a person.
    pub untranslated: Vec<Untranslated>,
    /// What was translated and should be known.
    pub notes: Vec<Note>,
}

/// Translates the configuration of a server that has no rules of its own.
///
/// `target` is the export of the server that takes over: its standard rules then stand in the place of the built-in
/// ones, with its connectors' identifiers exchanged for those that the same connectors have on the old server.
pub fn translation(facts: &Facts, target: Option<&ServerConfiguration>) -> Translation {
    let Some(configuration) = &facts.configuration else { return Translation::default() };
    let server = &configuration.server;
    if !server.rules.is_empty() {
        return Translation::default();
    }
    let translated = translate(server, facts.baseline.as_ref(), &TranslateOptions::default());
    let standard = match (target, server.cloud().next()) {
        (Some(target), _) => {
            let mut rules = target_rules(target, server);
            if let Some(it) = &translated.alternate_id {
                use_alternate_id(&mut rules, &it.attribute);
            }
            rules.retain(|it| !it.is_custom());
            rules
        }
        (None, Some(cloud)) => {
            let forests: Vec<_> = server.active_directory().map(|it| it.id).collect();
            standard_rules(&forests, cloud.id, &translated.standard_options())
        }
        // Without the agent to the cloud nothing can flow there.
        (None, None) => Vec::new(),
    };
    let parameters = translated.settings.iter().filter_map(|it| match &it.setting {
        Setting::Parameter { name, value } => Some(((*name).to_owned(), value.clone())),
        // Partitions are in the connectors as they stand.
        Setting::Partition { .. } => None,
    });
    let untranslated = translated.untranslated.iter().map(|it| {
        let row = it.row();
        Untranslated {
            id: row.code.to_owned(),
            what: it
                .id
                .map_or_else(|| it.item.clone(), |id| format!("{} {}", it.item, id.braced())),
            why: format!("{} ({}). {}", row.title, it.observed, row.remedy),
            read_from: it.location.to_string(),
        }
    });
    let notes = translated
        .notes
        .iter()
        .map(|it| Note { what: it.text.clone(), read_from: it.location.to_string() });
    Translation {
        parameters: parameters.collect(),
        untranslated: untranslated.collect(),
        notes: notes.collect(),
        standard,
        rules: translated.rules,
    }
}

/// The rules of the server that takes over, as if its connectors had the identifiers of the old server's.
///
/// Connectors stand for each other when they read the same forest, or when both go to the cloud. Rules of a connector
/// without a counterpart stay as they are.
pub fn target_rules(target: &ServerConfiguration, old: &ServerConfiguration) -> Vec<SyncRule> {
    let known: Vec<(Guid, Guid)> =
        target.connectors.iter().filter_map(|it| Some((it.id, counterpart(it, old)?))).collect();
    let mut rules = target.rules.clone();
    for rule in &mut rules {
        if let Some((_, to)) = known.iter().find(|(from, _)| *from == rule.connector) {
            rule.connector = *to;
        }
    }
    rules
}

fn counterpart(connector: &Connector, old: &ServerConfiguration) -> Option<Guid> {
    if connector.is_cloud() {
        return old.cloud().next().map(|it| it.id);
    }
    let forest = forest(connector)?;
    let mut same = old
        .active_directory()
        .filter(|it| self::forest(it).is_some_and(|it| it.eq_ignore_ascii_case(forest)));
    same.next().map(|it| it.id)
}

/// The forest that an agent reads; a new server names its agents by their forests.
pub(crate) fn forest(connector: &Connector) -> Option<&str> {
    let ad = connector.active_directory.as_ref()?;
    ad.forest_name.as_deref().map(str::trim).filter(|it| !it.is_empty())
}
