//! The sections of the guide.
use dirlift_model::{Product, analysis::AccountRole, settings::Read};

use super::{Page, code, on_off, shown};
use crate::settings::{
    ConfigurationBasis, CustomRule, FORGOTTEN, NotCarried, Partition, SettingsFile,
};

pub(super) fn beginning(settings: &SettingsFile, page: &mut Page) {
    let source = &settings.source;
    page.title(1, "Import guide");
    page.paragraph(format!(
        "Settings of {} ({} {}), as of {}. Written by {}.",
        source.host.as_deref().map_or_else(|| "a server of unknown name".to_owned(), code),
        source.product.map_or("product not known", Product::as_str),
        source.version.map_or_else(|| "of unknown version".to_owned(), |it| it.to_string()),
        source.snapshot_time,
        code(&settings.tool),
    ));
    if !settings.forced.is_empty() {
        page.paragraph("**This export was forced:**\n");
        // Reasons are our own words: numbers and titles of findings.
        page.list("reasons", settings.forced.iter().cloned());
    }
    if !settings.blockers.is_empty() {
        page.paragraph(
            "**The server is blocked: it cannot be upgraded as it is.** The way out is a new server in staging mode on which \
             these settings are made by hand, with this guide. What blocks has to be decided first:\n",
        );
        page.list(
            "blockers",
            settings
                .blockers
                .iter()
                .map(|it| format!("{} {}: {}", it.id, it.title, code(&it.detail))),
        );
    }
    page.title(2, "Before you begin");
    for it in [
        "Do not uninstall the old server's product and do not change its settings until the new server has taken over.",
        "Install on another server, joined to the domain, with the full desktop: Windows Server 2022, 2019 or 2016. The \
         installer comes from the Microsoft Entra admin centre only. It has to be 2.5.79.0 or later, since older builds no \
         longer synchronise; take the newest.",
        "The new server stays in staging mode until `dirlift verify` and the checklist give the go-ahead: it then reads and \
         computes, and exports nothing.",
        "Only one server may be active. There is no way back to DirSync once the new server has exported.",
    ] {
        page.check(it);
    }
}

pub(super) fn credentials(settings: &SettingsFile, page: &mut Page) {
    page.title(2, "Credentials to have ready");
    page.paragraph("No password is in this bundle, and none was ever read. Have these at hand, or somebody who has them:\n");
    let account = |value: &crate::settings::Value<String>| shown(value, |it| code(it));
    let mut rows = vec![vec![
        "Microsoft Entra ID".to_owned(),
        settings.tenant.as_ref().map_or_else(|| "**not known**".to_owned(), |it| account(&it.account)),
        "Page \"Connect to Microsoft Entra ID\": a Hybrid Identity Administrator, not a guest, best of the onmicrosoft.com \
         domain. The old account tells the tenant; an upgrade in place asks for this very account."
            .to_owned(),
    ]];
    for forest in &settings.forests {
        rows.push(vec![
            format!("forest {}", code(&forest.name)),
            account(&forest.account),
            "Page \"Connect your directories\": an Enterprise Admin lets the wizard make a new account; the old account's \
             password is reset, not read."
                .to_owned(),
        ]);
    }
    for it in settings.accounts.iter().filter(|it| it.role == AccountRole::Service) {
        rows.push(vec![
            "service".to_owned(),
            format!("{} (read from {})", code(&it.name), code(&it.read_from)),
            "Nothing to do: the new server gets an account of its own. With SQL Server on another host it has to be a \
             domain account, best a group managed one."
                .to_owned(),
        ]);
    }
    page.table(&["for", "on the old server", "on the new one"], &rows);
}

