//! Use of an existing database (how-to-connect-install-existing-database).
use dirlift_exporter::settings::SettingsFile;
use dirlift_model::{
    Build, Plan, Product,
    analysis::{AccountRole, DatabaseKind},
    plan::{CredentialToEnter, ExistingDatabase, Scenario, SignInRow},
};

use super::{
    Content, Request, not_checked,
    refusals::refuse,
    sql::{Sameness, SqlServer},
};

/// First build that can use an existing database.
const FIRST_BUILD: Build = Build::new([1, 1, 613, 0]);

/// First build whose sign-in settings survive a restored database.
const SIGN_IN_BUILD: Build = Build::new([1, 2, 65, 0]);

/// Days after its last synchronisation from which on a database needs a full import from the cloud: three weeks.
const FRESH_DAYS: i64 = 21;

/// What becomes of the database; `None` where it is not this mode.
pub(super) fn of(
    request: &Request<'_>,
    content: &Content,
    plan: &mut Plan,
) -> Option<ExistingDatabase> {
    if content.settings.source.product != Some(Product::EntraConnect) {
        return None;
    }
    let database = content.analysis.database.as_ref()?;
    let services = &content.analysis.source.services;
    let is_engine = |name: &str| name.eq_ignore_ascii_case("ADSync");
    let engines: Vec<_> = services.iter().filter(|it| is_engine(&it.name)).collect();
    let is_stopped =
        !engines.is_empty() && engines.iter().all(|it| it.state.starts_with("stopped"));
    let was_read = database.product_version.is_some();
    let scenario = if database.kind == DatabaseKind::LocalDb {
        Some(Scenario::FromLocalDb)
    } else if is_stopped && (was_read || names_the_old(request, plan)) {
        Some(Scenario::ServerDead)
    } else if was_read {
        Some(Scenario::StagingClone)
    } else {
        not_checked(
            plan,
            "which case of an existing database this is",
            "the old server's database was not read, so that nobody knows whether its SQL Server still runs",
        );
        None
    };
    let last_run = database.last_run_at;
    if last_run.is_none() {
        not_checked(
            plan,
            "age of the database's last synchronisation",
            "the bundle does not know its run history",
        );
    }
    let full_import_needed =
        last_run.map(|it| request.as_of.duration_since(it).as_hours() > FRESH_DAYS * 24);
    if full_import_needed == Some(true) {
        plan.notes.push(
            "the last synchronisation is more than three weeks ago: run a full import of the cloud's connector before \
             anything else, so that its watermark is renewed"
                .to_owned(),
        );
    }
    let last_build = content.settings.source.version;
    let new_build = request.target.as_ref().and_then(|it| it.build);
    let full_synchronization_possible = new_build.zip(last_build).map(|(new, last)| new > last);
    if full_synchronization_possible == Some(true) {
        plan.notes.push(
            "the new build is newer than the one that used the database last: a full synchronisation is needed where schema \
             or rules changed between them"
                .to_owned(),
        );
    }
    plan.notes.push(
        "the server that takes over an existing database is in staging mode after the installation, and its rights are those \
         of a custom installation"
            .to_owned(),
    );
    Some(ExistingDatabase {
        scenario,
        meaning: scenario.map_or(UNTOLD, words).to_owned(),
        sql_server: request.connect.sql_server.clone(),
        full_import_needed,
        full_synchronization_possible,
        credentials: credentials(&content.settings),
        sign_in: sign_in(&content.settings, last_build),
    })
}

/// What is said where the case could not be told.
const UNTOLD: &str = "the old server's database was not read: the new server is pointed at it where its SQL Server still runs \
                      and the old server does not, else at a backup that is restored to another SQL Server";

/// Whether the SQL Server that was given is the old server's.
fn names_the_old(request: &Request<'_>, plan: &Plan) -> bool {
    let old = plan.source.sql_server.as_deref().and_then(SqlServer::parse);
    let new = request.connect.sql_server.as_deref().and_then(SqlServer::parse);
    let target = request.target.as_ref().and_then(|it| it.host.as_deref());
    old.zip(new).is_some_and(|(old, new)| {
        old.compare(plan.source.host.as_deref(), &new, target) == Sameness::Same
    })
}

const fn words(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::ServerDead => {
            "the server does not run and its SQL Server does: the new server is pointed at this database"
        }
        Scenario::SqlDead => {
            "the SQL Server is gone: a backup of the database is restored to another one, and the new \
             server is pointed at it"
        }
        Scenario::FromLocalDb => {
            "from LocalDB to full SQL Server: a backup of the database is restored there, and the new server is pointed at it"
        }
        Scenario::StagingClone => {
            "a staging server as a copy of the active one: a backup of the database is restored to another SQL Server"
        }
    }
}

