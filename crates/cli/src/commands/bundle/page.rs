//! The text of a bundle: what it is, what was set, what was found, and which files it has.
use std::{collections::BTreeMap, path::Path};

use dirlift_exporter::{
    SERVER_CONFIGURATION,
    bundle::BundleSource,
    settings::{ConfigurationBasis, RuleBasis, Value},
};
use dirlift_model::text::{grouped, plural};
use dirlift_report::{Block, Emphasis};

use super::{
    View,
    headline::{AnalysisHeadline, ForestHeadline, SettingsHeadline},
};

/// Columns before a value.
const INDENT: usize = 22;

/// Longest list that is shown in full.
const MAX_ITEMS: usize = 12;

/// A folder with more files than this is one line.
const MAX_FILES: usize = 6;

impl View<'_> {
    /// The whole page.
    pub(super) fn page(&self) -> Vec<Block> {
        let mut out = self.head();
        if let Some(it) = &self.settings {
            out.push(Block::Heading("SETTINGS".to_owned()));
            settings(it, &mut out);
        }
        if let Some(it) = &self.analysis {
            out.push(Block::Heading("ANALYSIS".to_owned()));
            analysis(it, &mut out);
        }
        out.push(Block::Heading("FILES".to_owned()));
        self.files(&mut out);
        out
    }

    /// What the bundle is.
    pub(in crate::commands) fn head(&self) -> Vec<Block> {
        let name = Path::new(&self.file)
            .file_name()
            .map_or(self.file.as_str().into(), |it| it.to_string_lossy());
        let mut out = vec![
            Block::Heading(format!("{name}: settings of {}", server(self.source))),
            Block::Gap,
        ];
        field("As of", self.snapshot_time.to_string(), &mut out);
        field(
            "Written by",
            format!("{}, bundle format {}", self.tool, self.bundle_format_version),
            &mut out,
        );
        let unpacked = self.files.iter().map(|it| it.size).sum();
        field(
            "Size",
            format!(
                "{}, {} bytes ({} unpacked)",
                plural(self.files.len() as u64, "file", "files"),
                grouped(self.size),
                grouped(unpacked),
            ),
            &mut out,
        );
        if self.forced.is_empty() {
            field("Forced", "no".to_owned(), &mut out);
        } else {
            styled("Forced", Emphasis::Doubtful, "yes:".to_owned(), &mut out);
            out.extend(self.forced.iter().map(|it| Block::Item(INDENT, it.clone())));
        }
        if let Some(it) = &self.settings {
            configuration(it, &mut out);
        }
        for it in &self.not_read {
            styled("Not read", Emphasis::Bad, format!("{}: {}", it.path, it.why), &mut out);
        }
        out.push(Block::Gap);
        // Longer than a narrow page, and never broken: it is there to be copied.
        out.push(Block::Verbatim(2, format!("SHA-256  {}", self.sha256)));
        out
    }

    fn files(&self, out: &mut Vec<Block>) {
        let mut folders: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let folder = |path: &'_ str| path.rfind('/').map_or(0, |it| it + 1);
        for it in self.files {
            let entry = folders.entry(&it.path[..folder(&it.path)]).or_default();
            *entry = (entry.0 + 1, entry.1 + it.size);
        }
        let mut line = |size: u64, text: String| {
            out.push(Block::Verbatim(2, format!("{:>11}  {text}", grouped(size))));
        };
        let mut done = "";
        for it in self.files {
            let folder = &it.path[..folder(&it.path)];
            match folders.get(folder) {
                Some((n, size)) if !folder.is_empty() && *n > MAX_FILES as u64 => {
                    if done != folder {
                        line(*size, format!("{folder} ({n} files)"));
                    }
                    done = folder;
                }
                _ => line(it.size, it.path.clone()),
            }
        }
    }
}

fn server(source: &BundleSource) -> String {
    let product = source.product.map_or("a product that could not be told", |it| it.as_str());
    let version = source.version.map(|it| format!(" {it}")).unwrap_or_default();
    let host = source.host.as_deref().unwrap_or("a host of unknown name");
    format!("{product}{version} on {host}")
}

