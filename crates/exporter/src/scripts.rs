//! What the wizard does not carry, as PowerShell for the new server: custom rules, schedule, deletion threshold.
//!
//! Plain style, every step may run twice, each block says what it changes and how to undo it. Text from the old server
//! stands only in single-quoted literals and, cleaned and shortened, in comments.
use std::fmt::Write as _;

use dirlift_model::{
    Guid, SyncRule,
    rule::{AttributeMapping, MappingKind, MappingSource, ScopeOperator},
    text::{is_unsafe, shorten},
};

use crate::{
    bundle::Part,
    settings::{ConfigurationBasis, SettingsFile},
};

/// Shortest interval that the service allows, in seconds (how-to-connect-sync-feature-scheduler).
const SHORTEST_INTERVAL: u64 = 1_800;

/// The interval that a new server has anyway, in seconds; and that of DirSync, which nobody chose.
const DEFAULT_INTERVALS: [u64; 2] = [1_800, 10_800];

/// Threshold that a new server has anyway (how-to-connect-sync-feature-prevent-accidental-deletes).
const DEFAULT_THRESHOLD: u64 = 500;

/// Writes the scripts; each begins with a byte-order mark, without which Windows PowerShell reads another code page.
pub(crate) fn write(settings: &SettingsFile, rules: &[&SyncRule]) -> Vec<Part> {
    let script =
        |name: &str, text: String| Part::new(format!("scripts/{name}"), format!("\u{FEFF}{text}"));
    vec![
        script("1-custom-rules.ps1", custom_rules(settings, rules)),
        script("2-schedule.ps1", schedule(settings)),
        script("3-deletion-threshold.ps1", deletion_threshold(settings)),
    ]
}

/// A literal: in single quotes with every character that PowerShell takes for one doubled. Characters that would hide
/// something from the reader of the script are written as their numbers.
pub(crate) fn literal(text: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut plain = String::new();
    for it in text.chars() {
        if is_unsafe(it) {
            if !plain.is_empty() {
                pieces.push(format!("'{}'", std::mem::take(&mut plain)));
            }
            for unit in it.encode_utf16(&mut [0; 2]) {
                pieces.push(format!("[char]0x{unit:04X}"));
            }
        } else {
            plain.push(it);
            if matches!(it, '\'' | '\u{2018}'..='\u{201B}') {
                plain.push(it);
            }
        }
    }
    if pieces.is_empty() {
        return format!("'{plain}'");
    }
    if !plain.is_empty() {
        pieces.push(format!("'{plain}'"));
    }
    // The empty literal makes it text from the first character on.
    format!("('' + {})", pieces.join(" + "))
}

/// Text in a comment: one line, short, nothing that steers a terminal.
fn comment(text: &str) -> String {
    shorten(text, 160)
}

fn guid(it: Guid) -> String {
    format!("'{it}'")
}

fn head(settings: &SettingsFile, title: &str, about: &[&str]) -> String {
    let source = &settings.source;
    let mut out = format!("# {title}\n#\n");
    let host = source.host.as_deref().unwrap_or("a server of unknown name");
    let _ = writeln!(
        out,
        "# Written by {} from the settings of {} as of {}.",
        comment(&settings.tool),
        comment(host),
        source.snapshot_time
    );
    for line in about {
        let _ = writeln!(out, "# {line}");
    }
    out.push_str(
        "#\n# Read it before you run it: on the new server, in Windows PowerShell as a member of ADSyncAdmins.\n\
         # It may run again; what is there already is left as it is.\n\n\
         $ErrorActionPreference = 'Stop'\nImport-Module ADSync\n",
    );
    out
}

