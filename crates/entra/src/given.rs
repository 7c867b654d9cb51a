//! Objects that somebody else reads: the connector space of another server as its last import left it.
use std::{collections::BTreeMap, ops::ControlFlow};

use dirlift_model::{
    AttributeName, AttributeValue, CsObject, NotChecked, Objects, TenantFacts, progress::Progress,
    tenant::ObjectCount, text::shorten,
};

use crate::{attributes::Kind, error::Error, facts::rows};

/// Remarks of the reader that are told.
const MAX_REMARKS: usize = 100;

/// What the reader of a connector-space export leaves out or doubts was not checked under this name.
pub const CONNECTOR_SPACE: &str = "the connector-space export";

/// Takes the objects that another reader gives, such as that of a connector-space export, in their order. The facts of
/// the tenant are those that the objects tell: how many there are; everything else was not checked.
///
/// `take` ends the reading with [`ControlFlow::Break`].
pub fn read_objects(
    objects: &mut dyn Objects,
    kinds: &[Kind],
    progress: &mut dyn Progress,
    take: &mut dyn FnMut(CsObject) -> ControlFlow<()>,
) -> Result<TenantFacts, Error> {
    let mut counts: BTreeMap<Kind, ObjectCount> = BTreeMap::new();
    for kind in kinds {
        let object_type = kind.object_type().to_owned();
        counts.insert(*kind, ObjectCount { object_type, ..ObjectCount::default() });
    }
    let mut others: BTreeMap<AttributeName, u64> = BTreeMap::new();
    progress.begin("reading the connector space", "objects", None);
    while let Some(mut object) = objects.next_object().map_err(Error::Objects)? {
        if object.dn.dns_domain().is_some() {
            return Err(Error::NotEntra { dn: shorten(object.dn.as_str(), 200) });
        }
        let kind = Kind::ALL.into_iter().find(|it| object.object_type.is(it.object_type()));
        let Some(count) = kind.and_then(|it| counts.get_mut(&it)) else {
            if others.len() < MAX_REMARKS || others.contains_key(&object.object_type) {
                *others.entry(object.object_type).or_default() += 1;
            }
            continue;
        };
        count.total += 1;
        count.synchronized += u64::from(!is_cloud_mastered(&mut object));
        progress.advance(1);
        if take(object).is_break() {
            return Err(Error::ReceiverGone);
        }
    }
    progress.end();
    let not_checked = |what: String, why: String| NotChecked { what, why, needed: false };
    let mut facts =
        TenantFacts { objects: counts.into_values().collect(), ..TenantFacts::default() };
    let about_tenant = rows().map(|row| {
        let why = "the export of a connector space does not hold it; give --entra graph:TENANT";
        not_checked(format!("{} of the tenant", row.name), why.to_owned())
    });
    facts.not_checked.extend(about_tenant);
    facts.not_checked.extend(others.into_iter().map(|(object_type, n)| {
        let why = "the object type is not one that is read";
        not_checked(format!("objects of type {object_type}: {n}"), why.to_owned())
    }));
    let remarks = objects.remarks().into_iter().take(MAX_REMARKS);
    facts.not_checked.extend(remarks.map(|it| not_checked(CONNECTOR_SPACE.to_owned(), it)));
    Ok(facts)
}

/// Whether the object is the cloud's own. What the connector space of a server holds without a word about it is
/// synchronised, and then gets the word: who reads the object later asks for it.
fn is_cloud_mastered(object: &mut CsObject) -> bool {
    let name = AttributeName::new("cloudMastered");
    match object.values(&name) {
        [] => {
            object.set(name, vec![AttributeValue::Boolean(false)]);
            false
        }
        [AttributeValue::Boolean(it)] => *it,
        [AttributeValue::String(it)] => it.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects of a test, with one remark.
    struct List(std::vec::IntoIter<CsObject>);

    impl Objects for List {
        fn next_object(
            &mut self,
        ) -> Result<Option<CsObject>, Box<dyn std::error::Error + Send + Sync>> {
            match self.0.next() {
                Some(object) if object.object_type.is("broken") => Err("cut off".into()),
                next => Ok(next),
            }
        }

        fn remarks(&self) -> Vec<String> {
            vec!["something".to_owned()]
        }
    }

    fn object(dn: &str, kind: &str, cloud_mastered: Option<bool>) -> CsObject {
        let mut object = CsObject::new(dn.parse().unwrap(), kind);
        let values = cloud_mastered.map(AttributeValue::Boolean).into_iter().collect();
        object.set("cloudMastered".into(), values);
        object
    }

    fn read(objects: Vec<CsObject>) -> Result<(Vec<String>, TenantFacts), Error> {
        let mut names = Vec::new();
        let kinds = [Kind::User, Kind::Group];
        let facts = read_objects(&mut List(objects.into_iter()), &kinds, &mut (), &mut |it| {
            names.push(it.dn.as_str().to_owned());
            if it.dn.as_str() == "CN={ff}" {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok((names, facts))
    }

    #[test]
    fn objects_are_counted_and_the_rest_is_not_checked() {
        let (names, facts) = read(vec![
            object("CN={61}", "User", None),
            object("CN={62}", "user", Some(true)),
            object("CN={63}", "device", None),
            object("CN={64}", "publicFolder", None),
        ])
        .unwrap();
        assert_eq!(names, ["CN={61}", "CN={62}"]);
        let counts: Vec<_> = facts
            .objects
            .iter()
            .map(|it| (it.object_type.as_str(), it.total, it.synchronized))
            .collect();
        assert_eq!(counts, [("user", 2, 1), ("group", 0, 0)]);
        assert_eq!(
            (facts.domains, facts.licensed_users, facts.provisioning_errors),
            (None, None, None)
        );
        let what: Vec<_> = facts.not_checked.iter().map(|it| it.what.as_str()).collect();
        for expected in [
            "domains of the tenant",
            "objects of type device: 1",
            "objects of type publicFolder: 1",
            "the connector-space export",
        ] {
            assert!(what.contains(&expected), "{expected}: {what:?}");
        }
    }

    #[test]
    fn what_is_synchronised_says_so() {
        let text = |it: &str| vec![AttributeValue::String(it.to_owned())];
        let boolean = |it| vec![AttributeValue::Boolean(it)];
        let cases = [
            (vec![], boolean(false), false),
            (boolean(false), boolean(false), false),
            (boolean(true), boolean(true), true),
            (text("True"), text("True"), true),
            (text("false"), text("false"), false),
        ];
        for (before, after, expected) in cases {
            let mut object = object("CN={61}", "contact", None);
            object.set("cloudMastered".into(), before.clone());
            assert_eq!(is_cloud_mastered(&mut object), expected, "{before:?}");
            assert_eq!(object.values(&"cloudMastered".into()), after);
        }
    }

    #[test]
    fn what_ends_the_reading() {
        let cases = [
            (object("CN=a,DC=x,DC=example", "user", None), "of another connector"),
            (object("CN={61}", "broken", None), "cut off"),
            (object("CN={ff}", "user", None), "the receiver is gone"),
        ];
        for (last, expected) in cases {
            let text = read(vec![object("CN={61}", "user", None), last]).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
}
