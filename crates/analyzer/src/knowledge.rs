//! The table of builds, deadlines and requirements: data with sources, replaceable as a whole.
use dirlift_model::{Build, Product, analysis::NetworkRequirement};
use jiff::civil::Date;
use serde::Deserialize;

const BUILTIN: &str = include_str!("knowledge.toml");

/// Version of the file form that this program reads.
const FORMAT_VERSION: u32 = 1;

/// What is known of products and of the target's requirements.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knowledge {
    /// Version of the file form.
    pub format_version: u32,
    /// Day on which the rows were last compared with their documents.
    pub checked: TomlDate,
    /// The rule of thumb for the time of an upgrade.
    pub rule: UpgradeRule,
    /// What the new product asks for.
    pub target: Target,
    /// Deadlines by product and build.
    #[serde(rename = "deadline")]
    pub deadlines: Vec<Deadline>,
    /// Builds that are known, by product.
    #[serde(rename = "build")]
    pub builds: Vec<KnownBuild>,
    /// Operating systems, newest first.
    #[serde(rename = "os")]
    pub systems: Vec<SystemRow>,
    /// Hardware minimums, smallest first.
    pub hardware: Vec<HardwareRow>,
    /// Versions of SQL Server.
    pub sql: Vec<SqlRow>,
    /// Values of the registry for TLS 1.2.
    pub tls: Vec<TlsRow>,
    /// What the new server must reach.
    pub network: Vec<NetworkRequirement>,
}

/// The rule of thumb for the time of an upgrade.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpgradeRule {
    /// Objects from which on a parallel deployment is recommended.
    pub threshold_objects: u64,
    /// Hours that so many objects take.
    pub threshold_hours: f64,
    /// The document.
    pub reference: String,
}

/// What the new product asks for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name.
    pub product: String,
    /// Oldest build that the cloud accepts.
    pub minimum_build: Build,
    /// `Release` value of the .NET Framework.
    pub dotnet_release: u32,
    /// The same in words.
    pub dotnet_name: String,
    /// Oldest Windows PowerShell.
    pub powershell: Build,
    /// Objects up to which `LocalDB` serves.
    pub local_db_objects: u64,
    /// Size limit of an Express database in megabytes (2^20 bytes).
    pub express_limit_mb: u64,
    /// Most members of a group.
    pub group_members: u64,
    /// Most members of a group with `DirSync`.
    pub legacy_group_members: u64,
    /// Synchronisation interval in minutes.
    pub interval_minutes: u64,
    /// Deletions in one export above which it stops, unless changed.
    pub deletion_threshold: u64,
    /// Objects from which on a Connect server is not upgraded in place.
    pub in_place_objects: u64,
    /// Oldest Connect build that is upgraded in place; older ones move to a new server.
    pub in_place_from_build: Build,
    /// Days after its last synchronisation within which an existing database needs no full import from the cloud.
    pub existing_database_days: u64,
    /// The document.
    pub reference: String,
}

/// A date on which something ends.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Product.
    pub product: Product,
    /// Only builds below this one; all when absent.
    pub below: Option<Build>,
    /// The day.
    pub date: TomlDate,
    /// What happens on it.
    pub effect: String,
    /// The cloud accepts no synchronisation from then on.
    #[serde(default)]
    pub closes_service: bool,
    /// Upgrading in place is no longer offered from then on.
    #[serde(default)]
    pub closes_in_place: bool,
    /// The document.
    pub reference: String,
}

impl Deadline {
    fn affects(&self, product: Product, build: Option<Build>) -> bool {
        let affected = match (self.below, build) {
            (None, _) => true,
            (Some(below), Some(build)) => build < below,
            (Some(_), None) => false,
        };
        self.product == product && affected
    }
}

/// A released build.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownBuild {
    /// Product.
    pub product: Product,
    /// Build number.
    pub build: Build,
    /// When, as exactly as known.
    pub released: String,
    /// What it brought.
    pub note: String,
}

/// An operating system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemRow {
    /// First version.
    pub from: Build,
    /// Name.
    pub name: String,
    /// The target runs on it.
    pub supported: bool,
    /// Remark.
    pub note: String,
}

