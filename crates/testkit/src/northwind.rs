//! Northwind's directories, to go with its snapshot in `test-data/`: a forest as LDIF, and the tenant as the old server
//! left it, as Graph JSON.
//!
//! What differs between the two is stated here by number; what is about to be exported follows from that.
//!
//! | who | Active Directory | tenant | so |
//! |---|---|---|---|
//! | [`RETITLED`] users, one an administrator | another title | synchronised | the title changes |
//! | [`DISABLED`] users, one with a licence | disabled | enabled | are disabled |
//! | [`MOVED`] users | mail in a federated domain | the name for signing in is the old mail | name and mail change |
//! | [`NEW`] users | new | – | are made |
//! | [`SOFT`] users | new | of the cloud alone, same SMTP address | are made: the two become one |
//! | [`OTHER_ANCHOR`] user | there | synchronised with another anchor | is refused, and the other deleted |
//! | [`GONE`] users | – | synchronised | are deleted |
//! | [`ARCHIVED`] users | in `OU=Archive`, which is not imported | synchronised | are deleted |
//! | [`NO_SYNC`] users | kept out by the connector filter | synchronised | are deleted |
//! | [`CONTRACTORS`] users | kept out by the other alternative | – | nothing |
//! | [`CLOUD_ONLY`] users | – | of the cloud alone | nothing |
//! | [`INET_ORG_PERSONS`] | addresses, no mailNickname | synchronised | lose their addresses: no standard rule takes them |
//! | [`REGROUPED`] groups | one member more | synchronised | the member comes in |
//! | [`RENAMED`] contacts | another display name | synchronised | the name changes |
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// Users that the old server joined, `inetOrgPerson` apart.
pub const USERS: u32 = 54_210;
/// Objects of `inetOrgPerson`.
pub const INET_ORG_PERSONS: u32 = 36;
/// Contacts.
pub const CONTACTS: u32 = 3_034;
/// Groups.
pub const GROUPS: u32 = 5_200;
/// What the old server counts: users, contacts, groups.
pub const OBJECTS: u32 = 62_480;
/// Members of `CN=All Staff`.
pub const ALL_STAFF: u32 = 18_204;

/// Users whose title changed since.
pub const RETITLED: u32 = 412;
/// Users that were disabled since; the first has a licence.
pub const DISABLED: u32 = 15;
/// Users whose mail moved to a federated domain.
pub const MOVED: u32 = 4;
/// Users that are new.
pub const NEW: u32 = 137;
/// Users that take over one of the cloud alone by its SMTP address.
pub const SOFT: u32 = 9;
/// Users whose partner in the cloud has another anchor.
pub const OTHER_ANCHOR: u32 = 1;
/// Users that are gone from Active Directory.
pub const GONE: u32 = 61;
/// Users that were moved where nothing is imported.
pub const ARCHIVED: u32 = 18;
/// Users that a connector filter keeps out now.
pub const NO_SYNC: u32 = 24;
/// Users that the other alternative of the filter always kept out.
pub const CONTRACTORS: u32 = 40;
/// Users of the cloud alone that nobody matches.
pub const CLOUD_ONLY: u32 = 210;
/// Groups with one member more.
pub const REGROUPED: u32 = 57;
/// Contacts with another name.
pub const RENAMED: u32 = 29;

/// Mail address of the first user whose title changed.
pub const FIRST: &str = "user0@northwind.example";

// Ranges of a user's number; `USERS` counts from 0 up to the end of `OTHER_ANCHOR`.
const AT_DISABLED: u32 = RETITLED;
const AT_MOVED: u32 = AT_DISABLED + DISABLED;
const AT_NEW: u32 = AT_MOVED + MOVED;
const AT_SOFT: u32 = AT_NEW + NEW;
const AT_OTHER: u32 = AT_SOFT + SOFT;
const AT_SAME: u32 = AT_OTHER + OTHER_ANCHOR;
const AT_PERSONS: u32 = USERS;
const AT_GONE: u32 = AT_PERSONS + INET_ORG_PERSONS;
const AT_ARCHIVED: u32 = AT_GONE + GONE;
const AT_NO_SYNC: u32 = AT_ARCHIVED + ARCHIVED;
const AT_CONTRACTORS: u32 = AT_NO_SYNC + NO_SYNC;
const AT_END: u32 = AT_CONTRACTORS + CONTRACTORS;

