//! The Markdown view: a snapshot, well-formed tables, hostile strings.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod hostile;
mod sample;

use dirlift_model::{Evidence, Severity, text::is_unsafe};
use dirlift_report::markdown;
use insta::assert_snapshot;

#[test]
fn one_of_everything() {
    let analysis = sample::analysis();
    let page = markdown(&analysis);
    assert_snapshot!(page, @r##"
    # SYNC01.corp.example.com runs DirSync 1.0.7020.0

    **Deployment:** in-place: on the same server

    - 62,480 objects reach the threshold of 50,000

    **Override:** --mode asked for in-place; the rules recommend parallel

    **Path:** dirsync: the upgrade from DirSync

    **Feasible today:** no, this stands in the way:

    - Windows Server 2012 R2 is too old for every supported build of the new product

    **Findings:** 1 blocker, 1 warning, 1 info; 2 parts not checked

    ## Size and time

    | What | Figure |
    |---|---|
    | Users | 60,000 |
    | Contacts | 980 |
    | Groups | 1,500 |
    | Objects in all | 62,480 |
    | In the metaverse | 62,481 |
    | Estimate | 3.75 hours |
    | Own history, which counts for more | 2.10 hours |

    **Counted:** joined rows of the Active Directory connector spaces

    **Rule of the estimate:** three hours for 50,000 objects

    **Own history:** these runs were added up:

    - corp.example.com, Full Import: 0.6 hours

    ## Server

    | What | Value |
    |---|---|
    | System | Microsoft Windows Server 2012 R2 Standard |
    | Folder | C:\Program Files\Windows Azure Active Directory Sync\\ |
    | Service | MSOnlineSyncScheduler (running, automatic), as .\AAD_0123456789ab |
    | Account | cloud account: admin\@example.onmicrosoft.com (server-configuration/MA-{1}.XML:40:9) |
    | Recognised by | DisplayVersion: 1.0.7020.0 (registry.reg:12) |
    | Database | SQL Server Express 10.50.6000.34, on this server, SYNC01\MSONLINE, database FIMSynchronizationService, 1,420 MB, last run ended 2026-11-15T22:10:00Z |
    | As of | 2026-11-21T00:00:00Z, dirlift 0.1.0 |

    ## What migrates

    **Forest:** example.com (connector Active Directory Connector)

    - DC=corp,DC=example,DC=com: filtered by container
      - only OU=Staff,DC=corp,DC=example,DC=com
      - without OU=Leavers,OU=Staff,DC=corp,DC=example,DC=com
      - preferred controllers: dc1.corp.example.com
    - DC=lab,DC=example,DC=com: not in scope
    - DC=eu,DC=example,DC=com: the whole domain

    | Setting | Value |
    |---|---|
    | Tenant | example.onmicrosoft.com |
    | Source anchor | objectGUID |
    | Alternate ID | mail becomes userPrincipalName |
    | Password hash sync | on |
    | Password writeback | could not be read |
    | Exchange hybrid | off |
    | Written back | proxyAddresses |
    | Filters | user stays out when extensionAttribute15 equals "NoSync" (Active Directory Connector) |
    | Custom flows | import userPrincipalName of user from mail (Active Directory Connector) |
    | Interval | 3 hours |
    | Run profiles | Active Directory Connector, Full Import: Full Import (Stage Only) |

    ## Findings

    ### Blockers

    #### blocker DL0401: Attributes were removed from the flow to the cloud

    Two attributes that the product ships are no longer selected. The upgrade refuses such a configuration.

    - pager: not selected (server-configuration/MA-{1}.XML:214:7)

    **To do:** Install a new server in staging mode and apply the setting there.

    **See:** https\://learn.example/upgrade

    ### Warnings

    #### warning DL0201: The proxy is set for a user only

    Inferred, not read on this server.

    ### Info

    #### info DL0901: Passwords do not migrate

    ## Not checked

    | What | Why | Needed |
    |---|---|---|
    | custom extensions | files.csv is missing | yes |
    | signatures | files.csv is missing | no |

    ## Network: what the new server must reach

    | To | Ports | What for | From |
    |---|---|---|---|
    | \*.login.example | 443/tcp | signing in | doc A |
    | domain controllers | 389/tcp+udp | signing in | doc A |
    | crl.example | 80/tcp | signing in | doc B |
    "##);
    hostile::check_complete(&analysis, &unescaped(&page));
}

/// Number of cells of a row: bars that no backslash stands before.
fn cells(row: &str) -> usize {
    let mut escaped = false;
    let mut bars = 0;
    for it in row.chars() {
        bars += usize::from(it == '|' && !escaped);
        escaped = it == '\\' && !escaped;
    }
    bars - 1
}

fn unescaped(page: &str) -> String {
    let mut out = String::new();
    let mut chars = page.chars().peekable();
    while let Some(it) = chars.next() {
        match (it, chars.peek()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => out.extend(chars.next()),
            _ => out.push(it),
        }
    }
    out
}

/// Everything that holds for any page: each line is of a known kind, and the tables have whole rows.
fn check(page: &str) {
    assert!(page.ends_with('\n') && !page.contains("\n\n\n"));
    assert!(page.chars().all(|it| it == '\n' || !is_unsafe(it)));
    let mut columns = None;
    for line in page.lines() {
        if line.starts_with('|') {
            assert_eq!(cells(line), *columns.get_or_insert(cells(line)), "{line}");
            assert!(line.ends_with('|'));
        } else {
            columns = None;
        }
        let is_fold = line == "</details>"
            || line.strip_prefix("<details><summary>").is_some_and(|it| it.ends_with("</summary>"));
        if is_fold {
            continue;
        }
        // Outside of the marks that begin a line and the bold label, no mark is left unescaped.
        let mut body = line.trim_start_matches(['#', '-', ' ']);
        if let Some((_, value)) = body.strip_prefix("**").and_then(|it| it.split_once(":** ")) {
            body = value;
        }
        let mut before = '\0';
        let mut escaped = false;
        for it in body.chars() {
            let is_mark = matches!(it, '<' | '>' | '[' | ']' | '*' | '`' | '~' | '$' | '&');
            assert!(escaped || !is_mark, "{it} after {before}: {line}");
            escaped = it == '\\' && !escaped;
            before = it;
        }
    }
}

#[test]
fn hostile_strings_are_text() {
    check(&markdown(&sample::analysis()));
    check(&markdown(&sample::empty()));
    for it in hostile::STRINGS {
        let page = markdown(&hostile::plant(it));
        check(&page);
        assert!(!page.contains("https:") && !page.contains("www."), "{page}");
        let shown: String =
            it.chars().map(|it| if is_unsafe(it) { '\u{fffd}' } else { it }).collect();
        assert!(unescaped(&page).matches(&shown).count() > 20, "{it:?}: {page}");
    }
}

#[test]
fn long_lists_are_folded_and_whole() {
    let mut analysis = sample::empty();
    analysis.findings = vec![sample::finding("DL0101", Severity::Info, "Many")];
    let evidence = |n: usize| {
        (0..n).map(|it| Evidence::new(format!("object {it:02}"), "x", "database.json")).collect()
    };
    analysis.findings[0].evidence = evidence(12);
    assert!(!markdown(&analysis).contains("<details>"));
    analysis.findings[0].evidence = evidence(1_500);
    let page = markdown(&analysis);
    assert!(page.contains(
        "<details><summary>Evidence: 1,500</summary>\n\n- object 00: x (database.json)\n"
    ));
    assert!(page.contains("- object 1499: x (database.json)\n\n</details>\n"), "{page}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_string_leaves_the_page_sound(text in "([a-z<>|\\\\`*_#:@\\[\\]!-]{0,20}|.{0,60}){1,4}") {
        check(&markdown(&hostile::plant(&text)));
    }
}
