//! What goes wrong after the login.
use std::time::{Duration, Instant};

use dirlift_model::DatabaseFacts;
use dirlift_syncdb::{ConnectOptions, Error};
use dirlift_testkit::tds::{Database, Fault, SqlError};

use crate::support::*;

const DATABASE: &str = "FIMSynchronizationService";

fn with_fault(
    part: &str,
    fault: Fault,
    change: fn(&mut ConnectOptions),
) -> Result<DatabaseFacts, Error> {
    let server = with_login(dirsync()).packet_size(512).fault(part, fault).start().unwrap();
    let mut options = options(&server);
    change(&mut options);
    read(&server, DATABASE, &options)
}

fn why(facts: &DatabaseFacts, what: &str) -> String {
    let found = facts.not_read.iter().find(|it| it.what == what);
    found.map_or_else(|| panic!("{what}: {:?}", facts.not_read), |it| it.why.clone())
}

#[test]
fn databases_of_others_are_told() {
    let empty = Database { name: "Payroll".to_owned(), ..Database::default() };
    let server = with_login(empty).start().unwrap();
    let error = read(&server, "Payroll", &options(&server)).unwrap_err();
    assert!(
        matches!(&error, Error::NotASyncDatabase { database, .. } if database == "Payroll"),
        "{error}"
    );
}

#[test]
fn missing_rights_name_the_grant() {
    let mut database = dirsync();
    database.denied = database.tables.keys().filter(|it| it.starts_with("mms_")).cloned().collect();
    let server = with_login(database).start().unwrap();
    let error = read(&server, DATABASE, &options(&server)).unwrap_err();
    let Error::NoPermission { object, grant, .. } = &error else { panic!("{error}") };
    assert_eq!(
        (object.as_str(), grant.as_str()),
        ("mms_management_agent", "GRANT SELECT ON SCHEMA::dbo TO [auditor]")
    );

    // One table alone is a gap, not a failure.
    let mut database = dirsync();
    database.denied.insert("mms_connectorspace".to_owned());
    let server = with_login(database).start().unwrap();
    let facts = read(&server, DATABASE, &options(&server)).unwrap();
    assert_eq!(facts.connector_space, None);
    assert!(facts.agents.is_some() && facts.runs.is_some());
    assert!(why(&facts, "objects of the connector spaces").contains("the login may not see it"));
}

#[test]
fn refused_statements_are_gaps() {
    let denied =
        SqlError::new(229, 14, "The SELECT permission was denied on the object 'mms_metaverse'.");
    let facts = with_fault("mms_metaverse", Fault::Error(denied), |_| ()).unwrap_or_default();
    // `mms_metaverse` also stands in the question for the catalogue, whose loss costs everything else.
    assert!(facts.not_read.is_empty(), "{:?}", facts.not_read);

    for (number, class) in [(208, 16), (207, 16), (230, 14), (1205, 13), (601, 12), (8_115, 16)] {
        let error = SqlError::new(number, class, "in words");
        let facts = with_fault("[dbo].[mms_metaverse]", Fault::Error(error), |_| ()).unwrap();
        assert_eq!(facts.metaverse, None);
        assert!(facts.connector_space.is_some() && facts.runs.is_some(), "{number}");
        let why = why(&facts, "objects of the metaverse");
        assert!(why.contains(&format!("error {number}: in words")), "{why}");
        assert_eq!(why.contains("GRANT SELECT"), number == 230, "{why}");
    }
}

#[test]
fn errors_after_rows_are_not_lost() {
    let error = SqlError::new(8_115, 16, "Arithmetic overflow");
    let facts =
        with_fault("[dbo].[mms_run_history]", Fault::ErrorAfterRows(error), |_| ()).unwrap();
    assert_eq!(facts.runs, None, "half a history is none");
    assert!(why(&facts, "run history").contains("8115"));
    assert!(facts.agents.is_some());
}

