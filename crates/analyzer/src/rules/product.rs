//! `DL01xx`: the product, its build, and whether the cloud still accepts it.
use dirlift_model::{Evidence, Product, Severity};

use super::{Hit, Rule, docs};

/// Days after which a snapshot is called old.
const OLD_SNAPSHOT_DAYS: i64 = 30;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "DL0101",
        name: "build-not-accepted",
        severity: Severity::Warning,
        title: "The cloud no longer accepts this product",
        about: "The installed build has passed the day from which the cloud refuses its connections. Nothing that changes on premises reaches the cloud until a newer product takes over.",
        remedy: "Move to the newest build of Microsoft Entra Connect, 2.5.79.0 at least. Do not uninstall the old product before its settings are exported.",
        reference: docs::DEPRECATION,
        check: |case, hits| {
            let Some(product) = case.product() else { return };
            let version = case.facts.product.version;
            let passed: Vec<_> = case.knowledge.passed(product, version, case.day()).collect();
            if !passed.iter().any(|it| it.closes_service) {
                return;
            }
            let evidence = passed
                .iter()
                .map(|it| Evidence::new(it.date.0.to_string(), &it.effect, &it.reference))
                .collect();
            let build =
                version.map_or_else(|| "build unknown".to_owned(), |it| format!("build {it}"));
            hits.push(Hit::confirmed(
                format!(
                    "{product}, {build}: {}",
                    passed
                        .iter()
                        .filter(|it| it.closes_service)
                        .map(|it| format!("since {}: {}", it.date.0, it.effect))
                        .collect::<Vec<_>>()
                        .join(" ")
                ),
                evidence,
            ));
        },
    },
    Rule {
        code: "DL0102",
        name: "support-ended",
        severity: Severity::Warning,
        title: "Support for this product has ended",
        about: "The installed build is past its end of support although the cloud still accepts it.",
        remedy: "Plan the move to the newest build of Microsoft Entra Connect.",
        reference: docs::HISTORY,
        check: |case, hits| {
            let Some(product) = case.product() else { return };
            let passed: Vec<_> =
                case.knowledge.passed(product, case.facts.product.version, case.day()).collect();
            if passed.is_empty() || passed.iter().any(|it| it.closes_service) {
                return;
            }
            let evidence = passed
                .iter()
                .map(|it| Evidence::new(it.date.0.to_string(), &it.effect, &it.reference))
                .collect();
            let passed: Vec<_> =
                passed.iter().map(|it| format!("since {}: {}", it.date.0, it.effect)).collect();
            hits.push(Hit::confirmed(format!("{product}: {}", passed.join(" ")), evidence));
        },
    },
    Rule {
        code: "DL0103",
        name: "other-path",
        severity: Severity::Info,
        title: "Only DirSync upgrades by the DirSync path",
        about: "The steps for upgrading from DirSync do not work for Azure AD Sync or another build of Connect; each product has a path of its own.",
        remedy: "Azure AD Sync, Azure AD Connect: a new server in staging mode beside the old one (swing migration), or an upgrade in place where system and build allow it. FIM or MIM alone: a new installation.",
        reference: docs::UPGRADE,
        check: |case, hits| {
            let text = match case.product() {
                Some(product @ (Product::AzureAdSync | Product::EntraConnect)) => {
                    format!("{product} goes by the path of Connect")
                }
                Some(Product::Fim) => {
                    "an identity manager without DirSync has no upgrade path".to_owned()
                }
                Some(Product::None) => "no synchronisation product is installed".to_owned(),
                Some(Product::DirSync) | None => return,
            };
            hits.push(Hit::confirmed(text, case.facts.product.evidence.clone()));
        },
    },
    Rule {
        code: "DL0104",
        name: "build-unknown",
        severity: Severity::Info,
        title: "This build is not in the table of known builds",
        about: "Builds between the known ones exist; what is said of the product holds, but nothing particular is known of this build.",
        remedy: "Compare the build with the version history, and give a newer table with --knowledge where there is one.",
        reference: docs::HISTORY,
        check: |case, hits| {
            let (Some(product), Some(version)) = (case.product(), case.facts.product.version)
            else {
                return;
            };
            let mut known =
                case.knowledge.builds.iter().filter(|it| it.product == product).peekable();
            if known.peek().is_some() && !known.any(|it| it.build == version) {
                hits.push(Hit::confirmed(
                    format!("{product} {version}"),
                    case.facts.product.evidence.clone(),
                ));
            }
        },
    },
    Rule {
        code: "DL0105",
        name: "in-place-ended",
        severity: Severity::Warning,
        title: "The upgrade in place from DirSync is no longer offered",
        about: "The rules recommend an upgrade in place for small servers, but the path ended; today's installer runs only on systems that DirSync never supported.",
        remedy: "Read the recommendation as \"small enough\": export the settings with --force and build the new server beside the old one.",
        reference: docs::DEPRECATION,
        check: |case, hits| {
            let small = case.objects.total.is_some() && case.is_in_place();
            if !case.is_dirsync() || !small {
                return;
            }
            let version = case.facts.product.version;
            let evidence: Vec<_> = case
                .knowledge
                .passed(Product::DirSync, version, case.day())
                .filter(|it| it.closes_in_place)
                .map(|it| Evidence::new(it.date.0.to_string(), &it.effect, &it.reference))
                .collect();
            if !evidence.is_empty() {
                hits.push(Hit::confirmed("What remains is a new server with this server's settings, even below the threshold", evidence));
            }
        },
    },
    Rule {
        code: "DL0106",
        name: "snapshot-old",
        severity: Severity::Info,
        title: "The snapshot is old",
        about: "Counts, runs and accounts may have changed since the snapshot was taken.",
        remedy: "Take a new snapshot before the move, if the server still runs.",
        reference: docs::OWN,
        check: |case, hits| {
            let exported = || {
                let export = case.facts.export.as_ref()?;
                Some(("export-date", export.exported_at?, export.place.as_str()))
            };
            let taken = case.facts.taken_at.map(|it| ("taken_at", it, "snapshot.json"));
            let Some((item, taken_at, place)) = taken.or_else(exported) else { return };
            let days = case.as_of.duration_since(taken_at).as_hours() / 24;
            if days > OLD_SNAPSHOT_DAYS {
                hits.push(Hit::confirmed(
                    format!("taken {days} days before this analysis"),
                    vec![Evidence::new(item, taken_at, place)],
                ));
            }
        },
    },
    Rule {
        code: "DL0107",
        name: "deadline-ahead",
        severity: Severity::Warning,
        title: "The cloud will stop accepting this build",
        about: "A day is set from which the cloud refuses the connections of this build.",
        remedy: "Move to the newest build of Microsoft Entra Connect before that day, 2.5.79.0 at least.",
        reference: docs::HISTORY,
        check: |case, hits| {
            let Some(product) = case.product() else { return };
            let version = case.facts.product.version;
            let is_closed = |it: &crate::knowledge::Deadline| it.closes_service;
            if case.knowledge.passed(product, version, case.day()).any(is_closed) {
                return; // told by DL0101
            }
            let ahead = case.knowledge.ahead(product, version, case.day());
            let evidence: Vec<_> = ahead
                .filter(|it| it.closes_service)
                .map(|it| Evidence::new(it.date.0.to_string(), &it.effect, &it.reference))
                .collect();
            if !evidence.is_empty() {
                let days: Vec<_> = evidence.iter().map(|it| it.item.as_str()).collect();
                hits.push(Hit::confirmed(format!("on {}", days.join(", ")), evidence));
            }
        },
    },
];
