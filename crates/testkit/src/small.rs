//! A small organisation whose synchronization can be worked out by hand: one forest, one tenant.
//!
//! | who | Active Directory | tenant | so |
//! |---|---|---|---|
//! | Ann | title Engineer | synchronised, title Intern | the title changes |
//! | Ben | new | – | is made |
//! | Carl | in `OU=Out`, which is not imported | synchronised | is deleted, nothing has its anchor |
//! | Dora | disabled | synchronised, enabled, licensed | is disabled |
//! | Erik | new | of the cloud alone, same name for signing in | the two become one |
//! | Fay | `adminDescription` keeps her out | synchronised | is deleted, out of scope |
//! | Gus | new, with Ann's address | – | is refused: the address must be unique |
//! | Team | members Ann, Ben, Carl | synchronised, member Ann | Ben comes in, Carl is left out |
use std::{fmt::Write as _, fs, io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Identifier of the connector to Active Directory.
pub const AD: &str = "{a0000000-0000-4000-8000-000000000001}";

/// Identifier of the connector to the cloud.
pub const CLOUD: &str = "{c0000000-0000-4000-8000-000000000002}";

/// Name of the connector to the cloud.
pub const CLOUD_NAME: &str = "small.onmicrosoft.com - AAD";

/// A person's number: each byte of the `objectGUID`.
pub const ANN: u8 = 0x11;
/// As [`ANN`].
pub const BEN: u8 = 0x22;
/// As [`ANN`].
pub const CARL: u8 = 0x33;
/// As [`ANN`].
pub const DORA: u8 = 0x44;
/// As [`ANN`].
pub const ERIK: u8 = 0x55;
/// As [`ANN`].
pub const FAY: u8 = 0x66;
/// As [`ANN`].
pub const GUS: u8 = 0x77;
/// As [`ANN`].
pub const TEAM: u8 = 0x88;

/// The source anchor of a number: sixteen equal bytes in base64.
pub fn anchor(number: u8) -> String {
    STANDARD.encode([number; 16])
}

/// The name in the cloud connector's space of what has this anchor.
pub fn cloud_dn(number: u8) -> String {
    let hex = anchor(number).bytes().fold(String::new(), |mut out, it| {
        let _ = write!(out, "{it:02X}");
        out
    });
    format!("CN={{{hex}}}")
}

/// The object id of a number in the cloud.
pub fn object_id(number: u8) -> String {
    format!("{number:02x}{number:02x}{number:02x}{number:02x}-0000-4000-8000-000000000000")
}

/// The bytes of `S-1-5-21-1-2-3-RID`.
pub fn sid(rid: u8) -> Vec<u8> {
    let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
    bytes.extend([rid, 0, 0, 0]);
    bytes
}

/// `Connectors/…` of an export: the domain `DC=small,DC=example` without `OU=Out`, and the tenant.
pub fn connectors() -> [(String, String); 2] {
    let ad = format!(
        "<ma-data><id>{AD}</id><name>small.example</name><category>AD</category><subtype/><ma-partition-data><partition>\
         <id>{{a0000000-0000-4000-8000-000000000003}}</id><name>DC=small,DC=example</name><selected>1</selected><filter>\
         <object-classes><object-class>contact</object-class><object-class>group</object-class>\
         <object-class>user</object-class></object-classes><containers><exclusions>\
         <exclusion>OU=Out,DC=small,DC=example</exclusion></exclusions><inclusions>\
         <inclusion>DC=small,DC=example</inclusion></inclusions></containers></filter></partition></ma-partition-data>\
         <private-configuration><adma-configuration><forest-name>small.example</forest-name></adma-configuration>\
         </private-configuration></ma-data>"
    );
    let cloud = format!(
        "<ma-data><id>{CLOUD}</id><name>{CLOUD_NAME}</name><category>Extensible2</category>\
         <subtype>Windows Azure Active Directory (Microsoft)</subtype></ma-data>"
    );
    [
        (format!("Connectors/Connector_{AD}.xml"), ad),
        (format!("Connectors/Connector_{CLOUD}.xml"), cloud),
    ]
}

/// The forest as LDIF.
pub fn ldif() -> String {
    let mut out = "version: 1\n\n".to_owned();
    let mut entry = |dn: &str, class: &str, number: u8, attributes: &[(&str, &str)]| {
        let _ =
            writeln!(out, "dn: {dn},DC=small,DC=example\nobjectClass: top\nobjectClass: {class}");
        let _ = writeln!(out, "objectGUID:: {}", STANDARD.encode([number; 16]));
        let _ = writeln!(out, "objectSid:: {}", STANDARD.encode(sid(number)));
        for (name, value) in attributes {
            let _ = writeln!(out, "{name}: {value}");
        }
        out.push('\n');
    };
    let mut user = |name: &str, unit: &str, number: u8, more: &[(&str, &str)]| {
        let account = name.to_lowercase();
        let principal = format!("{account}@small.example");
        let display = format!("{name} Small");
        let mut all = vec![
            ("cn", name),
            ("displayName", &*display),
            ("givenName", name),
            ("sAMAccountName", &*account),
            ("sn", "Small"),
            ("userPrincipalName", &*principal),
        ];
        if !more.iter().any(|it| it.0 == "userAccountControl") {
            all.push(("userAccountControl", "512"));
        }
        all.extend_from_slice(more);
        entry(&format!("CN={name},OU={unit}"), "user", number, &all);
    };
    let address = ("proxyAddresses", "SMTP:ann@small.example");
    user("Ann", "Staff", ANN, &[("title", "Engineer"), ("mail", "ann@small.example"), address]);
    user("Ben", "Staff", BEN, &[]);
    user("Carl", "Out", CARL, &[]);
    user("Dora", "Staff", DORA, &[("userAccountControl", "514")]);
    user("Erik", "Staff", ERIK, &[]);
    user("Fay", "Staff", FAY, &[("adminDescription", "User_leave her out")]);
    user("Gus", "Staff", GUS, &[address]);
    entry(
        "CN=Team,OU=Staff",
        "group",
        TEAM,
        &[
            ("cn", "Team"),
            ("groupType", "-2147483646"),
            ("member", "CN=Ann,OU=Staff,DC=small,DC=example"),
            ("member", "CN=Ben,OU=Staff,DC=small,DC=example"),
            ("member", "CN=Carl,OU=Out,DC=small,DC=example"),
            ("sAMAccountName", "team"),
        ],
    );
    out
}

/// The tenant as Graph JSON: name of the file and its lines.
pub fn graph() -> Vec<(&'static str, String)> {
    let user = |name: &str, number: u8, synchronised: bool, more: &str| {
        let account = name.to_lowercase();
        let id = object_id(number);
        let anchor = anchor(number);
        let own = if synchronised {
            format!(
                "\"onPremisesSyncEnabled\":true,\"onPremisesImmutableId\":\"{anchor}\",\
                 \"onPremisesSecurityIdentifier\":\"S-1-5-21-1-2-3-{number}\",\"onPremisesSamAccountName\":\"{account}\",\
                 \"onPremisesDomainName\":\"small.example\","
            )
        } else {
            String::new()
        };
        format!(
            "{{\"id\":\"{id}\",{own}\"accountEnabled\":true,\"displayName\":\"{name} Small\",\"givenName\":\"{name}\",\
             \"surname\":\"Small\",\"userPrincipalName\":\"{account}@small.example\"{more}}}\n"
        )
    };
    let licence = ",\"assignedLicenses\":[{\"skuId\":\"00000000-0000-4000-8000-00000000000a\"}]";
    let address = ",\"jobTitle\":\"Intern\",\"mail\":\"ann@small.example\",\
                   \"proxyAddresses\":[\"SMTP:ann@small.example\"]";
    let users = [
        user("Ann", ANN, true, address),
        user("Carl", CARL, true, ""),
        user("Dora", DORA, true, licence),
        user("Erik", ERIK, false, ""),
        user("Fay", FAY, true, ""),
    ];
    let team = format!(
        "{{\"id\":\"{}\",\"onPremisesSyncEnabled\":true,\"displayName\":\"Team\",\"securityEnabled\":true,\
         \"onPremisesSecurityIdentifier\":\"S-1-5-21-1-2-3-{TEAM}\",\"onPremisesSamAccountName\":\"team\",\
         \"onPremisesDomainName\":\"small.example\",\"onPremisesNetBiosName\":\"SMALL\",\"members\":[{{\"id\":\"{}\"}}]}}\n",
        object_id(TEAM),
        object_id(ANN),
    );
    vec![
        ("users.jsonl", users.concat()),
        ("groups.jsonl", team),
        ("contacts.jsonl", String::new()),
        ("devices.jsonl", String::new()),
    ]
}

/// Writes `config/`, `forest.ldf` and `tenant/` into a folder.
pub fn write(folder: &Path) -> io::Result<()> {
    let config = folder.join("config");
    fs::create_dir_all(config.join("Connectors"))?;
    for (name, text) in connectors() {
        fs::write(config.join(name), text)?;
    }
    fs::write(folder.join("forest.ldf"), ldif())?;
    fs::create_dir_all(folder.join("tenant"))?;
    for (name, text) in graph() {
        fs::write(folder.join("tenant").join(name), text)?;
    }
    Ok(())
}