fn custom_rules(settings: &SettingsFile, rules: &[&SyncRule]) -> String {
    let about: &[&str] = match settings.server_configuration.basis {
        ConfigurationBasis::Original => &[
            "The rules are the old server's own. When its settings were imported in the wizard they are there already:",
            "then this script tells which ones, and enables none that was disabled.",
        ],
        _ => &[
            "The rules were translated from DirSync's filters and flows; docs and guide say what was not.",
        ],
    };
    let mut out = head(settings, "Custom synchronization rules", about);
    if rules.is_empty() {
        out.push_str("\nWrite-Output 'There are no custom rules to make.'\n");
        return out;
    }
    out.push_str(
        "\n# The scheduler must not run in between.\n\
         # Undo: Set-ADSyncScheduler -SyncCycleEnabled $true\n\
         Set-ADSyncScheduler -SyncCycleEnabled $false\n",
    );
    connectors(settings, rules, &mut out);
    for (idx, it) in rules.iter().enumerate() {
        rule(idx + 1, rules.len(), it, &mut out);
    }
    out.push_str(
        "\n# Changed rules count from the next full synchronization on. Start it when the rules were looked at:\n\
         #   Set-ADSyncScheduler -SyncCycleEnabled $true\n\
         #   Start-ADSyncSyncCycle -PolicyType Initial\n\
         Write-Output 'Done. Look at the rules, then turn the scheduler on and start a full cycle.'\n",
    );
    out
}

