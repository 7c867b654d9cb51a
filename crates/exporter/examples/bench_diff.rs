//! How fast two configuration folders are read from disk and compared.
//!
//! `cargo xtask bench diff` generates the folders, builds this with optimisation and runs it.
#![expect(clippy::print_stdout, reason = "a measurement talks on standard output")]
use std::{error::Error, fs, path::Path, time::Instant};

use dirlift_exporter::diff::{Configuration, compare};

/// Measurements; the best and the median are told.
const RUNS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<_> = std::env::args_os().skip(1).collect();
    let [before, after] = &folders[..] else { return Err("two folders are needed".into()) };
    let mut times = Vec::new();
    let mut told = String::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let (a, b) = (read(Path::new(before))?, read(Path::new(after))?);
        let comparison = compare(&a, &b, ["before", "after"]);
        times.push(start.elapsed());
        told = format!(
            "{} rules against {}: {} differences, {} of a newer build",
            comparison.before.n_rules,
            comparison.after.n_rules,
            comparison.differences.len(),
            comparison.newer_build.len()
        );
    }
    times.sort_unstable();
    println!("{told}");
    println!(
        "read and compared: best {:.1} ms, median {:.1} ms",
        times[0].as_secs_f64() * 1e3,
        times[RUNS / 2].as_secs_f64() * 1e3
    );
    Ok(())
}

fn read(root: &Path) -> Result<Configuration, Box<dyn Error>> {
    let mut files = Vec::new();
    for folder in ["SynchronizationRules", "Connectors", "GlobalSettings"] {
        for entry in fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((format!("{folder}/{name}"), fs::read(&path)?));
        }
    }
    let read = Configuration::from_parts(&files)?;
    if let Some(damaged) = read.damaged.first() {
        return Err(format!("{}: {}", damaged.location, damaged.what).into());
    }
    Ok(read)
}
