//! A folder with Fabrikam's bundle, and the people of the small organisation in its domain.
use std::{
    fs,
    path::{Path, PathBuf},
};

use dirlift_testkit::small;
use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::{dirlift, organisation, run};

/// `bundle.zip`, `forest.ldf` and `tenant/`.
pub(crate) struct Place(TempDir);

impl Place {
    /// Dora has a licence, and the tenant has another name for the domain.
    pub(crate) fn new() -> Self {
        Self::with(str::to_owned, str::to_owned)
    }

    /// Nobody has a role or a licence, Gus has no address of Ann's, and both sides call the domain alike.
    pub(crate) fn plain() -> Self {
        let place = Self::with(
            |ldif| {
                // Gus comes after Ann.
                let address = "proxyAddresses: SMTP:ann@small.example\n";
                let (before, gus) = ldif.split_at(ldif.find("dn: CN=Gus").unwrap());
                assert!(gus.contains(address));
                before.to_owned() + &gus.replace(address, "")
            },
            |text| {
                let domain = |it: &str| format!("\"onPremisesDomainName\":\"{it}\"");
                text.replace(r#"[{"skuId":"00000000-0000-4000-8000-00000000000a"}]"#, "[]")
                    .replace("\"SMALL\"", "\"CORP\"")
                    .replace(&domain("small.example"), &domain("corp.fabrikam.example"))
            },
        );
        fs::write(place.path("tenant").join("directoryRoles.jsonl"), "").unwrap();
        place
    }

    fn with(forest: impl Fn(&str) -> String, tenant: impl Fn(&str) -> String) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        bundle(&place.path("bundle.zip"));
        let ldif = small::ldif().replace("DC=small,DC=example", "DC=corp,DC=fabrikam,DC=example");
        fs::write(place.path("forest.ldf"), forest(&ldif)).unwrap();
        fs::create_dir(place.path("tenant")).unwrap();
        for (name, text) in small::graph() {
            fs::write(place.path("tenant").join(name), tenant(&text)).unwrap();
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// The store that `dirlift migrate` makes.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("fabrikam.dirlift")
    }

    /// Names both directories.
    pub(crate) fn with_sources(&self, command: Command) -> Command {
        command.arg("--ad").arg(self.path("forest.ldf")).arg("--entra").arg(self.path("tenant"))
    }

    /// `dirlift migrate bundle.zip --deployment ...` without sources.
    pub(crate) fn migrate(&self) -> Command {
        let command = dirlift().arg("migrate").arg(self.path("bundle.zip"));
        command.arg("--deployment").arg(self.store())
    }
}

/// Writes Fabrikam's bundle.
pub(crate) fn bundle(path: &Path) {
    let export = dirlift().arg("export").arg(organisation("fabrikam")).arg("--force");
    let export = run(export.arg("--out").arg(path));
    assert!(matches!(export.code, 0 | 4), "{}", export.stderr);
}
