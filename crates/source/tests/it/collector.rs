//! The collector for old servers: its text, and that what it writes is what `source` reads.
//!
//! No Windows PowerShell can be run here. These tests prove that the script parses, keeps to PowerShell 2.0, reads only
//! and names its columns; the sample below was written by hand from its format statements. What the script does on a
//! real server is a release check.
use dirlift_model::{
    Product,
    facts::RegistryValue,
    host::{DomainRole, ServiceState, StartType},
};
use dirlift_source::{Snapshot, assemble};
use dirlift_testkit::snapshot::Copy;

const SCRIPT: &str = include_str!("../../../../collector/collect.ps1");

#[test]
fn the_script_parses() {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_pwsh::LANGUAGE.into()).unwrap();
    let errors = |text: &str, parser: &mut tree_sitter::Parser| {
        let tree = parser.parse(text, None).unwrap();
        let mut lines = Vec::new();
        let mut nodes = vec![tree.root_node()];
        while let Some(node) = nodes.pop() {
            if node.is_error() || node.is_missing() {
                lines.push(node.start_position().row + 1);
            }
            nodes.extend(
                (0..node.child_count()).filter_map(|it| node.child(u32::try_from(it).ok()?)),
            );
        }
        lines
    };
    assert_eq!(errors(SCRIPT, &mut parser), Vec::<usize>::new(), "lines with syntax errors");
    let broken = SCRIPT.replacen("function Write-Registry {", "function Write-Registry ", 1);
    assert!(!errors(&broken, &mut parser).is_empty(), "the check can fail");
}

#[test]
fn the_script_is_powershell_2_and_reads_only() {
    let newer_than_2 = [
        "[ordered]",
        "[pscustomobject]",
        "ConvertTo-Json",
        "ConvertFrom-Json",
        "Get-CimInstance",
        "Get-FileHash",
        "::new(",
        "$PSItem",
        " -in ",
        " -notin ",
        "Invoke-RestMethod",
        "Compress-Archive",
        "-Raw",
    ];
    let changing = [
        "Remove-Item",
        "Set-Item",
        "New-ItemProperty",
        "Stop-Service",
        "Start-Service",
        "Set-Service",
        "Restart-",
        "Invoke-WebRequest",
        "WebClient",
        "Invoke-Expression",
        "Start-Process",
        "sc.exe",
        "net.exe",
        "ExecuteNonQuery",
    ];
    for word in newer_than_2.iter().chain(&changing) {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    for (idx, line) in SCRIPT.lines().enumerate() {
        assert!(
            line.is_ascii() && !line.ends_with(' '),
            "line {}: PowerShell 2.0 reads it in the system's code page",
            idx + 1
        );
    }
}

#[test]
fn statements_name_harmless_columns_only() {
    let statements: Vec<_> = SCRIPT.lines().filter(|it| it.contains("SELECT ")).collect();
    assert!(statements.len() >= 8, "{statements:?}");
    for line in statements {
        for word in ["*", "INSERT ", "UPDATE ", "DELETE ", "EXEC", "DROP ", "MERGE ", ";"] {
            assert!(!line.contains(word), "{word} in {line}");
        }
    }
    for column in [
        "encrypted_configuration",
        "controller_configuration_password",
        "hologram",
        "deltas",
        "entropy",
        "keyset",
        "password_change_history",
    ] {
        assert!(!SCRIPT.contains(column), "{column}");
    }
}

#[test]
fn what_it_writes_is_read() {
    let copy = Copy::empty().unwrap();
    copy.put("snapshot.json", include_bytes!("collected/snapshot.json")).unwrap();
    copy.put("services.json", include_bytes!("collected/services.json")).unwrap();
    copy.put("files.csv", include_bytes!("collected/files.csv")).unwrap();
    copy.put("database.json", include_bytes!("collected/database.json")).unwrap();
    let registry: Vec<u8> = include_str!("collected/registry.txt")
        .replace('\n', "\r\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    copy.put("registry.reg", &[&[0xff, 0xfe], registry.as_slice()].concat()).unwrap();
    let facts = assemble(&Snapshot::open(copy.path()).unwrap(), None, &mut ()).unwrap();

    assert_eq!(facts.product.product, Some(Product::DirSync));
    assert_eq!(facts.product.version, "1.0.6385.12".parse().ok());
    assert_eq!(facts.host.domain_role, Some(DomainRole::MemberServer));
    assert_eq!(facts.host.dotnet_release, Some(0));
    assert_eq!(facts.host.os.as_ref().unwrap().installation_type.as_deref(), Some("Server"));
    assert_eq!(facts.host.proxy.users.as_ref().unwrap()[0].proxy, "proxy.corp.example:8080");
    let registry = facts.registry.as_ref().unwrap();
    let needed = registry.value(r"HKLM\SOFTWARE\Microsoft\MSOLCoExistence", "FullSyncNeeded");
    assert_eq!(needed, Some(&RegistryValue::Number(0)));
    let services = facts.services.as_ref().unwrap();
    assert_eq!(
        (services[0].state, services[0].start_type),
        (Some(ServiceState::Running), Some(StartType::Automatic))
    );
    let files = facts.files.as_ref().unwrap();
    assert_eq!(files[0].signer.as_deref(), Some("Microsoft Corporation"));
    assert_eq!(files[1].signer, None, "a question mark is \"not read\"");
    let database = facts.database.as_ref().unwrap();
    assert_eq!(database.data_size_mb(), Some(1_021));
    assert_eq!(database.connector_space.as_ref().unwrap()[0].joined, 412);
    let run = &database.runs.as_ref().unwrap()[0];
    assert_eq!(
        run.steps[0].kind.as_ref().unwrap().to_string(),
        "Full Import and Full Synchronization"
    );
    let configuration = facts.configuration.as_ref().unwrap();
    let connector = configuration.server.active_directory().next().unwrap();
    assert_eq!(connector.attribute_inclusion.as_ref().unwrap().len(), 2);
    assert!(facts.missing.iter().any(|it| it.why.contains("templates")), "{:?}", facts.missing);
}
