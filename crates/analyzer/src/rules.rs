//! The catalogue of findings: one row a rule, one file an area.
//!
//! A row says what is looked for, why it matters and what to do; its check is a pure function that adds a [`Hit`] for
//! each thing it objects to. Reports, `docs/findings.md` and the tests derive from the rows. Codes are never reused.
mod accounts;
mod blockers;
mod connect;
pub(crate) mod host;
mod migrating;
mod product;
mod reading;
mod runs;
mod services;
mod size;

use dirlift_model::{Confidence, Evidence, Finding, Product, Severity, text::plural};

pub use crate::case::Case;

/// All rules by area, ordered by code.
pub const RULES: &[&[Rule]] = &[
    product::RULES,
    size::RULES,
    connect::SIZE,
    migrating::RULES,
    connect::MIGRATING,
    blockers::RULES,
    connect::CARRYING,
    runs::RULES,
    connect::RUNS,
    accounts::RULES,
    connect::ACCOUNTS,
    host::RULES,
    services::RULES,
    reading::RULES,
];

/// The rule that says which document is for which product.
const OTHER_PATH: &str = "DL0103";

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable for ever: `DL` with the area in the first two digits.
    pub code: &'static str,
    /// Stable, readable name in kebab case.
    pub name: &'static str,
    /// Severity of all its findings.
    pub severity: Severity,
    /// One line without full stop, as it stands in reports.
    pub title: &'static str,
    /// What it looks for and why it matters.
    pub about: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The document that it comes from.
    pub reference: &'static str,
    /// Adds a hit for each thing that it objects to.
    pub check: fn(&Case<'_>, &mut Vec<Hit>),
}

/// One thing that a rule objects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// How sure it is.
    pub confidence: Confidence,
    /// What it means here, with the figures of this server.
    pub detail: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

impl Hit {
    /// Something that was read on this server.
    pub fn confirmed(detail: impl Into<String>, evidence: Vec<Evidence>) -> Self {
        Self { confidence: Confidence::Confirmed, detail: detail.into(), evidence }
    }

    /// Adds what was read on this server, with its number as the detail; nothing when there is none.
    pub(crate) fn push_counted(
        hits: &mut Vec<Self>,
        evidence: Vec<Evidence>,
        one: &str,
        many: &str,
    ) {
        if !evidence.is_empty() {
            hits.push(Self::confirmed(plural(evidence.len() as u64, one, many), evidence));
        }
    }

    /// Something that was concluded.
    pub fn inferred(detail: impl Into<String>, evidence: Vec<Evidence>) -> Self {
        Self { confidence: Confidence::Inferred, detail: detail.into(), evidence }
    }
}

impl Rule {
    /// The finding of a hit. The same advice stands in another document for each product.
    pub(crate) fn finding(&self, case: &Case<'_>, hit: Hit) -> Finding {
        let reference = match self.reference {
            docs::UPGRADE if case.is_connect() && self.code != OTHER_PATH => docs::PREVIOUS,
            docs::DEPRECATION if case.product() == Some(Product::EntraConnect) => docs::HISTORY,
            other => other,
        };
        Finding {
            id: self.code.to_owned(),
            severity: self.severity,
            confidence: hit.confidence,
            title: self.title.to_owned(),
            detail: hit.detail,
            evidence: hit.evidence,
            remedy: self.remedy.to_owned(),
            reference: reference.to_owned(),
        }
    }
}

/// Documents that rules refer to, by the title they carry.
pub(crate) mod docs {
    pub(crate) const UPGRADE: &str = "Microsoft Entra Connect: Upgrade from DirSync";
    pub(crate) const PREREQUISITES: &str = "Microsoft Entra Connect: Hardware and prerequisites";
    pub(crate) const ACCOUNTS: &str = "Microsoft Entra Connect: Accounts and permissions";
    pub(crate) const DEFAULTS: &str =
        "Microsoft Entra Connect Sync: Understanding the default configuration";
    pub(crate) const HISTORY: &str = "Microsoft Entra Connect: Version release history";
    pub(crate) const DEPRECATION: &str =
        "Upgrade Windows Azure Active Directory Sync and Azure AD Sync";
    pub(crate) const SCHEDULER: &str = "Microsoft Entra Connect Sync: Scheduler";
    pub(crate) const CONCEPTS: &str = "Microsoft Entra Connect: Design concepts";
    pub(crate) const SERVICES: &str = "Microsoft Entra Connect services don't start (KB 2995030)";
    pub(crate) const PREVIOUS: &str = "Microsoft Entra Connect: Upgrade from a previous version";
    pub(crate) const IMPORT: &str =
        "Microsoft Entra Connect: Import and export of configuration settings";
    pub(crate) const EXISTING: &str =
        "Microsoft Entra Connect: Install by using an existing ADSync database";
    pub(crate) const STAGING: &str =
        "Microsoft Entra Connect Sync: Staging server and disaster recovery";
    pub(crate) const DELETES: &str = "Microsoft Entra Connect Sync: Prevent accidental deletes";
    pub(crate) const OWN: &str = "dirlift: docs/snapshot.md";
}
