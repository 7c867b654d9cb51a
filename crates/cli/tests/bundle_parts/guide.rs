//! `import-guide.md`: the customer's own values on the wizard's pages, and nothing of them but text.
use dirlift_exporter::Exported;

use crate::{ORGANISATIONS, Server, text};

fn guide(exported: &Exported) -> &str {
    text(exported, "import-guide.md")
}

/// The part of the guide below a title.
fn section<'g>(guide: &'g str, title: &str) -> &'g str {
    let start = guide.find(&format!("# {title}\n")).unwrap_or_else(|| panic!("{title}"));
    let rest = &guide[start..];
    let end = rest[1..].find("\n#").map_or(rest.len(), |it| it + 1);
    &rest[..end]
}

#[test]
fn every_page_of_the_wizard_is_there() {
    for name in ORGANISATIONS {
        let exported = Server::of(name).export();
        let guide = guide(&exported);
        for title in [
            "Import guide",
            "Before you begin",
            "Credentials to have ready",
            "Welcome, Express settings",
            "Install required components",
            "User sign-in",
            "Connect to Microsoft Entra ID",
            "Connect your directories",
            "Microsoft Entra sign-in configuration",
            "Domain and OU filtering",
            "Uniquely identifying your users",
            "Filter users and devices",
            "Optional features",
            "Ready to configure",
            "After the wizard",
            "What migrates by no import",
            "What to compare afterwards",
            "What Microsoft supports",
        ] {
            section(guide, title);
        }
        for said in [
            "\"Import synchronization settings\" and \"Use an existing database\" exclude each other",
            "**Disabled custom rules come back enabled**",
            "No password is in this bundle",
            "Not supported:",
        ] {
            assert!(guide.contains(said), "{name}: {said}");
        }
        assert!(!guide.contains("\n\n\n"), "{name}");
    }
}

#[test]
fn values_of_northwind() {
    let exported = Server::of("northwind").export();
    let guide = guide(&exported);
    let cases = [
        ("Credentials to have ready", "svc-o365sync@northwind.onmicrosoft.com"),
        ("Credentials to have ready", "NORTHWIND\\MSOL_0be7719ac3d5"),
        ("Connect to Microsoft Entra ID", "northwind.onmicrosoft.com"),
        ("Connect your directories", "`northwind.example`"),
        ("Microsoft Entra sign-in configuration", "from: `mail`"),
        ("Microsoft Entra sign-in configuration", "**This is an alternate ID.**"),
        ("`DC=northwind,DC=example`", "- included: `OU=Retail & Stores,DC=northwind,DC=example`"),
        ("`DC=northwind,DC=example`", "- excluded: `OU=Archive,OU=Staff,DC=northwind,DC=example`"),
        ("`DC=emea,DC=northwind,DC=example`", "in scope: no"),
        ("Uniquely identifying your users", "Source anchor: `objectGUID`"),
        ("Filter users and devices", "`extensionAttribute15 equals \"NoSync\"`"),
        ("Optional features", "Exchange hybrid deployment: **on**"),
        ("Optional features", "Password hash synchronization: off"),
        ("Optional features", "Device writeback: **not known**"),
        ("Install required components", "leave it **off**"),
        ("After the wizard", "| 1 | 10 | `In from AD - User Filter from DirSync` |"),
    ];
    for (title, value) in cases {
        assert!(
            section(guide, title).contains(value),
            "{title}: {value}\n{}",
            section(guide, title)
        );
    }
}

#[test]
fn what_stands_in_the_way_and_what_is_left() {
    let exported = Server::of("tailspin").export();
    let guide = guide(&exported);
    for code in ["DL0401", "DL0403", "DL0405"] {
        assert!(section(guide, "Import guide").contains(&format!("- {code} ")), "{code}");
    }
    for code in ["DL1005", "DL1006", "DL1015"] {
        assert!(section(guide, "Left to do by hand").contains(&format!("- {code} ")), "{code}");
    }
    assert!(section(guide, "Connect your directories").contains("`HR Import`"));
    assert!(guide.contains("**This export was forced:**"));
}

#[test]
fn values_of_adatum() {
    let exported = Server::of("adatum").export();
    let guide = guide(&exported);
    let cases = [
        ("Install required components", "MigrateSettings.ps1"),
        ("Install required components", "`cookie`"),
        ("User sign-in", "`password hash synchronization`"),
        ("Uniquely identifying your users", "`mS-DS-ConsistencyGuid`"),
        ("Optional features", "Device writeback: **on**"),
        ("After the wizard", "disabled on the old server: `Adatum Out - Country`"),
        ("After the wizard", "off on the old server: `In from AD - User Common`"),
    ];
    for (title, value) in cases {
        assert!(section(guide, title).contains(value), "{title}: {value}");
    }
    assert!(!guide.contains("Left to do by hand") && !guide.contains("was forced"));
}

/// The guide without its code spans: what is left is our own text.
fn skeleton(guide: &str) -> String {
    let mut out = String::new();
    let mut rest = guide;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let n_fence = rest[at..].bytes().take_while(|it| *it == b'`').count();
        let fence = &rest[at..at + n_fence];
        let inner = &rest[at + n_fence..];
        // The span ends at the next run of the same length.
        let mut from = 0;
        let end = loop {
            let found = from + inner[from..].find('`').unwrap();
            let n_run = inner[found..].bytes().take_while(|it| *it == b'`').count();
            if n_run == fence.len() {
                break found;
            }
            from = found + n_run;
        };
        assert!(!inner[..end].contains('\n'), "a span stays on its line");
        out.push_str("<code>");
        rest = &inner[end + n_fence..];
    }
    out + rest
}

#[test]
fn hostile_names_stay_in_their_spans() {
    let organisation = Server { originals: Vec::new(), ..Server::of("adatum") };
    let with = |hostile: &str| {
        let mut server = organisation.clone();
        let configuration = &mut server.facts.configuration.as_mut().unwrap().server;
        for rule in &mut configuration.rules {
            hostile.clone_into(&mut rule.name);
            hostile.clone_into(&mut rule.location.file);
        }
        for connector in &mut configuration.connectors {
            hostile.clone_into(&mut connector.name);
            hostile.clone_into(&mut connector.location.file);
            for partition in &mut connector.partitions {
                hostile.clone_into(&mut partition.name);
                partition.preferred_domain_controllers = vec![hostile.to_owned()];
                hostile.clone_into(&mut partition.location.file);
            }
            if let Some(ad) = &mut connector.active_directory {
                ad.forest_name = Some(hostile.to_owned());
                ad.login_user = Some(hostile.to_owned());
            }
        }
        server.analysis.source.host = Some(hostile.to_owned());
        for account in &mut server.analysis.source.accounts {
            hostile.clone_into(&mut account.name);
            hostile.clone_into(&mut account.read_from);
        }
        let exported = server.export();
        skeleton(guide(&exported))
    };
    let plain = with("plain");
    for hostile in [
        "<script>alert(1)</script>",
        "a`b``c```d",
        "`",
        "``",
        " `x` ",
        "a | b",
        "\n# Title\n",
        "\r\n- [x] done",
        "[x](http://evil.example)",
        "![x](http://evil.example/a.png)",
        "\u{202E}x\u{2028}y",
        "**bold**",
        "\\`x",
        "x\\",
    ] {
        assert_eq!(with(hostile), plain, "{hostile:?}");
    }
}
