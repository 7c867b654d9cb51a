//! What cannot be checked without a part, and how the part can be had.
use dirlift_model::{NotChecked, config::Problem};

/// A part of the snapshot, with what hangs on it.
#[derive(Debug)]
pub(crate) struct Part {
    /// Name of the file or folder.
    pub(crate) name: &'static str,
    /// What is not checked without it.
    what: &'static str,
    /// How it can be had.
    how: &'static str,
    /// The recommendation or a check for blockers needs it.
    needed: bool,
}

/// `snapshot.json`
pub(crate) const SNAPSHOT: Part = Part {
    name: "snapshot.json",
    what: "system requirements, proxy settings, host name and the age of the runs",
    how: "write it by hand as docs/snapshot.md shows, or collect the snapshot again",
    needed: false,
};

/// `registry.reg`
pub(crate) const REGISTRY: Part = Part {
    name: "registry.reg",
    what: "TLS settings, the SQL Server instance that the service uses, and the registered version",
    how: "export the keys that docs/snapshot.md lists with regedit",
    needed: false,
};

/// `services.json`
pub(crate) const SERVICES: Part = Part {
    name: "services.json",
    what: "state and accounts of the services",
    how: "write it by hand as docs/snapshot.md shows, or collect the snapshot again",
    needed: false,
};

/// `files.csv`
pub(crate) const FILES: Part = Part {
    name: "files.csv",
    what: "version and signer of the installed files; custom DLLs are told by name only",
    how: "list the files of the installation folder as docs/snapshot.md shows",
    needed: false,
};

/// `scheduler.config`
pub(crate) const SCHEDULER: Part = Part {
    name: "scheduler.config",
    what: "the interval of the scheduler",
    how: "copy Microsoft.Online.DirSync.Scheduler.exe.config from the installation folder",
    needed: false,
};

/// `server-configuration/`, or the columns of the database.
pub(crate) const CONFIGURATION: Part = Part {
    name: "server-configuration/",
    what: "the server configuration: filters, attribute flows, partitions, run profiles and extensions",
    how: "export it (Synchronization Service Manager: File, Export Server Configuration; Azure AD Connect: \
          Get-ADSyncServerConfiguration) into the folder server-configuration/, or read the database with --sql",
    needed: true,
};

/// `templates/`
pub(crate) const TEMPLATES: Part = Part {
    name: "templates/",
    what: "the difference to the configuration that the product ships; removed attributes are only inferred",
    how: "copy the files below <install path>\\ma\\ into the folder templates/",
    needed: false,
};

/// `database.json`, or a live database.
pub(crate) const DATABASE: Part = Part {
    name: "database.json",
    what: "object counts, edition and size of the database, and the run history",
    how: "read the database with --sql, or a restored copy of it",
    needed: true,
};

/// `MigratedPolicy.json` and the wizard's settings files; none of them has to be there.
pub(crate) const POLICY: Part = Part {
    name: "settings file",
    what: "what a settings file of Azure AD Connect says of host, service account and database",
    how: "copy the file again",
    needed: false,
};

/// Everything that a collector may name as not collected.
const ALL: &[&Part] =
    &[&SNAPSHOT, &REGISTRY, &SERVICES, &FILES, &SCHEDULER, &CONFIGURATION, &TEMPLATES, &DATABASE];

impl Part {
    /// The part with this name, with or without the slash of a folder.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let bare = |it: &str| it.trim().trim_end_matches(['/', '\\']).to_ascii_lowercase();
        ALL.iter().copied().find(|it| bare(it.name) == bare(name))
    }

    /// Whether an entry is about this part.
    pub(crate) fn is_about(&self, entry: &NotChecked) -> bool {
        entry.what == self.what
    }

    /// The part is not there; `reason` is what the collector says.
    pub(crate) fn is_missing(&self, reason: Option<&str>) -> NotChecked {
        let name = self.name;
        let state = match reason {
            Some(reason) => format!("{name} was not collected: {reason}"),
            None => format!("{name} is not in the snapshot"),
        };
        self.unchecked(&state)
    }

    /// The part is there, and this is why it could not be read.
    pub(crate) fn is_damaged(&self, problem: &Problem) -> NotChecked {
        self.unchecked(&format!("{}: {}", problem.location, problem.what))
    }

    /// The part is of no use for a reason that stands in `state`.
    pub(crate) fn unchecked(&self, state: &str) -> NotChecked {
        NotChecked {
            what: self.what.to_owned(),
            why: format!("{state}; {}", self.how),
            needed: self.needed,
        }
    }
}
