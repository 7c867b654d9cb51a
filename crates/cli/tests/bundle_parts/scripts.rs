//! `scripts/`: they parse, they say what they change, and names from the server stay names.
//!
//! No Windows PowerShell can be run here. The grammar is the one that the collector is checked with.
use dirlift_exporter::Exported;
use dirlift_model::rule::{ScopeClause, ScopeGroup, ScopeOperator};
use dirlift_testkit::mutate::Mutator;

use crate::{ORGANISATIONS, Server, contoso, text};

const SCRIPTS: [&str; 3] =
    ["scripts/1-custom-rules.ps1", "scripts/2-schedule.ps1", "scripts/3-deletion-threshold.ps1"];

/// What the grammar makes of a script.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    /// Lines with syntax errors.
    errors: Vec<usize>,
    /// Commands, members and variables in their order: everything that can do something.
    words: Vec<String>,
}

fn shape(script: &str) -> Shape {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_pwsh::LANGUAGE.into()).unwrap();
    let script = script.trim_start_matches('\u{FEFF}');
    let tree = parser.parse(script, None).unwrap();
    let mut shape = Shape::default();
    let mut nodes = vec![tree.root_node()];
    while let Some(node) = nodes.pop() {
        if node.is_error() || node.is_missing() {
            shape.errors.push(node.start_position().row + 1);
        }
        let does_something = ["command_name", "member_name", "variable", "command_parameter"];
        if does_something.contains(&node.kind()) {
            let word = node.utf8_text(script.as_bytes()).unwrap();
            shape.words.push(format!("{} {word}", node.kind()));
        }
        let children = (0..node.child_count()).rev();
        nodes.extend(children.filter_map(|it| node.child(u32::try_from(it).ok()?)));
    }
    shape
}

fn commands(script: &str) -> Vec<String> {
    let words = shape(script).words.into_iter();
    words.filter_map(|it| Some(it.strip_prefix("command_name ")?.to_owned())).collect()
}

#[test]
fn they_parse() {
    let mut exports: Vec<Exported> = ORGANISATIONS.map(|it| Server::of(it).export()).into();
    exports.extend(contoso().map(|it| Server::open(&it).export()));
    for exported in &exports {
        for path in SCRIPTS {
            let script = text(exported, path);
            assert!(script.starts_with('\u{FEFF}'), "Windows PowerShell needs the mark");
            assert_eq!(shape(script).errors, Vec::<usize>::new(), "{path}\n{script}");
            assert!(!script.lines().any(|it| it.ends_with(' ')), "{path}");
        }
        let broken = text(exported, SCRIPTS[0]).replacen("'Stop'", "'Stop", 1);
        assert!(!shape(&broken).errors.is_empty(), "the check can fail");
    }
}

#[test]
fn every_change_says_what_it_changes_and_how_to_undo_it() {
    let changing =
        ["New-ADSyncRule", "Set-ADSyncScheduler", "Enable-ADSyncExportDeletionThreshold"];
    for name in ORGANISATIONS {
        let exported = Server::of(name).export();
        for path in SCRIPTS {
            let script = text(&exported, path);
            let n_changing =
                commands(script).iter().filter(|it| changing.contains(&it.as_str())).count();
            for mark in ["# Changes:", "# Undo:"] {
                let n = script.lines().filter(|it| it.starts_with(mark)).count();
                assert!(n >= n_changing, "{name} {path} {mark}: {n} of {n_changing}");
            }
            assert!(!script.contains("Remove-Item") && !script.contains("Invoke-Expression"));
        }
    }
}

#[test]
fn custom_rules_of_northwind() {
    let exported = Server::of("northwind").export();
    let script = text(&exported, SCRIPTS[0]);
    let commands = commands(script);
    let count = |name: &str| commands.iter().filter(|it| *it == name).count();
    // A filter with two groups of one and two clauses; two flows out; no rule of the product.
    assert_eq!(count("New-ADSyncRule"), 2);
    assert_eq!(count("Add-ADSyncRule"), 2);
    assert_eq!(count("Add-ADSyncScopeConditionGroup"), 2);
    assert_eq!(count("Add-ADSyncAttributeFlowMapping"), 3);
    for part in [
        "-ArgumentList @('extensionAttribute15', 'NoSync', 'EQUAL')",
        "-ArgumentList @('department', 'Contractors', 'EQUAL')",
        "-ArgumentList @('employeeType', 'External', 'EQUAL')",
        "-Source @('True') -Destination 'cloudFiltered' -FlowType 'Constant'",
        "-Source @('GB') -Destination 'usageLocation' -FlowType 'Constant'",
        "Where-Object { $_.Name -eq 'northwind.example' }",
        "throw 'This server is not in staging mode",
    ] {
        assert!(script.contains(part), "{part}");
    }
}

#[test]
fn what_was_off_stays_off() {
    let exported = Server::of("adatum").export();
    let script = text(&exported, SCRIPTS[0]);
    let block = |start: &str| {
        let from = script.find(start).unwrap();
        let end = script[from + 1..].find("\n\n").map_or(script.len(), |it| from + 1 + it);
        &script[from..end]
    };
    let country = block("# Rule 3 of 3: Adatum Out - Country");
    assert!(country.contains("        Disabled = $true\n"), "{country}");
    assert!(country.contains("$same[0].Disabled = $true"), "an import enabled it: {country}");
    let contractors = block("# Rule 1 of 3: Adatum In - Leave contractors out");
    assert!(!contractors.contains("Disabled"), "{contractors}");
    let standard = block("# Standard rule: In from AD - User Common");
    assert!(standard.contains("$_.ImmutableTag"), "{standard}");
    assert!(standard.contains("$same[0].Disabled = $true"), "{standard}");
    assert!(!standard.contains("New-ADSyncRule"), "{standard}");
    assert_eq!(commands(script).iter().filter(|it| *it == "New-ADSyncRule").count(), 3);
}

