//! Items before the switch, and the switch.
use dirlift_model::checklist::{EvidenceKind, Phase};

use super::{Proof, Row, base, docs};
use crate::checklist::Condition;

/// The switch to another machine.
pub(in crate::checklist) const LEAVE_STAGING: &str = "leave-staging";
/// The switch on the same machine.
pub(in crate::checklist) const UPGRADE_IN_PLACE: &str = "upgrade-in-place";
/// The old server synchronises no more.
pub(in crate::checklist) const OLD_SERVER_OFF: &str = "old-server-off";

const BASE: Row = base(Phase::Verify);

pub(super) const VERIFY: &[Row] = &[
    Row {
        id: "rehearsed-import",
        title: "Full Import of both directories in the rehearsal",
        what: "Every connector ends with success and without errors.",
        proof: Proof::Seen(EvidenceKind::FullImport),
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "rehearsed-synchronization",
        title: "Full Synchronization of both connectors in the rehearsal",
        what: "Every connector ends with success and without errors.",
        proof: Proof::Seen(EvidenceKind::FullSynchronization),
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "target-rules",
        title: "Rehearse with the new server's own rules",
        what: "Export the rules of the new server and run the rehearsal with them (`dirlift sync STORE --rules FOLDER`). Built-in rules \
               stand in for them, and prove nothing.",
        proof: Proof::Seen(EvidenceKind::TargetRules),
        ..BASE
    },
    Row {
        id: "anchors-proven",
        title: "Prove that every user keeps its anchor",
        what: "The anchor that is predicted for a user equals the immutable ID in the cloud, for every user in scope.",
        proof: Proof::Seen(EvidenceKind::Anchors),
        reference: docs::CONCEPTS,
        ..BASE
    },
    Row {
        id: "configurations-compared",
        title: "Compare the configurations of old and new server",
        what: "`dirlift bundle diff` with an export of the new server: nothing differs that nobody decided.",
        when: &[Condition::Parallel],
        proof: Proof::Word(Some(7 * 24)),
        reference: docs::IMPORT,
        ..BASE
    },
    Row {
        id: "server-operations",
        title: "Import and synchronise on the new server without errors",
        what: "Full Import of Active Directory, then of Microsoft Entra ID, then synchronization of both: all with success on \
               the Operations tab of Synchronization Service Manager.",
        when: &[Condition::Parallel],
        proof: Proof::Either(EvidenceKind::ServerOperations, 24),
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "staging-shown",
        title: "Show that the new server stages and has exported nothing",
        what: "Get-ADSyncScheduler says StagingModeEnabled, and the run history has no export. Staging mode stops the \
               scheduler's exports only; a person can still start one.",
        when: &[Condition::Parallel],
        proof: Proof::Either(EvidenceKind::StagingOn, 24),
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "pending-exports-clean",
        title: "Leave no unexpected pending export",
        what: "`dirlift verify` ends with 0: every pending export is expected or accepted with a reason, and no guard objects.",
        proof: Proof::Seen(EvidenceKind::Verification),
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "prediction-compared",
        title: "Compare the new server's pending exports with the prediction",
        what: "csexport of the connector to Microsoft Entra ID on the new server, given to `dirlift verify --csexport`: both say \
               the same, or each difference is accepted.",
        when: &[Condition::Parallel],
        proof: Proof::Seen(EvidenceKind::Comparison),
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "writeback-reviewed",
        title: "Review pending exports to Active Directory",
        what: "What is written back: Exchange attributes, devices, groups, ms-DS-ConsistencyGuid. csexport of each connector to \
               Active Directory shows it.",
        when: &[Condition::AnyWriteback],
        proof: Proof::Word(Some(3 * 24)),
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "disconnectors-reviewed",
        title: "Review cloud objects that nothing joins",
        what: "None of them belongs to somebody in scope: such a user would be made a second time, or matched by address.",
        proof: Proof::Word(Some(3 * 24)),
        ..BASE
    },
    Row {
        id: "sample-compared",
        title: "Compare twenty objects field by field",
        what: "Among them a person everybody knows, a shared mailbox, a contact, a nested group, the largest group, an \
               administrator; `dirlift explain` shows where each value comes from.",
        proof: Proof::Word(Some(7 * 24)),
        ..BASE
    },
    Row {
        id: "deletion-threshold-low",
        title: "Set a small deletion threshold for the window",
        what: "An explicit number that fits what is expected; 500 is the default. Get-ADSyncExportDeletionThreshold shows it.",
        proof: Proof::Word(Some(14 * 24)),
        rollback: "put the former number back: item accidental-deletes",
        reference: docs::DELETES,
        ..BASE
    },
    Row {
        id: "password-backlog",
        title: "Estimate the backlog of password hashes",
        what: "Passwords that changed since staging began are sent after the switch; after weeks this takes long.",
        blocking: false,
        when: &[Condition::PasswordHashSync, Condition::Parallel],
        reference: docs::STAGING,
        ..BASE
    },
    Row {
        id: "go-signed",
        title: "Have the decision signed",
        what: "The owner says go; the help desk knows the window; whoever watches the domain controllers knows the new connector \
               account, since reading password hashes raises alarms.",
        proof: Proof::Word(Some(3 * 24)),
        rollback: "call it off",
        ..BASE
    },
];

