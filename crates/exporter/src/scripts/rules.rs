//! Custom rules, and standard rules that stay off, as cmdlets of the new server.
use std::fmt::Write as _;

use dirlift_model::{
    Guid, SyncRule,
    rule::{AttributeMapping, MappingKind, MappingSource, ScopeOperator},
    text::plural,
};

use super::{comment, guid, head, literal};
use crate::{
    harmless::is_changed,
    settings::{ConfigurationBasis, SettingsFile},
};

/// The script; `custom` are rules to make, `off` standard rules to turn off.
pub(super) fn write(settings: &SettingsFile, custom: &[SyncRule], off: &[SyncRule]) -> String {
    let about: &[&str] = match settings.server_configuration.basis {
        ConfigurationBasis::Translated => &[
            "The rules were translated from DirSync's filters and flows; import-guide.md says what was not.",
        ],
        _ => &[
            "The rules are the old server's own. When its settings were imported in the wizard they are there already:",
            "then this script tells which ones, and disables again what was disabled.",
        ],
    };
    let mut out = head(settings, "Custom synchronization rules", about);
    if custom.is_empty() && off.is_empty() {
        out.push_str("\nWrite-Output 'There are no custom rules to make.'\n");
        return out;
    }
    out.push_str(
        "\n# Changes nothing: a look whether this is the right server, and whether it rests.\n\
         if (-not (Get-ADSyncScheduler).StagingModeEnabled) {\n    \
         throw 'This server is not in staging mode, so it may be the active one. Nothing was changed.'\n}\n\
         if (Get-ADSyncConnectorRunStatus) {\n    \
         throw 'A run profile is running. Wait for its end and run this again. Nothing was changed.'\n}\n",
    );
    connectors(settings, custom.iter().chain(off).map(|it| it.connector), &mut out);
    for (idx, it) in custom.iter().enumerate() {
        rule(idx + 1, custom.len(), it, &mut out);
    }
    for it in off {
        turn_off(it, &mut out);
    }
    out.push_str(
        "\n# Changed rules count from the next full synchronization on. Start it when the rules were looked at:\n\
         #   Start-ADSyncSyncCycle -PolicyType Initial\n\
         Write-Output 'Done. Look at the rules, then start a full cycle.'\n",
    );
    out
}

/// Leaves a standard rule off that the old server had off; its tag ends in a revision that differs between builds.
fn turn_off(it: &SyncRule, out: &mut String) {
    let name = literal(&it.name);
    let _ = writeln!(out, "\n# Standard rule: {}", comment(&it.name));
    let _ = writeln!(out, "# Read from {}", comment(&it.location.to_string()));
    out.push_str(
        "# Changes: turns this rule of the product off, as it was on the old server.\n\
         # Undo: clear the mark \"Disabled\" in the Synchronization Rules Editor\n",
    );
    let _ = writeln!(
        out,
        "$same = @(Get-ADSyncRule | Where-Object {{ $_.Name -eq {name} -and $_.Connector -eq $connectors[{}] -and $_.ImmutableTag }})",
        guid(it.connector)
    );
    let missing = format!("There must be one standard rule {}. Look for it by hand.", it.name);
    let _ = writeln!(out, "if ($same.Count -ne 1) {{\n    Write-Warning {}", literal(&missing));
    out.push_str("} elseif ($same[0].Disabled) {\n");
    let _ = writeln!(out, "    Write-Output {}", literal(&format!("Off already: {}", it.name)));
    out.push_str("} else {\n");
    disable(it, out);
    out.push_str("}\n");
}

/// Disables the rule in `$same[0]`.
fn disable(it: &SyncRule, out: &mut String) {
    out.push_str(
        "    $same[0].Disabled = $true\n    Add-ADSyncRule -SynchronizationRule $same[0] | Out-Null\n",
    );
    let _ = writeln!(out, "    Write-Output {}", literal(&format!("Turned off: {}", it.name)));
}