/// A hardware minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardwareRow {
    /// For fewer objects than this.
    pub below: u64,
    /// Megabytes (2^20 bytes) of memory.
    pub memory_mb: u64,
    /// Megabytes (2^20 bytes) of disk.
    pub disk_mb: u64,
}

/// A version of SQL Server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlRow {
    /// First part of its version.
    pub major: u32,
    /// Name.
    pub name: String,
    /// The target takes it.
    pub supported: bool,
}

/// A value of the registry that TLS 1.2 needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsRow {
    /// Key.
    pub key: String,
    /// Name of the value.
    pub name: String,
    /// What it must be.
    pub value: u64,
}

/// A TOML date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "toml::value::Datetime")]
pub struct TomlDate(pub Date);

impl TryFrom<toml::value::Datetime> for TomlDate {
    type Error = &'static str;

    fn try_from(value: toml::value::Datetime) -> Result<Self, Self::Error> {
        let date = value.date.ok_or("a date such as 2026-09-30 is needed")?;
        let parts = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
        let (Ok(year), Ok(month), Ok(day)) = parts else { return Err("the date is out of range") };
        Date::new(year, month, day).map(Self).map_err(|_| "there is no such date")
    }
}

/// A knowledge file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// Not TOML, or not of the form.
    #[error("the knowledge table is not of the expected form: {0}")]
    Form(#[source] Box<toml::de::Error>),
    /// A number that cannot be zero.
    #[error("the knowledge table has `{name} = 0`; give a number above zero")]
    Zero {
        /// Section and name.
        name: &'static str,
    },
    /// Written for another version.
    #[error(
        "the knowledge table has format version {found}, this program reads version {FORMAT_VERSION}"
    )]
    Version {
        /// Version of the file.
        found: u32,
    },
}

impl Knowledge {
    /// The table that comes with the program.
    ///
    /// # Panics
    ///
    /// Never: a test parses the same constant.
    pub fn builtin() -> Self {
        Self::parse(BUILTIN).expect("the table is a constant that a test parses")
    }

    /// Reads a table that replaces the built-in one. The message of an error names line and column.
    pub fn parse(text: &str) -> Result<Self, KnowledgeError> {
        let knowledge: Self =
            toml::from_str(text).map_err(|it| KnowledgeError::Form(Box::new(it)))?;
        if knowledge.format_version != FORMAT_VERSION {
            return Err(KnowledgeError::Version { found: knowledge.format_version });
        }
        let zero = [
            ("rule.threshold_objects", knowledge.rule.threshold_objects),
            ("target.express_limit_mb", knowledge.target.express_limit_mb),
            ("target.interval_minutes", knowledge.target.interval_minutes),
        ];
        match zero.iter().find(|(_, it)| *it == 0) {
            Some((name, _)) => Err(KnowledgeError::Zero { name }),
            None => Ok(knowledge),
        }
    }

    /// Deadlines for a build of a product that have passed on `day`, oldest first.
    pub fn passed(
        &self,
        product: Product,
        build: Option<Build>,
        day: Date,
    ) -> impl Iterator<Item = &Deadline> {
        self.deadlines.iter().filter(move |it| it.affects(product, build) && it.date.0 <= day)
    }

    /// Deadlines for a build of a product that lie ahead of `day`.
    pub fn ahead(
        &self,
        product: Product,
        build: Option<Build>,
        day: Date,
    ) -> impl Iterator<Item = &Deadline> {
        self.deadlines.iter().filter(move |it| it.affects(product, build) && it.date.0 > day)
    }

    /// The operating system row of a version.
    pub fn system(&self, version: Build) -> Option<&SystemRow> {
        self.systems.iter().find(|it| it.from <= version)
    }

    /// The hardware minimum for a number of objects.
    pub fn hardware(&self, objects: u64) -> Option<HardwareRow> {
        self.hardware.iter().find(|it| objects < it.below).copied()
    }

