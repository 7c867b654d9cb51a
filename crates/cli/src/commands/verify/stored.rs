//! What the deployment store knows: connectors, runs that count, pending exports by name and anchor, marks of objects.
use std::collections::{BTreeMap, BTreeSet};

use dirlift_deployment::{
    ConnectorKind, Drawer, PendingHead, RunId, RunStep, Scratch, Store, StoreError,
    StoredConnector, TENANT_FACTS,
};
use dirlift_importer::apply::{self, ApplyError};
use dirlift_model::{DistinguishedName, Guid, PendingExport, TenantFacts, pending::Operation};
use dirlift_verifier::{
    Marks, Population, RunFact, StepFact, Unreadable, cloud_anchor, kind_of_profile,
};

use super::places::{Place, Places};

const NAMES: Drawer = Drawer(0);
const ANCHORS: Drawer = Drawer(1);
const CLOUD: Drawer = Drawer(2);
const MARKS: Drawer = Drawer(3);
const REAL_ANCHORS: Drawer = Drawer(4);
const ADDS: Drawer = Drawer(5);

/// A store with an index on disk, so that memory does not grow with its objects.
pub(super) struct Stored<'s> {
    pub(super) store: &'s Store,
    pub(super) connectors: Vec<StoredConnector>,
    /// The newest finished synchronization of each connector: their pending exports are the prediction.
    pub(super) sync_runs: Vec<RunId>,
    pub(super) import_runs: BTreeMap<String, RunId>,
    scratch: Scratch,
    places: Places,
    /// Places of pending exports that were met, one bit each, by run.
    met: Vec<Vec<u64>>,
    has_marks: bool,
    /// Whether it is known who has an administrative role.
    pub(super) knows_roles: bool,
    /// Whether it is known who has a licence.
    pub(super) knows_licences: bool,
}

/// What the first look at the prediction tells.
#[derive(Default)]
pub(super) struct Predicted {
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) unreadable: Unreadable,
}

impl<'s> Stored<'s> {
    pub(super) fn open(store: &'s Store) -> Result<Self, StoreError> {
        let connectors = store.connectors()?;
        let runs = store.runs()?;
        let newest = |connector: Guid, wanted: &dyn Fn(&str) -> bool| {
            let all = runs.iter().filter(|it| it.connector == connector && it.ended.is_some());
            all.filter(|it| wanted(&it.profile)).map(|it| it.id).next_back()
        };
        let synchronises = |profile: &str| {
            use dirlift_model::config::RunStepKind as K;
            matches!(
                kind_of_profile(profile),
                Some(K::FullSync | K::DeltaSync | K::FullImportFullSync | K::FullImportDeltaSync)
            )
        };
        let imports =
            |profile: &str| kind_of_profile(profile).is_some_and(|it| it.is_full_import());
        let sync_runs = connectors.iter().filter_map(|it| newest(it.id, &synchronises)).collect();
        let import_runs = connectors
            .iter()
            .filter_map(|it| Some((it.name.clone(), newest(it.id, &imports)?)))
            .collect();
        let scratch = Scratch::open()?;
        let met = Vec::new();
        Ok(Self {
            store,
            connectors,
            sync_runs,
            import_runs,
            scratch,
            places: Places::default(),
            met,
            has_marks: false,
            knows_roles: false,
            knows_licences: false,
        })
    }

    pub(super) fn cloud(&self) -> impl Iterator<Item = &StoredConnector> {
        self.connectors.iter().filter(|it| it.kind == ConnectorKind::EntraId)
    }

