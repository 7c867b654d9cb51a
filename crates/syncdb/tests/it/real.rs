//! The same against a real server, opted in by environment variables (docs/sql-server.md).
use dirlift_syncdb::{ConnectOptions, Credentials, SecretString, SqlUrl, Trust};

#[test]
fn real_server_is_read() {
    let Ok(url) = std::env::var("DIRLIFT_TEST_SQL_URL") else {
        println!("skipped: DIRLIFT_TEST_SQL_URL is not set (docs/sql-server.md)");
        return;
    };
    let url: SqlUrl = url.parse().expect("DIRLIFT_TEST_SQL_URL is a database URL");
    let credentials = match std::env::var("DIRLIFT_TEST_SQL_PASSWORD") {
        Ok(password) => {
            Credentials::Password { user: None, password: SecretString::from(password) }
        }
        Err(_) => Credentials::CurrentUser,
    };
    let trust = match (
        std::env::var("DIRLIFT_TEST_SQL_CA_FILE"),
        std::env::var("DIRLIFT_TEST_SQL_TRUST_ANY"),
    ) {
        (Ok(file), _) => {
            Trust::SystemAnd(std::fs::read(file).expect("DIRLIFT_TEST_SQL_CA_FILE is a file"))
        }
        (Err(_), Ok(_)) => Trust::AnyCertificate,
        (Err(_), Err(_)) => Trust::System,
    };
    let options = ConnectOptions { trust, ..ConnectOptions::default() };
    let facts = dirlift_syncdb::read(&url, &credentials, &options, &mut ())
        .unwrap_or_else(|it| panic!("{it}"));
    // What holds for every synchronisation database that a login with the documented rights reads.
    assert!(
        facts.server.product_version.is_some() && facts.server.collation.is_some(),
        "{:?}",
        facts.server
    );
    assert!(facts.data_size_mb().is_some_and(|it| it > 0), "{:?}", facts.files);
    assert!(facts.agents.as_ref().is_some_and(|it| !it.is_empty()), "{:?}", facts.not_read);
    assert!(facts.connector_space.is_some() && facts.metaverse.is_some(), "{:?}", facts.not_read);
    let json = serde_json::to_string(&facts).unwrap();
    assert!(!json.contains("encrypted_configuration"));
    println!("not read: {:#?}", facts.not_read);
}