pub(super) fn wizard(settings: &SettingsFile, page: &mut Page) {
    page.title(2, "The wizard, page by page");
    page.title(3, "Welcome, Express settings");
    page.paragraph("Choose **Customize**. Express settings would synchronise every object of the forest and begin to export.");
    components(settings, page);
    sign_in(settings, page);
    directories(settings, page);
    page.title(3, "Microsoft Entra sign-in configuration");
    page.paragraph(format!(
        "User principal name from: {}.",
        shown(&settings.user_principal_name_from, |it| code(it.as_str()))
    ));
    if settings
        .user_principal_name_from
        .value
        .as_ref()
        .is_some_and(|it| !it.is("userPrincipalName"))
    {
        page.paragraph(
            "**This is an alternate ID.** Choose the same attribute on this page: another one would rename every user in \
             the cloud.",
        );
    }
    scope(settings, page);
    page.title(3, "Uniquely identifying your users");
    page.paragraph(format!(
        "Source anchor: {}. Choose \"a specific attribute\" and this one. It cannot be changed later, and another one would \
         make a second object of every user.",
        shown(&settings.source_anchor, |it| code(it.as_str()))
    ));
    filters(settings, page);
    features(settings, page);
    page.title(3, "Ready to configure");
    page.check("\"Start the synchronization process when configuration completes\": **off**");
    page.check("\"Enable staging mode\": **on**");
    page.paragraph("Leave staging mode later in the installed wizard (\"Configure staging mode\"), never by running the installer again.");
}

fn components(settings: &SettingsFile, page: &mut Page) {
    page.title(3, "Install required components");
    page.item("Installation folder: any. SQL Server: leave LocalDB below 100,000 objects; otherwise an instance of its own, \
               never the one that the old product uses. An import shows the old SQL Server and service account for \
               information and does not take them over.");
    page.item(
        "\"Import synchronization settings\" and \"Use an existing database\" exclude each other.",
    );
    match settings.server_configuration.basis {
        ConfigurationBasis::Original if !settings.server_configuration.experimental => page.item(
            "\"Import synchronization settings\": copy the folder `server-configuration/` to the new server and choose \
             `MigratedPolicy.json` in it. The files are the old server's own, byte for byte.",
        ),
        ConfigurationBasis::Original => page.item(
            "\"Import synchronization settings\": prefer a folder written by Microsoft's `MigrateSettings.ps1` on the old \
             server. The one in this bundle is not wholly the original (below), and Microsoft supports no edited file.",
        ),
        ConfigurationBasis::Translated => page.item(
            "\"Import synchronization settings\": leave it **off**. The folder `server-configuration/` was written by dirlift \
             and is experimental; Microsoft supports only files that its own tools wrote. Make the settings with this guide \
             and the scripts.",
        ),
        ConfigurationBasis::None => page.item(
            "\"Import synchronization settings\": leave it off, there are no files for it.",
        ),
    }
    let edited = &settings.server_configuration.edited;
    if !edited.is_empty() {
        page.paragraph("Edited, because something secret had to go:\n");
        page.list(
            "files",
            edited.iter().map(|it| {
                let removed: Vec<_> = it.removed.iter().map(|it| code(it)).collect();
                format!("{}: {}", code(&it.path), removed.join(", "))
            }),
        );
    }
    let left_out = &settings.server_configuration.left_out;
    if !left_out.is_empty() {
        page.paragraph("Left out:\n");
        page.list(
            "files",
            left_out.iter().map(|it| format!("{}: {}", code(&it.what), code(&it.why))),
        );
    }
}

fn sign_in(settings: &SettingsFile, page: &mut Page) {
    page.title(3, "User sign-in");
    page.paragraph(format!("Sign-in method: {}.", shown(&settings.sign_in_method, |it| code(it))));
    page.paragraph(
        "When it is not known, choose \"Do not configure\": then nothing of how users sign in changes. Parameters of AD FS and \
         PingFederate migrate by no export.",
    );
    page.title(3, "Connect to Microsoft Entra ID");
    match &settings.tenant {
        Some(it) => page.paragraph(format!(
            "Tenant: {}. Sign in with an administrator of this tenant and of no other.",
            it.name.as_deref().map_or_else(|| "**not known**".to_owned(), code)
        )),
        None => page.paragraph("Tenant: **not known**. Ask before you sign in: a wrong tenant cannot be undone easily."),
    }
}

fn directories(settings: &SettingsFile, page: &mut Page) {
    page.title(3, "Connect your directories");
    page.paragraph("Add each forest:\n");
    page.list(
        "forests",
        settings.forests.iter().map(|it| {
            format!(
                "{} (connector {} on the old server, {})",
                code(&it.name),
                code(&it.connector_name),
                code(&it.read_from)
            )
        }),
    );
    if !settings.other_connectors.is_empty() {
        page.paragraph(
            "**These connectors do not migrate.** They need a place of their own, such as Microsoft Identity Manager, and their \
             flows a decision:\n",
        );
        page.list(
            "connectors",
            settings.other_connectors.iter().map(|it| {
                format!("{} ({}, {})", code(&it.name), code(&it.category), code(&it.read_from))
            }),
        );
    }
}