    /// The runs of the store as facts, in the order in which they began.
    pub(super) fn run_facts(&self) -> Result<Vec<RunFact>, StoreError> {
        let names: BTreeMap<Guid, &str> =
            self.connectors.iter().map(|it| (it.id, it.name.as_str())).collect();
        let mut facts = Vec::new();
        for run in self.store.runs()? {
            let steps: Vec<RunStep> = self.store.run_steps(run.id)?;
            let errors: Vec<_> = steps
                .into_iter()
                .filter(|it| it.errors > 0)
                .map(|it| (it.name, it.errors))
                .collect();
            facts.push(RunFact {
                connector: names.get(&run.connector).copied().unwrap_or_default().to_owned(),
                steps: vec![StepFact {
                    kind: kind_of_profile(&run.profile),
                    result: run
                        .ended
                        .map_or_else(|| "interrupted".to_owned(), |it| it.1.as_str().to_owned()),
                    ended: run.ended.map(|it| it.0),
                    errors,
                }],
                profile: run.profile,
                started: Some(run.started),
            });
        }
        Ok(facts)
    }

    /// How many objects of each type a connector's directory has.
    pub(super) fn population(&self, connector: &str) -> Result<Population, StoreError> {
        match self.import_runs.get(connector) {
            Some(run) => Ok(Population(self.store.object_counts(*run)?.into_iter().collect())),
            None => Ok(Population::default()),
        }
    }

    /// Goes over the prediction once; exports of the connectors in `compared` are put into the index.
    pub(super) fn index(&mut self, compared: &BTreeSet<String>) -> Result<Predicted, ApplyError> {
        let mut found = Predicted::default();
        let cloud: BTreeSet<String> = self.cloud().map(|it| it.name.clone()).collect();
        for it in &self.connectors {
            if let Some(shown) = apply::readable(self.store, it.id)? {
                found.unreadable.shows_only(it.name.clone(), shown);
            }
        }
        for (run_idx, run) in self.sync_runs.iter().enumerate() {
            let (mut ordinal, mut outcome) = (0, Ok(()));
            let (scratch, places) = (&self.scratch, &mut self.places);
            self.store.for_each_pending_head(*run, |it| {
                if outcome.is_ok() {
                    found.note(&it);
                    let is_cloud = cloud.contains(it.connector.as_ref());
                    let is_compared = compared.contains(it.connector.as_ref());
                    let place = is_compared.then_some(Place { run_idx, ordinal });
                    outcome = put(scratch, places, &it, is_cloud, place);
                }
                ordinal += 1;
            })?;
            outcome?;
        }
        self.places.sort();
        Ok(found)
    }

    /// Gives the pending exports of a run to `each`; its first error ends it.
    fn for_each_predicted<E: From<StoreError>>(
        &self,
        run: RunId,
        mut each: impl FnMut(&Self, &PendingExport) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut outcome = Ok(());
        self.store.for_each_pending(run, |it| {
            if outcome.is_ok() {
                outcome = each(self, &it);
            }
        })?;
        outcome
    }

    /// Gives the pending exports of a run that no real server's file had to `each`; its first error ends it.
    pub(super) fn for_each_not_met<E: From<StoreError>>(
        &self,
        run_idx: usize,
        mut each: impl FnMut(&Self, &PendingExport) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(run) = self.sync_runs.get(run_idx).copied() else { return Ok(()) };
        if self.met.get(run_idx).is_none_or(Vec::is_empty) {
            return self.for_each_predicted(run, each);
        }
        // Most were met: those that were not are fetched one by one.
        let counts = self.store.pending_counts(run)?;
        for ordinal in 0..counts.iter().map(|it| it.count).sum() {
            if !self.is_met(Place { run_idx, ordinal })
                && let Some(it) = self.store.pending_at(run, ordinal)?
            {
                each(self, &it)?;
            }
        }
        Ok(())
    }

