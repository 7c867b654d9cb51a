//! `cargo xtask bench csexport`: how fast a large connector-space export is read, and in how much memory, beside xmllint.
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, ensure};

use super::{measure, show};
use crate::{cargo, run_to_success, target_folder, test::have_xmllint};

/// Sizes of the generated files in bytes; memory must not follow them.
const SIZES: [u64; 2] = [50_000_000, 500_000_000];

/// Reads the files with dirlift and the larger with xmllint.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let target = target_folder(root)?;
    let build = [
        "build",
        "--quiet",
        "--release",
        "-p",
        "dirlift-serverconfig",
        "--example",
        "read_csexport",
    ];
    run_to_success(&mut cargo(root, &build))?;
    let example = target
        .join("release/examples")
        .join(format!("read_csexport{}", std::env::consts::EXE_SUFFIX));
    let file = target.join("bench-csexport.xml");
    for size in SIZES {
        let (n_objects, n_bytes) = write(&file, size)?;
        println!("{n_objects} objects in {n_bytes} bytes");
        let ours = measure(|| {
            let mut command = Command::new(&example);
            command.arg(&file);
            command
        })?;
        show("dirlift", &ours, n_bytes);
    }
    if have_xmllint()? {
        let theirs = measure(|| {
            let mut command = Command::new("xmllint");
            command.args(["--stream", "--noout", "--huge"]).arg(&file);
            command
        })?;
        show("xmllint --stream", &theirs, SIZES[1]);
    }
    std::fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))
}

/// Writes users with thirty attributes, as the engine does: in one line.
fn write(file: &Path, size: u64) -> anyhow::Result<(u64, u64)> {
    let mut out = BufWriter::new(File::create(file)?);
    let (mut n_objects, mut n_bytes) = (0, 0_u64);
    write!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><cs-objects>")?;
    while n_bytes < size {
        let object = object(n_objects);
        out.write_all(object.as_bytes())?;
        n_bytes += object.len() as u64;
        n_objects += 1;
    }
    write!(out, "</cs-objects>")?;
    out.flush()?;
    let n_bytes = std::fs::metadata(file)?.len();
    ensure!(n_bytes >= size, "the file is too small");
    Ok((n_objects, n_bytes))
}

fn object(n: u64) -> String {
    let dn = format!("CN=User {n:07},OU=Staff,DC=corp,DC=example");
    let texts: Vec<String> = (0..26)
        .map(|k| {
            format!(
                "<attr name=\"attribute{k:02}\" type=\"string\" multivalued=\"false\"><value>value {k} of user {n}</value></attr>"
            )
        })
        .collect();
    let entry = texts.concat();
    format!(
        "<cs-object cs-dn=\"{dn}\" id=\"{{0A0B0C0D-0000-0000-0000-{n:012X}}}\" object-type=\"user\"><synchronized-hologram>\
         <entry dn=\"{dn}\"><primary-objectclass>user</primary-objectclass>{entry}\
         <attr name=\"objectGUID\" type=\"binary\" multivalued=\"false\"><value encoding=\"base64\">AAECAwQFBgcICQoLDA0ODw==</value></attr>\
         <attr name=\"userAccountControl\" type=\"integer\" multivalued=\"false\"><value>0x200</value></attr>\
         <attr name=\"msExchHideFromAddressLists\" type=\"boolean\" multivalued=\"false\"><value>false</value></attr>\
         <dn-attr name=\"manager\" multivalued=\"false\"><dn-value><dn>CN=User 0000001,OU=Staff,DC=corp,DC=example</dn></dn-value></dn-attr>\
         </entry></synchronized-hologram><connector>1</connector><ma-name>corp.example</ma-name></cs-object>"
    )
}
