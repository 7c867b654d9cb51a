//! From facts and analysis to `settings.json`.
use dirlift_model::{
    AttributeName, Product, Severity, SyncRule,
    config::{Connector, Location, Metaverse},
    settings::{ConnectSettings, Read, Settings},
};

use super::{
    Account, Blocker, CustomRule, FORMAT_VERSION, Parameter, Schedule, ServerConfigurationPart,
    SettingsFile, SettingsSource, StandardRules, Value,
    connectors::{forest, not_carried, other, run_profiles, tenant},
};
use crate::{Input, Refusal};

/// Draws everything together; the configuration has to be there.
pub(crate) fn build(
    input: &Input<'_>,
    server_configuration: ServerConfigurationPart,
) -> Result<SettingsFile, Refusal> {
    let configuration = input.facts.configuration.as_ref().ok_or(Refusal::NoConfiguration)?;
    let settings = input.analysis.settings.as_ref().ok_or(Refusal::NoConfiguration)?;
    let server = &configuration.server;
    let case = Case { input, settings, metaverse: server.metaverse.as_ref() };
    let known = |it: &&Connector| !it.is_active_directory() && !it.is_cloud();
    let mut global_parameters = Vec::new();
    if let Some(metaverse) = case.metaverse {
        global_parameters.extend(metaverse.parameters.iter().map(|(name, value)| Parameter {
            name: name.clone(),
            value: value.clone(),
            read_from: metaverse.location.to_string(),
        }));
    }
    Ok(SettingsFile {
        format_version: FORMAT_VERSION,
        tool: input.tool.clone(),
        source: SettingsSource {
            product: input.analysis.source.product,
            version: input.analysis.source.version,
            host: input.analysis.source.host.clone(),
            snapshot_time: input.snapshot_time,
        },
        forced: input.forced.clone(),
        blockers: blockers(input),
        sign_in_method: case.sign_in_method(),
        source_anchor: case.source_anchor(),
        user_principal_name_from: case.user_principal_name_from(),
        password_hash_sync: case.switch(settings.password_hash_sync.as_ref(), "PasswordHashSync"),
        password_writeback: case.switch(settings.password_writeback.as_ref(), "PasswordWriteback"),
        exchange_hybrid: case.switch(settings.exchange_hybrid.as_ref(), "HybridExchange"),
        written_back: settings.written_back.clone(),
        device_writeback: case.device_writeback(),
        staging_mode: case.staging_mode(),
        excluded_attributes: case.connect(|it| &it.excluded_attributes),
        filter_groups: case.connect(|it| &it.filter_groups),
        forests: server.active_directory().map(|it| forest(it, input)).collect(),
        tenant: server.cloud().next().map(|it| tenant(it, settings)),
        other_connectors: server.connectors.iter().filter(known).map(other).collect(),
        custom_filters: settings.connector_filters.clone(),
        custom_flows: settings.custom_flows.clone(),
        custom_rules: custom_rules(input),
        disabled_standard_rules: input
            .disabled_standard_rules()
            .into_iter()
            .map(|it| Read::new(it.name.clone(), &it.location))
            .collect(),
        standard_rules: StandardRules {
            basis: input.standard_basis(),
            count: input.standard_rules().len() as u64,
        },
        schedule: Schedule {
            interval_seconds: case.interval(),
            enabled: case.enabled(),
            run_profiles: server.connectors.iter().flat_map(run_profiles).collect(),
        },
        deletion_threshold: case.deletion_threshold(&server.connectors),
        global_parameters,
        accounts: accounts(input),
        server_configuration,
        untranslated: input.translation.untranslated.clone(),
        notes: input.translation.notes.clone(),
        not_carried: not_carried(&server.connectors),
    })
}

fn blockers(input: &Input<'_>) -> Vec<Blocker> {
    let findings = input.analysis.findings.iter().filter(|it| it.severity == Severity::Blocker);
    findings
        .map(|it| Blocker { id: it.id.clone(), title: it.title.clone(), detail: it.detail.clone() })
        .collect()
}

fn accounts(input: &Input<'_>) -> Vec<Account> {
    let accounts = input.analysis.source.accounts.iter();
    accounts
        .map(|it| Account { role: it.role, name: it.name.clone(), read_from: it.read_from.clone() })
        .collect()
}

