//! The steps of a plan, in order.
use dirlift_model::{
    plan::{
        ExistingDatabase, ManualStep, Mode, PlanConnector, PlanConnectorKind, PlanStep, Scenario,
        StepKind,
    },
    text::shorten,
};

use super::Request;

/// What dirlift does.
pub(super) fn steps(request: &Request<'_>, connectors: &[PlanConnector]) -> Vec<PlanStep> {
    let mut all = vec![
        step(
            StepKind::PrepareStore,
            "Make the deployment store",
            "One new file, readable by its owner only. It stages from its first moment on, and nothing can change that.",
            "The file opens, and its tables are those of this version.",
            Some("Delete the file."),
        ),
        step(
            StepKind::LoadConfiguration,
            "Load connectors, containers and rules",
            "The store: connectors, partitions, rules in their order.",
            "Every rule can be carried out; what cannot is named.",
            Some("Delete the store."),
        ),
        step(
            StepKind::Connect,
            "Reach every directory and check the rights",
            "Nothing.",
            "Each source answers: a forest shows an object, a tenant one page of each kind of object; a folder or file is there.",
            None,
        ),
    ];
    if request.synchronize {
        for (number, connector) in (1_u32..).zip(connectors) {
            let directory = match connector.kind {
                PlanConnectorKind::ActiveDirectory => "Active Directory",
                PlanConnectorKind::EntraId => "Microsoft Entra ID",
            };
            let name = shorten(&connector.name, 200);
            let mut it = step(
                StepKind::FullImport,
                &format!("Full import of {directory}: {name}"),
                "The store: the objects of this connector. The directory is only read.",
                "The run ends with success; objects that were left out are counted and named.",
                Some("Delete the store; the next run replaces it anyway."),
            );
            it.id = format!("full-import-{number}");
            it.connector = Some(connector.id);
            all.push(it);
        }
        all.push(step(
            StepKind::FullSynchronization,
            "Full synchronization of all connectors",
            "The store: the metaverse, pending exports with their reasons, errors. Nothing is exported.",
            "The runs of all connectors end together; errors are counted by kind.",
            Some("Delete the store; the next run replaces it anyway."),
        ));
        all.push(step(
            StepKind::Guards,
            "Look at the pending exports for what nobody meant",
            "The store: the verdict.",
            "No more deletes than the limit, no administrator touched, no licensed user lost.",
            None,
        ));
    }
    all.push(step(
        StepKind::Report,
        "Write the report",
        "The store: a summary of all runs.",
        "The figures are those of the runs.",
        None,
    ));
    if request.mode == Mode::InPlace {
        all.extend(in_place());
    }
    all
}

fn in_place() -> [PlanStep; 3] {
    [
        step(
            StepKind::NoteServices,
            "Write down the start types and states of DirSync's services",
            "The store: start type and state of each service.",
            "Each service is in the list, and its program lies below DirSync's folder.",
            None,
        ),
        step(
            StepKind::StopServices,
            "Stop DirSync's services, the scheduler first",
            "This machine: the services stop. Nothing synchronises from here on.",
            "Each service says that it is stopped.",
            Some("Start the services that were running before."),
        ),
        step(
            StepKind::DisableServices,
            "Disable DirSync's services",
            "This machine: the services do not start again by themselves.",
            "Each service has the start type disabled.",
            Some("Give each service the start type that it had."),
        ),
    ]
}

fn step(kind: StepKind, title: &str, changes: &str, check: &str, undo: Option<&str>) -> PlanStep {
    let id = match kind {
        StepKind::PrepareStore => "prepare-store",
        StepKind::LoadConfiguration => "load-configuration",
        StepKind::Connect => "connect",
        StepKind::FullImport => "full-import",
        StepKind::FullSynchronization => "full-synchronization",
        StepKind::Guards => "guards",
        StepKind::Report => "report",
        StepKind::NoteServices => "note-services",
        StepKind::StopServices => "stop-services",
        StepKind::DisableServices => "disable-services",
    };
    PlanStep {
        id: id.to_owned(),
        kind,
        connector: None,
        title: title.to_owned(),
        changes: changes.to_owned(),
        check: check.to_owned(),
        undo: undo.map(str::to_owned),
    }
}

/// What a person does.
pub(super) fn by_hand(
    request: &Request<'_>,
    database: Option<&ExistingDatabase>,
) -> Vec<ManualStep> {
    let step = |title: &str, what: String, check: &str| ManualStep {
        title: title.to_owned(),
        what,
        check: check.to_owned(),
    };
    let mut all = Vec::new();
    if let Some(database) = database {
        let restore = match database.scenario {
            None | Some(Scenario::ServerDead) => None,
            Some(Scenario::SqlDead) => {
                Some("Restore the newest backup of the database ADSync to a full SQL Server.")
            }
            Some(Scenario::FromLocalDb) => Some(
                "Back the database ADSync up from LocalDB and restore it to a full SQL Server: LocalDB cannot be taken over.",
            ),
            Some(Scenario::StagingClone) => Some(
                "Back the database ADSync up and restore it to another SQL Server: a database is never shared.",
            ),
        };
        if let Some(restore) = restore {
            all.push(step(
                "Restore the database",
                restore.to_owned(),
                "The database has data of the old server and a case-insensitive collation.",
            ));
        }
        all.push(step(
            "Install the new server on the existing database",
            format!(
                "Run the installer, close the wizard at its first page, and start AzureADConnect.exe \
                 /useexistingdatabase in the installation folder.{} Do not import a settings file.",
                options(request)
            ),
            "The wizard shows the forest with a red cross until its credentials are entered; the server is in staging mode.",
        ));
        all.push(step(
            "Set the way of signing in",
            "It cannot be chosen during this installation. Follow the table of sign-in methods."
                .to_owned(),
            "The method of the new server is the one of the active server.",
        ));
    } else {
        if request.mode == Mode::InPlace {
            all.push(step(
                "Uninstall DirSync",
                "Only after the settings were exported and the services are disabled: Programs and features, \"Windows \
                 Azure Active Directory Sync tool\". It takes up to 15 minutes."
                    .to_owned(),
                "The program is no longer listed.",
            ));
        }
        all.push(step(
            "Install Microsoft Entra Connect",
            format!(
                "Choose Customize and follow import-guide.md of the bundle.{} Leave staging mode on.",
                options(request)
            ),
            "The wizard says that the configuration is complete and that staging mode is on.",
        ));
        all.push(step(
            "Run the scripts of the bundle",
            "Read scripts/ of the bundle and run them on the new server, in their order.".to_owned(),
            "dirlift bundle diff of the bundle and an export of the new server shows nothing that was not meant.",
        ));
    }
    all.push(step(
        "Compare the new server with this plan's prediction",
        "Export the pending exports of the staging server with csexport.exe and give them to dirlift verify.".to_owned(),
        "dirlift verify finds nothing unexpected.",
    ));
    all.push(step(
        "Switch over",
        "Follow dirlift checklist. Never let both servers export.".to_owned(),
        "Every blocking item of the checklist is done.",
    ));
    all
}

fn options(request: &Request<'_>) -> String {
    let connect = &request.connect;
    let rows = [
        ("Installation folder", &connect.install_dir),
        ("Existing SQL Server", &connect.sql_server),
        ("Service account", &connect.service_account),
    ];
    let given = rows.iter().filter_map(|(what, it)| Some((what, it.as_deref()?)));
    given.map(|(what, it)| format!(" {what}: {}.", shorten(it, 200))).collect::<Vec<_>>().concat()
}