const DOMAIN: &str = "DC=northwind,DC=example";

/// An `objectGUID`, spread as evenly as a real one: anchors of numbers in a row would differ in the case of a letter alone.
fn guid(kind: u8, number: u32) -> [u8; 16] {
    let digest = Sha256::digest(format!("northwind/{kind}/{number}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes
}

fn anchor(kind: u8, number: u32) -> String {
    STANDARD.encode(guid(kind, number))
}

fn object_id(kind: u8, number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-0000000000{kind:02x}")
}

/// The last part of a security identifier; users, then groups.
fn rid(kind: u8, number: u32) -> u32 {
    number + if kind == GROUP { 200_000 } else { 1_000 }
}

fn sid(rid: u32) -> String {
    let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
    bytes.extend(rid.to_le_bytes());
    STANDARD.encode(bytes)
}

const USER: u8 = 1;
const GROUP: u8 = 2;
const CONTACT: u8 = 3;
/// Of the anchor that nobody has.
const NOBODY: u8 = 4;
const ROLE: u8 = 5;

fn user_dn(number: u32) -> String {
    let unit = match number {
        AT_ARCHIVED..AT_NO_SYNC => "OU=Archive,OU=Staff",
        _ if number % 5 == 4 => "OU=Retail & Stores",
        _ => "OU=Staff",
    };
    format!("CN=User {number},{unit},{DOMAIN}")
}

fn title(number: u32) -> &'static str {
    ["Buyer", "Driver", "Clerk", "Planner"][number as usize % 4]
}

/// The members of a group, by number, from the users that both sides know.
fn members(group: u32) -> impl Iterator<Item = u32> {
    let count = if group == 0 { ALL_STAFF } else { 6 };
    (0..count).map(move |it| AT_SAME + (group * 7 + it) % (USERS - AT_SAME))
}

/// The member that a regrouped group has more.
fn joiner(group: u32) -> u32 {
    AT_SAME + (group * 7 + ALL_STAFF) % (USERS - AT_SAME)
}

/// Writes the forest as LDIF.
pub fn ldif(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "version: 1\n")?;
    for number in (0..AT_END).filter(|it| !(AT_GONE..AT_ARCHIVED).contains(it)) {
        let person = (AT_PERSONS..AT_GONE).contains(&number);
        let classes = if person { "user\nobjectClass: inetOrgPerson" } else { "user" };
        let dn = user_dn(number);
        let (guid, sid) = (anchor(USER, number), sid(rid(USER, number)));
        let moved = (AT_MOVED..AT_NEW).contains(&number);
        let domain = if moved { "fed.northwind.example" } else { "northwind.example" };
        let title = if number < RETITLED { "Manager" } else { title(number) };
        let control = if (AT_DISABLED..AT_MOVED).contains(&number) { 514 } else { 512 };
        write!(
            out,
            "dn: {dn}\nobjectClass: top\nobjectClass: {classes}\nobjectGUID:: {guid}\nobjectSid:: {sid}\ncn: User {number}\n\
             displayName: User {number}\ngivenName: User\nsn: {number}\nsAMAccountName: user{number}\n\
             userPrincipalName: user{number}@northwind.example\nmail: user{number}@{domain}\n\
             proxyAddresses: SMTP:user{number}@{domain}\ntitle: {title}\nphysicalDeliveryOfficeName: Office {}\n\
             userAccountControl: {control}\n",
            number % 90,
        )?;
        match number {
            AT_NO_SYNC..AT_CONTRACTORS => writeln!(out, "extensionAttribute15: NoSync")?,
            AT_CONTRACTORS..AT_END => {
                writeln!(out, "department: Contractors\nemployeeType: External")?;
            }
            _ => {}
        }
        writeln!(out)?;
    }
    for number in 0..CONTACTS {
        let name = if number < RENAMED { "Partner (new)" } else { "Partner" };
        writeln!(
            out,
            "dn: CN=Contact {number},OU=External Contacts,{DOMAIN}\nobjectClass: top\nobjectClass: contact\n\
             objectGUID:: {}\ncn: Contact {number}\ndisplayName: {name} {number}\nmail: contact{number}@partner.example\n\
             mailNickname: contact{number}\nproxyAddresses: SMTP:contact{number}@partner.example\n\
             targetAddress: SMTP:contact{number}@partner.example\n",
            anchor(CONTACT, number),
        )?;
    }
    for number in 0..GROUPS {
        let name = group_name(number);
        write!(
            out,
            "dn: CN={name},OU=Groups,{DOMAIN}\nobjectClass: top\nobjectClass: group\nobjectGUID:: {}\nobjectSid:: {}\n\
             cn: {name}\ndisplayName: {name}\ngroupType: -2147483646\nsAMAccountName: group{number}\n",
            anchor(GROUP, number),
            sid(rid(GROUP, number)),
        )?;
        for member in members(number).chain((number < REGROUPED).then(|| joiner(number))) {
            writeln!(out, "member: {}", user_dn(member))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn group_name(number: u32) -> String {
    if number == 0 { "All Staff".to_owned() } else { format!("Group {number}") }
}

/// Writes the users of the tenant, one a line.
pub fn users(out: &mut impl Write) -> io::Result<()> {
    let synchronised = (0..AT_CONTRACTORS).filter(|it| !(AT_NEW..AT_OTHER).contains(it));
    for number in synchronised {
        let anchor = if (AT_OTHER..AT_SAME).contains(&number) {
            anchor(NOBODY, number)
        } else {
            anchor(USER, number)
        };
        let licence = if number == AT_DISABLED {
            ",\"assignedLicenses\":[{\"skuId\":\"00000000-0000-4000-8000-00000000000a\"}]"
        } else {
            ""
        };
        let office = format!("Office {}", number % 90);
        writeln!(
            out,
            "{{\"id\":\"{}\",\"onPremisesSyncEnabled\":true,\"onPremisesImmutableId\":\"{anchor}\",\
             \"onPremisesSecurityIdentifier\":\"S-1-5-21-1-2-3-{}\",\"onPremisesSamAccountName\":\"user{number}\",\
             \"onPremisesDomainName\":\"northwind.example\",\"onPremisesUserPrincipalName\":\"user{number}@northwind.example\",\
             \"accountEnabled\":true,\"displayName\":\"User {number}\",\"givenName\":\"User\",\"surname\":\"{number}\",\
             \"userPrincipalName\":\"user{number}@northwind.example\",\"mail\":\"user{number}@northwind.example\",\
             \"proxyAddresses\":[\"SMTP:user{number}@northwind.example\"],\"jobTitle\":\"{}\",\"officeLocation\":\"{office}\",\
             \"onPremisesExtensionAttributes\":{{\"extensionAttribute5\":\"{office}\"}},\"usageLocation\":\"GB\"{licence}}}",
            object_id(USER, number),
            rid(USER, number),
            title(number),
        )?;
    }
    for number in (AT_SOFT..AT_OTHER).chain(AT_END..AT_END + CLOUD_ONLY) {
        writeln!(
            out,
            "{{\"id\":\"{}\",\"accountEnabled\":true,\"displayName\":\"Cloud {number}\",\
             \"userPrincipalName\":\"cloud{number}@northwind.onmicrosoft.com\",\"mail\":\"user{number}@northwind.example\",\
             \"proxyAddresses\":[\"SMTP:user{number}@northwind.example\"]}}",
            object_id(USER, number),
        )?;
    }
    Ok(())
}

/// Writes the groups of the tenant, one a line.
pub fn groups(out: &mut impl Write) -> io::Result<()> {
    for number in 0..GROUPS {
        let name = group_name(number);
        write!(
            out,
            "{{\"id\":\"{}\",\"onPremisesSyncEnabled\":true,\"displayName\":\"{name}\",\"securityEnabled\":true,\
             \"onPremisesSecurityIdentifier\":\"S-1-5-21-1-2-3-{}\",\"onPremisesSamAccountName\":\"group{number}\",\
             \"onPremisesDomainName\":\"northwind.example\",\"onPremisesNetBiosName\":\"NORTHWIND\",\"members\":[",
            object_id(GROUP, number),
            rid(GROUP, number),
        )?;
        for (idx, member) in members(number).enumerate() {
            let comma = if idx == 0 { "" } else { "," };
            write!(out, "{comma}{{\"id\":\"{}\"}}", object_id(USER, member))?;
        }
        writeln!(out, "]}}")?;
    }
    Ok(())
}

/// Writes the contacts of the tenant, one a line.
pub fn contacts(out: &mut impl Write) -> io::Result<()> {
    for number in 0..CONTACTS {
        writeln!(
            out,
            "{{\"id\":\"{}\",\"onPremisesSyncEnabled\":true,\"displayName\":\"Partner {number}\",\
             \"mail\":\"contact{number}@partner.example\",\"mailNickname\":\"contact{number}\",\
             \"proxyAddresses\":[\"SMTP:contact{number}@partner.example\"]}}",
            object_id(CONTACT, number),
        )?;
    }
    Ok(())
}

/// The roles of the tenant: a global administrator of the cloud alone, and a user whose title changed.
fn roles() -> String {
    let role = |number: u32, name: &str, template: &str, member: u32| {
        format!(
            "{{\"id\":\"{}\",\"displayName\":\"{name}\",\"roleTemplateId\":\"{template}\",\"members\":[{{\"id\":\"{}\"}}]}}\n",
            object_id(ROLE, number),
            object_id(USER, member),
        )
    };
    role(0, "Global Administrator", "62e90394-69f5-4237-9190-012177145e10", AT_END)
        + &role(1, "User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1", 1)
}

/// Writes `forest.ldf` and `tenant/` into a folder.
pub fn write(folder: &Path) -> io::Result<()> {
    let tenant = folder.join("tenant");
    fs::create_dir_all(&tenant)?;
    let file = |path: &Path| File::create(path).map(BufWriter::new);
    let mut out = file(&folder.join("forest.ldf"))?;
    ldif(&mut out)?;
    out.flush()?;
    let mut out = file(&tenant.join("users.jsonl"))?;
    users(&mut out)?;
    out.flush()?;
    let mut out = file(&tenant.join("groups.jsonl"))?;
    groups(&mut out)?;
    out.flush()?;
    let mut out = file(&tenant.join("contacts.jsonl"))?;
    contacts(&mut out)?;
    out.flush()?;
    fs::write(tenant.join("devices.jsonl"), "")?;
    fs::write(tenant.join("directoryRoles.jsonl"), roles())?;
    fs::write(
        tenant.join("domains.jsonl"),
        "{\"id\":\"northwind.example\",\"authenticationType\":\"Managed\",\"isVerified\":true,\"isDefault\":true}\n\
         {\"id\":\"fed.northwind.example\",\"authenticationType\":\"Federated\",\"isVerified\":true}\n\
         {\"id\":\"northwind.onmicrosoft.com\",\"authenticationType\":\"Managed\",\"isVerified\":true,\"isInitial\":true}\n",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_forest_has_what_the_old_server_counted() {
        let ldif = text(super::ldif);
        let count = |what: &str| ldif.lines().filter(|it| *it == what).count();
        assert_eq!(USERS + INET_ORG_PERSONS + CONTACTS + GROUPS, OBJECTS);
        // Archived, filtered, and both sorts of contractors are there as well: 18 + 24 + 40.
        assert_eq!(count("objectClass: user"), 54_246 + 82);
        assert_eq!(count("objectClass: inetOrgPerson"), 36);
        assert_eq!(count("objectClass: contact"), 3_034);
        assert_eq!(count("objectClass: group"), 5_200);
        assert_eq!(count("title: Manager"), 412);
    }

    #[test]
    fn the_tenant_has_what_the_old_server_left() {
        // 54,246 without new and soft ones (137 + 9), with those to be deleted (61 + 18 + 24); cloud alone: 210 + 9.
        let users = text(super::users);
        assert_eq!(users.matches("onPremisesSyncEnabled").count(), 54_203);
        assert_eq!(users.lines().count(), 54_203 + 219);
        assert_eq!(text(groups).lines().count(), 5_200);
        assert_eq!(text(contacts).lines().count(), 3_034);
    }
}
