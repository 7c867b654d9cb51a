//! What an explanation of an object says.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod common;

use common::sync::{Case, cases, run};
use dirlift_model::{
    Guid,
    pending::{Cause, Operation},
};
use dirlift_syncengine::sync::{LinkExplanation, ObjectExplanation, SideExplanation, Standing};

const CASE: &str = r#"
case explained
rule 100 in user person Provision
  scope kind NOTEQUAL robot AND sid ISNOTNULL
  join sid = sid
  flow sid <- sid
  flow sourceAnchor <- anchor
  flow once first := yes
rule 101 in user person Join
  flow t = Trim([a])
rule 102 in user person Join
  flow t <- b
  flow u = IIF([missing] = "x", "y", NULL)
rule 103 in user person Join
  scope kind EQUAL robot
  flow v := never
rule 110 in user person Provision ad2
  join sid = sid
  flow t <- t
rule 200 out person user Provision aad
  join sourceAnchor = sourceAnchor
  flow dn = "CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"
  flow sourceAnchor <- sourceAnchor
  flow t <- t
AD user CN=a: sid = "1"; anchor = "A"; a = " one "; b = "two"
AD2 user CN=b: sid = "1"; t = "three"
AAD user CN={41}: sourceAnchor = "A"; t = "old"
AD user CN=robot: kind = "robot"; sid = "9"
AD user CN=new: sid = "5"; anchor = "N"
"#;

/// One of everything that may become of a flow and of a link.
const STANDINGS: &str = r#"
case standings
rule 100 in user person Provision
  scope kind EQUAL human AND sid ISNOTNULL
  scope sid STARTSWITH 1
  join mail = mail
  join sid = sid
  flow sid <- sid
  flow mail <- mail
  flow sourceAnchor <- anchor
  flow merge:Merge list <- list
rule 101 in user person Join
  flow merge:Merge list = Split("b;c", ";")
  flow stopped = AuthoritativeNull
  flow ignored = IgnoreThisFlow
rule 102 in user person Join
  flow stopped := never
rule 103 in user group Join
  flow other := group
rule 104 in user person Join
  flow bad = IIF([kind] = "robot", Error("no robots"), "fine")
rule 110 in user person Join ad2
  join sid = sid
  flow once first := yes
  flow parameter = %Forest.FQDN%
rule 120 in user person Join aad
  flow cloudT <- t
rule 200 out person user Provision aad
  scope mail ISNOTNULL
  join sourceAnchor = sourceAnchor exact
  flow dn = "CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"
  flow sourceAnchor <- sourceAnchor
rule 201 out person user Join aad
  flow t <- sid
  flow once made := yes
rule 202 out person user Join aad
  scope mail ENDSWITH .y
  flow t := second
parameter AD2 Forest.FQDN=two.example
AD user CN=a: sid = "1"; mail = "a@x.y"; anchor = "A"; list = "a"
AD2 user CN=b: sid = "1"
AAD user CN={41} synced: sourceAnchor = "A"; t = "old"
AD user CN=c: sid = "1c"; anchor = "C"
AAD user CN={43} synced: sourceAnchor = "C"
AD user CN=robot: sid = "10"; kind = "robot"; anchor = "R"
"#;

/// A contact has the name that a user gets, and makes way.
const REPLACED: &str = r#"
case replaced
rule 100 in user person Provision
  join sid = sid
  flow sid <- sid
  flow sourceAnchor <- anchor
rule 200 out person user Provision aad
  join sourceAnchor = sourceAnchor
  flow dn = "CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"
  flow sourceAnchor <- sourceAnchor
AD user CN=a: sid = "1"; anchor = "A"
AAD contact CN={41} synced: sourceAnchor = "A"
"#;

#[test]
fn what_makes_way_is_explained_by_what_comes() {
    let done = run(&cases(REPLACED).remove(0), &[0, 1], 1);
    let it = done.explain(Guid::from_u128(2), &"CN={41}".parse().unwrap()).unwrap();
    assert_eq!(it.outbound[0].link, LinkExplanation::Provisioned { rule: "R200".to_owned() });
    let [export] = &it.exports[..] else { panic!("{:?}", it.exports) };
    assert_eq!(export.operation, Operation::DeleteAdd);
}