/// What single settings are drawn from.
struct Case<'a> {
    input: &'a Input<'a>,
    settings: &'a Settings,
    metaverse: Option<&'a Metaverse>,
}

impl Case<'_> {
    fn is_dirsync(&self) -> bool {
        self.input.analysis.source.product == Some(Product::DirSync)
    }

    /// A global parameter with its place.
    fn parameter(&self, name: &str) -> Option<(&str, String)> {
        let metaverse = self.metaverse?;
        let (name, value) =
            metaverse.parameters.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some((value.trim(), format!("{}, parameter {name}", metaverse.location)))
    }

    fn boolean(&self, name: &str) -> Option<Value<bool>> {
        let (value, place) = self.parameter(name)?;
        if value.eq_ignore_ascii_case("true") {
            Some(Value::known(true, place))
        } else if value.eq_ignore_ascii_case("false") {
            Some(Value::known(false, place))
        } else {
            None
        }
    }

    /// An optional feature: the global parameter decides where there is one.
    fn switch(&self, read: Option<&Read<bool>>, feature: &str) -> Value<bool> {
        self.boolean(&format!("Microsoft.OptionalFeature.{feature}")).unwrap_or_else(|| {
            Value::from_read(read.cloned(), "nothing of the configuration that was read says it")
        })
    }

    fn device_writeback(&self) -> Value<bool> {
        let parameter = self.boolean("Microsoft.OptionalFeature.DeviceWriteBack");
        parameter.unwrap_or_else(|| {
            Value::not_known(if self.is_dirsync() {
                "DirSync keeps it with PowerShell in the directory and not in its configuration; \
                 look for the container RegisteredDevices"
            } else {
                "MV.xml has no parameter for it"
            })
        })
    }

    /// A list that only servers with rules of their own have.
    fn connect<T: Clone>(&self, which: impl Fn(&ConnectSettings) -> &Vec<Read<T>>) -> Vec<Read<T>> {
        self.settings.connect.as_ref().map(|it| which(it).clone()).unwrap_or_default()
    }

    fn staging_mode(&self) -> Value<bool> {
        let read = self.settings.connect.as_ref().and_then(|it| it.staging_mode.clone());
        match read {
            None if self.is_dirsync() => Value::none("DirSync has no staging mode"),
            it => Value::from_read(
                it,
                "MV.xml has no parameter for it, and the database was not asked",
            ),
        }
    }

    fn sign_in_method(&self) -> Value<String> {
        if let Some(it) = self.settings.connect.as_ref().and_then(|it| it.sign_in.clone()) {
            return Value::known(it.value, it.read_from);
        }
        let hashes = self.switch(self.settings.password_hash_sync.as_ref(), "PasswordHashSync");
        match (hashes.value, hashes.read_from) {
            (Some(true), Some(place)) => {
                Value::known("password hash synchronization".to_owned(), place)
            }
            _ => Value::not_known(
                "without password hash synchronization users sign in by federation, by pass-through authentication or \
                 with passwords of the cloud, which the server's configuration does not tell; look at the domains of \
                 the tenant",
            ),
        }
    }

    fn source_anchor(&self) -> Value<AttributeName> {
        if let Some((value, place)) = self
            .parameter("Microsoft.SynchronizationOption.AnchorAttribute")
            .filter(|it| !it.0.is_empty())
        {
            return Value::known(AttributeName::new(value), place);
        }
        Value::from_read(
            self.settings.source_anchor.clone(),
            "the configuration that was read does not name it",
        )
    }

    fn user_principal_name_from(&self) -> Value<AttributeName> {
        if let Some((value, place)) = self
            .parameter("Microsoft.SynchronizationOption.UPNAttribute")
            .filter(|it| !it.0.is_empty())
        {
            return Value::known(AttributeName::new(value), place);
        }
        match (&self.settings.alternate_id, self.metaverse) {
            (Some(it), _) => Value::known(it.value.clone(), &it.read_from),
            (None, Some(it)) => Value::known(
                "userPrincipalName".into(),
                format!("{}, no flow takes it from another attribute", it.location),
            ),
            (None, None) => Value::not_known("the metaverse was not read"),
        }
    }

    fn interval(&self) -> Value<u64> {
        if let Some((value, place)) = self.parameter("Microsoft.Synchronize.TimeInterval")
            && let Some(seconds) = seconds(value)
        {
            return Value::known(seconds, place);
        }
        Value::from_read(
            self.settings.interval_seconds.clone(),
            "the scheduler's configuration was not read",
        )
    }

    fn enabled(&self) -> Value<bool> {
        self.boolean("Microsoft.Synchronize.SynchronizationSchedule").unwrap_or_else(|| {
            Value::not_known(if self.is_dirsync() {
                "DirSync has a service instead of a setting; analysis.json has its state"
            } else {
                "MV.xml has no parameter for it"
            })
        })
    }

    fn deletion_threshold(&self, connectors: &[Connector]) -> Value<u64> {
        if let Some((value, place)) =
            self.parameter("Microsoft.OptionalFeature.ExportDeletionThresholdValue")
        {
            let is_off = self
                .boolean("Microsoft.OptionalFeature.ExportDeletionThreshold")
                .is_some_and(|it| it.value == Some(false));
            return match value.parse() {
                Ok(_) if is_off => Value::none(format!("{place}, turned off")),
                Ok(value) => Value::known(value, place),
                Err(_) => Value::not_known("MV.xml has a value for it that is no number"),
            };
        }
        // DirSync has no such setting; an administrator may have given the export's run profile a limit.
        let cloud = connectors.iter().filter(|it| it.is_cloud());
        let mut limits = cloud.flat_map(|it| &it.run_profiles).flat_map(|profile| {
            let limits = profile.steps.iter().filter_map(|it| it.delete_limit.filter(|it| *it > 0));
            limits.map(move |it| (it, format!("{}, limit of a run step", profile.location)))
        });
        match limits.next() {
            Some((limit, place)) => Value::known(limit, place),
            None if self.is_dirsync() => {
                Value::none("DirSync has no such setting, and no run step has a limit")
            }
            None => Value::not_known("MV.xml has no parameter for it"),
        }
    }
}

