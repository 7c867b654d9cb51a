//! Items of the new server: its machine and accounts, and its installation in staging mode.
use dirlift_model::checklist::Phase;

use super::{Proof, Row, base, docs};
use crate::checklist::Condition;

const BASE: Row = base(Phase::Target);

pub(super) const TARGET: &[Row] = &[
    Row {
        id: "target-system",
        title: "Give it a supported system",
        what: "Windows Server 2016, 2019 or 2022 with desktop, in a domain, no Server Core, no restart pending. `dirlift \
               analyze OLD --target NEW` checks a snapshot of it.",
        rollback: "build the machine again",
        reference: docs::PREREQUISITES,
        ..BASE
    },
    Row {
        id: "target-runtime",
        title: "Set up .NET, PowerShell and TLS 1.2",
        what: ".NET Framework 4.7.2 or later, PowerShell 5 with an execution policy that allows signed scripts, TLS 1.2 for \
               .NET and SCHANNEL.",
        rollback: "keep the former registry values",
        reference: docs::PREREQUISITES,
        ..BASE
    },
    Row {
        id: "target-full-sql",
        title: "Prepare a full SQL Server",
        what: "LocalDB carries about 100,000 objects. A supported version, a collation that ignores case (_CI_), an instance \
               that no other synchronisation engine uses, TCP.",
        when: &[Condition::NeedsFullSql],
        reference: docs::PREREQUISITES,
        ..BASE
    },
    Row {
        id: "sql-instance-own",
        title: "Choose another SQL instance than the old server's",
        what: "Never the instance that DirSync uses: one instance carries one synchronisation engine.",
        when: &[Condition::FullSql, Condition::Parallel],
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "sql-service-account",
        title: "Have a domain account for the service",
        what: "Where the new database is on another machine, the service account has to be a domain account or a group managed \
               one.",
        when: &[Condition::RemoteSql],
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "network",
        title: "Open the network",
        what: "Domain controllers of every domain, the addresses of the cloud (`dirlift analyze` lists them), the proxy as the \
               machine and as the service account, no inspection of TLS, clocks less than five minutes apart. DirSync used the \
               proxy of the user, the new product that of the machine.",
        proof: Proof::Word(Some(30 * 24)),
        reference: docs::PREREQUISITES,
        ..BASE
    },
    Row {
        id: "install-account",
        title: "Prepare the account that installs",
        what: "Local administrator; a Hybrid Identity Administrator or Global Administrator with the role assigned directly; an \
               Enterprise Admin only where the wizard makes accounts.",
        rollback: "take the rights away after the installation",
        reference: docs::ACCOUNTS,
        ..BASE
    },
    Row {
        id: "service-account",
        title: "Decide on the service account",
        what: "A virtual account, a group managed one, or a domain account written DOMAIN\\name and not as a user principal \
               name; its logon rights are not taken away by a group policy.",
        reference: docs::ACCOUNTS,
        ..BASE
    },
    Row {
        id: "connector-accounts",
        title: "Prepare a connector account for each forest",
        what: "An ordinary user, neither Enterprise nor Domain Admin, with the rights of the features in use at the root of \
               every domain. The wizard may make a new account: rights that were given to the old one do not follow.",
        rollback: "keep the former access lists",
        reference: docs::CONNECTOR_ACCOUNT,
        ..BASE
    },
    Row {
        id: "password-hash-rights",
        title: "Grant the rights to read password hashes",
        what: "Replicating Directory Changes and Replicating Directory Changes All for the connector account in every domain. \
               Without them hashes stop silently: seen only when a password changes.",
        when: &[Condition::PasswordHashSync],
        rollback: "remove the two rights",
        reference: docs::CONNECTOR_ACCOUNT,
        ..BASE
    },
    Row {
        id: "exchange-hybrid-rights",
        title: "Grant the rights to write Exchange attributes back",
        what: "Write access to the attributes of the hybrid deployment on users, groups and contacts, also where inheritance is \
               off, and the Exchange schema in the forest. Missing rights are export error 8344.",
        when: &[Condition::ExchangeHybrid],
        rollback: "remove the rights",
        reference: docs::CONNECTOR_ACCOUNT,
        ..BASE
    },
    Row {
        id: "password-writeback-rights",
        title: "Grant the rights to write passwords back",
        what: "Reset password, and write access to lockoutTime and pwdLastSet, for the connector account on all users in scope.",
        when: &[Condition::PasswordWriteback],
        rollback: "remove the rights",
        reference: docs::CONNECTOR_ACCOUNT,
        ..BASE
    },
    Row {
        id: "installer",
        title: "Fetch the installer from the admin centre",
        what: "AzureADConnect.msi from the Microsoft Entra admin centre, build 2.5.79.0 or later, with a valid signature of \
               Microsoft.",
        proof: Proof::Word(Some(30 * 24)),
        reference: docs::PREREQUISITES,
        ..BASE
    },
];

const BUILD_BASE: Row = base(Phase::Build);

