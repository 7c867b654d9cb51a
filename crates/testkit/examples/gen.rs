//! Writes the invented organisations into a folder: `cargo run -p dirlift-testkit --example gen -- test-data`.
use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let target = env::args_os().nth(1).map_or_else(|| PathBuf::from("test-data"), PathBuf::from);
    for organisation in dirlift_testkit::org::all() {
        for file in organisation.files {
            let path = target.join(organisation.name).join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, file.bytes)?;
        }
    }
    Ok(())
}