/// Looks the connectors of the new server up: their identifiers differ from the old server's.
fn connectors(settings: &SettingsFile, ids: impl Iterator<Item = Guid>, out: &mut String) {
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids.dedup();
    out.push_str("\n# Connectors of this server, by the identifiers that they had on the old one.\n$connectors = @{}\n");
    for id in ids {
        let (what, filter) = if settings.tenant.as_ref().is_some_and(|it| it.connector == id) {
            (
                "Microsoft Entra ID".to_owned(),
                "$_.SubType -eq 'Windows Azure Active Directory (Microsoft)'".to_owned(),
            )
        } else {
            let forest = settings.forests.iter().find(|it| it.connector == id);
            let name =
                forest.map(|it| if it.name.is_empty() { &it.connector_name } else { &it.name });
            match name {
                Some(name) => (name.clone(), format!("$_.Name -eq {}", literal(name))),
                None => (
                    "a connector that the old configuration does not name".to_owned(),
                    format!("$_.Identifier -eq {}", guid(id)),
                ),
            }
        };
        let _ = writeln!(out, "# {}", comment(&what));
        let _ = writeln!(out, "$found = @(Get-ADSyncConnector | Where-Object {{ {filter} }})");
        let _ = writeln!(
            out,
            "if ($found.Count -ne 1) {{ throw {} }}",
            literal(&format!("There must be one connector for {what}. Nothing was changed."))
        );
        let _ = writeln!(out, "$connectors[{}] = $found[0].Identifier", guid(id));
    }
}

fn rule(number: usize, of: usize, it: &SyncRule, out: &mut String) {
    let name = literal(&it.name);
    let state = if it.disabled == Some(true) { ", disabled" } else { "" };
    let _ = writeln!(out, "\n# Rule {number} of {of}: {}", comment(&it.name));
    let _ = writeln!(out, "# Read from {}", comment(&it.location.to_string()));
    let _ = writeln!(
        out,
        "# Changes: adds this {} rule{state} with {}.",
        comment(it.direction.as_str()).to_lowercase(),
        plural(it.mappings.len() as u64, "attribute flow", "attribute flows")
    );
    let _ = writeln!(out, "# Undo: Remove-ADSyncRule -Identifier {}", guid(it.id));
    let Some(precedence) = it.precedence.filter(|it| *it < 100) else {
        let text = format!(
            "{}: the precedence of a custom rule lies below 100. Make this rule by hand.",
            it.name
        );
        let _ = writeln!(out, "Write-Warning {}", literal(&text));
        return;
    };
    if let Some(why) = not_writable(it) {
        let _ = writeln!(
            out,
            "Write-Warning {}",
            literal(&format!("{}: {why}. Make this rule by hand.", it.name))
        );
        return;
    }
    let _ = writeln!(
        out,
        "$same = @(Get-ADSyncRule | Where-Object {{ $_.Identifier -eq {} -or ($_.Name -eq {name} -and $_.Connector -eq $connectors[{}] -and -not $_.ImmutableTag) }})",
        guid(it.id),
        guid(it.connector)
    );
    let _ = writeln!(
        out,
        "$taken = @(Get-ADSyncRule | Where-Object {{ $_.Precedence -eq {precedence} }})"
    );
    let there = literal(&format!("There already: {}", it.name));
    if it.disabled == Some(true) {
        let _ = writeln!(
            out,
            "if ($same.Count -gt 0 -and $same[0].Disabled) {{\n    Write-Output {there}"
        );
        // An import of settings enables it.
        out.push_str("} elseif ($same.Count -gt 0) {\n");
        disable(it, out);
    } else {
        let _ = writeln!(out, "if ($same.Count -gt 0) {{\n    Write-Output {there}");
    }
    let _ = writeln!(out, "}} elseif ($taken.Count -gt 0) {{");
    let text = format!(
        "{}: precedence {precedence} is taken by another rule. Make room and run this again.",
        it.name
    );
    let _ = writeln!(out, "    Write-Warning {}", literal(&text));
    let _ = writeln!(out, "}} else {{");
    body(it, precedence, out);
    let _ = writeln!(out, "}}");
}

/// Why a rule cannot be said in cmdlets; `None` when it can.
fn not_writable(it: &SyncRule) -> Option<String> {
    if it.id.is_nil() {
        return Some("it has no identifier".to_owned());
    }
    if is_changed(it) {
        return Some("sign-in data stood in it and was removed".to_owned());
    }
    let mapping = it.mappings.iter().find(|it| it.kind().is_none());
    if let Some(mapping) = mapping {
        return Some(format!("the flow to {} has no source", mapping.destination));
    }
    let clauses = it.scope.iter().flat_map(|it| &it.clauses);
    clauses.map(|it| &it.operator).find_map(|it| match it {
        ScopeOperator::Other(word) => {
            Some(format!("the operator {word} of its scope is not known"))
        }
        _ => None,
    })
}

