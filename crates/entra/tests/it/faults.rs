//! What goes wrong, and in which words.
use std::time::Duration;

use dirlift_entra::{Error, ImportOptions};
use dirlift_testkit::graph::{Fault, Graph as Server, GraphBuilder, Kind, Tenant};

use crate::support::{NOW, client, client_with, failure, import_all, options, read, secret};

fn tenant() -> Tenant {
    Tenant::fabrikam(12, 3)
}

fn server(fault: Fault) -> Server {
    GraphBuilder::new(tenant()).page_size(5).fault(fault).start().unwrap()
}

/// The objects of a server without faults.
fn expected() -> Vec<dirlift_model::CsObject> {
    read(&GraphBuilder::new(tenant()).page_size(5).start().unwrap()).0
}

#[test]
fn what_passes_is_repeated_and_nothing_is_lost_or_doubled() {
    let expected = expected();
    let users = "/v1.0/users";
    let slow = Kind::Slow(Duration::from_secs(5));
    let faults = [
        Fault::once(users, 2, Kind::Status(429, Some("7"))),
        Fault::once(users, 2, Kind::Status(503, None)),
        Fault::once(users, 1, Kind::Status(500, Some("rubbish"))),
        Fault::once(users, 2, Kind::Truncated),
        Fault::once(users, 3, Kind::Truncated),
        Fault::once(users, 2, slow),
        Fault::once(users, 2, Kind::Body(r#"{"value": ["#.to_owned())),
        Fault::once(users, 2, Kind::Typed("text/html", "<html>Please sign in</html>".to_owned())),
        Fault::once(users, 2, Kind::TokenExpired),
        Fault::once("/v1.0/$batch", 1, Kind::Status(429, None)),
        Fault::once("/v1.0/$batch", 1, Kind::Truncated),
        Fault::once("batch:/groups/", 2, Kind::Status(429, Some("3"))),
        Fault::once("batch:/groups/", 1, Kind::Status(503, None)),
        Fault::once("/fabrikam", 1, Kind::Status(503, None)),
    ];
    for fault in faults {
        let what = format!("{fault:?}");
        let (objects, facts) = import_all(&client(&server(fault)).0, &ImportOptions::default());
        assert!(facts.is_ok(), "{what}: {facts:?}");
        assert!(objects == expected, "{what}: {} objects", objects.len());
    }
}

#[test]
fn pauses_are_those_that_the_service_asks_for() {
    let pauses = |fault| {
        let server = server(fault);
        let (graph, world) = client(&server);
        import_all(&graph, &ImportOptions::default()).1.unwrap();
        world.pauses()
    };
    let seconds = Duration::from_secs;
    assert_eq!(pauses(Fault::once("/v1.0/users", 1, Kind::Status(429, Some("7")))), [seconds(7)]);
    let batch = Fault::once("batch:/groups/", 1, Kind::Status(429, Some("3")));
    assert_eq!(pauses(batch), [seconds(3)]);
    // Without a word from the service: half a second, then one, with the chance of zero.
    let silent =
        Fault { path: "/v1.0/users".to_owned(), first: 1, times: 2, kind: Kind::Status(503, None) };
    assert_eq!(pauses(silent), [Duration::from_millis(500), seconds(1)]);
    // 2026-11-21 09:01:00 GMT is a minute after the time of the test.
    assert_eq!(NOW % 86_400, 9 * 3_600);
    let date =
        Fault::once("/v1.0/users", 1, Kind::Status(429, Some("Sat, 21 Nov 2026 09:01:00 GMT")));
    assert_eq!(pauses(date), [seconds(60)]);
    // Zero would be a busy loop.
    let zero = Fault::once("/v1.0/users", 1, Kind::Status(429, Some("0")));
    assert_eq!(pauses(zero), [Duration::from_millis(500)]);
}

#[test]
fn wrong_answers_end_in_clear_words() {
    let html = || Kind::Typed("text/html", "<html>".to_owned());
    let body = |it: &str| Kind::Body(it.to_owned());
    let users = "/v1.0/users";
    let cases = [
        (users, Kind::Status(500, None), "answered 500 4 times (Fault: on purpose)"),
        (users, Kind::Status(429, Some("3600")), "wants a pause of 3600 s"),
        (users, Kind::Status(403, None), "grant User.Read.All"),
        (
            users,
            Kind::Status(400, None),
            "asking for /v1.0/users: the service answered 400 (Fault: on purpose)",
        ),
        (users, Kind::Status(404, None), "answered 404"),
        (users, Kind::Status(204, None), "answered 204"),
        (users, html(), "is cut off or is no JSON (text/html)"),
        (users, Kind::Truncated, "asking localhost for /v1.0/users: "),
        (users, Kind::Slow(Duration::from_secs(5)), "no answer in time (4 attempts)"),
        (users, body("{}"), "reading /v1.0/users: missing field `value`"),
        (users, body(r#"{"value": 1}"#), "invalid type: integer `1`"),
        (users, body(r#"{"value": [{"displayName": "x"}]}"#), "the object has no id"),
        (users, body(r#"{"value": [{"id": "x"}]}"#), "property `id`"),
        (users, body(r#"{"value": [], "@odata.nextLink": 5}"#), "invalid type: integer `5`"),
        (users, Kind::TokenExpired, "although it was just renewed"),
        (users, Kind::Redirect("https://evil.example/".to_owned()), "a redirect"),
        (
            "/v1.0/$batch",
            body(r#"{"responses": [{"id": "99", "status": 200}]}"#),
            "was not asked for",
        ),
        ("/v1.0/$batch", body(r#"{"responses": []}"#), "in part only"),
        (
            "/v1.0/$batch",
            body(r#"{"responses": [{"id": "0", "status": 200}]}"#),
            "missing field `value`",
        ),
        ("batch:/groups/", Kind::Status(403, None), "grant GroupMember.Read.All"),
        ("batch:/groups/", Kind::Status(400, None), "answered 400"),
        ("batch:/groups/", Kind::Status(503, None), "answered 503 4 times"),
        ("/v1.0/organization", body(r#"{"value": [[]]}"#), "reading organization: "),
    ];
    for (path, kind, expected) in cases {
        let what = format!("{path} {kind:?}");
        // An expired token is noticed before the request is answered, so every answer has to be the first.
        let server = match kind {
            Kind::TokenExpired => {
                GraphBuilder::new(tenant()).fault(Fault::always(path, kind)).start().unwrap()
            }
            kind => server(Fault::always(path, kind)),
        };
        let error = failure(&server).to_string();
        assert!(error.contains(expected), "{what}: {error}");
        for canary in Server::CANARIES {
            assert!(!error.contains(canary), "{error}");
        }
    }
}

#[test]
fn no_token_goes_to_another_host() {
    // The other host stands on this machine too, so that it could be reached.
    let other = GraphBuilder::new(tenant()).start().unwrap();
    let foreign = format!("{}/v1.0/users?$skiptoken=5", other.root());
    let same_port_other_name =
        |server: &Server| format!("http://127.0.0.1:{}/v1.0/users", server.port());
    let kinds = [
        Kind::NextLink(foreign.clone()),
        Kind::Redirect(foreign),
        Kind::NextLink("https://evil.example/v1.0/users".to_owned()),
        Kind::NextLink("/v1.0/users".to_owned()),
        Kind::NextLink(same_port_other_name(&other)),
        Kind::NextLink("x".repeat(70_000)),
    ];
    for kind in kinds {
        let server = server(Fault::once("/v1.0/users", 1, kind));
        let error = failure(&server);
        assert!(matches!(error, Error::ForeignLink { .. }), "{error}");
    }
    assert_eq!(other.seen(), []);
}

#[test]
fn pages_that_go_round_are_noticed() {
    // A link that begins with a slash is put below the server's own root: the second page leads to itself.
    let round = Fault::always("/v1.0/users", Kind::OwnNextLink("/v1.0/users?round"));
    let error = failure(&server(round)).to_string();
    assert!(error.contains("leads back to one that was read"), "{error}");
}

#[test]
fn nothing_of_a_broken_page_is_handed_over() {
    // The third of three pages of users is always cut: ten users are whole.
    let fault =
        Fault { path: "/v1.0/users".to_owned(), first: 3, times: u32::MAX, kind: Kind::Truncated };
    let (objects, result) = import_all(&client(&server(fault)).0, &ImportOptions::default());
    assert!(result.is_err());
    assert_eq!(objects.len(), 10);
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    // A token for 100 seconds is inside the margin at once: every request gets a new one.
    let server = GraphBuilder::new(tenant()).expires_in(100).start().unwrap();
    read(&server);
    assert!(server.n_tokens() > 5, "{}", server.n_tokens());
    let server = GraphBuilder::new(tenant()).start().unwrap();
    read(&server);
    assert_eq!(server.n_tokens(), 1);
}

#[test]
fn nobody_there() {
    let server = GraphBuilder::new(tenant()).start().unwrap();
    let (graph, _) = client(&server);
    drop(server);
    let error = import_all(&graph, &ImportOptions::default()).1.unwrap_err().to_string();
    assert!(
        error.contains("asking localhost for /fabrikam.onmicrosoft.com/oauth2/v2.0/token"),
        "{error}"
    );
    assert!(error.contains("4 attempts"), "{error}");
}

#[test]
fn certificates_are_checked() {
    let server = GraphBuilder::new(tenant()).tls().start().unwrap();
    let error = failure(&server).to_string();
    assert!(error.contains("--ca-file"), "{error}");
    assert_eq!(server.seen(), []);
    let trusting = dirlift_entra::HttpOptions {
        authorities: Some(server.authority_pem().as_bytes().to_vec()),
        ..options()
    };
    let (graph, _) = client_with(&server, secret(Server::SECRET), &trusting);
    let (objects, facts) = import_all(&graph, &ImportOptions::default());
    facts.unwrap();
    assert_eq!(objects.len(), 12 + 3 + 5 + 3);
}
