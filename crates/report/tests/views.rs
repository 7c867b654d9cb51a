//! The views of an analysis that was put together by hand.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod sample;

use dirlift_model::{Analysis, Evidence};
use dirlift_report::{TextOptions, json, text};
use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr as _;

fn plain(analysis: &Analysis, width: usize) -> String {
    text(analysis, &TextOptions { width, color: false })
}

#[test]
fn eighty_columns() {
    assert_snapshot!(plain(&sample::analysis(), 80), @r#"
    SYNC01.corp.example.com runs DirSync 1.0.7020.0

      Objects             62,480 (60,000 users, 980 contacts, 1,500 groups)
                          joined rows of the Active Directory connector spaces
                          62,481 in the metaverse
      Estimate            3.75 hours: three hours for 50,000 objects
      Own history         2.10 hours, which counts for more than the rule:
                          - corp.example.com, Full Import: 0.6 hours
      Deployment          in-place: on the same server
                          - 62,480 objects reach the threshold of 50,000
      Override            --mode asked for in-place; the rules recommend parallel
      Path                dirsync: the upgrade from DirSync
      Feasible today      no, this stands in the way:
                          - Windows Server 2012 R2 is too old for every supported
                            build of the new product
      Findings            1 blocker, 1 warning, 1 info; 2 parts not checked

      System              Microsoft Windows Server 2012 R2 Standard
      Folder              C:\Program Files\Windows Azure Active Directory Sync\
      Services            MSOnlineSyncScheduler (running, automatic), as
                          .\AAD_0123456789ab
      Recognised by       DisplayVersion: 1.0.7020.0 (registry.reg:12)
      Database            SQL Server Express 10.50.6000.34, on this server,
                          SYNC01\MSONLINE, database FIMSynchronizationService, 1,420
                          MB, last run ended 2026-11-15T22:10:00Z
      As of               2026-11-21T00:00:00Z, dirlift 0.1.0

    WHAT MIGRATES
      Forest              example.com (connector Active Directory Connector)
                          - DC=corp,DC=example,DC=com: filtered by container
                            only OU=Staff,DC=corp,DC=example,DC=com
                            without OU=Leavers,OU=Staff,DC=corp,DC=example,DC=com
                            preferred controllers: dc1.corp.example.com
                          - DC=lab,DC=example,DC=com: not in scope
                          - DC=eu,DC=example,DC=com: the whole domain
      Tenant              example.onmicrosoft.com
      Source anchor       objectGUID
      Alternate ID        mail becomes userPrincipalName
      Password hash sync  on
      Password writeback  could not be read
      Exchange hybrid     off
      Written back        proxyAddresses
      Filters             user stays out when extensionAttribute15 equals "NoSync"
                          (Active Directory Connector)
      Custom flows        import userPrincipalName of user from mail (Active
                          Directory Connector)
      Interval            3 hours
      Run profiles        Active Directory Connector, Full Import: Full Import
                          (Stage Only)

    ACCOUNTS
      - cloud account: admin@example.onmicrosoft.com
        (server-configuration/MA-{1}.XML:40:9)

    BLOCKERS

    blocker DL0401  Attributes were removed from the flow to the cloud
      Two attributes that the product ships are no longer selected. The upgrade
      refuses such a configuration.
        - pager: not selected (server-configuration/MA-{1}.XML:214:7)
      To do: Install a new server in staging mode and apply the setting there.
      See:   https://learn.example/upgrade

    WARNINGS

    warning DL0201  The proxy is set for a user only
      Inferred, not read on this server.

    INFO

    info DL0901  Passwords do not migrate

    NOT CHECKED
      - needed: custom extensions: files.csv is missing
      - signatures: files.csv is missing

    NETWORK: WHAT THE NEW SERVER MUST REACH
      443/tcp      *.login.example: signing in
      389/tcp+udp  domain controllers: signing in
      (from doc A)
      80/tcp       crl.example: signing in
      (from doc B)
    "#);
}

#[test]
fn what_only_connect_servers_have() {
    let mut analysis = sample::analysis();
    let settings = analysis.settings.as_mut().unwrap();
    settings.connect = Some(sample::connect());
    let page = plain(&analysis, 80);
    for line in [
        "  Sign-in             pass-through authentication",
        "  Staging mode        off",
        "  Scheduler           could not be read",
        "  Deletion limit      off",
        "  Features            on: DeviceWriteBack; off: FilterAAD",
        "  Attributes out      title",
        "  Only members of     CN=Pilot",
        "  Standard rules      62, 1 turned off: In from AD - User Common",
        "  Custom rules        50 Mine (turned off): Inbound of example.com, user to",
        "  Filters             user stays out",
    ] {
        assert!(page.lines().any(|it| it.starts_with(line)), "{line}: {page}");
    }
    let settings = analysis.settings.as_mut().unwrap();
    settings.connector_filters.clear();
    settings.custom_flows.clear();
    settings.connect = Some(dirlift_model::settings::ConnectSettings::default());
    let page = plain(&analysis, 80);
    assert!(!page.contains("  Filters") && !page.contains("  Custom flows"), "{page}");
    assert!(page.contains("  Sign-in             not in the export"));
    assert!(page.contains("  Custom rules        could not be read"));
}

#[test]
fn hostile_strings_stay_text() {
    let mut analysis = sample::empty();
    analysis.source.host = Some("SYNC\u{1b}[2J\nverdict: all is well".to_owned());
    analysis.findings = vec![sample::finding(
        "DL0101",
        dirlift_model::Severity::Blocker,
        "\u{202e}txet ]0;title\u{7}",
    )];
    analysis.findings[0].evidence = vec![Evidence::new("cn", "a\r\nb\u{2028}c\u{9b}31m", "x:1:1")];
    assert_snapshot!(plain(&analysis, 80), @r#"
    SYNC�[2J�verdict: all is well runs a product that could not be told

      Objects             not known
      Estimate            not known
      Recommendation      undecided: a fact needed to decide is missing, see what
                          was not checked
      Path                not known: the product could not be told
      Feasible today      not known
      Findings            1 blocker, 0 warnings, 0 info; 0 parts not checked

      Database            nothing is known of it
      As of               2026-11-21T00:00:00Z, dirlift 0.1.0

    WHAT MIGRATES
      The configuration could not be read.

    BLOCKERS

    blocker DL0101  �txet ]0;title�
        - cn: a��b�c�31m (x:1:1)

    NOT CHECKED
      Everything was looked at.
    "#);
}

#[test]
fn long_evidence_is_cut_in_text_and_whole_in_json() {
    let mut analysis = sample::empty();
    let evidence = |n| {
        (0..n).map(|it| Evidence::new(format!("object {it:02}"), "x", "database.json")).collect()
    };
    analysis.findings = vec![sample::finding("DL0101", dirlift_model::Severity::Info, "Many")];
    analysis.findings[0].evidence = evidence(12);
    assert!(!plain(&analysis, 80).contains("more"));
    analysis.findings[0].evidence = evidence(15);
    let page = plain(&analysis, 80);
    assert!(page.contains("    - object 11: x (database.json)\n    and 3 more\n"), "{page}");
    assert!(!page.contains("object 12"));
    assert!(json(&analysis).contains("object 14"));
}

#[test]
fn json_is_the_analysis_and_nothing_else() {
    let mut analysis = sample::analysis();
    analysis.source.host = Some("a\u{202e}b\u{9b}c\u{e0041}d\ne".to_owned());
    let document = json(&analysis);
    assert_eq!(serde_json::from_str::<Analysis>(&document).unwrap(), analysis);
    assert!(document.contains(r#""host": "a\u202eb\u009bc\udb40\udc41d\ne""#), "{document}");
    assert!(document.ends_with("}\n"));
    assert!(document.chars().all(|it| it == '\n' || !dirlift_model::text::is_unsafe(it)));
}

#[test]
fn colour_adds_codes_and_nothing_else() {
    let analysis = sample::analysis();
    let coloured = text(&analysis, &TextOptions { width: 80, color: true });
    assert!(coloured.contains("\u{1b}[1;31mblocker DL0401\u{1b}[0m"));
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain(&analysis, 80));
}

fn check_lines(page: &str, width: usize) {
    for line in page.lines() {
        assert!(!line.ends_with(' '), "trailing space: {line:?}");
        assert!(!line.contains('\u{1b}'), "escape: {line:?}");
        if line.width() > width {
            // Only a word that does not fit beside the deepest indent, alone in its line, may be this long.
            let last = line.split(' ').next_back().unwrap();
            assert!(last.width() + 28 > width, "too wide for {width}: {line:?}");
        }
    }
}

#[test]
fn readable_at_several_widths() {
    for width in [60, 80, 100, 140] {
        let page = plain(&sample::analysis(), width);
        check_lines(&page, width);
        assert!(page.lines().any(|it| it.width() > width - 12), "uses the width of {width}");
    }
    // No word of the sample is long enough to excuse a line over 80 columns.
    assert!(plain(&sample::analysis(), 80).lines().all(|it| it.width() <= 80));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_string_at_any_width(text in "([a-z漢é\u{1b}\u{202e}\n ]{0,20}|.{0,60}){1,6}", width in 40usize..160) {
        let mut analysis = sample::analysis();
        analysis.source.host = Some(text.clone());
        analysis.recommendation.obstacles = vec![text.clone()];
        analysis.findings[0].title.clone_from(&text);
        analysis.findings[0].detail.clone_from(&text);
        analysis.findings[0].evidence[0].observed.clone_from(&text);
        analysis.not_checked[0].why.clone_from(&text);
        analysis.network[0].ports.clone_from(&text);
        check_lines(&plain(&analysis, width), width);
    }
}
