//! The plan of a deployment: what `dirlift migrate` is about to do, how each step is checked and undone, and why it
//! will not. Its JSON form is a contract (`docs/plan.md`).
use serde::{Deserialize, Serialize};

use crate::{Build, Guid, NotChecked, Product};

/// Version of the JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// A plan. It can be carried out when it has no refusals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The program that made it, such as `dirlift 0.1.0`.
    pub tool: String,
    /// Where the new product is deployed.
    pub mode: Mode,
    /// What this mode is today, in words, and what stands in its way.
    pub today: Vec<String>,
    /// The server that is left.
    pub source: PlanSource,
    /// The directories, in the order in which they are imported.
    pub connectors: Vec<PlanConnector>,
    /// What the plan was made from, in a fixed order.
    pub inputs: Vec<PlanInput>,
    /// SHA-256 of the inputs, 64 hexadecimal digits: a plan is carried out only while it is the same.
    pub inputs_sha256: String,
    /// What dirlift does, in order.
    pub steps: Vec<PlanStep>,
    /// What a person does on the new server, in order.
    pub by_hand: Vec<ManualStep>,
    /// How an existing database is used; `None` when it is not.
    pub existing_database: Option<ExistingDatabase>,
    /// Why the plan is not carried out; empty when it can be.
    pub refusals: Vec<PlanRefusal>,
    /// What is worth knowing and stops nothing.
    pub notes: Vec<String>,
    /// What could not be checked.
    pub not_checked: Vec<NotChecked>,
}

impl Plan {
    /// Whether nothing refuses it.
    pub fn is_feasible(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Names of the inputs that are not the same in another plan.
    pub fn drift(&self, other: &Self) -> Vec<String> {
        let differs = |name: &str| {
            let of = |plan: &Self| plan.inputs.iter().find(|it| it.name == name).cloned();
            of(self) != of(other)
        };
        let mut names: Vec<_> =
            self.inputs.iter().chain(&other.inputs).map(|it| it.name.clone()).collect();
        names.sort();
        names.dedup();
        names.retain(|it| differs(it));
        names
    }
}

/// Where the new product is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Beside the old server.
    Parallel,
    /// On the same machine.
    InPlace,
}

impl Mode {
    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parallel => "parallel",
            Self::InPlace => "in-place",
        }
    }
}

/// The server that is left, as its bundle says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSource {
    /// Product; `None` when it could not be told.
    pub product: Option<Product>,
    /// Its version.
    pub version: Option<Build>,
    /// Host name.
    pub host: Option<String>,
    /// Server and instance of its database, as `HOST\INSTANCE`; `None` when they are not known.
    pub sql_server: Option<String>,
}

/// A directory of the deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanConnector {
    /// Its id.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// Which directory it stands for.
    pub kind: PlanConnectorKind,
    /// Where it is read, as typed; `None` when no source was given for it.
    pub source: Option<String>,
}

/// Which directory a connector stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanConnectorKind {
    /// A forest.
    ActiveDirectory,
    /// The cloud.
    EntraId,
}

/// One thing that a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// What it is, such as `bundle` or `--connect-sql-server`.
    pub name: String,
    /// Its value, or the SHA-256 of its content; empty when it was not given.
    pub value: String,
}

/// One step that dirlift does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// Its name in the journal, unique in the plan.
    pub id: String,
    /// What kind of step it is.
    pub kind: StepKind,
    /// The connector that it is about; `None` for all or none.
    pub connector: Option<Guid>,
    /// One line, a sentence without full stop.
    pub title: String,
    /// What it changes, and where.
    pub changes: String,
    /// How it is known to have worked.
    pub check: String,
    /// How it is undone; `None` where there is nothing to undo.
    pub undo: Option<String>,
}

/// Kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The store is made.
    PrepareStore,
    /// Connectors and rules are written into it.
    LoadConfiguration,
    /// Every source is reached, and the rights are checked.
    Connect,
    /// One directory is read whole.
    FullImport,
    /// All connector spaces are synchronised.
    FullSynchronization,
    /// Pending exports are looked at by the guards.
    Guards,
    /// The report is written.
    Report,
    /// The state of the old server's services is written down.
    NoteServices,
    /// They are stopped.
    StopServices,
    /// They are kept from starting again.
    DisableServices,
}

/// One step that a person does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualStep {
    /// One line, a sentence without full stop.
    pub title: String,
    /// What to do.
    pub what: String,
    /// How it is known to have worked.
    pub check: String,
}

/// How an existing database is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExistingDatabase {
    /// Which of the four cases it is; `None` where the old server's database was not read.
    pub scenario: Option<Scenario>,
    /// The same in words.
    pub meaning: String,
    /// Where the new server finds it, as `HOST\INSTANCE`; `None` when it was not said.
    pub sql_server: Option<String>,
    /// Its last synchronisation is too long ago: a full import from the cloud is needed first. `None` is unknown.
    pub full_import_needed: Option<bool>,
    /// The new build is newer than the one that used the database last, so that a full synchronisation may be needed.
    /// `None` is unknown.
    pub full_synchronization_possible: Option<bool>,
    /// Credentials that have to be entered again: nobody but the old server can decrypt them.
    pub credentials: Vec<CredentialToEnter>,
    /// What becomes of each way to sign in.
    pub sign_in: Vec<SignInRow>,
}

/// The four cases in which an existing database is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// The server does not run, its SQL Server does.
    ServerDead,
    /// The SQL Server is gone, and there is a backup.
    SqlDead,
    /// From `LocalDB` to full SQL Server.
    FromLocalDb,
    /// A copy for a staging server.
    StagingClone,
}

/// A credential that has to be entered again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialToEnter {
    /// What it is for.
    pub purpose: String,
    /// The account that the old server used; `None` when it is not known.
    pub account: Option<String>,
    /// Where it is entered, and what is preferred.
    pub advice: String,
}

/// What becomes of a way to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRow {
    /// The way.
    pub method: String,
    /// Whether the old server used it; `None` when it is not known.
    pub in_use: Option<bool>,
    /// What to do after the installation.
    pub action: String,
}

/// A reason why a plan is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRefusal {
    /// Its name, such as `same-sql-instance`; never reused.
    pub id: String,
    /// What is wrong here.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(inputs: &[(&str, &str)]) -> Plan {
        let input = |(name, value): &(&str, &str)| PlanInput {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        Plan {
            format_version: FORMAT_VERSION,
            tool: "dirlift 0".to_owned(),
            mode: Mode::Parallel,
            today: Vec::new(),
            source: PlanSource::default(),
            connectors: Vec::new(),
            inputs: inputs.iter().map(input).collect(),
            inputs_sha256: String::new(),
            steps: Vec::new(),
            by_hand: Vec::new(),
            existing_database: None,
            refusals: Vec::new(),
            notes: Vec::new(),
            not_checked: Vec::new(),
        }
    }

    #[test]
    fn drift_names_what_is_not_the_same() {
        let old = plan(&[("bundle", "1"), ("--rules", ""), ("gone", "x")]);
        let new = plan(&[("bundle", "2"), ("--rules", ""), ("come", "x")]);
        assert_eq!(old.drift(&new), ["bundle", "come", "gone"]);
        assert!(old.drift(&old).is_empty());
    }
}
