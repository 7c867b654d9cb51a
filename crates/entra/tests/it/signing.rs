//! Signing in.
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dirlift_entra::{Certificate, CertificateError, Credentials, ImportOptions};
use dirlift_testkit::{
    canary,
    graph::{Graph as Server, GraphBuilder, Tenant},
};
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData as _,
};
use sha2::{Digest as _, Sha256};

use crate::support::{NOW, client_with, import_all, options, run, secret};

fn start(polls: &[&'static str]) -> Server {
    GraphBuilder::new(Tenant::fabrikam(2, 1)).polls(polls).start().unwrap()
}

#[test]
fn a_wrong_secret_is_refused_in_words_that_do_not_repeat_it() {
    let server = start(&[]);
    let (graph, _) = client_with(&server, secret("CANARY-secret-wrong"), &options());
    let error = run(graph.sign_in()).unwrap_err();
    let text = format!("{error} {error:?} {graph:?}");
    assert!(text.contains("AADSTS7000215") && text.contains("not its id"), "{text}");
    assert!(!text.contains("Trace ID"), "{text}");
    assert_eq!(canary::find("CANARY-secret", text.as_bytes()), None);
}

#[test]
fn a_certificate_signs_a_statement_that_its_key_proves() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    let server = start(&[]);
    let ours = Certificate::from_pem(pem.as_bytes()).unwrap();
    assert!(!format!("{ours:?}").contains("PRIVATE"));
    let (graph, _) = client_with(&server, Credentials::Certificate(Arc::new(ours)), &options());
    run(graph.sign_in()).unwrap();
    let assertion = server.assertions().remove(0);
    let parts: Vec<&str> = assertion.split('.').collect();
    let decoded = |it: &str| URL_SAFE_NO_PAD.decode(it).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    assert_eq!(header["alg"], "PS256");
    assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(Sha256::digest(certificate.der())));
    assert_eq!(claims["aud"], format!("{}/{}/oauth2/v2.0/token", server.root(), Server::TENANT));
    assert_eq!(
        (claims["iss"].as_str(), claims["sub"].as_str()),
        (Some(Server::CLIENT), Some(Server::CLIENT))
    );
    assert_eq!((claims["nbf"].as_i64(), claims["exp"].as_i64()), (Some(NOW), Some(NOW + 300)));
    let signed = format!("{}.{}", parts[0], parts[1]);
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.der_bytes());
    public.verify(signed.as_bytes(), &decoded(parts[2])).unwrap();
    assert!(public.verify(b"something else", &decoded(parts[2])).is_err());
}

#[test]
fn files_that_are_no_certificate() {
    let rsa = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let other = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&rsa).unwrap().pem();
    let encrypted = rsa.serialize_pem().replace("PRIVATE", "ENCRYPTED PRIVATE");
    let cases = [
        (String::new(), CertificateError::NoCertificate),
        (rsa.serialize_pem(), CertificateError::NoCertificate),
        (certificate.clone(), CertificateError::NoKey),
        (format!("{certificate}{}", other.serialize_pem()), CertificateError::NotRsa),
        (format!("{certificate}{encrypted}"), CertificateError::Encrypted),
    ];
    for (pem, expected) in cases {
        assert_eq!(Certificate::from_pem(pem.as_bytes()).unwrap_err(), expected);
    }
}

type Shown = Arc<Mutex<Vec<String>>>;

fn device_code() -> (Credentials, Shown) {
    let shown = Shown::default();
    let list = Arc::clone(&shown);
    let show = move |it: &dirlift_entra::DeviceCode| {
        list.lock().unwrap().push(format!("{} {}", it.page, it.code));
    };
    (Credentials::DeviceCode(Arc::new(show)), shown)
}

#[test]
fn a_person_signs_in_by_device_code_once() {
    let server = GraphBuilder::new(Tenant::fabrikam(2, 1))
        .polls(&["authorization_pending", "slow_down", "authorization_pending"])
        .expires_in(100)
        .start()
        .unwrap();
    let (credentials, shown) = device_code();
    let (graph, world) = client_with(&server, credentials, &options());
    import_all(&graph, &ImportOptions::default()).1.unwrap();
    // The token is renewed again and again, with the refresh token: nobody is asked twice.
    assert_eq!(*shown.lock().unwrap(), ["https://microsoft.com/devicelogin ABCD1234"]);
    assert!(server.n_tokens() > 3);
    let seconds: Vec<_> = world.pauses().iter().map(std::time::Duration::as_secs).collect();
    assert_eq!(seconds, [5, 5, 10, 10]);
}

#[test]
fn a_device_code_that_is_not_used() {
    for (poll, expected) in [
        ("authorization_declined", "declined in the browser"),
        ("expired_token", "not used in time"),
        ("invalid_grant", "AADSTS70016"),
    ] {
        let (graph, _) = client_with(&start(&[poll]), device_code().0, &options());
        drop(graph);
        let server = start(&[poll]);
        let (graph, _) = client_with(&server, device_code().0, &options());
        let error = run(graph.sign_in()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    // Nobody ever answers: 900 seconds by pauses of five.
    let server = start(&["authorization_pending"; 400]);
    let (graph, world) = client_with(&server, device_code().0, &options());
    assert!(run(graph.sign_in()).unwrap_err().to_string().contains("not used in time"));
    assert_eq!(world.pauses().len(), 180);
}
