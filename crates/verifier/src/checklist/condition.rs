//! Conditions on what a customer uses, and what an analysis tells of it.
use dirlift_model::{
    Analysis, Product, Settings, TenantFacts,
    analysis::DatabaseKind,
    checklist::Switches,
    settings::{ConnectSettings, Read},
};

/// Objects that `LocalDB` carries (Microsoft Entra Connect: Hardware and prerequisites).
const LOCAL_DB_OBJECTS: u64 = 100_000;

/// What a customer has to use for an item to concern them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The old server is `DirSync`.
    DirSync,
    /// The old server is Azure AD Sync, Azure AD Connect or Entra Connect.
    Connect,
    /// The new server is another machine.
    Parallel,
    /// The new server is the same machine.
    InPlace,
    /// The new server is given an old database.
    ExistingDatabase,
    /// The old database is on a full SQL Server.
    FullSql,
    /// The old database is on another machine.
    RemoteSql,
    /// There are more objects than `LocalDB` carries.
    NeedsFullSql,
    /// There is more than one forest.
    SeveralForests,
    /// Containers narrow the scope.
    ContainerFiltering,
    /// Filters on attributes or groups narrow the scope.
    AttributeFiltering,
    /// There are rules or flows that the product does not ship.
    CustomRules,
    /// userPrincipalName is taken from another attribute.
    AlternateId,
    /// Password hashes are synchronised.
    PasswordHashSync,
    /// Passwords are written back.
    PasswordWriteback,
    /// There is an Exchange hybrid deployment.
    ExchangeHybrid,
    /// Devices are written back.
    DeviceWriteback,
    /// Groups are written back.
    GroupWriteback,
    /// Anything of a directory is written back.
    AnyWriteback,
    /// Users sign in by pass-through authentication.
    PassThrough,
    /// A domain is federated.
    Federation,
    /// Users sign in by seamless single sign-on.
    SeamlessSingleSignOn,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Self; 22] = [
        Self::DirSync,
        Self::Connect,
        Self::Parallel,
        Self::InPlace,
        Self::ExistingDatabase,
        Self::FullSql,
        Self::RemoteSql,
        Self::NeedsFullSql,
        Self::SeveralForests,
        Self::ContainerFiltering,
        Self::AttributeFiltering,
        Self::CustomRules,
        Self::AlternateId,
        Self::PasswordHashSync,
        Self::PasswordWriteback,
        Self::ExchangeHybrid,
        Self::DeviceWriteback,
        Self::GroupWriteback,
        Self::AnyWriteback,
        Self::PassThrough,
        Self::Federation,
        Self::SeamlessSingleSignOn,
    ];

    /// Whether it holds; `None` when that is not known.
    pub fn holds(self, it: &Switches) -> Option<bool> {
        match self {
            Self::DirSync => it.product.map(|it| it == Product::DirSync),
            Self::Connect => {
                it.product.map(|it| matches!(it, Product::AzureAdSync | Product::EntraConnect))
            }
            Self::Parallel => it.in_place.map(|it| !it),
            Self::InPlace => it.in_place,
            Self::ExistingDatabase => it.existing_database,
            Self::FullSql => it.full_sql,
            Self::RemoteSql => it.remote_sql,
            Self::NeedsFullSql => it.needs_full_sql,
            Self::SeveralForests => it.several_forests,
            Self::ContainerFiltering => it.container_filtering,
            Self::AttributeFiltering => it.attribute_filtering,
            Self::CustomRules => it.custom_rules,
            Self::AlternateId => it.alternate_id,
            Self::PasswordHashSync => it.password_hash_sync,
            Self::PasswordWriteback => it.password_writeback,
            Self::ExchangeHybrid => it.exchange_hybrid,
            Self::DeviceWriteback => it.device_writeback,
            Self::GroupWriteback => it.group_writeback,
            Self::AnyWriteback => {
                any([it.exchange_hybrid, it.device_writeback, it.group_writeback])
            }
            Self::PassThrough => it.pass_through,
            Self::Federation => it.federation,
            Self::SeamlessSingleSignOn => it.seamless_single_sign_on,
        }
    }

    /// What it asks for, as a clause: "password hashes are synchronised".
    pub const fn words(self) -> &'static str {
        match self {
            Self::DirSync => "the old server is DirSync",
            Self::Connect => "the old server is Azure AD Sync or one of its successors",
            Self::Parallel => "the new server is another machine",
            Self::InPlace => "the new server is the same machine",
            Self::ExistingDatabase => "the new server is given an existing database",
            Self::FullSql => "the old database is on a full SQL Server",
            Self::RemoteSql => "the old database is on another machine",
            Self::NeedsFullSql => "there are more than 100,000 objects",
            Self::SeveralForests => "there are several forests",
            Self::ContainerFiltering => "containers narrow the scope",
            Self::AttributeFiltering => "filters on attributes or a group narrow the scope",
            Self::CustomRules => "there are custom rules or flows",
            Self::AlternateId => "there is an alternate ID",
            Self::PasswordHashSync => "password hashes are synchronised",
            Self::PasswordWriteback => "passwords are written back",
            Self::ExchangeHybrid => "there is an Exchange hybrid deployment",
            Self::DeviceWriteback => "devices are written back",
            Self::GroupWriteback => "groups are written back",
            Self::AnyWriteback => "Exchange attributes, devices or groups are written back",
            Self::PassThrough => "users sign in by pass-through authentication",
            Self::Federation => "a domain is federated",
            Self::SeamlessSingleSignOn => "users sign in by seamless single sign-on",
        }
    }
}