pub(super) const BUILD: &[Row] = &[
    Row {
        id: "installed-in-staging",
        title: "Install it in staging mode",
        what: "Use the guide in the bundle. On the last page leave staging mode on; nothing is exported then.",
        when: &[Condition::Parallel],
        rollback: "uninstall the new product",
        reference: docs::STAGING,
        ..BUILD_BASE
    },
    Row {
        id: "signed-out-and-in",
        title: "Sign out of Windows and in again",
        what: "Before Synchronization Service Manager or the Rules Editor is used, and before any other change: membership of \
               the new groups counts only after that.",
        when: &[Condition::Parallel],
        reference: docs::UPGRADE,
        ..BUILD_BASE
    },
    Row {
        id: "existing-database-fits",
        title: "Check that the existing database fits",
        what: "Full SQL Server; the new build is 1.1.613.0 or later and not older than the one that used the database last; last \
               synchronisation within three weeks, else a full import from the cloud is needed; no other server uses it.",
        when: &[Condition::ExistingDatabase],
        reference: docs::EXISTING,
        ..BUILD_BASE
    },
    Row {
        id: "existing-database-sign-in",
        title: "Set the sign-in method again",
        what: "It is not kept with an existing database and can be set only after the installation: set what the active server \
               uses. Left as it is, pass-through authentication and seamless single sign-on end at the switch.",
        when: &[Condition::ExistingDatabase],
        reference: docs::EXISTING,
        ..BUILD_BASE
    },
    Row {
        id: "scope-applied",
        title: "Apply the scope of domains and containers",
        what: "Domains and containers of the bundle, found again by objectGUID: a renamed container drops out of scope with \
               everything below it.",
        when: &[Condition::ContainerFiltering],
        rollback: "run the wizard again",
        reference: docs::IMPORT,
        ..BUILD_BASE
    },
    Row {
        id: "attribute-filters-made",
        title: "Make the filters on attributes or groups again",
        what: "As scoping filters of inbound rules: the bundle holds them as rules. Compare with a few objects that must stay \
               out.",
        when: &[Condition::AttributeFiltering],
        rollback: "delete the rules",
        reference: docs::UPGRADE,
        ..BUILD_BASE
    },
    Row {
        id: "custom-rules-made",
        title: "Make the custom rules again",
        what: "With a precedence below 100. Standard rules that are not wanted are disabled, never deleted or changed: an \
               upgrade brings deleted ones back. A disabled custom rule may be imported as enabled.",
        when: &[Condition::CustomRules],
        rollback: "delete the rules",
        reference: docs::IMPORT,
        ..BUILD_BASE
    },
    Row {
        id: "not-imported-applied",
        title: "Apply what no import carries",
        what: "Object types, selected attributes, run profiles, preferred domain controllers, the provisioning hierarchy: the \
               guide in the bundle lists what this server has.",
        rollback: "run the wizard again",
        reference: docs::IMPORT,
        ..BUILD_BASE
    },
    Row {
        id: "alternate-id-chosen",
        title: "Choose the attribute of the alternate ID",
        what: "In the wizard, as the attribute for userPrincipalName: the one of the old server.",
        when: &[Condition::AlternateId],
        rollback: "install again: the choice is made once",
        reference: docs::CONCEPTS,
        ..BUILD_BASE
    },
    Row {
        id: "anchor-chosen",
        title: "Choose the source anchor of the old server",
        what: "The attribute that the present immutable IDs come from; DirSync knows only objectGUID. Another one makes every \
               object fail to match. Never change it during the move.",
        rollback: "install again: the choice is made once",
        reference: docs::CONCEPTS,
        ..BUILD_BASE
    },
    Row {
        id: "device-writeback-made",
        title: "Set device writeback up again",
        what: "The import of settings names it and does not apply it: run the wizard's device options.",
        when: &[Condition::DeviceWriteback],
        rollback: "run the wizard's device options again",
        reference: docs::IMPORT,
        ..BUILD_BASE
    },
    Row {
        id: "group-writeback-decided",
        title: "Decide on group writeback",
        what: "See that the new build still offers what the old server did, and set it up with the same container, or say why \
               not.",
        when: &[Condition::GroupWriteback],
        rollback: "turn it off in the wizard",
        ..BUILD_BASE
    },
    Row {
        id: "sign-in-method",
        title: "Leave the sign-in method as it is",
        what: "The wizard's page shows the method that users sign in by today. Stop where it would change a domain.",
        rollback: "cancel the wizard",
        ..BUILD_BASE
    },
    Row {
        id: "pass-through-agents",
        title: "Have authentication agents elsewhere than on the old server",
        what: "At least two healthy agents for pass-through authentication on machines that stay.",
        when: &[Condition::PassThrough],
        rollback: "uninstall an agent",
        ..BUILD_BASE
    },
    Row {
        id: "federation-noted",
        title: "Write the federation of each domain down",
        what: "Issuer, addresses and certificates as they are, to be compared after the switch. The import carries no parameters \
               of AD FS or PingFederate.",
        when: &[Condition::Federation],
        reference: docs::IMPORT,
        ..BUILD_BASE
    },
    Row {
        id: "seamless-sign-on",
        title: "Set seamless single sign-on as it is today",
        what: "For every forest, in the wizard of the new server.",
        when: &[Condition::SeamlessSingleSignOn],
        rollback: "turn it off in the wizard",
        ..BUILD_BASE
    },
];