/// What forbids it.
pub(super) fn refusals(request: &Request<'_>, content: &Content, plan: &mut Plan) {
    const BY_SETTINGS: &str =
        "Leave --use-existing-database out: the settings of the bundle are then imported.";
    if content.settings.source.product != Some(Product::EntraConnect) {
        refuse(
            plan,
            "settings-and-database",
            "this server's settings reach the new one by importing them, which excludes an existing database; a database of \
             DirSync, Azure AD Sync or FIM cannot be taken over",
            BY_SETTINGS,
        );
        return;
    }
    if plan.existing_database.is_none() {
        refuse(
            plan,
            "no-database",
            "the bundle knows of no database that could be used again",
            BY_SETTINGS,
        );
        return;
    }
    if request.connect.sql_server.is_none() {
        refuse(
            plan,
            "sql-server-missing",
            "nobody said which SQL Server holds the database; LocalDB cannot be taken over",
            "Give --connect-sql-server HOST\\INSTANCE of the full SQL Server that holds it.",
        );
    }
    let objects = content.analysis.objects.metaverse_total;
    if objects == Some(0) {
        refuse(
            plan,
            "empty-database",
            "the database has no data of an earlier installation",
            BY_SETTINGS,
        );
    }
    let Some(build) = request.target.as_ref().and_then(|it| it.build) else {
        not_checked(
            plan,
            "whether the new build may use the database (1.1.613.0 or later, and not older than the one that used it last)",
            "the build of the new server is not known: give --target after the program is installed there",
        );
        return;
    };
    let last = content.settings.source.version.filter(|it| build < *it);
    let why = match last {
        _ if build < FIRST_BUILD => format!("build {build} cannot use an existing database"),
        Some(last) => format!("build {build} is older than {last}, which used the database last"),
        None => return,
    };
    refuse(plan, "build-too-old", why, "Install the newest build of Microsoft Entra Connect.");
}

fn credentials(settings: &SettingsFile) -> Vec<CredentialToEnter> {
    let account =
        |role| settings.accounts.iter().find(|it| it.role == role).map(|it| it.name.clone());
    let mut all = vec![CredentialToEnter {
        purpose: "administrator of the tenant".to_owned(),
        account: None,
        advice: "Page \"Connect to Microsoft Entra ID\": a Hybrid Identity Administrator, for preference of the \
                 onmicrosoft.com domain. It makes the new connector account and is not kept."
            .to_owned(),
    }];
    for forest in &settings.forests {
        all.push(CredentialToEnter {
            purpose: format!("Active Directory account for {}", forest.name),
            account: forest.account.value.clone(),
            advice: "Page \"Connect your directories\", Change Credentials: an existing account, or an Enterprise Admin who \
                     lets the wizard make one. Only the old server can decrypt what the database holds."
                .to_owned(),
        });
    }
    all.push(CredentialToEnter {
        purpose: "service account of the new server".to_owned(),
        account: account(AccountRole::Service),
        advice: "Page \"Install required components\": a domain account where the SQL Server is on another machine. It can \
                 be chosen at the installation only."
            .to_owned(),
    });
    all
}

/// The table of sign-in methods: the method is never taken over.
fn sign_in(settings: &SettingsFile, last_build: Option<Build>) -> Vec<SignInRow> {
    let method = settings.sign_in_method.value.as_deref().map(str::to_ascii_lowercase);
    let uses =
        |words: &[&str]| method.as_deref().map(|method| words.iter().any(|it| method.contains(it)));
    let survives = match last_build {
        Some(it) if it >= SIGN_IN_BUILD => {
            "Password hash synchronization and password writeback are restored with the database; nothing else is to be done."
        }
        Some(_) => {
            "The database is of a build before 1.2.65.0: the wizard shows \"Do not configure\". Compare password hash \
             synchronization and password writeback with the active server, and set the method."
        }
        None => {
            "From 1.2.65.0 on both settings are restored with the database; before that, compare them with the active server."
        }
    };
    let row = |method: &str, in_use, action: &str| SignInRow {
        method: method.to_owned(),
        in_use,
        action: action.to_owned(),
    };
    vec![
        row(
            "Password hash synchronization",
            settings.password_hash_sync.value.or_else(|| uses(&["password hash"])),
            survives,
        ),
        row(
            "Pass-through authentication and seamless single sign-on",
            uses(&["pass-through", "passthrough"]),
            "Set the method to that of the active server before this one becomes active: else both are switched off, and \
             without password hash synchronization nobody can sign in. In staging mode a further agent is installed, which \
             answers sign-ins at once.",
        ),
        row(
            "Federation with AD FS",
            uses(&["ad fs", "adfs", "federation with ad"]),
            "Sign-in goes on by the policy of the active server. Where the wizard manages the farm, set the method to AD FS; \
             where device options are on, run \"Configure device options\".",
        ),
        row(
            "Federation with PingFederate",
            uses(&["ping"]),
            "Sign-in goes on by the policy of the active server. Setting the method can wait until another domain is to be \
             federated.",
        ),
    ]
}
