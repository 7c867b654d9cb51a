//! Items before anything is touched, and the order in data and tenant.
use dirlift_model::checklist::{EvidenceKind, Phase};

use super::{Proof, Row, base, docs};
use crate::checklist::Condition;

const BASE: Row = base(Phase::Prepare);

pub(super) const PREPARE: &[Row] = &[
    Row {
        id: "settings-exported",
        title: "Export the settings; uninstall nothing before",
        what: "Do not uninstall the old product before its settings are exported: they exist nowhere else. Make the bundle \
               with `dirlift export`, and the deployment from it.",
        proof: Proof::Seen(EvidenceKind::Bundle),
        rollback: "nothing to take back: the export only reads",
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "bundle-kept",
        title: "Keep the bundle off the old server",
        what: "Copy the bundle to another machine and write its SHA-256 down (`dirlift bundle verify`). It is what the old \
               configuration can be read from when the server is gone.",
        needs: &["settings-exported"],
        ..BASE
    },
    Row {
        id: "old-server-backed-up",
        title: "Back up the old server",
        what: "Back up the synchronisation database, the encryption key set, the product's registry keys, machine.config and \
               the applied policy files, and see that the backup can be read.",
        proof: Proof::Word(Some(14 * 24)),
        rollback: "delete the backup when the move is over",
        ..BASE
    },
    Row {
        id: "credentials-ready",
        title: "Have the credentials at hand",
        what: "Passwords of service accounts are reset, never migrated. Have ready: the credentials of the cloud account that \
               DirSync uses, an Enterprise Admin, and a Hybrid Identity Administrator or Global Administrator.",
        when: &[Condition::DirSync],
        reference: docs::UPGRADE,
        ..BASE
    },
    Row {
        id: "changes-frozen",
        title: "Freeze changes and announce the window",
        what: "No moves between organizational units, no new user principal names, no bulk changes and no licence scripts \
               until the new server has run its first cycles.",
        proof: Proof::Word(Some(14 * 24)),
        rollback: "lift the freeze",
        ..BASE
    },
    Row {
        id: "break-glass",
        title: "Test two administrators that exist in the cloud only",
        what: "Two accounts on the onmicrosoft.com domain, not synchronised, not locked out by conditional access; sign in \
               with both. A wrong filter can delete synchronised administrators with everybody else.",
        proof: Proof::Word(Some(30 * 24)),
        rollback: "keep them",
        ..BASE
    },
    Row {
        id: "recycle-bin",
        title: "Turn the recycle bin of Active Directory on",
        what: "Without it a deleted object comes back without most of its attributes.",
        blocking: false,
        rollback: "it cannot be turned off again",
        reference: docs::PREREQUISITES,
        ..BASE
    },
    Row {
        id: "baseline",
        title: "Record where you start",
        what: "Count objects by type and organizational unit, synchronised objects in the cloud, present synchronisation \
               errors; note the deletion threshold. `dirlift analyze` and `dirlift import entra` write most of it.",
        proof: Proof::Word(Some(14 * 24)),
        ..BASE
    },
    Row {
        id: "automatic-upgrade-off",
        title: "Turn automatic upgrade off for the window",
        what: "On the old server, and on the new one once it is installed: Set-ADSyncAutoUpgrade -AutoUpgradeState Disabled. \
               An upgrade in the middle can bring rules that delete objects.",
        when: &[Condition::Connect],
        rollback: "turn it on again: item automatic-upgrade",
        reference: docs::AUTO_UPGRADE,
        ..BASE
    },
];

const CLEAN_BASE: Row = base(Phase::Clean);

pub(super) const CLEAN: &[Row] = &[
    Row {
        id: "data-quality",
        title: "Mend bad values in scope",
        what: "Duplicate or malformed userPrincipalName, mail and proxyAddresses, suffixes that cannot be routed, values that \
               are too long. Mend them in Active Directory; each becomes an error or a changed address otherwise.",
        proof: Proof::Word(Some(14 * 24)),
        rollback: "keep the former values as LDIF",
        reference: docs::ERRORS,
        ..CLEAN_BASE
    },
    Row {
        id: "errors-settled",
        title: "Settle present synchronisation errors",
        what: "Mend or accept every error of the last export and every quarantined value, so that new ones are seen.",
        proof: Proof::Word(Some(14 * 24)),
        reference: docs::ERRORS,
        ..CLEAN_BASE
    },
    Row {
        id: "suffixes-verified",
        title: "Verify every domain that is used as a suffix",
        what: "Every suffix of userPrincipalName and of SMTP addresses in scope is a verified domain of the tenant; users of \
               others get a name on onmicrosoft.com.",
        proof: Proof::Word(Some(30 * 24)),
        reference: docs::PREREQUISITES,
        ..CLEAN_BASE
    },
    Row {
        id: "alternate-id-filled",
        title: "Check the attribute of the alternate ID",
        what: "It is filled, unique, shaped like an address and on a verified domain for every user in scope. Names that were \
               synchronised before their domain was verified stay on onmicrosoft.com until they change.",
        when: &[Condition::AlternateId],
        proof: Proof::Word(Some(14 * 24)),
        reference: docs::CONCEPTS,
        ..CLEAN_BASE
    },
    Row {
        id: "administrators-not-matched",
        title: "Make sure that no cloud administrator is matched",
        what: "No cloud account with a role has the userPrincipalName or an address of a user in scope. The service refuses \
               such a match with an error (ExistingAdminRoleConflict).",
        proof: Proof::Word(Some(14 * 24)),
        reference: docs::ERRORS,
        ..CLEAN_BASE
    },
    Row {
        id: "tenant-switches",
        title: "Know the switches of the tenant",
        what: "Blocking of soft match and of hard match, quarantine of duplicates, update of userPrincipalName, password hash \
               synchronisation. List what has to change for the window, and when it changes back.",
        proof: Proof::Word(Some(14 * 24)),
        rollback: "put back what was changed for the window",
        reference: docs::FEATURES,
        ..CLEAN_BASE
    },
    Row {
        id: "federated-names",
        title: "Move no user between federated domains",
        what: "The service rejects a userPrincipalName that moves from one federated domain to another. Note the federated \
               domains, and change such users by way of a managed domain first.",
        when: &[Condition::Federation],
        reference: docs::ERRORS,
        ..CLEAN_BASE
    },
    Row {
        id: "forests-matched",
        title: "Decide how one person in two forests is recognised",
        what: "By mail, by ObjectSID and msExchMasterAccountSID, by another attribute, or not at all: as on the old server. \
               Another choice joins or splits users.",
        when: &[Condition::SeveralForests],
        reference: docs::CONCEPTS,
        ..CLEAN_BASE
    },
];