    /// The row of a SQL Server version such as `10.50.6000.34`.
    pub fn sql(&self, product_version: &str) -> Option<&SqlRow> {
        let major: u32 = product_version.split('.').next()?.trim().parse().ok()?;
        self.sql.iter().find(|it| it.major == major)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn builtin_table_is_well_formed() {
        let knowledge = Knowledge::builtin();
        assert_eq!(knowledge.tls.len(), 8, "Microsoft names eight values");
        assert!(knowledge.systems.is_sorted_by(|a, b| a.from > b.from));
        assert!(knowledge.hardware.is_sorted_by(|a, b| a.below < b.below));
        assert!(
            knowledge
                .deadlines
                .iter()
                .all(|it| !it.reference.is_empty() && it.effect.ends_with('.'))
        );
    }

    #[test]
    fn deadlines_pass_on_their_day() {
        let knowledge = Knowledge::builtin();
        let closed = |product, build: &str, date| {
            let build = build.parse().ok();
            knowledge.passed(product, build, day(date)).any(|it| it.closes_service)
        };
        assert!(!closed(Product::DirSync, "1.0.7020.0", "2017-12-30"));
        assert!(closed(Product::DirSync, "1.0.7020.0", "2017-12-31"));
        assert!(!closed(Product::EntraConnect, "2.5.79.0", "2030-01-01"));
        assert!(closed(Product::EntraConnect, "2.5.78.9", "2026-09-30"));
        assert!(!closed(Product::EntraConnect, "2.5.78.9", "2026-09-29"));
        assert!(closed(Product::EntraConnect, "1.6.16.0", "2023-10-01"));
        assert!(
            !closed(Product::EntraConnect, "?", "2030-01-01"),
            "an unknown build is not called closed"
        );
    }

    #[test]
    fn deadlines_lie_ahead_until_their_day() {
        let knowledge = Knowledge::builtin();
        let n_ahead = |product, build: &str, date| {
            let build = build.parse().ok();
            let ahead = knowledge.ahead(product, build, day(date)).count();
            (knowledge.passed(product, build, day(date)).count(), ahead)
        };
        assert_eq!(n_ahead(Product::EntraConnect, "1.6.16.0", "2026-11-21"), (5, 0));
        assert_eq!(n_ahead(Product::EntraConnect, "2.3.6.0", "2026-09-29"), (1, 2));
        assert_eq!(n_ahead(Product::EntraConnect, "2.5.79.0", "2026-09-30"), (0, 1));
        assert_eq!(n_ahead(Product::EntraConnect, "2.6.92.0", "2026-11-21"), (0, 0));
        assert_eq!(n_ahead(Product::AzureAdSync, "1.0.494.501", "2017-12-31"), (2, 0));
        assert_eq!(n_ahead(Product::Fim, "4.1.3419.0", "2026-11-21"), (1, 1));
        assert_eq!(n_ahead(Product::Fim, "4.6.34.0", "2026-11-21"), (0, 1));
    }

    #[test]
    fn rows_are_found_by_version_and_size() {
        let knowledge = Knowledge::builtin();
        let name = |version: &str| knowledge.system(version.parse().unwrap()).unwrap().name.clone();
        assert_eq!(name("6.3.9600"), "Windows Server 2012 R2");
        assert_eq!(name("10.0.14393"), "Windows Server 2016");
        assert_eq!(name("10.0.20348"), "Windows Server 2022");
        assert_eq!(name("10.0.26100"), "Windows Server 2025");
        assert_eq!(name("5.2.3790"), "Windows Server 2008 or older");
        assert_eq!(knowledge.hardware(49_999).unwrap().memory_mb, 6_144);
        assert_eq!(knowledge.hardware(50_000).unwrap().memory_mb, 16_384);
        assert_eq!(knowledge.sql("10.50.6000.34").unwrap().name, "SQL Server 2008 or 2008 R2");
        assert!(knowledge.sql("").is_none());
    }

    #[test]
    fn a_wrong_table_is_refused_with_its_place() {
        let error =
            Knowledge::parse("format_version = 1\nchecked = \"no\"").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        let newer = BUILTIN.replace("format_version = 1", "format_version = 2");
        assert!(matches!(Knowledge::parse(&newer), Err(KnowledgeError::Version { found: 2 })));
        assert!(Knowledge::parse(&format!("unknown = 1\n{BUILTIN}")).is_err());
    }
}