const CUT: Row = base(Phase::Cutover);

pub(super) const CUTOVER: &[Row] = &[
    Row {
        id: "old-runs-ended",
        title: "Let the last run of the old server end",
        what: "Stop its scheduler and wait until no run is active; note the time of its last export.",
        proof: Proof::Word(Some(24)),
        needs: &["settings-exported", "pending-exports-clean"],
        rollback: "start the scheduler again",
        reference: docs::STAGING,
        ..CUT
    },
    Row {
        id: OLD_SERVER_OFF,
        title: "Uninstall or disable the old server",
        what: "DirSync: uninstall `Windows Azure Active Directory Sync tool` in Programs and Features (up to 15 minutes), or stop \
               and disable MSOnlineSyncScheduler and FIMSynchronizationService. A successor: stop and disable ADSync, or put it \
               into staging mode. From now on nothing synchronises until the next steps are done.",
        proof: Proof::Either(EvidenceKind::OldServerOff, 24),
        needs: &["settings-exported", "pending-exports-clean", "target-rules", "old-runs-ended"],
        rollback: "before the switch: enable and start the services again; after it: none",
        reference: docs::UPGRADE,
        ..CUT
    },
    Row {
        id: "verified-again",
        title: "Verify once more, with the old server off",
        what: "Import and synchronise once more (`dirlift sync`), then `dirlift verify`: what the old server did last may have \
               changed something.",
        proof: Proof::Seen(EvidenceKind::Verification),
        needs: &[OLD_SERVER_OFF],
        after: Some(OLD_SERVER_OFF),
        reference: docs::STAGING,
        ..CUT
    },
    Row {
        id: LEAVE_STAGING,
        title: "Leave staging mode",
        what: "Open the installed Microsoft Entra Connect from the Start menu (never run the installer again): Additional tasks, \
               Configure staging mode, clear the box, Next, Install. Then there is no way back to DirSync.",
        when: &[Condition::Parallel],
        proof: Proof::Either(EvidenceKind::StagingOff, 24),
        rollback: "put the new server back into staging mode; never start DirSync again",
        reference: docs::UPGRADE,
        ..CUT
    },
    Row {
        id: UPGRADE_IN_PLACE,
        title: "Install the new product on the same machine",
        what: "Only where the plan says that this way is open: run the wizard, which starts synchronising at its end. Then there \
               is no way back to DirSync.",
        when: &[Condition::InPlace],
        proof: Proof::Either(EvidenceKind::StagingOff, 24),
        rollback: "none: the old product is gone",
        reference: docs::UPGRADE,
        ..CUT
    },
];
