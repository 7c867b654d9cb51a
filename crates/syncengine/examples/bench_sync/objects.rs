//! An invented organisation, object by object, and what drifted in its tenant.
use std::{fmt::Write as _, ops::Range};

use dirlift_model::{AttributeName, AttributeValue, CsObject, Guid, PendingExport, SourceAnchor};

/// Members of the largest group.
const LARGEST: usize = 50_000;

/// Users first, then groups, then contacts.
pub(crate) struct Organisation {
    users: usize,
    groups: usize,
    contacts: usize,
}

const TITLES: [&str; 7] = ["Clerk", "Engineer", "Chief", "Driver", "Nurse", "Buyer", "Adviser"];
const TOWNS: [&str; 5] = ["Graz", "Lyon", "Porto", "Leeds", "Turku"];

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::String(value.into())
}

/// A number that looks random and is the same every time.
fn scattered(number: usize) -> usize {
    let mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from((mixed ^ (mixed >> 29)) >> 16).unwrap_or(0)
}

impl Organisation {
    pub(crate) const fn new(n_objects: usize) -> Self {
        let (groups, contacts) = (n_objects / 10, n_objects / 20);
        Self { users: n_objects - groups - contacts, groups, contacts }
    }

    pub(crate) const fn len(&self) -> usize {
        self.users + self.groups + self.contacts
    }

    fn guid(number: usize) -> Guid {
        Guid::from_u128((scattered(number) as u128) << 64 | number as u128)
    }

    fn name(&self, number: usize) -> String {
        let unit = number % 200;
        let kind = if number < self.users {
            "User"
        } else if number < self.users + self.groups {
            "Group"
        } else {
            "Contact"
        };
        format!("CN={kind} {number},OU=Unit {unit},OU=People,DC=fabrikam,DC=example")
    }

    fn cloud_name(number: usize) -> String {
        let anchor = SourceAnchor::from_object_guid(Self::guid(number));
        let mut hex = String::new();
        for byte in anchor.as_str().bytes() {
            write!(hex, "{byte:02X}").unwrap();
        }
        format!("CN={{{hex}}}")
    }

    fn members(&self, number: usize) -> Vec<usize> {
        let n_members = if number == self.users { LARGEST.min(self.users) } else { number % 41 };
        let first = scattered(number) % self.users;
        (0..n_members).map(|it| (first + it) % self.users).collect()
    }

