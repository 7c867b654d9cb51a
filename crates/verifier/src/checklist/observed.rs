//! What a snapshot of the old or of the new server shows.
use std::collections::BTreeMap;

use dirlift_model::{
    Facts, Guid,
    checklist::{Evidence, EvidenceKind, later},
    config::RunStepKind,
    database::Run,
    host::{Service, ServiceState, StartType},
    text::plural,
};
use jiff::Timestamp;

use crate::kind_of_profile;

/// Services that synchronise: the engine of each product, and the scheduler of `DirSync`.
const ENGINES: [&str; 4] =
    ["MSOnlineSyncScheduler", "FIMSynchronizationService", "ADSync", "MIIServer"];

/// Global parameter of the newer products.
const STAGING_MODE: &str = "Microsoft.Synchronize.StagingMode";

/// Hours for which services count that are stopped and may start again with the machine.
const STOPPED_HOURS: u32 = 4;

/// Hours before a look at the new server in which nothing may have been exported.
pub(super) const QUIET_HOURS: i64 = 24;

/// Why a snapshot shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nobody knows how old it is.
    #[error("the snapshot does not say when it was taken; collect it with a newer collector")]
    NoTime,
    /// Nobody knows what it is of.
    #[error("the snapshot does not say which host it is of; collect it with a newer collector")]
    NoHost,
    /// The services were not collected.
    #[error("the snapshot has no list of services; collect it with administrative rights")]
    NoServices,
    /// Neither configuration nor database say whether it stages.
    #[error(
        "the snapshot does not say whether the server is in staging mode; it needs the database's facts or the exported \
         configuration"
    )]
    NoStaging,
}

/// Whether the old server synchronises no more: its services are gone, or stopped and disabled, or stopped, or the server
/// is in staging mode. Services that run although they are disabled are not off.
pub fn old_server(facts: &Facts, source: &str) -> Result<Evidence, Unusable> {
    let (taken_at, host) = place(facts)?;
    let services = facts.services.as_ref().ok_or(Unusable::NoServices)?;
    let found: Vec<_> = services
        .iter()
        .filter(|it| ENGINES.iter().any(|name| it.name.eq_ignore_ascii_case(name)))
        .collect();
    let all = found.iter().map(|it| in_words(it)).collect::<Vec<_>>().join("; ");
    let is_stopped = found.iter().all(|it| it.state == Some(ServiceState::Stopped));
    let is_disabled = found.iter().all(|it| it.start_type == Some(StartType::Disabled));
    let (holds, detail) = if found.is_empty() {
        (true, "uninstalled: it has no service that synchronises".to_owned())
    } else if is_stopped && !is_disabled {
        (true, format!("{all}; stopped only: a restart may start it again"))
    } else if is_stopped {
        (true, all)
    } else if staging(facts) == Some(true) {
        (true, format!("{all}; in staging mode"))
    } else {
        (false, all)
    };
    let mut it = Evidence::new(EvidenceKind::OldServerOff, holds, detail, source, taken_at);
    if !found.is_empty() && is_stopped && !is_disabled {
        it.valid_until = Some(later(taken_at, STOPPED_HOURS));
    }
    it.host = Some(host);
    Ok(it)
}

/// Whether the new server is in staging mode and exports nothing, and whether it has left staging mode.
pub fn new_server(facts: &Facts, source: &str) -> Result<Vec<Evidence>, Unusable> {
    let (taken_at, host) = place(facts)?;
    let is_staging = staging(facts).ok_or(Unusable::NoStaging)?;
    let mut all = Vec::new();
    let mut add = |kind, holds, detail: String| {
        let mut it = Evidence::new(kind, holds, detail, source, taken_at);
        it.host = Some(host.clone());
        all.push(it);
    };
    if !is_staging {
        let detail = "it has left staging mode".to_owned();
        add(EvidenceKind::StagingOn, false, detail.clone());
        add(EvidenceKind::StagingOff, true, detail);
        return Ok(all);
    }
    let runs = facts.database.as_ref().and_then(|it| it.runs.as_ref());
    match runs.map(|runs| exports_before(taken_at, runs)) {
        None => {}
        Some(0) => {
            let detail =
                format!("it is in staging mode; no export in the {QUIET_HOURS} hours before");
            add(EvidenceKind::StagingOn, true, detail);
        }
        Some(n) => {
            let runs = plural(n, "export", "exports");
            let detail = format!(
                "it is in staging mode, and somebody ran {runs} in the {QUIET_HOURS} hours before"
            );
            add(EvidenceKind::StagingOn, false, detail);
        }
    }
    Ok(all)
}