/// `d.hh:mm:ss` or `hh:mm:ss` in seconds.
fn seconds(text: &str) -> Option<u64> {
    let (days, time) = text.split_once('.').unwrap_or(("0", text));
    let number = |it: &str| -> Option<u64> {
        let is_digits = !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        if is_digits { it.parse().ok() } else { None }
    };
    let parts: Vec<_> = time.split(':').take(4).map(number).collect();
    match parts.as_slice() {
        &[Some(hours), Some(minutes), Some(seconds)]
            if hours < 24 && minutes < 60 && seconds < 60 =>
        {
            number(days)?.checked_mul(86_400)?.checked_add(hours * 3_600 + minutes * 60 + seconds)
        }
        _ => None,
    }
}

fn custom_rules(input: &Input<'_>) -> Vec<CustomRule> {
    let names = input.facts.configuration.as_ref().map(|it| &it.server);
    let rule = |(idx, it): (usize, &&SyncRule)| CustomRule {
        order: idx as u64 + 1,
        id: it.id,
        name: it.name.clone(),
        direction: it.direction.as_str().to_owned(),
        precedence: it.precedence,
        disabled: it.disabled,
        connector: it.connector,
        connector_name: names
            .and_then(|server| server.connector(it.connector))
            .map(|it| it.name.clone()),
        source_object_type: it.source_object_type.clone(),
        target_object_type: it.target_object_type.clone(),
        link_type: it.link_type.as_str().to_owned(),
        flows_to: it.mappings.iter().map(|it| it.destination.clone()).collect(),
        read_from: place(&it.location),
    };
    input.custom_rules().iter().enumerate().map(rule).collect()
}

fn place(location: &Location) -> String {
    location.to_string()
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn intervals() {
        let cases = [
            ("00:30:00", Some(1_800)),
            ("3:00:00", Some(10_800)),
            ("7.00:00:00", Some(604_800)),
            ("1.02:03:04", Some(93_784)),
            ("24:00:00", None),
            ("0:60:00", None),
            ("1:2", None),
            ("1:2:3:4", None),
            ("-1:00:00", None),
            ("99999999999999999999.00:00:00", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