#[test]
fn schedules_and_thresholds() {
    let cases = [
        ("fabrikam", None, None),
        ("northwind", Some("0.01:00:00"), None),
        ("tailspin", None, Some(50)),
        ("adatum", None, Some(2_000)),
    ];
    for (name, interval, threshold) in cases {
        let exported = Server::of(name).export();
        let schedule = text(&exported, SCRIPTS[1]);
        assert_eq!(
            schedule.contains("-CustomizedSyncCycleInterval ("),
            interval.is_some(),
            "{name}"
        );
        if let Some(it) = interval {
            assert!(schedule.contains(&format!("([TimeSpan]'{it}')")), "{name}");
        }
        let deletes = text(&exported, SCRIPTS[2]);
        match threshold {
            Some(it) => {
                let line = format!("-DeletionThreshold {it} -AADUserName $EntraAdministrator\n}}");
                assert!(deletes.contains(&line), "{name}: {deletes}");
            }
            None => assert!(!deletes.contains("Enable-ADSync"), "{name}"),
        }
    }
}

/// The files are not looked at here, and rewriting them takes most of the time.
fn without_files() -> Server {
    Server { originals: Vec::new(), ..Server::of("adatum") }
}

/// Puts a text wherever a rule has text of its own.
fn rename(server: &mut Server, hostile: &str) {
    let configuration = &mut server.facts.configuration.as_mut().unwrap().server;
    for rule in &mut configuration.rules {
        if !rule.is_custom() && rule.disabled != Some(true) {
            continue;
        }
        hostile.clone_into(&mut rule.name);
        hostile.clone_into(&mut rule.description);
        rule.source_object_type = hostile.into();
        hostile.clone_into(&mut rule.location.file);
        rule.scope = vec![ScopeGroup {
            clauses: vec![ScopeClause {
                attribute: hostile.into(),
                operator: ScopeOperator::Equal,
                value: hostile.to_owned(),
            }],
        }];
        for mapping in &mut rule.mappings {
            mapping.destination = hostile.into();
            if let Some(it) = &mut mapping.expression {
                hostile.clone_into(it);
                it.push('x');
            }
        }
    }
    for connector in &mut configuration.connectors {
        hostile.clone_into(&mut connector.name);
        if let Some(ad) = &mut connector.active_directory {
            ad.forest_name = Some(format!("x{hostile}"));
        }
    }
    server.analysis.source.host = Some(hostile.to_owned());
}

fn scripts_with(server: &Server, hostile: &str) -> Vec<String> {
    let mut server = server.clone();
    rename(&mut server, hostile);
    let exported = server.export();
    SCRIPTS.iter().map(|it| text(&exported, it).to_owned()).collect()
}

/// Concatenated literals have no command, member or variable in them; only the type `char` is new.
fn check(server: &Server, hostile: &str, plain: &[Shape]) {
    for (script, plain) in scripts_with(server, hostile).iter().zip(plain) {
        let shape = shape(script);
        assert_eq!(&shape, plain, "{hostile:?}\n{script}");
        let is_unsafe = |it: char| it != '\n' && dirlift_model::text::is_unsafe(it);
        let body = script.trim_start_matches('\u{FEFF}');
        assert!(!body.contains(is_unsafe), "{hostile:?}");
    }
}

#[test]
fn hostile_names_stay_names() {
    let server = without_files();
    let plain: Vec<_> = scripts_with(&server, "plain").iter().map(|it| shape(it)).collect();
    assert!(plain[0].words.len() > 100 && plain.iter().all(|it| it.errors.is_empty()));
    for hostile in [
        "O'Neil",
        "'; Remove-Item C:\\ -Recurse; '",
        "\u{2019}; Stop-Computer #",
        "\u{2018}\u{2019}\u{201A}\u{201B}",
        "$(Stop-Computer)",
        "`$env:PATH",
        "\"@\n'@\nStop-Computer",
        "a\r\nStop-Computer\r\n",
        "#> Stop-Computer <#",
        "\u{202E}gnp.exe",
        "{ } ( ) @( ) $x",
        "x\u{0}y\u{7}",
        "\u{2028}Stop-Computer\u{2029}",
        "\u{85}Stop-Computer",
        "--% ; Stop-Computer",
    ] {
        check(&server, hostile, &plain);
    }
}

#[test]
fn damaged_names_stay_names() {
    let server = without_files();
    let plain: Vec<_> = scripts_with(&server, "plain").iter().map(|it| shape(it)).collect();
    let mut mutator = Mutator::new(5);
    let seeds = ["'; Stop-Computer; '", "$(x)`n\u{2019}", "a\r\nb\u{2028}c"];
    for round in 0..60 {
        let bytes = mutator.mutate(seeds[round % seeds.len()].as_bytes());
        let name: String = String::from_utf8_lossy(&bytes).chars().take(80).collect();
        // A rule without a name, or whose expression is blank, is another rule.
        check(&server, &format!("n{name}"), &plain);
    }
}
