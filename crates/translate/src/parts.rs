//! Settings, connector filters, and the parts of a configuration that are looked at only to say that they stay behind.
use dirlift_model::{
    AttributeName,
    config::{Connector, ConnectorFilter, FilterAlternative, FlowSource, Location},
    rule::{Direction, MappingSource, ScopeGroup},
    stock::{HYBRID_WRITE_BACK, is_stock_alternative, is_stock_assembly, same_conditions},
};

use crate::{
    drafts::{Draft, Drafts, capital},
    filter::{clause, negate},
    names::metaverse_type,
    standard::direct,
    translation::{Case, Setting, SettingChange, TranslatedFilter, Translation},
    untranslated::UntranslatedKind as Kind,
};

/// Source anchor, features, domains and containers.
pub(crate) fn settings(case: &Case<'_>, out: &mut Translation) {
    let configuration = case.configuration;
    for connector in configuration.active_directory() {
        let at = &connector.location;
        // The anchor is no choice: it is what every object in the cloud already carries.
        parameter(out, "Microsoft.SynchronizationOption.AnchorAttribute", "objectGUID", at);
        let written_back =
            connector.export_flows.iter().find(|it| is_write_back(&it.target, &it.source));
        out.exchange_hybrid |= written_back.is_some();
        let value = if written_back.is_some() { "True" } else { "False" };
        let hybrid_at = written_back.map_or(at, |it| &it.location);
        parameter(out, "Microsoft.OptionalFeature.HybridExchange", value, hybrid_at);
        let hash_sync =
            connector.active_directory.as_ref().and_then(|it| it.password_hash_sync.as_ref());
        let value = if hash_sync.is_some_and(|it| it.enabled) { "True" } else { "False" };
        let hash_at = hash_sync.map_or(at, |it| &it.location);
        parameter(out, "Microsoft.OptionalFeature.PasswordHashSync", value, hash_at);
        for partition in &connector.partitions {
            out.settings.push(SettingChange {
                setting: Setting::Partition {
                    connector: connector.id,
                    name: partition.name.clone(),
                    selected: partition.selected,
                    object_types: partition.object_classes.clone(),
                    containers: partition.scope.clone(),
                },
                location: partition.location.clone(),
            });
        }
        write_back_notes(connector, out);
    }
    for connector in configuration.cloud() {
        let writeback = connector.extensible.as_ref().and_then(|it| it.password_writeback);
        if let Some(enabled) = writeback {
            let value = if enabled { "True" } else { "False" };
            parameter(
                out,
                "Microsoft.OptionalFeature.PasswordWriteback",
                value,
                &connector.location,
            );
        }
    }
}

/// Adds a parameter; of several forests one `True` decides.
pub(crate) fn parameter(out: &mut Translation, name: &'static str, value: &str, at: &Location) {
    let known = out.settings.iter_mut().find_map(|it| match &mut it.setting {
        Setting::Parameter { name: known, value } if *known == name => {
            Some((value, &mut it.location))
        }
        _ => None,
    });
    match known {
        Some((old, location)) => {
            if old == "False" && value == "True" {
                value.clone_into(old);
                *location = at.clone();
            }
        }
        None => out.settings.push(SettingChange {
            setting: Setting::Parameter { name, value: value.to_owned() },
            location: at.clone(),
        }),
    }
}

/// Whether an export flow to Active Directory is one of Exchange hybrid deployment, which the standard rules bring.
pub(crate) fn is_write_back(target: &AttributeName, source: &FlowSource) -> bool {
    HYBRID_WRITE_BACK.iter().any(|it| target.is(it))
        && matches!(source, FlowSource::Direct { .. } | FlowSource::Scripted { .. })
}