fn standings(connector: u128, dn: &str) -> ObjectExplanation {
    let done = run(&cases(STANDINGS).remove(0), &[0, 1, 2, 3, 4, 5], 1);
    done.explain(Guid::from_u128(connector), &dn.parse().unwrap()).unwrap()
}

#[test]
fn whatever_becomes_of_a_flow_is_said() {
    let it = standings(1, "CN=a");
    let [own, second, cloud] = &it.inbound[..] else { panic!("{:?}", it.inbound) };
    // One group of clauses that holds is enough; the others are shown too.
    let groups: Vec<Vec<bool>> =
        own.rules[0].scope.iter().map(|it| it.iter().map(|it| it.holds).collect()).collect();
    assert_eq!(groups, [vec![false, true], vec![true]]);
    assert!(own.rules[0].in_scope);
    assert_eq!(*standing(own, "R100", "list"), Standing::Merged);
    assert_eq!(*standing(own, "R101", "list"), Standing::Merged);
    assert_eq!(*standing(own, "R101", "stopped"), Standing::Stops);
    assert_eq!(*standing(own, "R102", "stopped"), Standing::Hidden { by: "R101".to_owned() });
    assert_eq!(*standing(own, "R101", "ignored"), Standing::Nothing);
    assert_eq!(*standing(own, "R103", "other"), Standing::OtherType);
    assert_eq!(*standing(own, "R104", "bad"), Standing::Decides);
    // What joined it, value by value; a flow for new objects only, and a parameter.
    let criterion = &second.rules[0].joins[0][0];
    assert_eq!((criterion.value.as_str(), criterion.matches), ("\"1\"", Some(true)));
    assert_eq!(criterion.partner_value.as_deref(), Some("\"1\""));
    assert_eq!(*standing(second, "R110", "first"), Standing::Once);
    assert_eq!(second.rules[0].flows[1].result, "\"two.example\"");
    assert_eq!(*standing(cloud, "R120", "cloudT"), Standing::Decides);
    let list = it.metaverse.unwrap().attributes.into_iter().find(|it| it.name.is("list")).unwrap();
    assert_eq!((list.values.len(), list.rule.as_str()), (3, "R100"));
}

#[test]
fn the_way_out_says_who_decides_and_what_is_deleted() {
    let it = standings(1, "CN=a");
    let [out] = &it.outbound[..] else { panic!("{:?}", it.outbound) };
    assert!(out.rules.iter().all(|it| it.in_scope));
    assert_eq!(*standing(out, "R201", "t"), Standing::Decides);
    assert_eq!(*standing(out, "R202", "t"), Standing::Hidden { by: "R201".to_owned() });
    assert_eq!(*standing(out, "R201", "made"), Standing::Once);
    assert_eq!(out.rules[0].joins[0][0].matches, Some(true));
    let change = &it.exports[0].changes[0];
    assert_eq!((change.rule.as_deref(), change.attribute.as_str()), (Some("R201"), "t"));

    let it = standings(1, "CN=c");
    let [out] = &it.outbound[..] else { panic!("{:?}", it.outbound) };
    let clause = &out.rules[0].scope[0][0];
    assert_eq!(
        (clause.clause.as_str(), clause.value.as_str(), clause.holds),
        ("mail ISNOTNULL", "NULL", false)
    );
    assert!(
        !out.rules[0].in_scope && out.rules[0].flows.is_empty() && out.rules[0].joins.is_empty()
    );
    let reason_given = it.exports[0].cause.as_ref().unwrap();
    assert!(
        matches!(reason_given, Cause::OutOfScope { rule, reason } if rule.as_deref() == Some("R200") && reason == "mail ISNOTNULL: it is NULL"),
        "{reason_given:?}"
    );
}

#[test]
fn an_error_is_explained_with_its_flow() {
    let it = standings(1, "CN=robot");
    assert_eq!(*standing(&it.inbound[0], "R104", "bad"), Standing::Failed);
    assert_eq!(it.inbound[0].link, LinkExplanation::None);
    let [error] = &it.errors[..] else { panic!("{:?}", it.errors) };
    assert!(error.problem.to_string().contains("no robots"), "{}", error.problem);
    assert!(it.exports.is_empty() && it.metaverse.is_none());
}