fn scope(settings: &SettingsFile, page: &mut Page) {
    page.title(3, "Domain and OU filtering");
    page.paragraph(
        "Choose \"Sync selected domains and OUs\" and make the selection the same. A container that was renamed or moved since \
         the snapshot has to be found by hand.",
    );
    for forest in &settings.forests {
        let shown = |it: &&Partition| it.selected || it.is_domain == Some(true);
        for partition in forest.partitions.iter().filter(shown) {
            page.title(4, code(&partition.dn));
            page.item(if partition.selected {
                "in scope: **yes**"
            } else {
                "in scope: no, leave it out"
            });
            if !partition.selected {
                continue;
            }
            let types: Vec<_> = partition.object_types.iter().map(|it| code(it.as_str())).collect();
            page.item(format!("object types: {}", types.join(", ")));
            page.list(
                "containers",
                partition.included.iter().map(|it| format!("included: {}", code(it.dn.as_str()))),
            );
            page.list(
                "containers",
                partition.excluded.iter().map(|it| format!("excluded: {}", code(it.dn.as_str()))),
            );
            if !partition.preferred_domain_controllers.is_empty() {
                let all: Vec<_> =
                    partition.preferred_domain_controllers.iter().map(|it| code(it)).collect();
                page.item(format!(
                    "preferred domain controllers (Synchronization Service Manager): {}",
                    all.join(", ")
                ));
            }
            page.item(format!("read from {}", code(&partition.read_from)));
        }
    }
}

fn filters(settings: &SettingsFile, page: &mut Page) {
    page.title(3, "Filter users and devices");
    if settings.filter_groups.is_empty() {
        page.paragraph(
            "Choose \"Synchronize all users and devices\": filtering by a group is for pilots only.",
        );
    } else {
        page.paragraph(
            "The old server synchronises direct members of a group only, which is meant for pilots. Choose \"Synchronize \
             selected\" and the same group, or decide to end the pilot first:\n",
        );
        page.list("groups", settings.filter_groups.iter().map(read));
    }
    if !settings.custom_filters.is_empty() {
        page.paragraph(
            "The old server has connector filters of its own. The new one has scoping filters of rules instead, see \
             `scripts/1-custom-rules.ps1` and what is left by hand below. An object stays out when all conditions of one \
             line hold:\n",
        );
        page.list(
            "filters",
            settings.custom_filters.iter().map(|it| {
                let all: Vec<_> = it.conditions.iter().map(|it| code(&it.to_string())).collect();
                format!(
                    "{} of {}: {} (read from {})",
                    code(it.object_type.as_str()),
                    code(&it.connector_name),
                    all.join(" and "),
                    code(&it.read_from)
                )
            }),
        );
    }
}

fn features(settings: &SettingsFile, page: &mut Page) {
    page.title(3, "Optional features");
    page.item(format!("Exchange hybrid deployment: {}", on_off(&settings.exchange_hybrid)));
    page.item(format!("Password hash synchronization: {}", on_off(&settings.password_hash_sync)));
    page.item(format!("Password writeback: {}", on_off(&settings.password_writeback)));
    page.item(format!("Device writeback: {}", on_off(&settings.device_writeback)));
    if !settings.excluded_attributes.is_empty() {
        page.paragraph(
            "\"Microsoft Entra app and attribute filtering\": on. These attributes are kept out of the cloud:\n",
        );
        let excluded = settings.excluded_attributes.iter();
        page.list(
            "attributes",
            excluded.map(|it| {
                format!("{} (read from {})", code(it.value.as_str()), code(&it.read_from))
            }),
        );
    }
    if !settings.written_back.is_empty() {
        page.paragraph("Attributes that the old server writes back to Active Directory:\n");
        page.list(
            "attributes",
            settings.written_back.iter().map(|it| {
                format!("{} (read from {})", code(it.value.as_str()), code(&it.read_from))
            }),
        );
    }
}