/// Attributes that Entra Connect writes back and this server does not.
fn write_back_notes(connector: &Connector, out: &mut Translation) {
    let written: Vec<_> =
        connector.export_flows.iter().filter(|it| is_write_back(&it.target, &it.source)).collect();
    let Some(first) = written.first() else { return };
    let more: Vec<_> = HYBRID_WRITE_BACK
        .iter()
        .filter(|name| !written.iter().any(|it| it.target.is(name)))
        .copied()
        .collect();
    if !more.is_empty() {
        let text = format!("Entra Connect also writes back {}", more.join(", "));
        out.note(&first.location, text);
    }
}

/// Custom connector filters: one rule an object type that sets `cloudFiltered` for whoever is out.
pub(crate) fn filters(case: &Case<'_>, out: &mut Translation, drafts: &mut Drafts) {
    for connector in case.configuration.active_directory() {
        for set in &connector.filters {
            filter_set(case, connector, set, out, drafts);
        }
    }
}

fn filter_set(
    case: &Case<'_>,
    connector: &Connector,
    set: &ConnectorFilter,
    out: &mut Translation,
    drafts: &mut Drafts,
) {
    let item = format!("filter of {} on {}", set.object_type, connector.name);
    if set.kind.eq_ignore_ascii_case("scripted") {
        out.leave(Kind::FilterKind, None, &item, "decided by an extension", &set.location);
    }
    let custom: Vec<_> =
        set.alternatives.iter().filter(|it| !is_stock(case, connector, set, it)).collect();
    if custom.is_empty() {
        return;
    }
    let known = ["user", "inetOrgPerson", "contact", "group"];
    let target_type =
        metaverse_type(&set.object_type).filter(|_| known.iter().any(|it| set.object_type.is(it)));
    let Some(target_type) = target_type else {
        for it in custom {
            out.leave(Kind::FilterType, it.id, &item, conditions(it), &it.location);
        }
        return;
    };
    let (mut groups, mut origins) = (Vec::new(), Vec::new());
    for alternative in custom {
        let clauses: Result<Vec<_>, Kind> = alternative.conditions.iter().map(clause).collect();
        match clauses {
            Ok(clauses) if !clauses.is_empty() => {
                let (clauses, notes): (Vec<_>, Vec<_>) = clauses.into_iter().unzip();
                for note in notes.into_iter().flatten() {
                    out.note(&alternative.location, note);
                }
                groups.push(ScopeGroup { clauses });
                let id = alternative.id.map_or_else(String::new, |it| format!(" {}", it.braced()));
                origins.push((format!("connector filter{id}"), alternative.location.clone()));
            }
            Ok(_) => {
                let observed = "an alternative without any condition";
                out.leave(Kind::FilterKind, alternative.id, &item, observed, &alternative.location);
            }
            // One condition less would leave more objects out, so the alternative stays behind as a whole.
            Err(kind) => {
                let observed = conditions(alternative);
                out.leave(kind, alternative.id, &item, observed, &alternative.location);
            }
        }
    }
    if groups.is_empty() {
        return;
    }
    if drafts.is_full() {
        return out.leave(Kind::TooManyRules, None, &item, "a connector filter", &set.location);
    }
    let filtered = MappingSource::Constant("True".to_owned());
    let mut mapping = direct("cloudFiltered", "cloudFiltered");
    mapping.source = filtered;
    let draft = Draft {
        name: drafts.unique(
            connector.id,
            format!("In from AD - {} Filter from DirSync", capital(&set.object_type)),
        ),
        direction: Direction::Inbound,
        connector: connector.id,
        source_type: set.object_type.clone(),
        target_type,
        scope: groups.clone(),
        mappings: vec![mapping],
        origins,
    };
    out.filters.push(TranslatedFilter {
        connector: connector.id,
        object_type: set.object_type.clone(),
        within: negate(&groups),
        out: groups,
        rule: draft.id(),
        locations: draft.origins.iter().map(|it| it.1.clone()).collect(),
    });
    drafts.push(draft);
}

