//! Canaries: nothing secret reaches a result, a problem or an error.
use std::collections::BTreeMap;

use dirlift_model::{
    Guid,
    database::{AgentRow, ServerConfigurationRow},
};
use dirlift_serverconfig::{agent_from_columns, metaverse_from_columns, read, read_scheduler};

use crate::snippets::{self as s, with};

const CANARY: &str = "CANARY";

#[test]
fn credentials_are_dropped_wherever_they_stand() {
    assert!(s::full_agent().matches(CANARY).count() >= 2);
    let inside = |what: &str| {
        with(&format!(
            "<private-configuration><adma-configuration>{what}</adma-configuration></private-configuration>"
        ))
    };
    let files = [
        s::full_agent(),
        inside("<password>CANARY</password>"),
        inside("<forest-login-password a='CANARY'>x<b>CANARY</b></forest-login-password>"),
        inside("<parameter-values><parameter name='p' type='encrypted-string'>CANARY</parameter></parameter-values>"),
        inside("<parameter-values><parameter name='p' encrypted='1' value='CANARY'>CANARY</parameter></parameter-values>"),
        inside("<parameter-values><parameter name='p' encrypted='true'>CANARY<x>CANARY</x></parameter></parameter-values>"),
        inside("<parameter-values><parameter name='AdminPassword' type='string'>CANARY</parameter></parameter-values>"),
        inside("<forest-name password='CANARY'>x</forest-name>"),
        with("<controller-configuration-password>CANARY</controller-configuration-password>"),
        with("<secret>CANARY</secret>"),
        inside("<parameter-values><parameter name='Connection' type='string'>Server=a;Password=CANARY</parameter></parameter-values>"),
        with("<ma-partition-data><partition><custom-data><water-mark>CANARY</water-mark><cookie>CANARY</cookie></custom-data></partition></ma-partition-data>"),
        with("<attribute-inclusion><password>CANARY</password></attribute-inclusion>"),
        // Errors inside credentials
        with("<password>CANARY</name>"),
        with("<password>x<CANARY>y</password>"),
        with("<password>x<CANARY y</password>"),
        with("<password>&CANARY;</password>"),
        with("<password>&CANARY</password>"),
        with("<password>x]]></CANARY></password>"),
        "<ma-data><private-configuration><adma-configuration><password>CANARY<CANARY>".to_owned(),
        "<ma-data><password><![CDATA[CANARY".to_owned(),
        "<ma-data><extension><parameter type='encrypted-string'>CANARY<CANARY></parameter>".to_owned(),
        "<mv-data><parameter-values><parameter name='a' encrypted='1'>CANARY</parameter></parameter-values></mv-data>".to_owned(),
    ];
    for file in files {
        let result = read("f.xml", file.as_bytes());
        let shown = match &result {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(!format!("{result:?}{shown}").contains(CANARY), "{file}\n{result:?}");
    }
    let scheduler = "<configuration><appSettings><add key='Password' value='CANARY'/></appSettings><x>CANARY</x></configuration>";
    assert!(!format!("{:?}", read_scheduler("s", scheduler.as_bytes())).contains(CANARY));
}

#[test]
fn columns_of_secrets_are_not_looked_at() {
    let columns = [
        "encrypted_configuration",
        "controller_configuration_password",
        "controller_configuration_xml",
        "passwordsync_xml",
        "other_xml",
    ];
    let xml: BTreeMap<_, _> =
        columns.map(|it| (it.to_owned(), "<private-configuration>CANARY".to_owned())).into();
    let agent =
        agent_from_columns(&AgentRow { id: Guid::NIL, xml: xml.clone(), ..AgentRow::default() })
            .unwrap();
    assert_eq!(
        agent.problems.len(),
        3,
        "two columns of secrets and an unknown one: {:?}",
        agent.problems
    );
    assert!(!format!("{agent:?}").contains(CANARY));
    let row = ServerConfigurationRow { xml, administrators: None };
    assert!(!format!("{:?}", metaverse_from_columns(&row)).contains(CANARY));
}