fn place(facts: &Facts) -> Result<(Timestamp, String), Unusable> {
    let taken_at = facts.taken_at.ok_or(Unusable::NoTime)?;
    let name = facts.host.name.as_deref().map(str::trim).filter(|it| !it.is_empty());
    Ok((taken_at, name.ok_or(Unusable::NoHost)?.to_owned()))
}

/// When an export last ran: when it ended, and for one that is under way `now`. One without an end that another run of its
/// connector came after is not under way: it counts from its beginning.
pub fn last_export(runs: &[Run], now: Timestamp) -> Option<Timestamp> {
    exports(runs, now).max()
}

/// The same of every export.
fn exports(runs: &[Run], now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let mut newest: BTreeMap<Guid, Timestamp> = BTreeMap::new();
    for run in runs {
        let begun = run.started.unwrap_or(Timestamp::MIN);
        let it = newest.entry(run.connector).or_insert(begun);
        *it = begun.max(*it);
    }
    runs.iter().flat_map(move |run| {
        let is_newest = newest.get(&run.connector).is_none_or(|it| run.started >= Some(*it));
        run.steps.iter().filter_map(move |step| {
            let kind = step.kind.clone().or_else(|| kind_of_profile(&run.profile));
            let begun = step.started.or(run.started).filter(|_| !is_newest);
            matches!(kind, Some(RunStepKind::Export)).then(|| step.ended.or(begun).unwrap_or(now))
        })
    })
}

fn exports_before(taken_at: Timestamp, runs: &[Run]) -> u64 {
    let since = taken_at.checked_sub(jiff::SignedDuration::from_hours(QUIET_HOURS));
    let since = since.unwrap_or(Timestamp::MIN);
    exports(runs, taken_at).filter(|it| *it >= since).count() as u64
}

/// What the configuration says, else the database.
fn staging(facts: &Facts) -> Option<bool> {
    let metaverse = facts.configuration.as_ref().and_then(|it| it.server.metaverse.as_ref());
    let parameters = metaverse.into_iter().flat_map(|it| &it.parameters);
    let mut found = parameters.filter(|(name, _)| name.eq_ignore_ascii_case(STAGING_MODE));
    let said = found.next().and_then(|(_, value)| match value.trim() {
        it if it.eq_ignore_ascii_case("true") => Some(true),
        it if it.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    });
    said.or_else(|| facts.database.as_ref()?.staging_mode)
}

fn in_words(it: &Service) -> String {
    let state = match it.state {
        Some(ServiceState::Running) => "running",
        Some(ServiceState::Stopped) => "stopped",
        Some(ServiceState::Other) => "in transition",
        None => "state not known",
    };
    let start = match it.start_type {
        Some(StartType::Automatic) => "automatic",
        Some(StartType::DelayedAutomatic) => "automatic, delayed",
        Some(StartType::Manual) => "manual",
        Some(StartType::Disabled) => "disabled",
        None => "start type not known",
    };
    format!("{}: {state}, {start}", it.name)
}

#[cfg(test)]
mod tests {
    use dirlift_model::{
        HostFacts,
        database::{DatabaseFacts, Step},
    };

    use super::*;