fn is_stock(
    case: &Case<'_>,
    connector: &Connector,
    set: &ConnectorFilter,
    alternative: &FilterAlternative,
) -> bool {
    match case.stock(connector).filter(|it| !it.filters.is_empty()) {
        Some(stock) => {
            let same_type = stock.filters.iter().filter(|it| it.object_type == set.object_type);
            let mut alternatives = same_type.flat_map(|it| &it.alternatives);
            alternatives.any(|it| same_conditions(&it.conditions, &alternative.conditions))
        }
        None => is_stock_alternative(&set.object_type, alternative),
    }
}

fn conditions(alternative: &FilterAlternative) -> String {
    let all: Vec<_> = alternative.conditions.iter().map(ToString::to_string).collect();
    all.join(" and ")
}

/// Joins, projections, deprovisioning and extensions that differ from the product's.
pub(crate) fn not_carried(case: &Case<'_>, out: &mut Translation) {
    for connector in &case.configuration.connectors {
        let stock = case.stock(connector);
        if let Some(extension) = &connector.extension {
            let name = extension.assembly_name.trim();
            let shipped = stock.and_then(|it| it.extension.as_ref());
            let known = shipped.is_some_and(|it| it.assembly_name.eq_ignore_ascii_case(name));
            if !name.is_empty() && !known && !is_stock_assembly(name) {
                let item = format!("rules extension of {}", connector.name);
                out.leave(Kind::Extension, None, item, name, &extension.location);
            }
        }
        if let Some(stock) = stock {
            joins(connector, stock, out);
            projections(connector, stock, out);
            if connector.deprovisioning != stock.deprovisioning {
                let observed = connector.deprovisioning.as_ref().map_or_else(
                    || "nothing is said".to_owned(),
                    |it| format!("{} {}", it.kind, it.action.as_deref().unwrap_or_default()),
                );
                let item = format!("deprovisioning of {}", connector.name);
                out.leave(Kind::Deprovisioning, None, item, observed.trim(), &connector.location);
            }
        }
    }
    let extension = case.configuration.metaverse.as_ref().and_then(|it| it.extension.as_ref());
    if let Some(extension) = extension {
        let name = extension.assembly_name.trim();
        let shipped = case.baseline.and_then(|it| it.metaverse.as_ref()?.extension.as_ref());
        let known = shipped.is_some_and(|it| it.assembly_name.eq_ignore_ascii_case(name));
        if !name.is_empty() && !known && !is_stock_assembly(name) {
            out.leave(Kind::Extension, None, "metaverse extension", name, &extension.location);
        }
    }
}

fn joins(connector: &Connector, stock: &Connector, out: &mut Translation) {
    for profile in &connector.joins {
        for criterion in &profile.criteria {
            let known = stock
                .joins
                .iter()
                .filter(|it| it.object_type == profile.object_type)
                .flat_map(|it| &it.criteria)
                .any(|it| {
                    it.metaverse_type == criterion.metaverse_type
                        && it.mappings == criterion.mappings
                        && it.scripted_resolution == criterion.scripted_resolution
                });
            if !known {
                let pairs: Vec<_> = criterion
                    .mappings
                    .iter()
                    .map(|(target, source)| format!("{source} = {target}"))
                    .collect();
                let item = format!("join of {} on {}", profile.object_type, connector.name);
                out.leave(Kind::Join, criterion.id, item, pairs.join(" and "), &criterion.location);
            }
        }
    }
}

fn projections(connector: &Connector, stock: &Connector, out: &mut Translation) {
    for shipped in &stock.projections {
        let own = connector.projections.iter().find(|it| it.object_type == shipped.object_type);
        let item = format!("projection of {} on {}", shipped.object_type, connector.name);
        match own {
            None => out.leave(Kind::Projection, None, item, "not projected", &connector.location),
            Some(own)
                if own.kind != shipped.kind || own.metaverse_type != shipped.metaverse_type =>
            {
                out.leave(
                    Kind::Projection,
                    None,
                    item,
                    format!("of kind {}", own.kind),
                    &own.location,
                );
            }
            Some(_) => {}
        }
    }
}