    /// The predicted export of an object that a real server names: by its name, else by its anchor.
    pub(super) fn predicted(
        &self,
        real: &PendingExport,
    ) -> Result<Option<(Place, PendingExport)>, StoreError> {
        let name = key(&real.connector, real.dn.as_str());
        let is_named = |it: &PendingExport| {
            it.dn.as_str() == real.dn.as_str() || key(&it.connector, it.dn.as_str()) == name
        };
        let found = self.find(NAMES, &name, |it| it.connector == real.connector && is_named(it))?;
        if found.is_some() {
            return Ok(found);
        }
        let Some(anchor) = &real.anchor else { return Ok(None) };
        self.find(ANCHORS, &anchor_key(&real.connector, anchor), |it| {
            it.connector == real.connector && it.anchor == real.anchor
        })
    }

    /// The first export under a key, if it is the one that is meant.
    fn find(
        &self,
        drawer: Drawer,
        key: &str,
        is_it: impl Fn(&PendingExport) -> bool,
    ) -> Result<Option<(Place, PendingExport)>, StoreError> {
        let overflow = if self.places.is_full() { self.scratch.get(drawer, key)? } else { None };
        let overflow = overflow.as_deref().and_then(Place::read);
        for place in self.places.find(drawer, key).chain(overflow) {
            let Some(run) = self.sync_runs.get(place.run_idx) else { continue };
            if let Some(it) = self.store.pending_at(*run, place.ordinal)?.filter(&is_it) {
                return Ok(Some((place, it)));
            }
        }
        Ok(None)
    }

    pub(super) fn meet(&mut self, place: Place) {
        let (word, bit) = bit(place);
        if self.met.len() <= place.run_idx {
            self.met.resize_with(place.run_idx + 1, Vec::new);
        }
        let words = &mut self.met[place.run_idx];
        if words.len() <= word {
            words.resize(word + 1, 0);
        }
        words[word] |= bit;
    }

    fn is_met(&self, place: Place) -> bool {
        let (word, bit) = bit(place);
        self.met.get(place.run_idx).and_then(|it| it.get(word)).is_some_and(|it| it & bit != 0)
    }

    /// Reads the cloud's objects: their anchors, and which of them have a role or a licence.
    pub(super) fn read_cloud(&mut self) -> Result<(), StoreError> {
        let facts = self.store.setting(TENANT_FACTS)?;
        let facts: Option<TenantFacts> = facts.and_then(|it| serde_json::from_str(&it).ok());
        let roles = facts.as_ref().and_then(|it| it.role_members.as_ref());
        self.knows_roles = roles.is_some();
        let administrators: BTreeSet<Guid> = roles.into_iter().flatten().map(|it| it.id).collect();
        let licences = facts.as_ref().and_then(|it| it.licensed_users.as_ref());
        self.knows_licences = licences.is_some();
        let licensed: BTreeSet<Guid> = licences.into_iter().flatten().map(|it| it.id).collect();
        self.has_marks = !administrators.is_empty() || !licensed.is_empty();
        let names: Vec<_> = self.cloud().map(|it| it.name.clone()).collect();
        for name in names {
            let Some(run) = self.import_runs.get(&name).copied() else { continue };
            let mut outcome = Ok(());
            self.store.for_each_object(run, |it| {
                if outcome.is_err() {
                    return;
                }
                let key = key(&name, it.dn.as_str());
                let anchor = cloud_anchor(&it).unwrap_or_default();
                outcome = self.scratch.put(CLOUD, &key, &format!("{}\0{anchor}", it.object_type));
                let is = |all: &BTreeSet<Guid>| it.id.is_some_and(|id| all.contains(&id));
                let marks = match (is(&administrators), is(&licensed)) {
                    (false, false) => return,
                    (true, false) => "a",
                    (false, true) => "l",
                    (true, true) => "al",
                };
                if outcome.is_ok() {
                    outcome = self.scratch.put(MARKS, &key, marks);
                }
            })?;
            outcome?;
        }
        Ok(())
    }

    pub(super) fn marks(&self, export: &PendingExport) -> Result<Marks, StoreError> {
        if !self.has_marks {
            return Ok(Marks::default());
        }
        let found = self.scratch.get(MARKS, &key(&export.connector, export.dn.as_str()))?;
        let found = found.unwrap_or_default();
        Ok(Marks { is_administrator: found.contains('a'), has_licence: found.contains('l') })
    }