fn explain(connector: u128, dn: &str) -> Option<ObjectExplanation> {
    let case: Case = cases(CASE).remove(0);
    let done = run(&case, &[0, 1, 2, 3, 4], 1);
    done.explain(Guid::from_u128(connector), &dn.parse().unwrap())
}

fn standing<'a>(side: &'a SideExplanation, rule: &str, attribute: &str) -> &'a Standing {
    let rule = side.rules.iter().find(|it| it.rule == rule).unwrap();
    &rule.flows.iter().find(|it| it.attribute.is(attribute)).unwrap().standing
}

#[test]
fn the_way_in_is_explained() {
    let it = explain(1, "CN=a").unwrap();
    let [own, second, cloud] = &it.inbound[..] else { panic!("{:?}", it.inbound) };
    assert_eq!(own.link, LinkExplanation::Projected);
    assert_eq!(second.link, LinkExplanation::Joined);
    assert_eq!(cloud.link, LinkExplanation::JoinedOutbound { rule: "R200".to_owned() });
    let first = &own.rules[0];
    assert!(first.in_scope && first.rule == "R100" && first.precedence == 100);
    let clauses: Vec<_> =
        first.scope[0].iter().map(|it| (it.clause.as_str(), it.value.as_str(), it.holds)).collect();
    assert_eq!(clauses, [("kind NOTEQUAL robot", "NULL", true), ("sid ISNOTNULL", "\"1\"", true)]);
    assert_eq!(first.joins[0][0].matches, Some(true));
    assert_eq!(first.joins[0][0].value, "\"1\"");
    assert_eq!(*standing(own, "R100", "first"), Standing::Decides);
    assert_eq!(*standing(own, "R101", "t"), Standing::Decides);
    assert_eq!(*standing(own, "R102", "t"), Standing::Hidden { by: "R101".to_owned() });
    assert_eq!(*standing(own, "R102", "u"), Standing::Nothing);
    let trim = &own.rules[1].flows[0];
    assert_eq!(trim.inputs, [("a".into(), "\" one \"".to_owned())]);
    assert_eq!((trim.flow.as_str(), trim.result.as_str()), ("Trim([a])", "\"one\""));
    let last = &own.rules[3];
    assert!(!last.in_scope && last.flows.is_empty() && !last.scope[0][0].holds);
    // The other forest's value is hidden by a rule of this one.
    assert_eq!(*standing(second, "R110", "t"), Standing::Hidden { by: "R101".to_owned() });
    assert!(it.assumptions.iter().any(|it| it.id == "A-NULL-COMPARE"), "{:?}", it.assumptions);
}

#[test]
fn the_way_out_is_explained_from_either_end() {
    for (connector, dn) in [(1, "CN=a"), (3, "CN=b"), (2, "CN={41}")] {
        let it = explain(connector, dn).unwrap();
        let [out] = &it.outbound[..] else { panic!("{:?}", it.outbound) };
        assert_eq!(out.link, LinkExplanation::JoinedOutbound { rule: "R200".to_owned() });
        assert_eq!(*standing(out, "R200", "t"), Standing::Decides);
        let [export] = &it.exports[..] else { panic!("{:?}", it.exports) };
        assert_eq!(export.changes.len(), 1);
        assert_eq!(it.metaverse.unwrap().links.len(), 3);
    }
}

#[test]
fn what_is_to_be_made_and_what_is_left_out_are_explained() {
    let made = explain(2, "cn={4e}").unwrap();
    assert_eq!(made.outbound[0].link, LinkExplanation::Provisioned { rule: "R200".to_owned() });
    let robot = explain(1, "CN=robot").unwrap();
    assert_eq!(robot.inbound[0].link, LinkExplanation::None);
    assert!(!robot.inbound[0].rules[0].scope[0][0].holds);
    assert!(robot.outbound.is_empty() && robot.metaverse.is_none());
    assert!(explain(1, "CN=nobody").is_none());
}

#[test]
fn an_explanation_is_json() {
    let it = explain(1, "CN=a").unwrap();
    let json = serde_json::to_value(&it).unwrap();
    assert_eq!(json["inbound"][0]["link"]["kind"], "projected");
    assert_eq!(json["inbound"][0]["rules"][2]["flows"][0]["standing"]["by"], "R101");
}