    /// An object of Active Directory.
    pub(crate) fn object(&self, number: usize) -> CsObject {
        let is_user = number < self.users;
        let is_group = !is_user && number < self.users + self.groups;
        let object_type = if is_user {
            "user"
        } else if is_group {
            "group"
        } else {
            "contact"
        };
        let mut object = CsObject::new(self.name(number).parse().unwrap(), object_type);
        let guid = Self::guid(number);
        object.id = Some(guid);
        let mut set = |name: &str, values: Vec<AttributeValue>| object.set(name.into(), values);
        let reference = |it: usize| AttributeValue::Reference(self.name(it).parse().unwrap());
        let address = format!("{object_type}{number}@fabrikam.example");
        set("objectGUID", vec![AttributeValue::Binary(guid.to_directory_bytes().to_vec())]);
        set("cn", vec![text(format!("{object_type} {number}"))]);
        set("displayName", vec![text(format!("{} {number}", TITLES[number % 7]))]);
        set("mail", vec![text(address.as_str())]);
        set("mailNickname", vec![text(format!("{object_type}{number}"))]);
        set(
            "proxyAddresses",
            vec![
                text(format!("SMTP:{address}")),
                text(format!("smtp:alias{number}@fabrikam.example")),
            ],
        );
        set("legacyExchangeDN", vec![text(format!("/o=fabrikam/ou=x/cn={number}"))]);
        set("extensionAttribute1", vec![text(format!("unit {}", number % 200))]);
        if !is_group {
            set("sn", vec![text(format!("Name{}", number % 5_000))]);
            set("givenName", vec![text(format!("First{}", number % 900))]);
            set("company", vec![text("Fabrikam")]);
            set("department", vec![text(format!("Department {}", number % 300))]);
            set("title", vec![text(TITLES[number % 7])]);
            set("l", vec![text(TOWNS[number % 5])]);
            set("telephoneNumber", vec![text(format!("+43 1 {number}"))]);
        }
        if is_user || is_group {
            let mut sid =
                vec![1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
            sid.extend(u32::try_from(number + 1_000).unwrap().to_le_bytes());
            set("objectSid", vec![AttributeValue::Binary(sid)]);
            set("sAMAccountName", vec![text(format!("{object_type}{number}"))]);
        }
        if is_user {
            set("userPrincipalName", vec![text(address)]);
            set(
                "userAccountControl",
                vec![AttributeValue::Integer(if number % 50 == 7 { 514 } else { 512 })],
            );
            set(
                "pwdLastSet",
                vec![AttributeValue::Integer(
                    130_000_000_000_000_000 + i64::try_from(number).unwrap() * 10_000_000,
                )],
            );
            set("physicalDeliveryOfficeName", vec![text(format!("Room {}", number % 1_000))]);
            set("postalCode", vec![text(format!("{}", 1_000 + number % 8_000))]);
            set("streetAddress", vec![text(format!("Street {}", number % 3_000))]);
            set("st", vec![text("Styria")]);
            set("co", vec![text("Austria")]);
            set("c", vec![text("AT")]);
            set("mobile", vec![text(format!("+43 664 {number}"))]);
            set("employeeID", vec![text(format!("{number:08}"))]);
            set("description", vec![text(format!("Person {number}"))]);
            if number > 10 {
                set("manager", vec![reference(number / 10)]);
            }
        }
        if is_group {
            set("groupType", vec![AttributeValue::Integer(-2_147_483_640)]);
            set("member", self.members(number).into_iter().map(reference).collect());
        }
        object
    }

    /// What the tenant has, where 1 in 100 objects has drifted in each of several ways.
    pub(crate) fn drifted(
        &self,
        exports: Vec<PendingExport>,
        slice: Range<usize>,
    ) -> Vec<CsObject> {
        let mut out = Vec::with_capacity(exports.len());
        let numbers: std::collections::HashMap<String, usize> =
            slice.map(|it| (Self::cloud_name(it), it)).collect();
        for export in exports.into_iter().filter(|it| it.connector == "AAD") {
            let Some(number) = numbers.get(export.dn.as_str()).copied() else { continue };
            let mut object = CsObject::new(export.dn, export.object_type);
            for it in export.changes {
                object.set(it.attribute, it.new);
            }
            let reference =
                |it: usize| AttributeValue::Reference(Self::cloud_name(it).parse().unwrap());
            if number < self.users && number > 10 {
                object.set("manager".into(), vec![reference(number / 10)]);
            }
            if number >= self.users && number < self.users + self.groups {
                object.set(
                    "member".into(),
                    self.members(number).into_iter().map(reference).collect(),
                );
            }
            object.id = Some(Self::guid(number + self.len()));
            object.set("cloudMastered".into(), vec![AttributeValue::Boolean(false)]);
            match number % 100 {
                1 => continue,
                2 => object.set("displayName".into(), vec![text("drifted")]),
                3 => object.set("department".into(), Vec::new()),
                4 => object.set("extensionAttribute2".into(), vec![text("stale")]),
                5 => {
                    let mut proxies =
                        object.values(&AttributeName::from("proxyAddresses")).to_vec();
                    proxies.push(text(format!("smtp:old{number}@fabrikam.example")));
                    object.set("proxyAddresses".into(), proxies);
                }
                6 => {
                    let gone = Self::cloud_name(number + 2 * self.len());
                    let mut orphan =
                        CsObject::new(gone.parse().unwrap(), object.object_type.clone());
                    orphan.set("displayName".into(), vec![text("gone")]);
                    out.push(orphan);
                }
                _ => {}
            }
            out.push(object);
        }
        out
    }
}