fn body(it: &SyncRule, precedence: u32, out: &mut String) {
    let _ = write!(
        out,
        "    $arguments = @{{\n        Name = {}\n        Identifier = {}\n        Description = {}\n        Direction = {}\n        \
         Precedence = {precedence}\n        PrecedenceAfter = '{nil}'\n        PrecedenceBefore = '{nil}'\n        \
         SourceObjectType = {}\n        TargetObjectType = {}\n        Connector = $connectors[{}]\n        LinkType = {}\n        \
         SoftDeleteExpiryInterval = {}\n        ImmutableTag = ''\n",
        literal(&it.name),
        guid(it.id),
        literal(&it.description),
        literal(it.direction.as_str()),
        literal(it.source_object_type.as_str()),
        literal(it.target_object_type.as_str()),
        guid(it.connector),
        literal(it.link_type.as_str()),
        soft_delete(it),
        nil = Guid::NIL,
    );
    if it.enable_password_sync == Some(true) {
        out.push_str("        EnablePasswordSync = $true\n");
    }
    if it.disabled == Some(true) {
        out.push_str("        Disabled = $true\n");
    }
    out.push_str("    }\n    New-ADSyncRule @arguments -OutVariable syncRule | Out-Null\n");
    for mapping in &it.mappings {
        flow(mapping, out);
    }
    for group in &it.scope {
        out.push_str("    $conditions = @()\n");
        for clause in &group.clauses {
            let _ = writeln!(
                out,
                "    $conditions += New-Object -TypeName 'Microsoft.IdentityManagement.PowerShell.ObjectModel.ScopeCondition' \
                 -ArgumentList @({}, {}, {})",
                literal(clause.attribute.as_str()),
                literal(&clause.value),
                literal(clause.operator.as_str()),
            );
        }
        out.push_str(
            "    Add-ADSyncScopeConditionGroup -SynchronizationRule $syncRule[0] -ScopeConditions $conditions \
             -OutVariable syncRule | Out-Null\n",
        );
    }
    for group in &it.joins {
        out.push_str("    $conditions = @()\n");
        for condition in &group.conditions {
            let _ = writeln!(
                out,
                "    $conditions += New-Object -TypeName 'Microsoft.IdentityManagement.PowerShell.ObjectModel.JoinCondition' \
                 -ArgumentList @({}, {}, ${})",
                literal(condition.attribute.as_str()),
                literal(condition.metaverse_attribute.as_str()),
                condition.case_sensitive == Some(true),
            );
        }
        out.push_str(
            "    Add-ADSyncJoinConditionGroup -SynchronizationRule $syncRule[0] -JoinConditions $conditions \
             -OutVariable syncRule | Out-Null\n",
        );
    }
    out.push_str("    Add-ADSyncRule -SynchronizationRule $syncRule[0] | Out-Null\n");
    let _ = writeln!(out, "    Write-Output {}", literal(&format!("Added: {}", it.name)));
}

fn soft_delete(it: &SyncRule) -> String {
    match it.soft_delete_expiry_interval.trim() {
        "" | "00:00:00" => "0".to_owned(),
        other => literal(other),
    }
}

fn flow(mapping: &AttributeMapping, out: &mut String) {
    let kind = match mapping.kind() {
        Some(MappingKind::Expression) => "Expression",
        Some(MappingKind::Constant) => "Constant",
        _ => "Direct",
    };
    let _ = write!(out, "    Add-ADSyncAttributeFlowMapping -SynchronizationRule $syncRule[0]");
    let sources: Vec<_> = match &mapping.source {
        MappingSource::Attributes(all) => all.iter().map(|it| literal(it.as_str())).collect(),
        MappingSource::Constant(value) => vec![literal(value)],
    };
    if !sources.is_empty() && kind != "Expression" {
        let _ = write!(out, " -Source @({})", sources.join(", "));
    }
    let _ = write!(
        out,
        " -Destination {} -FlowType '{kind}' -ValueMergeType {}",
        literal(mapping.destination.as_str()),
        literal(mapping.merge.as_str())
    );
    if mapping.execute_once {
        out.push_str(" -ExecuteOnce");
    }
    if let (Some(expression), "Expression") = (&mapping.expression, kind) {
        let _ = write!(out, " -Expression {}", literal(expression));
    }
    out.push_str(" -OutVariable syncRule | Out-Null\n");
}
