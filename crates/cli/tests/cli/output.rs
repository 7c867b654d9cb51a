//! Where the output goes.
use std::process::{Command, Stdio};

use crate::{AS_OF, analyze, files, organisation, run};

#[test]
fn a_closed_pipe_is_success() {
    // Tailspin would end with 3 if somebody were listening.
    let mut child = Command::new(env!("CARGO_BIN_EXE_dirlift"))
        .arg("analyze")
        .arg(organisation("tailspin"))
        .args(["--as-of", AS_OF, "--format", "json"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn out_writes_the_same_and_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["text", "json", "markdown", "html"] {
        let file = folder.path().join(format);
        std::fs::write(&file, "older").unwrap();
        let to_stdout = run(analyze(&organisation("tailspin")).args(["--format", format]));
        let to_file = run(analyze(&organisation("tailspin"))
            .args(["--format", format])
            .arg("--out")
            .arg(&file));
        assert_eq!((to_file.code, to_file.stdout.as_str(), to_file.stderr.as_str()), (3, "", ""));
        assert!(std::fs::read_to_string(&file).unwrap() == to_stdout.stdout, "{format}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(files(folder.path()), ["html", "json", "markdown", "text"]);
}

#[test]
fn a_failure_leaves_the_old_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.json");
    std::fs::write(&file, "older").unwrap();
    let outcome = run(analyze(&folder.path().join("no-snapshot")).arg("--out").arg(&file));
    assert_eq!(outcome.code, 1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "older");
    assert_eq!(files(folder.path()), ["out.json"]);
}

#[test]
fn a_bad_out_path_fails_before_the_snapshot_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    for bad in [folder.path().to_owned(), folder.path().join("missing/out.json")] {
        let outcome = run(analyze(&folder.path().join("no-snapshot")).arg("--out").arg(&bad));
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
        assert!(outcome.stderr.starts_with("error: creating "), "{}", outcome.stderr);
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
}