pub(super) fn afterwards(settings: &SettingsFile, page: &mut Page) {
    page.title(2, "After the wizard");
    page.check("Read and run `scripts/1-custom-rules.ps1`. It refuses a server that is not in staging mode.");
    page.check("Read and run `scripts/2-schedule.ps1` and `scripts/3-deletion-threshold.ps1`. Both settings belong to the tenant: \
                they count for the active server at once.");
    let was_disabled: Vec<&CustomRule> =
        settings.custom_rules.iter().filter(|it| it.disabled == Some(true)).collect();
    page.check("**Disabled custom rules come back enabled** from an import of settings. The first script disables them again; \
                look before anything is synchronised.");
    page.list(
        "rules",
        was_disabled.iter().map(|it| format!("disabled on the old server: {}", code(&it.name))),
    );
    page.list(
        "rules",
        settings
            .disabled_standard_rules
            .iter()
            .map(|it| format!("rule of the product that is off on the old server: {}", read(it))),
    );
    rules(settings, page);
    if !settings.untranslated.is_empty() {
        page.title(2, "Left to do by hand");
        page.list(
            "items",
            settings.untranslated.iter().map(|it| {
                format!(
                    "{} {}: {} (read from {})",
                    it.id,
                    code(&it.what),
                    code(&it.why),
                    code(&it.read_from)
                )
            }),
        );
    }
    if !settings.notes.is_empty() {
        page.title(2, "Translated, and good to know");
        page.list(
            "notes",
            settings
                .notes
                .iter()
                .map(|it| format!("{} (read from {})", code(&it.what), code(&it.read_from))),
        );
    }
    page.title(2, "What migrates by no import");
    let is_ours = |it: &&NotCarried| FORGOTTEN.iter().any(|(what, _)| *what == it.what);
    for it in settings.not_carried.iter().filter(is_ours) {
        page.item(format!("{}: {}", it.what, it.why));
    }
    let others: Vec<_> = settings.not_carried.iter().filter(|it| !is_ours(it)).collect();
    page.list(
        "items",
        others.into_iter().map(|it| format!("{}: {}", code(&it.what), code(&it.why))),
    );
    page.title(2, "What to compare afterwards");
    for it in [
        "Export the new server's settings (`Get-ADSyncServerConfiguration -Path FOLDER`) and run `dirlift bundle diff` on this \
         bundle, or the old server's folder, and the new folder. What only a newer build causes stands apart.",
        "Partitions, containers and object types, the order of the custom rules, selected attributes: above, and in `settings.json`.",
        "Full Import on each connector to Active Directory, then on the one to Microsoft Entra ID, then Delta Synchronization in \
         the same order; no errors.",
        "The pending exports to Microsoft Entra ID: `csexport \"CONNECTOR\" export.xml /f:x`, then `dirlift verify`.",
    ] {
        page.check(it);
    }
    page.title(2, "What Microsoft supports");
    for it in [
        "Supported: installing by the wizard, importing a settings folder that Microsoft's own script or wizard wrote, staging mode.",
        "Not supported: importing a file that was made or edited by hand or by another program, which dirlift is; more than one \
         active server; leaving staging mode by editing anything.",
    ] {
        page.item(it);
    }
}

fn read(it: &Read<String>) -> String {
    format!("{} (read from {})", code(&it.value), code(&it.read_from))
}

fn rules(settings: &SettingsFile, page: &mut Page) {
    if settings.custom_rules.is_empty() {
        page.paragraph("There are no custom rules.");
        return;
    }
    page.paragraph("Custom rules in their order:\n");
    let rows: Vec<_> = settings
        .custom_rules
        .iter()
        .take(super::MAX_ITEMS)
        .map(|it| {
            vec![
                it.order.to_string(),
                it.precedence.map_or_else(|| "?".to_owned(), |it| it.to_string()),
                code(&it.name),
                code(&it.direction),
                match it.disabled {
                    Some(true) => "disabled",
                    Some(false) => "enabled",
                    None => "not known",
                }
                .to_owned(),
                code(&it.read_from),
            ]
        })
        .collect();
    page.table(&["order", "precedence", "rule", "direction", "state", "read from"], &rows);
    if settings.custom_rules.len() > super::MAX_ITEMS {
        page.paragraph("The others are in `settings.json`.");
    }
}
