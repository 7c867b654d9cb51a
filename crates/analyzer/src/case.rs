//! The case that the rules look at: the facts, and what follows from them directly.
use std::collections::BTreeMap;

use dirlift_model::{
    Facts, Guid, NotChecked, Product, ServerConfiguration, Settings,
    analysis::{Database, Deployment, Estimate, Objects},
    config::Connector,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{Knowledge, Options, connect, measure, settings};

/// Everything that a rule may look at.
#[derive(Debug)]
pub struct Case<'a> {
    /// The server.
    pub facts: &'a Facts,
    /// The new server, where known.
    pub target: Option<&'a Facts>,
    /// Builds, deadlines, requirements.
    pub knowledge: &'a Knowledge,
    /// The time that the judgement holds for.
    pub as_of: Timestamp,
    /// The deployment that the user asks for.
    pub mode: Option<Deployment>,
    /// Its database, judged.
    pub database: Option<Database>,
    /// Objects it synchronises.
    pub objects: Objects,
    /// How long an upgrade takes.
    pub estimate: Estimate,
    /// What migrates.
    pub settings: Option<Settings>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        facts: &'a Facts,
        target: Option<&'a Facts>,
        knowledge: &'a Knowledge,
        options: &Options,
    ) -> Self {
        let mut case = Self {
            facts,
            target,
            knowledge,
            as_of: options.as_of,
            mode: options.mode,
            database: None,
            objects: Objects::default(),
            estimate: Estimate::default(),
            settings: None,
        };
        case.database = measure::database(&case);
        case.objects = measure::objects(&case);
        case.estimate = measure::estimate(&case);
        case.settings = settings::settings(&case);
        case
    }

    /// The configuration, wherever it was read.
    pub fn configuration(&self) -> Option<&'a ServerConfiguration> {
        self.facts.configuration.as_ref().map(|it| &it.server)
    }

    /// The product, when it could be told.
    pub fn product(&self) -> Option<Product> {
        self.facts.product.product
    }

    /// Whether the product is `DirSync`, whose path this is.
    pub fn is_dirsync(&self) -> bool {
        self.product() == Some(Product::DirSync)
    }

    /// Whether the product is Azure AD Sync or one of its successors.
    pub fn is_connect(&self) -> bool {
        matches!(self.product(), Some(Product::AzureAdSync | Product::EntraConnect))
    }

    /// Whether an upgrade on this server is what is asked for, or what its size suggests.
    pub fn is_in_place(&self) -> bool {
        match self.mode {
            Some(Deployment::InPlace) => true,
            Some(Deployment::Parallel) => false,
            _ if self.is_connect() => connect::against_in_place(self).is_empty(),
            _ => self.objects.total.is_none_or(|it| it < self.knowledge.rule.threshold_objects),
        }
    }

    /// The day of the judgement, UTC.
    pub fn day(&self) -> Date {
        self.as_of.to_zoned(TimeZone::UTC).date()
    }

    /// The agent of the shipped templates that stands for `connector`: by id, else the only one of its side.
    pub fn baseline_of(&self, connector: &Connector) -> Option<&'a Connector> {
        self.facts.baseline.as_ref()?.counterpart(connector)
    }

    /// Names of the agents, from the configuration, else from the database.
    pub fn agent_names(&self) -> BTreeMap<Guid, String> {
        let database = self.facts.database.as_ref().and_then(|it| it.agents.as_ref());
        let from_database = database.into_iter().flatten().map(|it| (it.id, it.name.clone()));
        let configured = self.configuration().into_iter().flat_map(|it| &it.connectors);
        from_database.chain(configured.map(|it| (it.id, it.name.clone()))).collect()
    }

    /// The name of an agent, or its id.
    pub fn agent_name(&self, id: Guid) -> String {
        self.agent_names().get(&id).cloned().unwrap_or_else(|| id.braced())
    }

    /// What this judgement did not look at by itself.
    pub(crate) fn not_checked(&self) -> Vec<NotChecked> {
        let mut all = Vec::new();
        if self.target.is_none() {
            all.push(NotChecked {
                what: "the new server".to_owned(),
                why: "no snapshot of it was given; `--target SNAPSHOT` checks its system, .NET, PowerShell, TLS and proxy"
                    .to_owned(),
                needed: false,
            });
        }
        for connector in
            self.configuration().into_iter().flat_map(ServerConfiguration::active_directory)
        {
            if connector.attribute_inclusion.is_none() && self.is_dirsync() {
                all.push(NotChecked {
                    what: format!("selected and removed attributes of \"{}\"", connector.name),
                    why: "the configuration has no attribute-inclusion for it; export it again"
                        .to_owned(),
                    needed: true,
                });
            }
            if connector.partitions.is_empty() {
                all.push(NotChecked {
                    what: format!("domain and OU filtering of \"{}\"", connector.name),
                    why: "the configuration has no partitions; add an export of the server configuration, whose agents \
                          have them, as server-configuration/"
                        .to_owned(),
                    needed: false,
                });
            }
        }
        if self.is_connect() && self.configuration().is_some() {
            if connect::rules(self).is_empty() {
                all.push(NotChecked {
                    what: "synchronisation rules: custom ones, and standard ones that were turned off".to_owned(),
                    why: "the configuration has no rules; run Get-ADSyncServerConfiguration -Path FOLDER on the server and \
                          put what it writes into server-configuration/"
                        .to_owned(),
                    needed: false,
                });
            }
            let sign_in =
                self.settings.as_ref().and_then(|it| it.connect.as_ref()?.sign_in.as_ref());
            if sign_in.is_none() {
                all.push(NotChecked {
                    what: "the sign-in method: password hash, pass-through or federation".to_owned(),
                    why: "no export holds it; look at \"View or export current configuration\" in the wizard, and choose the same \
                          on the new server"
                        .to_owned(),
                    needed: false,
                });
            }
        }
        let not_read = self.facts.database.iter().flat_map(|it| &it.not_read);
        all.extend(not_read.map(|it| NotChecked {
            what: format!("database: {}", it.what),
            why: it.why.clone(),
            needed: false,
        }));
        if let Some(target) = self.target {
            all.extend(target.missing.iter().map(|it| NotChecked {
                what: format!("the new server: {}", it.what),
                why: it.why.clone(),
                needed: false,
            }));
        }
        if self.database.as_ref().is_some_and(|it| it.remote.is_none()) {
            all.push(NotChecked {
                what: "whether SQL Server runs on this server".to_owned(),
                why: "the name of this host is not known; add snapshot.json".to_owned(),
                needed: false,
            });
        }
        if self.objects.total.is_none() && self.facts.database.is_some() {
            all.push(NotChecked {
                what: "number of objects".to_owned(),
                why: self.objects.basis.clone(),
                needed: !self.is_connect(),
            });
        }
        all
    }
}