fn styled(label: &str, emphasis: Emphasis, text: String, out: &mut Vec<Block>) {
    let label = format!("  {label:<width$}", width = INDENT - 2);
    out.push(Block::Labelled { label, emphasis, indent: INDENT, text });
}

fn field(label: &str, text: String, out: &mut Vec<Block>) {
    styled(label, Emphasis::None, text, out);
}

/// A list that is cut off where it becomes unreadable.
fn list(items: impl ExactSizeIterator<Item = String>, out: &mut Vec<Block>) {
    let n_more = items.len().saturating_sub(MAX_ITEMS);
    out.extend(items.take(MAX_ITEMS).map(|it| Block::Item(INDENT, it)));
    if n_more > 0 {
        out.push(Block::Item(INDENT, format!("and {n_more} more, all of them in settings.json")));
    }
}

/// What `server-configuration/` is, and what of the settings is left to a person.
fn configuration(it: &SettingsHeadline, out: &mut Vec<Block>) {
    let part = &it.server_configuration;
    let n_edited = part.edited.len();
    let text = match (part.basis, part.experimental) {
        (ConfigurationBasis::Original, false) => {
            "the old server's own files, byte for byte".to_owned()
        }
        (ConfigurationBasis::Original, true) if n_edited > 0 => format!(
            "the old server's own files, {n_edited} of them without what may not leave the server; Microsoft supports only \
             what its own tools wrote"
        ),
        (ConfigurationBasis::Original, true) => {
            "the old server's own files, with a MigratedPolicy.json that dirlift wrote; Microsoft supports only what its \
             own tools wrote"
                .to_owned()
        }
        (ConfigurationBasis::Translated, _) => {
            "experimental: written by dirlift from another product's settings, for tests and comparison; hand over with \
             import-guide.md and scripts/"
                .to_owned()
        }
        (ConfigurationBasis::None, _) => {
            "none; hand over with import-guide.md and scripts/".to_owned()
        }
    };
    let emphasis =
        if it.is_original() && !part.experimental { Emphasis::None } else { Emphasis::Notable };
    styled("Configuration", emphasis, text, out);
    let short = |path: &str| {
        let folder = format!("{SERVER_CONFIGURATION}/");
        path.strip_prefix(&folder).unwrap_or(path).to_owned()
    };
    let edited = part
        .edited
        .iter()
        .map(|it| format!("{} without {}", short(&it.path), it.removed.join(", ")));
    list(edited, out);
    list(part.left_out.iter().map(|it| format!("left out: {}: {}", it.what, it.why)), out);
    if !it.untranslated.is_empty() {
        let n = plural(it.untranslated.len() as u64, "setting", "settings");
        let text = format!("{n} to make, see import-guide.md:");
        styled("By hand", Emphasis::Doubtful, text, out);
        let line = |it: &super::headline::Untranslated| format!("{} {}", it.id, it.what);
        list(it.untranslated.iter().map(line), out);
    }
}

