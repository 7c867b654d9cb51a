//! The synchronization of a store done again, to explain single objects.
use std::path::Path;

use dirlift_deployment::Store;
use dirlift_model::{progress::Progress, rehearsal::RuleBasis};

use super::{ApplyError, report::NOW, steps, synchronize};
use crate::{
    rehearsal::{Again, Search},
    setup::BASIS,
};

/// A store that was opened to explain objects of it. Nothing is written.
#[derive(Debug)]
pub struct StoredDeployment {
    store: Store,
    /// Whose standard rules it uses.
    pub rule_basis: RuleBasis,
    /// When its newest synchronization was.
    pub as_of: jiff::Timestamp,
}

impl StoredDeployment {
    /// Opens a store that was synchronised.
    pub fn open(path: &Path) -> Result<Self, ApplyError> {
        let store = Store::open(path)?;
        let Some(now) = store.setting(NOW)? else {
            return Err(ApplyError::NotSynchronized { store: path.to_owned() });
        };
        let damaged = ApplyError::Configuration;
        let as_of = now.parse().map_err(|_| damaged("the time of its synchronization is none"))?;
        let word = serde_json::Value::from(store.setting(BASIS)?.unwrap_or_default());
        let rule_basis = serde_json::from_value(word)
            .map_err(|_| damaged("it does not say whose standard rules it has"))?;
        Ok(Self { store, rule_basis, as_of })
    }

    /// Synchronises again at the time of the newest synchronization, and notes the objects that a text means, as
    /// [`crate::rehearsal::StoredRehearsal::synchronize`] does.
    pub fn synchronize(
        &self,
        text: &str,
        threads: usize,
        progress: &mut dyn Progress,
    ) -> Result<Again, ApplyError> {
        let connectors = steps::connectors(&self.store)?;
        let mut search = Search::new(text);
        let synchronized = synchronize::synchronized(
            &self.store,
            &connectors,
            self.as_of,
            threads,
            progress,
            &mut |connector, object| search.see(connector, object),
        )?;
        let found = search.finish(&synchronized, connectors.iter().map(|it| it.id));
        Ok(Again { synchronized, found })
    }
}