    fn hour(n: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + 3600 * n).unwrap()
    }

    fn snapshot(services: &[(&str, ServiceState, StartType)]) -> Facts {
        let service = |(name, state, start): &(&str, ServiceState, StartType)| Service {
            name: (*name).to_owned(),
            state: Some(*state),
            start_type: Some(*start),
            ..Service::default()
        };
        Facts {
            taken_at: Some(hour(0)),
            host: HostFacts { name: Some("OLD1".to_owned()), ..HostFacts::default() },
            services: Some(services.iter().map(service).collect()),
            ..Facts::default()
        }
    }

    #[test]
    fn an_old_server_is_off_when_nothing_of_it_can_run() {
        use ServiceState::{Running, Stopped};
        use StartType::{Automatic, Disabled, Manual};
        // Services, whether it is off, and for how many hours that counts.
        type Case<'a> = (&'a [(&'a str, ServiceState, StartType)], bool, i64);
        let (engine, scheduler) = ("FIMSynchronizationService", "msonlinesyncscheduler");
        let cases: &[Case<'_>] = &[
            (&[], true, 24),
            (&[("MSSQL$MSONLINE", Running, Automatic)], true, 24),
            (&[(engine, Stopped, Disabled), (scheduler, Stopped, Disabled)], true, 24),
            (&[(engine, Stopped, Manual), (scheduler, Stopped, Disabled)], true, 4),
            (&[(engine, Stopped, Automatic)], true, 4),
            (&[(engine, Running, Disabled), (scheduler, Stopped, Disabled)], false, 24),
            (&[(engine, Stopped, Disabled), (scheduler, Running, Automatic)], false, 24),
            (&[("ADSync", Running, Automatic)], false, 24),
        ];
        for (services, holds, hours) in cases {
            let it = old_server(&snapshot(services), "old.zip").unwrap();
            assert_eq!((it.holds, it.valid_until), (*holds, Some(hour(*hours))), "{services:?}");
            assert_eq!(it.host.as_deref(), Some("OLD1"));
        }
        let mut in_staging = snapshot(&[("ADSync", Running, Automatic)]);
        in_staging.database =
            Some(DatabaseFacts { staging_mode: Some(true), ..DatabaseFacts::default() });
        assert!(old_server(&in_staging, "").unwrap().holds);
        let mut unknown = snapshot(&[(engine, Stopped, Disabled)]);
        unknown.services.as_mut().unwrap()[0].state = None;
        assert!(!old_server(&unknown, "").unwrap().holds);
    }

    #[test]
    fn a_snapshot_with_gaps_shows_nothing() {
        type Case = (fn(&mut Facts), Unusable);
        let whole = snapshot(&[]);
        let cases: [Case; 4] = [
            (|it| it.taken_at = None, Unusable::NoTime),
            (|it| it.host.name = None, Unusable::NoHost),
            (|it| it.host.name = Some(" ".to_owned()), Unusable::NoHost),
            (|it| it.services = None, Unusable::NoServices),
        ];
        for (damage, expected) in cases {
            let mut facts = whole.clone();
            damage(&mut facts);
            assert_eq!(old_server(&facts, ""), Err(expected));
        }
        assert_eq!(new_server(&whole, ""), Err(Unusable::NoStaging));
    }

    #[test]
    fn a_new_server_stages_or_has_left() {
        use EvidenceKind::{StagingOff, StagingOn};
        let of = |started, ended: Option<i64>| Run {
            started: Some(hour(started)),
            steps: vec![Step {
                kind: Some(RunStepKind::Export),
                started: Some(hour(started)),
                ended: ended.map(hour),
                ..Step::default()
            }],
            ..Run::default()
        };
        let export = |n| of(n, Some(n));
        let shown = |staging, runs: Option<Vec<Run>>| {
            let mut facts = snapshot(&[]);
            facts.database = Some(DatabaseFacts {
                staging_mode: Some(staging),
                runs,
                ..DatabaseFacts::default()
            });
            let all = new_server(&facts, "").unwrap();
            all.into_iter().map(|it| (it.kind, it.holds)).collect::<Vec<_>>()
        };
        assert_eq!(shown(true, Some(Vec::new())), [(StagingOn, true)]);
        assert_eq!(shown(true, Some(vec![export(-25)])), [(StagingOn, true)]);
        assert_eq!(shown(true, Some(vec![export(-24)])), [(StagingOn, false)]);
        assert_eq!(shown(true, None), []);
        assert_eq!(shown(false, None), [(StagingOn, false), (StagingOff, true)]);
        // It began two days ago and ended in time, has not ended, or was broken off: another run came after it.
        assert_eq!(shown(true, Some(vec![of(-48, Some(-24))])), [(StagingOn, false)]);
        assert_eq!(shown(true, Some(vec![of(-48, None)])), [(StagingOn, false)]);
        assert_eq!(shown(true, Some(vec![export(-30), of(-48, None)])), [(StagingOn, true)]);
        assert_eq!(last_export(&[export(-30), of(-48, None)], hour(0)), Some(hour(-30)));
        assert_eq!(last_export(&[of(-48, None), export(-50)], hour(0)), Some(hour(0)));
        assert_eq!(last_export(&[], hour(0)), None);
    }
}