/// Looks the connectors of the new server up: their identifiers differ from the old server's.
fn connectors(settings: &SettingsFile, rules: &[&SyncRule], out: &mut String) {
    let mut ids: Vec<_> = rules.iter().map(|it| it.connector).collect();
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
            literal(&format!(
                "There must be one connector for {what}. Nothing was changed but the scheduler, which is off."
            ))
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
        "# Changes: adds this {} rule{state} with {} attribute flows.",
        comment(it.direction.as_str()).to_lowercase(),
        it.mappings.len()
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
        "$same = @(Get-ADSyncRule | Where-Object {{ $_.Identifier -eq {} -or ($_.Name -eq {name} -and $_.ImmutableTag -eq '') }})",
        guid(it.id)
    );
    let _ = writeln!(
        out,
        "$taken = @(Get-ADSyncRule | Where-Object {{ $_.Precedence -eq {precedence} }})"
    );
    let _ = writeln!(out, "if ($same.Count -gt 0) {{");
    let _ = writeln!(out, "    Write-Output {}", literal(&format!("There already: {}", it.name)));
    if it.disabled == Some(true) {
        let text = format!(
            "{} was disabled on the old server; an import may have enabled it. Disable it.",
            it.name
        );
        let _ =
            writeln!(out, "    if (-not $same[0].Disabled) {{ Write-Warning {} }}", literal(&text));
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
         SoftDeleteExpiryInterval = 0\n        ImmutableTag = ''\n",
        literal(&it.name),
        guid(it.id),
        literal(&it.description),
        literal(it.direction.as_str()),
        literal(it.source_object_type.as_str()),
        literal(it.target_object_type.as_str()),
        guid(it.connector),
        literal(it.link_type.as_str()),
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

fn schedule(settings: &SettingsFile) -> String {
    let mut out = head(settings, "Schedule", &[]);
    let interval = &settings.schedule.interval_seconds;
    let place = interval.read_from.as_deref().unwrap_or("nowhere");
    let say = |out: &mut String, text: &str| {
        let _ = writeln!(out, "\n# Read from {}\nWrite-Output {}", comment(place), literal(text));
    };
    match interval.value {
        None => say(
            &mut out,
            "The old server's interval is not known. A new server runs every 30 minutes.",
        ),
        Some(it) if DEFAULT_INTERVALS.contains(&it) => {
            say(
                &mut out,
                "The old server ran at its product's default. Nothing to change: a new server runs every 30 minutes.",
            );
        }
        Some(it) if it < SHORTEST_INTERVAL => {
            say(
                &mut out,
                "The old server ran more often than every 30 minutes, which the service does not allow. Nothing to change.",
            );
        }
        Some(it) if it > 7 * 86_400 => {
            say(
                &mut out,
                "The old server ran less often than every 7 days, which is not supported. Nothing to change.",
            );
        }
        Some(it) => {
            let text = format!(
                "{}.{:02}:{:02}:{:02}",
                it / 86_400,
                it / 3_600 % 24,
                it / 60 % 60,
                it % 60
            );
            let _ = write!(
                out,
                "\n# Read from {}\n# Changes: a cycle every {text} (days.hours:minutes:seconds) instead of every 30 minutes.\n\
                 # The service keeps this setting for the whole tenant: it also counts for the active server.\n\
                 # Undo: Set-ADSyncScheduler -CustomizedSyncCycleInterval 00:30:00\n\
                 $scheduler = Get-ADSyncScheduler\n\
                 if ($scheduler.CustomizedSyncCycleInterval -eq [TimeSpan]'{text}') {{\n    \
                 Write-Output 'There already.'\n}} else {{\n    \
                 Write-Output ('The interval was: ' + $scheduler.CurrentlyEffectiveSyncCycleInterval)\n    \
                 Set-ADSyncScheduler -CustomizedSyncCycleInterval ([TimeSpan]'{text}')\n}}\n",
                comment(place),
            );
        }
    }
    out
}

fn deletion_threshold(settings: &SettingsFile) -> String {
    let threshold = &settings.deletion_threshold;
    let place = threshold.read_from.as_deref().unwrap_or("nowhere");
    let is_off = threshold.value.is_none()
        && threshold.read_from.as_deref().is_some_and(|it| it.ends_with("turned off"));
    let Some(value) = threshold.value.filter(|it| *it != DEFAULT_THRESHOLD) else {
        let mut out = head(settings, "Prevent accidental deletes", &[]);
        let text = if is_off {
            "The old server had no protection against accidental deletes. It is left on: 500 objects, the default."
        } else if threshold.value.is_some() {
            "The old server had the default of 500 objects. Nothing to change."
        } else {
            "The old server had no threshold of its own. A new server stops at more than 500 deletions."
        };
        let _ = writeln!(out, "\n# Read from {}\nWrite-Output {}", comment(place), literal(text));
        return out;
    };
    let mut out = String::from(
        "param(\n    # A Hybrid Identity Administrator of the tenant, such as admin@contoso.onmicrosoft.com.\n    \
         [Parameter(Mandatory = $true)]\n    [string] $EntraAdministrator\n)\n\n",
    );
    out.push_str(&head(settings, "Prevent accidental deletes", &[]));
    let _ = write!(
        out,
        "\n# Read from {}\n# Changes: an export with more than {value} deletions stops, for the whole tenant; the default is {DEFAULT_THRESHOLD}.\n\
         # Undo: Enable-ADSyncExportDeletionThreshold -DeletionThreshold {DEFAULT_THRESHOLD} -AADUserName $EntraAdministrator\n\
         $now = Get-ADSyncExportDeletionThreshold -AADUserName $EntraAdministrator\n\
         Write-Output 'Before:'\nWrite-Output $now\n\
         if ($now.ThresholdCount -ne {value}) {{\n    \
         Enable-ADSyncExportDeletionThreshold -DeletionThreshold {value} -AADUserName $EntraAdministrator\n}}\n",
        comment(place),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_cannot_be_left() {
        let cases = [
            ("plain", "'plain'"),
            ("", "''"),
            ("O'Neil", "'O''Neil'"),
            (
                "\u{2018}\u{2019}\u{201A}\u{201B}",
                "'\u{2018}\u{2018}\u{2019}\u{2019}\u{201A}\u{201A}\u{201B}\u{201B}'",
            ),
            ("$(x) `n \"", "'$(x) `n \"'"),
            ("a\nb", "('' + 'a' + [char]0x000A + 'b')"),
            ("\u{202E}", "('' + [char]0x202E)"),
            ("\u{E0041}'", "('' + [char]0xDB40 + [char]0xDC41 + '''')"),
        ];
        for (text, expected) in cases {
            assert_eq!(literal(text), expected, "{text:?}");
        }
    }
}
