//! Secrets planted in every place that a snapshot may hold one by mistake: none may come out.
use dirlift_exporter::bundle::Bundle;
use dirlift_testkit::{canary, snapshot::Copy};
use serde_json::{Value, json};

use crate::{ORGANISATIONS, analyze, dirlift, files, organisation, run};

const FORMATS: [&str; 4] = ["text", "json", "markdown", "html"];

#[test]
fn no_planted_secret_comes_out() {
    for name in ORGANISATIONS {
        let copy = Copy::of(&organisation(name)).unwrap();
        let n_planted = plant(&copy);
        // Host, services, registry, database, and all XML and settings files.
        let is_more = |it: &&String| {
            it.to_ascii_lowercase().ends_with(".xml") || it.ends_with("/MigratedPolicy.json")
        };
        let n_more = files(copy.path()).iter().filter(is_more).count();
        assert_eq!(n_planted, 4 + n_more, "{name}");
        for secret in canary::ALL {
            let is_there = files(copy.path())
                .iter()
                .any(|it| canary::find(secret, &copy.get(it).unwrap()).is_some());
            assert!(is_there, "{name}: {secret} was not planted");
        }
        check_outputs(name, &copy, &FORMATS);
        check_file(name, &copy);
        assert!(check_bundle(name, &copy), "{name} gives a bundle");
    }
}

/// Tests of their own, so that they run side by side.
macro_rules! damaged {
    ($($name:ident)*) => {
        $(
            mod $name {
                #[test]
                fn no_planted_secret_comes_out_of_damaged_files() {
                    super::damage(stringify!($name));
                }
            }
        )*

        #[test]
        fn every_organisation_is_damaged() {
            assert_eq!([$(stringify!($name)),*], ORGANISATIONS);
        }
    };
}

damaged! { adatum fabrikam northwind tailspin }

fn damage(name: &str) {
    let copy = Copy::of(&organisation(name)).unwrap();
    plant(&copy);
    for file in files(copy.path()) {
        let whole = copy.get(&file).unwrap();
        let Some(end) = end_of_first_secret(&whole) else { continue };
        // Cut off in the middle of a secret, behind it, and with a character that XML and JSON refuse. JSON has what
        // every form shows; each of the others takes its turn.
        let cut = |at: usize| whole[..at.min(whole.len())].to_vec();
        let mut broken = whole.clone();
        broken.splice(end..end, *b"\x01<&\xff\"");
        let damages = [cut(end - 4), cut(end), cut(end + 3), broken];
        for (idx, damaged) in damages.into_iter().enumerate() {
            copy.put(&file, &damaged).unwrap();
            let what = format!("{name}, {file} damaged in way {idx} at {end}");
            check_outputs(&what, &copy, &["json", ["text", "markdown", "html"][idx % 3]]);
            if idx % 3 == 0 {
                check_bundle(&what, &copy);
            }
        }
        copy.put(&file, &whole).unwrap();
    }
}

/// Runs in these formats; looks for every canary in everything that comes out.
fn check_outputs(what: &str, copy: &Copy, formats: &[&str]) {
    for format in formats {
        let outcome = run(analyze(copy.path()).args(["--format", format]));
        assert!(
            matches!(outcome.code, 0 | 1 | 3 | 4),
            "{what}: {}: {}",
            outcome.code,
            outcome.stderr
        );
        check_bytes(&format!("{what}: {format} on stdout"), outcome.stdout.as_bytes());
        check_bytes(&format!("{what}: {format} on stderr"), outcome.stderr.as_bytes());
    }
}

/// The same for the file of `--out`.
fn check_file(what: &str, copy: &Copy) {
    let out = Copy::empty().unwrap();
    for format in FORMATS {
        run(analyze(copy.path()).args(["--format", format, "--out"]).arg(out.path().join(format)));
        check_bytes(&format!("{what}: {format} in a file"), &out.get(format).unwrap());
    }
}

/// The same for a bundle, packed and unpacked, and for what is said of it; returns whether there is one.
fn check_bundle(what: &str, copy: &Copy) -> bool {
    let folder = Copy::empty().unwrap();
    let path = folder.path().join("bundle.zip");
    let command = dirlift().arg("export").arg(copy.path()).arg("--force").arg("--out").arg(&path);
    let outcome = run(command);
    check_bytes(&format!("{what}: export on stdout"), outcome.stdout.as_bytes());
    check_bytes(&format!("{what}: export on stderr"), outcome.stderr.as_bytes());
    if !matches!(outcome.code, 0 | 4) {
        assert!(matches!(outcome.code, 1..=3), "{what}: {}: {}", outcome.code, outcome.stderr);
        assert_eq!(files(folder.path()), Vec::<String>::new(), "{what}");
        return false;
    }
    check_bytes(&format!("{what}: the bundle as it is"), &folder.get("bundle.zip").unwrap());
    for part in Bundle::read(&path).unwrap().parts() {
        check_bytes(&format!("{what}: {} in the bundle", part.path), &part.bytes);
    }
    for format in ["text", "json"] {
        let command = dirlift().args(["bundle", "inspect", "--format", format]).arg(&path);
        check_bytes(&format!("{what}: inspect as {format}"), run(command).stdout.as_bytes());
    }
    true
}

fn check_bytes(what: &str, bytes: &[u8]) {
    for secret in canary::ALL {
        // Without its last characters, so that a secret that was cut off is found as well.
        let beginning = &secret[..secret.len() - 4];
        if let Some(form) = canary::find(beginning, bytes) {
            panic!("{what}: {secret} is there as {form}");
        }
    }
}

