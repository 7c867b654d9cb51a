//! The HTML view: well-formed, complete, harmless.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
mod hostile;
mod sample;

use dirlift_model::{Evidence, Severity, text::is_unsafe};
use dirlift_report::html;

/// Elements without an end tag.
const VOID: [&str; 3] = ["meta", "br", "wbr"];

/// What an element may carry. Nothing here loads, runs or sends; `href` is looked at apart.
const ATTRIBUTES: [&str; 21] = [
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "role",
    "scope",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// Elements of the page. None of them runs, loads or sends anything.
const ELEMENTS: &str = "html head meta title style body a header p h1 h2 h3 h4 main section nav ul li dl div dt dd span \
     strong figure figcaption svg rect line article details summary table caption thead tbody tr th td wbr";

/// Reads the page strictly: every tag is closed in order, every attribute is quoted and known. Gives the text of the
/// body, the levels of its headings, the anchors and the targets of links.
struct Read {
    text: String,
    headings: Vec<u8>,
    ids: Vec<String>,
    links: Vec<String>,
}

fn read(page: &str) -> Read {
    let mut read =
        Read { text: String::new(), headings: Vec::new(), ids: Vec::new(), links: Vec::new() };
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some((text, after)) = rest.split_once('<') {
        if open.contains(&"body") {
            read.text.push_str(&plain(text));
        }
        // No attribute may hold the sign, so the first one ends the tag.
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
            read.text.push(if name == "span" || name == "strong" { ' ' } else { '\n' });
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.split_whitespace().any(|it| it == name), "element {name}");
        while !attributes.is_empty() {
            let (key, after) = attributes.split_once("=\"").unwrap();
            let (value, after) = after.split_once('"').unwrap();
            attributes = after.strip_prefix(' ').unwrap_or(after);
            assert!(ATTRIBUTES.contains(&key), "attribute {key} of {name}");
            match key {
                "href" => read.links.push(value.to_owned()),
                "id" => read.ids.push(value.to_owned()),
                _ => {}
            }
        }
        if let Some(level) = name.strip_prefix('h').and_then(|it| it.parse().ok()) {
            read.headings.push(level);
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
        if name == "style" {
            // Its end is the first `</`; the sheet is a constant.
            let end = rest.find("</").unwrap();
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    assert_eq!(rest, "\n");
    read
}

/// The text that entities stand for; every `&` begins one.
fn plain(text: &str) -> String {
    assert!(!text.contains('>'), "{text}");
    for it in text.split('&').skip(1) {
        assert!(["lt;", "gt;", "amp;", "quot;"].iter().any(|name| it.starts_with(name)), "{it}");
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Everything that holds for any page.
fn check(page: &str) -> Read {
    let read = read(page);
    for (before, after) in read.headings.iter().zip(&read.headings[1..]) {
        assert!(*after <= before + 1, "a level is left out: {:?}", read.headings);
    }
    assert_eq!(page.matches("<h1>").count(), 1);
    for link in &read.links {
        let id = link.strip_prefix('#').expect("links stay on the page");
        assert!(read.ids.iter().any(|it| it == id), "{link}");
    }
    let mut ids = read.ids.clone();
    ids.dedup();
    assert_eq!(ids.len(), read.ids.len());
    assert!(page.chars().all(|it| it == '\n' || !is_unsafe(it)));
    read
}

#[test]
fn the_page_is_sound_and_has_everything() {
    let analysis = sample::analysis();
    let page = html(&analysis);
    let read = check(&page);
    for expected in [
        "SYNC01.corp.example.com runs DirSync 1.0.7020.0",
        "Deployment:  in-place",
        "--mode asked for in-place; the rules recommend parallel",
        "Windows Server 2012 R2 is too old",
        "62,480",
        "60,000",
        "3.75 hours",
        "2.10 hours",
        "corp.example.com, Full Import: 0.6 hours",
        "without OU=Leavers,OU=Staff,DC=corp,DC=example,DC=com",
        "userPrincipalName of user from mail",
        "admin@example.onmicrosoft.com",
        "Inferred, not read on this server.",
        "To do:  Install a new server in staging mode",
        "https://learn.example/upgrade",
    ] {
        assert!(read.text.contains(expected), "{expected}: {}", read.text);
    }
    hostile::check_complete(&analysis, &read.text.replace(" (", "(").replace(" :", ":"));
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en-GB\">"));
    assert_eq!(page, html(&analysis));
}

#[test]
fn the_page_loads_and_runs_nothing() {
    let page = html(&sample::analysis());
    assert!(page.contains(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
    ));
    for bad in ["<script", "src=", "url(", "@import", "javascript:", "<link", "<img"] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[test]
fn bars_are_drawn_to_scale() {
    let page = html(&sample::analysis());
    // 62,480 is the longest: 96 % of the width. 60,000 → 92.19, 980 → 1.51, 1,500 → 2.30; 50,000 → 76.82.
    for expected in [
        r#"<rect class="users" x="0.00%" y="8" width="92.19%" height="28">"#,
        r#"<rect class="contacts" x="92.19%" y="8" width="1.51%" height="28">"#,
        r#"<rect class="groups" x="93.70%" y="8" width="2.30%" height="28">"#,
        r#"<line class="threshold" x1="76.82%" x2="76.82%" y1="0" y2="44">"#,
        // 3.75 hours are the longest; 2.1 → 53.76, 3 → 76.80.
        r#"<rect class="rule" x="0.00%" y="8" width="96.00%" height="28">"#,
        r#"<rect class="history" x="0.00%" y="44" width="53.76%" height="28">"#,
        r#"<line class="threshold" x1="76.80%" x2="76.80%" y1="0" y2="80">"#,
        r#"aria-label="Objects against 50,000: Users 60,000, Contacts 980, Groups 1,500""#,
        r#"aria-label="Hours against 3 hours: By the rule 3.75 hours, Own history 2.10 hours""#,
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    // The line is where the analysis says: half the objects, half the hours.
    let mut other = sample::analysis();
    other.estimate.threshold_objects = 31_240;
    other.estimate.threshold_hours = 2.5;
    let page_of_other = html(&other);
    for expected in [
        r#"<line class="threshold" x1="48.00%" x2="48.00%" y1="0" y2="44">"#,
        // 2.5 ÷ 3.75 × 96 = 64.
        r#"<line class="threshold" x1="64.00%" x2="64.00%" y1="0" y2="80">"#,
        "Threshold for a new server: 31,240 objects",
        "Threshold for a new server: 2.5 hours",
    ] {
        assert!(page_of_other.contains(expected), "{expected}: {page_of_other}");
    }
    // An analysis that does not say where has no line.
    (other.estimate.threshold_objects, other.estimate.threshold_hours) = (0, 0.0);
    let page_of_other = html(&other);
    check(&page_of_other);
    assert!(!page_of_other.contains("<line") && page_of_other.contains("<rect class=\"rule\""));
    // Without figures there is nothing to draw.
    let unknown = html(&sample::empty());
    check(&unknown);
    assert!(!unknown.contains("<rect") && !unknown.contains("<line"));
    assert!(unknown.contains("Objects: <strong>not known</strong>"));
}

#[test]
fn a_connect_server_has_another_threshold_and_no_hours() {
    let mut analysis = sample::analysis();
    analysis.recommendation.path = dirlift_model::analysis::Path::Connect;
    analysis.estimate.threshold_objects = 100_000;
    analysis.estimate.threshold_hours = 0.0;
    let page = html(&analysis);
    check(&page);
    assert!(page.contains("Threshold for a new server: 100,000 objects"));
    assert!(page.contains(r#"aria-label="Objects against 100,000: "#));
    assert!(!page.contains("Threshold for a new server: 3 hours"));
    assert!(page.contains(r#"aria-label="Hours: By the rule 3.75 hours"#));
    assert_eq!(page.matches("<line class=\"threshold\" x1=\"96.00%\"").count(), 1);
    analysis.estimate = dirlift_model::analysis::Estimate::default();
    check(&html(&analysis));
}

#[test]
fn figures_beyond_reason_do_not_leave_the_drawing() {
    let mut analysis = sample::analysis();
    analysis.objects.users = Some(u64::MAX);
    analysis.objects.groups = Some(u64::MAX);
    for hours in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        analysis.estimate.hours = Some(hours);
        analysis.estimate.threshold_hours = hours;
        let page = html(&analysis);
        check(&page);
        for bad in ["NaN%", "inf%", "=\"-"] {
            assert!(!page.contains(bad), "{bad} at {hours}");
        }
    }
}

#[test]
fn the_tone_follows_the_verdict() {
    use dirlift_model::analysis::Deployment::{Blocked, InPlace, Parallel, Undecided};
    let cases = [
        (InPlace, Some(true), "good"),
        (Parallel, None, "info"),
        (Parallel, Some(false), "warning"),
        (Undecided, None, "warning"),
        (Blocked, Some(false), "blocker"),
    ];
    for (deployment, feasible, tone) in cases {
        let mut analysis = sample::empty();
        analysis.recommendation.deployment = deployment;
        analysis.recommendation.feasible = feasible;
        let expected = format!("<section class=\"verdict {tone}\"");
        assert!(html(&analysis).contains(&expected), "{deployment:?} {feasible:?}");
    }
}

#[test]
fn long_lists_are_folded_and_whole() {
    let mut analysis = sample::empty();
    analysis.findings = vec![sample::finding("DL0101", Severity::Info, "Many")];
    let evidence = |n: usize| {
        (0..n).map(|it| Evidence::new(format!("object {it:02}"), "x", "database.json")).collect()
    };
    analysis.findings[0].evidence = evidence(8);
    assert!(!html(&analysis).contains("<details>"));
    analysis.findings[0].evidence = evidence(1_500);
    let page = html(&analysis);
    assert!(page.contains("<details><summary>Evidence: 1,500</summary>"));
    assert_eq!(page.matches("database.json").count(), 1_500);
}

#[test]
fn hostile_strings_are_text() {
    for it in hostile::STRINGS {
        let analysis = hostile::plant(it);
        let read = check(&html(&analysis));
        let shown: String =
            it.chars().map(|it| if is_unsafe(it) { '\u{fffd}' } else { it }).collect();
        assert!(read.text.matches(&shown).count() > 20, "{it:?}: {}", read.text);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_string_leaves_the_page_sound(text in "([a-z<>&\"'/=\u{1b}\u{202e}\n -]{0,20}|.{0,60}){1,4}") {
        check(&html(&hostile::plant(&text)));
    }
}
