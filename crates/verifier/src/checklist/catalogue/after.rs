//! Items after the switch.
use dirlift_model::checklist::{EvidenceKind, Phase};

use super::{Proof, Row, base, docs};
use crate::checklist::Condition;

const BASE: Row = base(Phase::Confirm);

pub(super) const CONFIRM: &[Row] = &[
    Row {
        id: "first-export",
        title: "Watch the first export",
        what: "Its counts equal what was verified, no stop at the deletion threshold (event 116), no new errors.",
        rollback: "stop the scheduler: Set-ADSyncScheduler -SyncCycleEnabled $false",
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "installation-verified",
        title: "Verify the installation",
        what: "Status of the synchronisation in the admin centre, time of the last cycle, no errors; a changed test user arrives.",
        reference: docs::NEXT,
        ..BASE
    },
    Row {
        id: "sign-in-tried",
        title: "Sign in by every method in use",
        what: "With a test user of each domain, inside and outside of the network.",
        ..BASE
    },
    Row {
        id: "password-hash-tried",
        title: "See a changed password arrive",
        what: "Change the password of a test user: it is sent within minutes (events 656 and 657), and each connector shows its \
               heartbeat (654) every half hour.",
        when: &[Condition::PasswordHashSync],
        rollback: "turn password hash synchronisation off and on again in the wizard",
        reference: docs::HASHES,
        ..BASE
    },
    Row {
        id: "password-writeback-tried",
        title: "Reset a password in the cloud",
        what: "A test user resets its password and signs in on premises with it. Only one active server may have password \
               writeback.",
        when: &[Condition::PasswordWriteback],
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "exchange-hybrid-tried",
        title: "See Exchange attributes written back",
        what: "The export to Active Directory ends without error 8344, and a test mailbox has its attributes.",
        when: &[Condition::ExchangeHybrid],
        ..BASE
    },
    Row {
        id: "device-writeback-tried",
        title: "See a device written back",
        what: "A newly registered device appears in the container for registered devices.",
        when: &[Condition::DeviceWriteback],
        ..BASE
    },
    Row {
        id: "group-writeback-tried",
        title: "See a group written back",
        what: "A cloud group appears in its container, or the decision not to write groups back is known to their owners.",
        when: &[Condition::GroupWriteback],
        ..BASE
    },
    Row {
        id: "federation-compared",
        title: "Compare the federation of each domain",
        what: "Issuer, addresses and certificates are what was written down before.",
        when: &[Condition::Federation],
        ..BASE
    },
    Row {
        id: "licences",
        title: "Assign licences",
        what: "New users have what they need, group-based assignment shows no errors, and nobody lost a licence.",
        reference: docs::NEXT,
        ..BASE
    },
    Row {
        id: "accidental-deletes",
        title: "Put the deletion threshold back",
        what: "The prevention of accidental deletes is on with the number for normal days.",
        rollback: "set a small number again",
        reference: docs::DELETES,
        ..BASE
    },
    Row {
        id: "scheduler",
        title: "Check the scheduler",
        what: "Get-ADSyncScheduler: SyncCycleEnabled and MaintenanceEnabled are true, the interval is 30 minutes or the one \
               wanted. DirSync ran every three hours.",
        reference: docs::SCHEDULER,
        ..BASE
    },
    Row {
        id: "automatic-upgrade",
        title: "Decide on automatic upgrade",
        what: "Get-ADSyncAutoUpgrade says Enabled, or somebody watches for new builds: old ones stop working.",
        reference: docs::AUTO_UPGRADE,
        ..BASE
    },
    Row {
        id: "health",
        title: "Set up health monitoring",
        what: "Microsoft Entra Connect Health shows the new server, and its alerts reach somebody.",
        blocking: false,
        reference: docs::HEALTH,
        ..BASE
    },
    Row {
        id: "application-identity",
        title: "Check how the server signs in to the cloud",
        what: "Get-ADSyncEntraConnectorCredential says Application with a valid certificate; the Sync_ account of the old server \
               is listed for removal.",
        blocking: false,
        rollback: "Add-ADSyncAADServiceAccount goes back to an account",
        reference: docs::APPLICATION,
        ..BASE
    },
    Row {
        id: "freeze-lifted",
        title: "Lift the freeze",
        what: "Tell everybody that changes are welcome again, and undo what was changed in the tenant for the window.",
        blocking: false,
        ..BASE
    },
    Row {
        id: "new-server-exported",
        title: "Export the settings of the new server",
        what: "A bundle of what is active now, kept elsewhere.",
        blocking: false,
        reference: docs::IMPORT,
        ..BASE
    },
    Row {
        id: "watched",
        title: "Watch for a day and for a week",
        what: "Errors, counts against the baseline, calls at the help desk.",
        blocking: false,
        ..BASE
    },
];

const RETIRE_BASE: Row = base(Phase::Retire);

pub(super) const RETIRE: &[Row] = &[
    Row {
        id: "old-server-stays-off",
        title: "See that the old server is still off",
        what: "After a restart and some days its services are still disabled, or it is uninstalled. Never start the old product \
               again.",
        when: &[Condition::Parallel],
        proof: Proof::Since(EvidenceKind::OldServerOff),
        rollback: "none",
        reference: docs::UPGRADE,
        ..RETIRE_BASE
    },
    Row {
        id: "old-roles-moved",
        title: "Move what else the old machine does",
        what: "Authentication agents, health agents, scripts and scheduled tasks that nobody thinks of.",
        when: &[Condition::Parallel],
        ..RETIRE_BASE
    },
    Row {
        id: "old-product-uninstalled",
        title: "Uninstall the old product",
        what: "After the agreed days. Keep the machine off the network for a while before it is deleted.",
        needs: &["old-server-stays-off"],
        when: &[Condition::Parallel],
        rollback: "none",
        reference: docs::UPGRADE,
        ..RETIRE_BASE
    },
    Row {
        id: "old-accounts-removed",
        title: "Remove the old accounts and their rights",
        what: "The old connector account in Active Directory: disabled first, deleted later, its entries in access lists \
               removed. The old server's account in the cloud.",
        blocking: false,
        rollback: "enable the account while it is only disabled",
        reference: docs::ACCOUNTS,
        ..RETIRE_BASE
    },
    Row {
        id: "evidence-archived",
        title: "Archive the evidence",
        what: "Bundles, comparisons, reports and this list: `dirlift checklist STORE export --out FOLDER`.",
        blocking: false,
        ..RETIRE_BASE
    },
];