/// The first byte behind the first canary in a file, whichever encoding the file has.
fn end_of_first_secret(bytes: &[u8]) -> Option<usize> {
    let ends = canary::ALL.iter().flat_map(|secret| {
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [secret.as_bytes().to_vec(), wide].map(|needle| {
            Some(bytes.windows(needle.len()).position(|it| it == needle)? + needle.len())
        })
    });
    ends.flatten().min()
}

/// Plants every canary; returns the number of files that were changed.
fn plant(copy: &Copy) -> usize {
    let mut n_planted = 0;
    for file in files(copy.path()) {
        let bytes = copy.get(&file).unwrap();
        let changed = match file.as_str() {
            "snapshot.json" => Some(edit_json(&bytes, plant_in_host)),
            "services.json" => Some(edit_json(&bytes, plant_in_services)),
            "database.json" => Some(edit_json(&bytes, plant_in_database)),
            it if it.ends_with("/MigratedPolicy.json") => edit_text(&bytes, &plant_in_policy),
            "registry.reg" => edit_text(&bytes, &plant_in_registry),
            it if it.to_ascii_lowercase().ends_with(".xml") => edit_text(&bytes, &plant_in_xml),
            _ => None,
        };
        if let Some(changed) = changed.filter(|it| *it != bytes) {
            copy.put(&file, &changed).unwrap();
            n_planted += 1;
        }
    }
    n_planted
}

fn edit_json(bytes: &[u8], edit: impl Fn(&mut Value)) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}');
    let mut value = serde_json::from_str(text).unwrap();
    edit(&mut value);
    serde_json::to_vec_pretty(&value).unwrap()
}

/// Edits a text in UTF-8, or in UTF-16LE with byte-order mark.
fn edit_text(bytes: &[u8], edit: &dyn Fn(&str) -> String) -> Option<Vec<u8>> {
    if let Some(wide) = bytes.strip_prefix(&[0xff, 0xfe]) {
        let units: Vec<u16> =
            wide.as_chunks::<2>().0.iter().map(|it| u16::from_le_bytes(*it)).collect();
        let text = edit(&String::from_utf16(&units).ok()?);
        return Some(
            [0xff, 0xfe]
                .into_iter()
                .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
                .collect(),
        );
    }
    Some(edit(std::str::from_utf8(bytes).ok()?).into_bytes())
}

/// Elements as the engine writes them, with a secret in each.
fn secret_elements() -> String {
    format!(
        "<password>{0}</password><controller-configuration-password>{0}</controller-configuration-password>\
         <encrypted-attributes><attribute name=\"password\" encrypted=\"1\">{0}</attribute></encrypted-attributes>\
         <encrypted-configuration>{1}</encrypted-configuration><cookie>{2}</cookie><water-mark>{2}</water-mark>\
         <keyset><key>{3}</key></keyset>",
        canary::PASSWORD,
        canary::ENCRYPTED,
        canary::COOKIE,
        canary::KEY,
    )
}

/// Plants behind the opening tags in which the engine keeps such elements.
fn plant_in_xml(text: &str) -> String {
    let mut text = text.to_owned();
    for tag in [
        "<ma-data>",
        "<mv-data>",
        "<private-configuration>",
        "<adma-configuration>",
        "<partition>",
        "<custom-data>",
        "<parameter-values>",
        "<synchronizationRule>",
    ] {
        text = text.replace(tag, &format!("{tag}{}", secret_elements()));
    }
    text
}

fn plant_in_registry(text: &str) -> String {
    let value = format!(
        "\r\n\"Password\"=\"{}\"\r\n\"ServiceKeyPwd\"=\"{}\"\r\n",
        canary::PASSWORD,
        canary::KEY
    );
    text.replacen("\\MSOLCoExistence]", &format!("\\MSOLCoExistence]{value}"), 1)
}

fn plant_in_policy(text: &str) -> String {
    let key = "\"deploymentMetadata\":";
    let more = format!("\"password\": \"{}\", {key}", canary::PASSWORD);
    text.replacen(key, &more, 1)
}

fn plant_in_host(snapshot: &mut Value) {
    let url = format!("http://svc-proxy:{}@proxy.example.com:8080", canary::PROXY_PASSWORD);
    snapshot["host"]["proxy"] = json!({
        "winhttp": format!("http={url};https={url}"),
        "machine_config": url,
        "users": [ { "account": "CORP\\admin", "proxy": url } ],
    });
}

fn plant_in_services(services: &mut Value) {
    for service in services["services"].as_array_mut().unwrap() {
        let path = service["image_path"].as_str().unwrap_or_default();
        service["image_path"] =
            format!("{path} /password:{0} -pwd {0}", canary::SERVICE_PASSWORD).into();
    }
}

fn plant_in_database(database: &mut Value) {
    for agent in database["agents"].as_array_mut().into_iter().flatten() {
        agent["encrypted_configuration"] = canary::ENCRYPTED.into();
        agent["xml"]["controller_configuration_password"] = canary::PASSWORD.into();
        agent["xml"]["encrypted_configuration_xml"] = secret_elements().into();
        for (_, column) in agent["xml"].as_object_mut().unwrap() {
            *column = plant_in_xml(column.as_str().unwrap()).into();
        }
    }
    database["keyset"] = canary::KEY.into();
}
