//! The headline facts of a bundle's settings and analysis.
use dirlift_exporter::settings::{
    ConfigurationBasis, Forest, Partition, RuleBasis, ServerConfigurationPart, SettingsFile, Value,
};
use dirlift_model::{
    Analysis, AttributeName, Severity,
    analysis::{Deployment, Estimate, Objects, Recommendation},
};
use serde::Serialize;

/// The headline facts of `settings.json`.
#[derive(Serialize)]
pub(in crate::commands) struct SettingsHeadline {
    pub(super) forests: Vec<ForestHeadline>,
    pub(super) tenant: Option<String>,
    pub(super) cloud_account: Option<Value<String>>,
    pub(super) source_anchor: Value<AttributeName>,
    pub(super) user_principal_name_from: Value<AttributeName>,
    pub(super) sign_in_method: Value<String>,
    pub(super) password_hash_sync: Value<bool>,
    pub(super) password_writeback: Value<bool>,
    pub(super) exchange_hybrid: Value<bool>,
    pub(super) device_writeback: Value<bool>,
    pub(super) staging_mode: Value<bool>,
    pub(super) interval_seconds: Value<u64>,
    pub(super) deletion_threshold: Value<u64>,
    pub(super) other_connectors: Vec<String>,
    pub(super) custom_filters: usize,
    pub(super) custom_flows: usize,
    pub(super) custom_rules: Vec<RuleHeadline>,
    pub(super) disabled_standard_rules: usize,
    pub(super) standard_rules: Standard,
    pub(super) server_configuration: ServerConfigurationPart,
    pub(super) untranslated: Vec<Untranslated>,
}

/// One forest.
#[derive(Serialize)]
pub(in crate::commands) struct ForestHeadline {
    pub(super) name: String,
    pub(super) selected_domains: Vec<String>,
    pub(super) included_containers: usize,
    pub(super) excluded_containers: usize,
    /// Containers whose `objectGUID` is known.
    pub(super) object_guids: usize,
}

/// One custom rule.
#[derive(Serialize)]
pub(in crate::commands) struct RuleHeadline {
    pub(super) name: String,
    pub(super) precedence: Option<u32>,
    pub(super) disabled: bool,
}

/// The standard rules.
#[derive(Serialize)]
pub(in crate::commands) struct Standard {
    pub(super) basis: RuleBasis,
    pub(super) count: u64,
}

/// Something that is to be made by hand.
#[derive(Serialize)]
pub(in crate::commands) struct Untranslated {
    pub(super) id: String,
    pub(super) what: String,
}

impl SettingsHeadline {
    pub(super) fn of(it: SettingsFile) -> Self {
        let rules = it.custom_rules.into_iter().map(|it| RuleHeadline {
            name: it.name,
            precedence: it.precedence,
            disabled: it.disabled == Some(true),
        });
        let untranslated = it.untranslated.into_iter();
        Self {
            forests: it.forests.iter().map(ForestHeadline::of).collect(),
            tenant: it.tenant.as_ref().and_then(|it| it.name.clone()),
            cloud_account: it.tenant.map(|it| it.account),
            source_anchor: it.source_anchor,
            user_principal_name_from: it.user_principal_name_from,
            sign_in_method: it.sign_in_method,
            password_hash_sync: it.password_hash_sync,
            password_writeback: it.password_writeback,
            exchange_hybrid: it.exchange_hybrid,
            device_writeback: it.device_writeback,
            staging_mode: it.staging_mode,
            interval_seconds: it.schedule.interval_seconds,
            deletion_threshold: it.deletion_threshold,
            other_connectors: it.other_connectors.into_iter().map(|it| it.name).collect(),
            custom_filters: it.custom_filters.len(),
            custom_flows: it.custom_flows.len(),
            custom_rules: rules.collect(),
            disabled_standard_rules: it.disabled_standard_rules.len(),
            standard_rules: Standard {
                basis: it.standard_rules.basis,
                count: it.standard_rules.count,
            },
            server_configuration: it.server_configuration,
            untranslated: untranslated
                .map(|it| Untranslated { id: it.id, what: it.what })
                .collect(),
        }
    }

    /// Whether the files of `server-configuration/` are the old server's own, byte for byte.
    pub(super) fn is_original(&self) -> bool {
        self.server_configuration.basis == ConfigurationBasis::Original
    }
}

impl ForestHeadline {
    fn of(it: &Forest) -> Self {
        let selected = || it.partitions.iter().filter(|it| it.selected);
        let count = |list: fn(&Partition) -> usize| selected().map(list).sum();
        let is_known = |it: &Partition| {
            let all = it.included.iter().chain(&it.excluded);
            all.filter(|it| it.object_guid.value.is_some()).count()
        };
        Self {
            name: it.name.clone(),
            selected_domains: selected()
                .filter(|it| it.is_domain != Some(false))
                .map(|it| it.dns_name.clone().unwrap_or_else(|| it.dn.clone()))
                .collect(),
            included_containers: count(|it| it.included.len()),
            excluded_containers: count(|it| it.excluded.len()),
            object_guids: count(is_known),
        }
    }
}

/// The headline facts of `analysis.json`.
#[derive(Serialize)]
pub(in crate::commands) struct AnalysisHeadline {
    pub(super) objects: Objects,
    pub(super) estimate: Estimate,
    pub(super) recommendation: Recommendation,
    pub(super) blockers: Vec<Blocker>,
    pub(super) warnings: usize,
    pub(super) infos: usize,
    pub(super) not_checked: usize,
}

/// A finding that blocks.
#[derive(Serialize)]
pub(in crate::commands) struct Blocker {
    pub(super) id: String,
    pub(super) title: String,
}

impl AnalysisHeadline {
    pub(super) fn of(it: &Analysis) -> Self {
        let of = |severity| it.findings.iter().filter(move |it| it.severity == severity);
        Self {
            objects: it.objects.clone(),
            estimate: it.estimate.clone(),
            recommendation: it.recommendation.clone(),
            blockers: of(Severity::Blocker)
                .map(|it| Blocker { id: it.id.clone(), title: it.title.clone() })
                .collect(),
            warnings: of(Severity::Warning).count(),
            infos: of(Severity::Info).count(),
            not_checked: it.not_checked.len(),
        }
    }

    /// What the recommendation means.
    pub(super) const fn deployment(&self) -> &'static str {
        match self.recommendation.deployment {
            Deployment::InPlace => "on the same server",
            Deployment::Parallel => "a new server beside the old one",
            Deployment::Blocked => "not before something is changed",
            Deployment::Undecided => "a fact that decides is missing",
        }
    }
}