#[test]
fn missing_tables_and_columns_are_gaps() {
    let mut database = dirsync();
    database.tables.remove("mms_run_profile");
    database.tables.remove("mms_cs_link");
    let table = database.table("mms_metaverse");
    table.columns[1].name = "kind".to_owned();
    let server = with_login(database).start().unwrap();
    let facts = read(&server, DATABASE, &options(&server)).unwrap();
    assert!(why(&facts, "run profiles").contains("no table `mms_run_profile`"));
    assert!(why(&facts, "large groups").contains("no table `mms_cs_link`"));
    assert_eq!(
        why(&facts, "objects of the metaverse"),
        "the table `mms_metaverse` has no column `object_type`"
    );
    let agents = facts.agents.unwrap();
    assert!(
        !agents[0].xml.contains_key("ma_run_data_xml")
            && agents[0].xml.contains_key("ma_partition_data_xml")
    );
}

#[test]
fn hanging_up_in_the_middle_is_told_wherever_it_happens() {
    // In the first packet's header, in a row, at the end of a whole packet, and after nothing.
    for n_bytes in [0, 3, 8, 100, 511, 512, 513, 1_024] {
        let error =
            with_fault("[dbo].[mms_management_agent]", Fault::HangUp(n_bytes), |_| ()).unwrap_err();
        let Error::ConnectionLost { what, .. } = &error else { panic!("{n_bytes}: {error:?}") };
        assert_eq!(what, "reading the agents");
    }
}

#[test]
fn silence_is_bounded() {
    for n_bytes in [0, 3, 600] {
        let started = Instant::now();
        let fault = Fault::Stall(n_bytes);
        let error = with_fault("[dbo].[mms_management_agent]", fault, |it| {
            it.command_timeout = Duration::from_millis(300);
        })
        .unwrap_err();
        let Error::Timeout { what, limit, .. } = &error else { panic!("{n_bytes}: {error:?}") };
        assert_eq!((what.as_str(), *limit), ("reading the agents", Duration::from_millis(300)));
        assert!(error.to_string().contains("within 0.3 s"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn floods_are_bounded() {
    let fault = Fault::Garbage(vec![0x81; 1 << 20]);
    let error =
        with_fault("[dbo].[mms_management_agent]", fault, |it| it.max_statement_bytes = 10_000)
            .unwrap_err();
    assert!(matches!(error, Error::Protocol { .. } | Error::TooMuch { .. }), "{error:?}");

    let mut database = dirsync();
    let agents = database.table("mms_management_agent");
    let place = agents.columns.iter().position(|it| it.name == "ma_extension_xml").unwrap();
    agents.rows[0][place] = format!("<a>{}</a>", "x".repeat(1_000_000)).as_str().into();
    let server = with_login(database).start().unwrap();
    let options = ConnectOptions { max_statement_bytes: 100_000, ..options(&server) };
    let error = read(&server, DATABASE, &options).unwrap_err();
    assert!(
        matches!(&error, Error::TooMuch { limit: 100_000, what, .. } if what == "reading the agents"),
        "{error:?}"
    );
}

#[test]
fn nonsense_is_an_error_and_no_panic() {
    // A pseudo-random walk over token bytes; each answer must end in an error or in gaps.
    let mut state = 0x9e37_79b9_u32;
    let tokens = [
        0x81, 0xd1, 0xd2, 0xfd, 0xfe, 0xff, 0xaa, 0xab, 0xe3, 0xa9, 0x79, 0xac, 0xad, 0x00, 0x01,
        0x26, 0xe7,
    ];
    for _ in 0..60 {
        let mut bytes = Vec::new();
        for _ in 0..40 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let pick = usize::try_from(state >> 16).unwrap();
            bytes.push(if pick % 3 == 0 {
                tokens[pick % tokens.len()]
            } else {
                u8::try_from(pick & 0x0f).unwrap()
            });
        }
        let limit = |it: &mut ConnectOptions| {
            it.command_timeout = Duration::from_millis(200);
            it.max_statement_bytes = 1 << 20;
        };
        if let Ok(facts) = with_fault("[dbo].[mms_metaverse]", Fault::Garbage(bytes.clone()), limit)
        {
            assert_eq!(facts.metaverse.unwrap_or_default(), [], "{bytes:?}");
        }
    }
}

#[test]
fn lost_catalogue_does_not_pass_for_an_empty_database() {
    let error = SqlError::new(8_115, 16, "in words");
    let facts = with_fault("INFORMATION_SCHEMA", Fault::Error(error), |_| ()).unwrap();
    assert!(facts.agents.is_none() && facts.metaverse.is_none());
    assert!(why(&facts, "catalogue").contains("8115"));
}