fn settings(it: &SettingsHeadline, out: &mut Vec<Block>) {
    for (idx, forest) in it.forests.iter().enumerate() {
        let label = if idx == 0 { "Forests" } else { "" };
        field(label, self::forest(forest), out);
    }
    field("Tenant", it.tenant.clone().unwrap_or_else(|| "not known".to_owned()), out);
    if let Some(account) = &it.cloud_account {
        field("Cloud account", shown(account, Clone::clone), out);
    }
    field("Source anchor", shown(&it.source_anchor, |it| it.as_str().to_owned()), out);
    let from = shown(&it.user_principal_name_from, |it| it.as_str().to_owned());
    field("User name from", from, out);
    field("Sign-in", shown(&it.sign_in_method, Clone::clone), out);
    for (label, value) in [
        ("Password hash sync", &it.password_hash_sync),
        ("Password writeback", &it.password_writeback),
        ("Exchange hybrid", &it.exchange_hybrid),
        ("Device writeback", &it.device_writeback),
        ("Staging mode", &it.staging_mode),
    ] {
        field(label, shown(value, |it| if *it { "on" } else { "off" }.to_owned()), out);
    }
    field("Interval", shown(&it.interval_seconds, |it| interval(*it)), out);
    field("Deletion limit", shown(&it.deletion_threshold, |it| grouped(*it)), out);
    let n = |count: usize, one: &str, many: &str| plural(count as u64, one, many);
    let own = [
        (it.custom_filters, "connector filter", "connector filters"),
        (it.custom_flows, "flow", "flows"),
        (it.disabled_standard_rules, "standard rule turned off", "standard rules turned off"),
    ];
    let own: Vec<_> =
        own.into_iter().filter(|it| it.0 > 0).map(|(it, one, many)| n(it, one, many)).collect();
    let own = if own.is_empty() { "none".to_owned() } else { own.join(", ") };
    field("Own changes", own, out);
    let basis = match it.standard_rules.basis {
        RuleBasis::Target => ", exported from the server that takes over",
        RuleBasis::Original => ", the old server's own",
        RuleBasis::BuiltIn => ", built into dirlift; --rules takes those of the new server",
        RuleBasis::None => "",
    };
    field("Standard rules", format!("{}{basis}", grouped(it.standard_rules.count)), out);
    field("Custom rules", grouped(it.custom_rules.len() as u64), out);
    let rule = |it: &super::headline::RuleHeadline| {
        let precedence = it.precedence.map_or_else(|| "?".to_owned(), |it| it.to_string());
        let off = if it.disabled { " [disabled]" } else { "" };
        format!("{precedence} {}{off}", it.name)
    };
    list(it.custom_rules.iter().map(rule), out);
    if !it.other_connectors.is_empty() {
        field("Left behind", format!("connectors {}", it.other_connectors.join(", ")), out);
    }
}

fn forest(it: &ForestHeadline) -> String {
    let name = if it.name.is_empty() { "a forest without a name" } else { &it.name };
    let domains = match it.selected_domains.as_slice() {
        [only] if only.eq_ignore_ascii_case(name) => "one domain".to_owned(),
        [only] => only.clone(),
        all => plural(all.len() as u64, "domain", "domains"),
    };
    let n_containers = it.included_containers + it.excluded_containers;
    let guids = match it.object_guids {
        0 => "no objectGUID known".to_owned(),
        n if n == n_containers => "every objectGUID known".to_owned(),
        n => format!("{n} of {n_containers} objectGUIDs known"),
    };
    format!(
        "{name}: {domains}; {} included, {} excluded, {guids}",
        plural(it.included_containers as u64, "container", "containers"),
        it.excluded_containers,
    )
}

fn analysis(it: &AnalysisHeadline, out: &mut Vec<Block>) {
    let total = it.objects.total.map_or_else(|| "not known".to_owned(), grouped);
    field("Objects", total, out);
    let hours =
        it.estimate.hours.map_or_else(|| "not known".to_owned(), |it| format!("{it:.2} hours"));
    field("Estimate", hours, out);
    let text = format!("{}: {}", it.recommendation.deployment.as_str(), it.deployment());
    field("Recommendation", text, out);
    let n = |count: usize, one: &str, many: &str| plural(count as u64, one, many);
    let text = format!(
        "{}, {}, {}; {} not checked",
        n(it.blockers.len(), "blocker", "blockers"),
        n(it.warnings, "warning", "warnings"),
        n(it.infos, "info", "infos"),
        n(it.not_checked, "part", "parts"),
    );
    let emphasis = if it.blockers.is_empty() { Emphasis::None } else { Emphasis::Bad };
    styled("Findings", emphasis, text, out);
    list(it.blockers.iter().map(|it| format!("{} {}", it.id, it.title)), out);
}

/// A value, or why there is none.
fn shown<T>(value: &Value<T>, show: impl Fn(&T) -> String) -> String {
    match (&value.value, &value.not_known, &value.read_from) {
        (Some(it), ..) => show(it),
        (None, Some(why), _) => format!("not known: {why}"),
        (None, None, Some(place)) => format!("none ({place})"),
        (None, None, None) => "none".to_owned(),
    }
}

fn interval(seconds: u64) -> String {
    match seconds {
        0 => "none".to_owned(),
        it if it % 3_600 == 0 => format!("every {}", plural(it / 3_600, "hour", "hours")),
        it if it % 60 == 0 => format!("every {}", plural(it / 60, "minute", "minutes")),
        it => format!("every {}", plural(it, "second", "seconds")),
    }
}
