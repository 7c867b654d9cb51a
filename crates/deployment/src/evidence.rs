//! Evidence for the checklist: what programs saw, what the customer uses, the rehearsal's own runs, and the switch.
use dirlift_model::checklist::{
    CutOver, Evidence, EvidenceKind, Rehearsed, RehearsedConnector, RehearsedRun, Switches,
    WayBack, way_back,
};
use jiff::Timestamp;
use rusqlite::params;
use serde::{Serialize, de::DeserializeOwned};

use crate::{FULL_IMPORT, FULL_SYNCHRONIZATION, RULE_BASIS, Store, error::StoreError, time};

/// Setting with what the customer uses, as JSON.
const SWITCHES: &str = "switches";
/// Setting with the switch, as JSON; a trigger keeps it.
const CUT_OVER: &str = "cut_over";

const WRITING: &str = "recording evidence";
const READING: &str = "reading the evidence";

impl Store {
    /// Records what a program saw. It stays; newer evidence of its kind stands beside it.
    pub fn add_evidence(
        &mut self,
        it: &Evidence,
        recorded_at: Timestamp,
    ) -> Result<(), StoreError> {
        let written = self.connection.execute(
            "INSERT INTO evidence \
             (kind, holds, detail, source, host, seen_at, valid_until, sha256, recorded_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                it.kind.as_str(),
                it.holds,
                it.detail,
                it.source,
                it.host,
                time(it.seen_at),
                it.valid_until.map(time),
                it.sha256,
                time(recorded_at)
            ],
        );
        written.map(|_| ()).map_err(|it| self.failed(WRITING, &it))
    }

    /// All evidence, in the order in which it was recorded.
    pub fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        let failed = |it| self.failed(READING, &it);
        let damaged = |reason: &str| StoreError::damaged(&self.path, READING, &reason);
        let sql = "SELECT kind, holds, detail, source, host, seen_at, valid_until, sha256 \
                   FROM evidence ORDER BY id";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let kind: String = row.get(0).map_err(failed)?;
            let seen_at: String = row.get(5).map_err(failed)?;
            let valid_until: Option<String> = row.get(6).map_err(failed)?;
            let as_time = |it: String| it.parse().map_err(|_| damaged("a time is none"));
            all.push(Evidence {
                kind: EvidenceKind::ALL
                    .into_iter()
                    .find(|it| it.as_str() == kind)
                    .ok_or_else(|| damaged("a kind of evidence is not known"))?,
                holds: row.get(1).map_err(failed)?,
                detail: row.get(2).map_err(failed)?,
                source: row.get(3).map_err(failed)?,
                host: row.get(4).map_err(failed)?,
                seen_at: as_time(seen_at)?,
                valid_until: valid_until.map(as_time).transpose()?,
                sha256: row.get(7).map_err(failed)?,
            });
        }
        Ok(all)
    }

    /// Writes down what the customer uses; it replaces what was there.
    pub fn write_switches(&mut self, switches: &Switches) -> Result<(), StoreError> {
        let json = self.to_json(switches)?;
        self.set_setting(SWITCHES, &json)
    }

    /// What the customer uses; `None` before it was written down.
    pub fn switches(&self) -> Result<Option<Switches>, StoreError> {
        self.of_json(SWITCHES)
    }

    /// Writes down that the new server is the active one. The first word stays; `false` when there was one already.
    pub fn write_cut_over(&mut self, cut_over: &CutOver) -> Result<bool, StoreError> {
        let json = self.to_json(cut_over)?;
        let written = self.connection.execute(
            "INSERT INTO setting (name, value) SELECT ?1, ?2 \
             WHERE NOT EXISTS (SELECT 1 FROM setting WHERE name = ?1)",
            [CUT_OVER, &json],
        );
        written.map(|it| it > 0).map_err(|it| self.failed("recording the switch", &it))
    }

    /// The switch, once there was one.
    pub fn cut_over(&self) -> Result<Option<CutOver>, StoreError> {
        self.of_json(CUT_OVER)
    }

    /// Why a way back to the old server is refused; `None` while it is open. Whoever is about to start, enable, restore or
    /// install the old product asks this first.
    pub fn refuses(&self, way: WayBack) -> Result<Option<String>, StoreError> {
        let product = self.switches()?.and_then(|it| it.product);
        Ok(way_back(self.cut_over()?.as_ref(), product, way))
    }

    /// What the store tells of its own rehearsal.
    pub fn rehearsed(&self) -> Result<Rehearsed, StoreError> {
        const WHAT: &str = "reading the runs";
        let failed = |it| self.failed(WHAT, &it);
        let deployment = self.deployment();
        let mut rehearsed = Rehearsed {
            bundle: Some((deployment.bundle_sha256.clone(), deployment.created_at)),
            rule_basis: self.setting(RULE_BASIS)?,
            connectors: Vec::new(),
        };
        let sql = "SELECT ended_at, result FROM run WHERE connector_id = ?1 AND profile = ?2 \
                   AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        for connector in self.connectors()? {
            let id = connector.id.to_string();
            let mut newest = |profile: &str| -> Result<Option<RehearsedRun>, StoreError> {
                let mut rows = statement.query([id.as_str(), profile]).map_err(failed)?;
                let Some(row) = rows.next().map_err(failed)? else { return Ok(None) };
                let ended: String = row.get(0).map_err(failed)?;
                let result: Option<String> = row.get(1).map_err(failed)?;
                let ended_at = ended
                    .parse()
                    .map_err(|_| StoreError::damaged(&self.path, WHAT, &"a time is none"))?;
                Ok(Some(RehearsedRun { ended_at, result: result.unwrap_or_default() }))
            };
            rehearsed.connectors.push(RehearsedConnector {
                name: connector.name,
                full_import: newest(FULL_IMPORT)?,
                full_synchronization: newest(FULL_SYNCHRONIZATION)?,
            });
        }
        Ok(rehearsed)
    }

    fn to_json(&self, value: &impl Serialize) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|it| StoreError::damaged(&self.path, WRITING, &it))
    }

    fn of_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text = self.setting(name)?;
        let read = text.map(|it| serde_json::from_str(&it)).transpose();
        read.map_err(|it| StoreError::damaged(&self.path, READING, &it))
    }
}