/// Whether one of them is on; unknown while none is and one is unknown.
fn any(all: [Option<bool>; 3]) -> Option<bool> {
    if all.contains(&Some(true)) {
        return Some(true);
    }
    if all.contains(&None) { None } else { Some(false) }
}

/// What an analysis and the tenant tell of a customer. How the new server comes about is the caller's to add.
pub fn switches(analysis: &Analysis, tenant: Option<&TenantFacts>) -> Switches {
    let product = analysis.source.product;
    let database = analysis.database.as_ref();
    let total = analysis.objects.metaverse_total.or(analysis.objects.total);
    let is_dirsync = product == Some(Product::DirSync);
    let mut it = Switches {
        product,
        old_host: analysis.source.host.clone(),
        full_sql: database.and_then(|it| match it.kind {
            DatabaseKind::Full => Some(true),
            DatabaseKind::Express | DatabaseKind::LocalDb => Some(false),
            DatabaseKind::Unknown => None,
        }),
        remote_sql: database.and_then(|it| it.remote),
        needs_full_sql: total.map(|it| it > LOCAL_DB_OBJECTS),
        // DirSync is older than both.
        pass_through: is_dirsync.then_some(false),
        seamless_single_sign_on: is_dirsync.then_some(false),
        group_writeback: is_dirsync.then_some(false),
        ..Switches::default()
    };
    if let Some(settings) = &analysis.settings {
        of_settings(settings, &mut it);
    }
    it.federation = tenant.and_then(federation);
    it
}

/// Whether a domain of the tenant is federated; `None` when its domains are not known.
pub fn federation(tenant: &TenantFacts) -> Option<bool> {
    let domains = tenant.domains.as_ref()?;
    Some(domains.iter().any(|it| it.authentication.eq_ignore_ascii_case("federated")))
}

fn of_settings(settings: &Settings, it: &mut Switches) {
    let value = |it: &Option<Read<bool>>| it.as_ref().map(|it| it.value);
    it.several_forests = Some(settings.forests.len() > 1);
    it.container_filtering =
        Some(settings.forests.iter().flat_map(|it| &it.domains).any(|it| it.ou_filtering));
    let connect = settings.connect.as_ref();
    it.attribute_filtering = Some(
        !settings.connector_filters.is_empty()
            || connect.is_some_and(|it| !it.filter_groups.is_empty()),
    );
    it.custom_rules = Some(
        !settings.custom_flows.is_empty()
            || connect.is_some_and(|it| {
                !it.custom_rules.is_empty() || !it.disabled_standard_rules.is_empty()
            }),
    );
    it.alternate_id = Some(settings.alternate_id.is_some());
    it.password_hash_sync = value(&settings.password_hash_sync);
    it.password_writeback = value(&settings.password_writeback);
    it.exchange_hybrid = value(&settings.exchange_hybrid);
    if let Some(connect) = connect {
        of_connect(connect, it);
    }
}

fn of_connect(connect: &ConnectSettings, it: &mut Switches) {
    let feature = |name: &str| {
        let found = connect.features.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        found.map(|it| it.on)
    };
    if let Some(method) = &connect.sign_in {
        it.pass_through = Some(method.value.contains("pass-through"));
    }
    it.device_writeback = feature("DeviceWriteBack");
    it.group_writeback = feature("GroupWriteBack");
}