    /// The type and the anchor of an object of the cloud; `None` when the import did not bring it.
    pub(super) fn cloud_object(
        &self,
        connector: &str,
        dn: &DistinguishedName,
    ) -> Result<Option<(String, Option<String>)>, StoreError> {
        let found = self.scratch.get(CLOUD, &key(connector, dn.as_str()))?;
        Ok(found.and_then(|it| {
            let (object_type, anchor) = it.split_once('\0')?;
            let anchor = Some(anchor.to_owned()).filter(|it| !it.is_empty());
            Some((object_type.to_owned(), anchor))
        }))
    }

    /// Notes that a real server's cloud connector has an object with this anchor.
    pub(super) fn note_real_anchor(&self, anchor: &str) -> Result<(), StoreError> {
        self.scratch.put(REAL_ANCHORS, anchor, "")
    }

    pub(super) fn has_real_anchor(&self, anchor: &str) -> Result<bool, StoreError> {
        Ok(self.scratch.get(REAL_ANCHORS, anchor)?.is_some())
    }

    pub(super) fn is_added(&self, anchor: &str) -> Result<bool, StoreError> {
        Ok(self.scratch.get(ADDS, anchor)?.is_some())
    }
}

fn bit(place: Place) -> (usize, u64) {
    let word = usize::try_from(place.ordinal / 64).unwrap_or(usize::MAX);
    (word, 1 << (place.ordinal % 64))
}

/// Puts a predicted export into the index; `place` is that of one that is going to be compared.
fn put(
    scratch: &Scratch,
    places: &mut Places,
    it: &PendingHead<'_>,
    is_cloud: bool,
    place: Option<Place>,
) -> Result<(), StoreError> {
    let anchor = it.anchor.as_deref();
    if it.operation == Operation::Add
        && is_cloud
        && let Some(anchor) = anchor
    {
        scratch.put(ADDS, anchor, "")?;
    }
    let Some(place) = place else { return Ok(()) };
    let mut put = |drawer, key: &str| {
        if places.put(drawer, key, place) {
            return Ok(());
        }
        scratch.put(drawer, key, &place.write())
    };
    put(NAMES, &key(&it.connector, &it.dn))?;
    match anchor.filter(|anchor| !is_spelt(&it.dn, anchor)) {
        Some(anchor) => put(ANCHORS, &anchor_key(&it.connector, anchor)),
        None => Ok(()),
    }
}

impl Predicted {
    fn note(&mut self, it: &PendingHead<'_>) {
        self.unreadable.note_of(&it.object_type, &it.unreadable);
        match self.counts.get_mut(it.connector.as_ref()) {
            Some(n) => *n += 1,
            None => {
                self.counts.insert(it.connector.clone().into_owned(), 1);
            }
        }
    }
}

/// Whether a name is the one that the cloud connector makes of an anchor: who finds it needs no second way.
fn is_spelt(dn: &str, anchor: &str) -> bool {
    let hex = dn.strip_prefix("CN={").and_then(|it| it.strip_suffix('}'));
    hex.is_some_and(|hex| {
        let digits = anchor.bytes().flat_map(|it| [it >> 4, it & 15]);
        let digits = digits.map(|it| b"0123456789ABCDEF"[usize::from(it)]);
        hex.len() == anchor.len() * 2 && hex.bytes().map(|it| it.to_ascii_uppercase()).eq(digits)
    })
}

/// The name of an object as the index has it.
fn key(connector: &str, dn: &str) -> String {
    format!("{connector}\0{}", dn.to_uppercase())
}

/// The anchor of an object as the index has it.
fn anchor_key(connector: &str, anchor: &str) -> String {
    format!("{connector}\0{anchor}")
}
