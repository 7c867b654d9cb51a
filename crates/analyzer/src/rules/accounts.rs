//! `DL06xx`: accounts; their passwords are never read.
use dirlift_model::{
    Evidence, Severity,
    analysis::{Account, AccountRole},
};

use super::{Case, Hit, Rule, docs};
use crate::measure;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0601",
        name: "accounts-in-use",
        severity: Severity::Info,
        title: "Accounts in use; their passwords do not migrate",
        about: "The passwords of the service accounts cannot be read. An upgrade resets them; a new server has accounts of its own.",
        remedy: "Nothing to look for: no password is needed but those named below.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let evidence: Vec<_> = measure::accounts(case).iter().map(evidence).collect();
            if !evidence.is_empty() {
                hits.push(Hit::confirmed(
                    evidence.iter().map(|it| it.observed.as_str()).collect::<Vec<_>>().join(", "),
                    evidence,
                ));
            }
        },
    },
    Rule {
        code: "DL0602",
        name: "cloud-credentials",
        severity: Severity::Info,
        title: "Have the password of the cloud account ready",
        about: "An upgrade asks for the account that DirSync uses to sign in to the cloud; no other will do.",
        remedy: "Make sure that this account still exists, is not expired, and that its password and second factor are at hand. A new server takes a Hybrid Identity Administrator instead.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            for account in
                of_role(case, AccountRole::Cloud).into_iter().filter(|_| !case.is_connect())
            {
                hits.push(Hit::confirmed(&account.name, vec![evidence(&account)]));
            }
        },
    },
    Rule {
        code: "DL0603",
        name: "enterprise-admin",
        severity: Severity::Info,
        title: "An Enterprise Admin is needed for the installation",
        about: "The installation resets the password of the account that reads Active Directory, or creates a new one; this takes a member of Enterprise Admins of the forest, for the installation only.",
        remedy: "Have such an account at hand on the day; never use it as the connector account.",
        reference: docs::ACCOUNTS,
        check: |case, hits| {
            for account in of_role(case, AccountRole::ActiveDirectory) {
                hits.push(Hit::confirmed(
                    format!("the account is {}", account.name),
                    vec![evidence(&account)],
                ));
            }
        },
    },
    Rule {
        code: "DL0604",
        name: "account-not-created-by-setup",
        severity: Severity::Warning,
        title: "The Active Directory account is not one that setup created",
        about: "Setup creates MSOL_ accounts with exactly the rights they need. Another account may have more rights than it should, or rights that a new account will lack.",
        remedy: "Write down the rights of this account before the move, and grant the new one what the enabled features need; refuse members of Domain Admins and Enterprise Admins.",
        reference: docs::ACCOUNTS,
        check: |case, hits| {
            for account in of_role(case, AccountRole::ActiveDirectory) {
                let user =
                    account.name.rsplit('\\').next().unwrap_or_default().to_ascii_lowercase();
                if !user.starts_with("msol_") {
                    hits.push(Hit::confirmed(&account.name, vec![evidence(&account)]));
                }
            }
        },
    },
    Rule {
        code: "DL0605",
        name: "service-logon-as-upn",
        severity: Severity::Warning,
        title: "A service logs on with a user principal name",
        about: "Setup fails with error 1603 (DetectServiceAccount) when the service's logon is written as name@domain.",
        remedy: "Set the logon to DOMAIN\\name in the services console before any upgrade on this server.",
        reference: "Error 1603 when upgrading (KB 4054462)",
        check: |case, hits| {
            for account in
                of_role(case, AccountRole::Service).into_iter().filter(|it| it.name.contains('@'))
            {
                hits.push(Hit::confirmed(&account.name, vec![evidence(&account)]));
            }
        },
    },
];

fn of_role(case: &Case<'_>, role: AccountRole) -> Vec<Account> {
    measure::accounts(case).into_iter().filter(|it| it.role == role).collect()
}

fn evidence(account: &Account) -> Evidence {
    Evidence::new(account.role.as_str(), &account.name, &account.read_from)
}
