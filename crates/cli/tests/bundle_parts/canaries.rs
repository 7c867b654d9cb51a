//! Secrets planted in a server's files: none comes out in any part of a bundle.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_exporter::Exported;
use dirlift_testkit::{canary, snapshot::Copy};

use crate::{ORGANISATIONS, Server, organisation};

/// Elements as the engine writes them, attributes, comments and character data, with a secret in each.
fn secrets() -> String {
    let encoded =
        |n_before: usize| STANDARD.encode(format!("{}{}", "q".repeat(n_before), canary::PASSWORD));
    format!(
        "<password>{0}</password><controller-configuration-password>{0}</controller-configuration-password>\
         <encrypted-attributes><attribute name=\"password\" encrypted=\"1\">{0}</attribute></encrypted-attributes>\
         <encrypted-configuration>{1}</encrypted-configuration><cookie>{2}</cookie><water-mark><![CDATA[{2}]]></water-mark>\
         <keyset><key>{3}</key></keyset><!-- <password>{0}</password> --><private-key>{4}</private-key>\
         <private-key>{5}</private-key><private-key>{6}</private-key><n:secret xmlns:n=\"n\"><a b='>'/>{0}</n:secret>\
         <parameter name=\"Password\" type=\"encrypted-string\" encrypted=\"1\">{0}</parameter>\
         <parameter name=\"Token\" encrypted=\"1\" value=\"{3}\" />\
         <parameter name=\"Web.Proxy\" type=\"string\">http://user:{7}@proxy:8080 password={8}</parameter>\
         <description>password={0}; http://user:{7}@proxy</description>\
         <proxy>http://user:{7}@proxy:8080</proxy><run command=\"x.exe -password={8}\" password='{0}'/>",
        canary::PASSWORD,
        canary::ENCRYPTED,
        canary::COOKIE,
        canary::KEY,
        encoded(0),
        encoded(1),
        encoded(2),
        canary::PROXY_PASSWORD,
        canary::SERVICE_PASSWORD,
    )
}

const TAGS: [&str; 8] = [
    "<ma-data>",
    "<mv-data>",
    "<private-configuration>",
    "<adma-configuration>",
    "<partition>",
    "<custom-data>",
    "<parameter-values>",
    "<synchronizationRule>",
];

fn plant(text: &str) -> String {
    let mut text = text.to_owned();
    for tag in TAGS {
        text = text.replace(tag, &format!("{tag}{}", secrets()));
    }
    // A flow that sets a password, and a clause that compares with one.
    let flow = format!(
        "<attribute-mappings><mapping><dest>userPassword</dest><src>{}</src><valueMergeType>Update</valueMergeType></mapping>",
        canary::PASSWORD
    );
    text.replace("<attribute-mappings>", &flow)
}

fn wide(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Reads UTF-8, or UTF-16LE with its mark.
fn read(bytes: &[u8]) -> String {
    match bytes.strip_prefix(&[0xFF, 0xFE]) {
        Some(wide) => {
            let units: Vec<u16> =
                wide.as_chunks::<2>().0.iter().map(|it| u16::from_le_bytes(*it)).collect();
            String::from_utf16(&units).unwrap()
        }
        None => String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// Plants in every file of the configuration; returns how many there are.
fn plant_all(copy: &Copy, as_wide: bool) -> usize {
    let server = Server::open(copy.path());
    let mut n_planted = 0;
    for original in &server.originals {
        let path = format!("server-configuration/{}", original.path);
        let text = read(&original.bytes);
        let planted = if path.ends_with("MigratedPolicy.json") {
            let key = "\"deploymentMetadata\":";
            let more = format!("\"password\": \"{}\", {key}", canary::PASSWORD);
            text.replacen(key, &more, 1)
        } else {
            plant(&text)
        };
        assert_ne!(planted, text, "{path}");
        let bytes = if as_wide { wide(&planted) } else { planted.into_bytes() };
        copy.put(&path, &bytes).unwrap();
        n_planted += 1;
    }
    n_planted
}

fn check(what: &str, exported: &Exported) {
    for part in &exported.parts {
        for secret in canary::ALL {
            // Without its last characters, so that a secret that was cut off is found as well.
            let beginning = &secret[..secret.len() - 4];
            if let Some(form) = canary::find(beginning, &part.bytes) {
                panic!("{what}: {secret} is in {} as {form}", part.path);
            }
        }
    }
}

#[test]
fn no_planted_secret_comes_out() {
    for name in ORGANISATIONS {
        for as_wide in [false, true] {
            let copy = Copy::of(&organisation(name)).unwrap();
            let n_planted = plant_all(&copy, as_wide);
            let server = Server::open(copy.path());
            for secret in canary::ALL {
                let is_there =
                    server.originals.iter().any(|it| canary::find(secret, &it.bytes).is_some());
                assert!(is_there, "{name}: {secret} was not planted");
            }
            let exported = server.export();
            check(&format!("{name}, UTF-16: {as_wide}"), &exported);
            if name == "adatum" {
                // Each file says that it was edited, but for the policy, which is left out.
                let described = &exported.settings.server_configuration;
                assert_eq!(described.edited.len(), n_planted - 1, "{:?}", described.left_out);
                assert_eq!(described.left_out.len(), 1);
                assert!(described.left_out[0].what.ends_with("MigratedPolicy.json"));
            }
        }
    }
}

#[test]
fn what_is_left_is_still_read() {
    let copy = Copy::of(&organisation("adatum")).unwrap();
    plant_all(&copy, true);
    let exported = Server::open(copy.path()).export();
    let files: Vec<_> =
        exported.parts.iter().map(|it| (it.path.clone(), it.bytes.clone())).collect();
    let read = dirlift_exporter::diff::Configuration::from_parts(&files).unwrap();
    assert_eq!(read.damaged, []);
    assert_eq!((read.rules.len(), read.connectors.len()), (19, 2));
    assert!(read.parameters.unwrap_or_default().len() >= 24);
}

#[test]
fn damaged_files_give_nothing_away() {
    // Cut off at every place of a secret, the file is not read, so it is left out or clean.
    let whole = Server::of("adatum");
    let rule = whole.originals.iter().position(|it| it.path.contains("175a5a1f")).unwrap();
    let planted = plant(&read(&whole.originals[rule].bytes));
    for at in (0..planted.len()).step_by(37) {
        let mut server = Server { originals: vec![whole.originals[rule].clone()], ..whole.clone() };
        server.originals[0].bytes = planted.as_bytes()[..at].to_vec();
        check(&format!("cut at {at}"), &server.export());
    }
}
