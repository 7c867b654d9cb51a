//! Canaries: nothing secret reaches a result, a problem or an error.
use std::collections::BTreeMap;

use dirlift_model::{
    Guid,
    database::{AgentRow, ServerConfigurationRow},
};
use dirlift_serverconfig::{
    agent_from_columns,
    declarative::{read_connector, read_migrated_policy, read_synchronization_policy, write_rule},
    metaverse_from_columns, read, read_scheduler,
};

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

#[test]
fn rules_do_not_keep_fixed_values_of_credentials() {
    let mapping = |destination: &str, inner: &str| {
        let mapping = format!(
            "<attribute-mappings><mapping><dest>{destination}</dest>{inner}<valueMergeType>Update</valueMergeType></mapping></attribute-mappings>"
        );
        s::SMALL_RULE.replace("<attribute-mappings/>", &mapping)
    };
    let scope = "<synchronizationCriteria><conditions><scope><csAttribute>userPassword</csAttribute>\
        <csOperator>EQUAL</csOperator><csValue>CANARY</csValue></scope></conditions></synchronizationCriteria>";
    let files = [
        (mapping("userPassword", "<src>CANARY</src>"), 1),
        (
            mapping(
                "unicodePwd",
                "<src><attr>a</attr></src><expression>[a] &amp; \"CANARY\"</expression>",
            ),
            1,
        ),
        (s::SMALL_RULE.replace("<synchronizationCriteria/>", scope), 1),
        // Elements of credentials are dropped as everywhere.
        (s::SMALL_RULE.replace("<description/>", "<password>CANARY</password>"), 0),
        (
            s::SMALL_RULE.replace(
                "<description/>",
                "<description type='encrypted-string'>CANARY</description>",
            ),
            0,
        ),
        (mapping("mail", "<src><password>CANARY</password></src><expression>NULL</expression>"), 0),
    ];
    for (file, n_problems) in files {
        let parsed = crate::rules::rule(&file);
        assert_eq!(parsed.problems.len(), n_problems, "{:?}", parsed.problems);
        assert!(!format!("{parsed:?}{}", write_rule(&parsed.value)).contains(CANARY), "{file}");
    }
    // What names attributes only stays as it is.
    let parsed = crate::rules::rule(&mapping("unicodePwd", "<expression>Trim([pwd])</expression>"));
    assert_eq!(parsed.value.mappings[0].expression.as_deref(), Some("Trim([pwd])"));
    assert!(parsed.problems.is_empty());
}

#[test]
fn policies_do_not_keep_credentials() {
    let files = [
        r#"{"policyMetadata":{"password":"CANARY","x":{"ClientSecret":["CANARY",{"a":"CANARY"}]}}}"#,
        r#"{"Password":{"CANARY":1},"secret":[["CANARY"]]}"#,
        r#"{"deploymentMetadata":{"databaseServer":"sql;Password=CANARY"}}"#,
        r#"{"azureDirectoryPolicy":{"customSynchronizationRules":[{"attributeMappings":[{"source":"CANARY","Destination":"userPassword"}]}]}}"#,
        r#"{"x":{"attribute":"unicodePwd","value":{"y":"CANARY"}}}"#,
        // Errors
        r#"{"password":"CANARY"#,
        r#"{"password":"CANARY" CANARY}"#,
        r#"{"password":CANARY}"#,
    ];
    for file in files {
        let migrated = read_migrated_policy("p.json", file.as_bytes());
        let wizard = read_synchronization_policy("p.json", file.as_bytes());
        let shown = migrated.as_ref().err().map(ToString::to_string);
        let all = format!("{migrated:?} {wizard:?} {shown:?}");
        assert!(!all.contains(CANARY), "{file}\n{all}");
    }
}

#[test]
fn the_bytes_of_a_connector_are_not_shown() {
    let file = s::full_agent();
    let parsed = read_connector("c.xml", file.as_bytes()).unwrap();
    assert_eq!(parsed.value.bytes, file.as_bytes());
    let shown = format!("{parsed:?}");
    assert!(shown.contains(&format!("n_bytes: {}", file.len())) && !shown.contains(CANARY));
    assert!(!shown.contains("67, 65, 78"), "no byte list either");
}
