//! The process is killed at every moment that the journal knows, between them, and at random ones; resumed, the store
//! holds what an undisturbed run leaves.
//!
//! The child is this test binary itself, told by the environment what to do. It ends by `abort`, which runs no
//! destructor, or is killed from outside.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use dirlift_importer::{
    apply::{self, Anew, Moment, Outcome, Watch},
    plan::plan,
};
use dirlift_model::ServerConfiguration;

use super::common::{
    Memory, Notes, analysis, bundle, content, difference, inbound, order, outbound, ports, request,
    settings, setup,
};

/// The child's store.
const STORE: &str = "DIRLIFT_TEST_CRASH_STORE";

/// The moment at which the child aborts, counted from 1.
const MOMENT: &str = "DIRLIFT_TEST_CRASH_MOMENT";

/// The child synchronises anew.
const ANEW: &str = "DIRLIFT_TEST_CRASH_ANEW";

/// How many random moments there are; a long run sets more.
const RANDOM: &str = "DIRLIFT_TEST_CRASH_RANDOM";

/// Users of the organisation; a long run sets more.
const USERS: &str = "DIRLIFT_TEST_CRASH_USERS";

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

fn users() -> u64 {
    number(USERS).unwrap_or(60)
}

/// Aborts at a moment. Objects count in hundreds: a moment each would be too many.
struct Abort {
    at: Option<u64>,
    seen: u64,
}

impl Watch for Abort {
    fn see(&mut self, moment: Moment<'_>) {
        if matches!(moment, Moment::Object(n) if n % 100 != 17) {
            return;
        }
        self.seen += 1;
        if Some(self.seen) == self.at {
            std::process::abort();
        }
    }
}

fn migrate(path: &Path, watch: &mut dyn Watch) -> Outcome {
    let bundle = bundle(&settings(), &analysis());
    let plan = plan(&request(&bundle));
    let setup = setup();
    let sum = bundle.sum().to_string();
    let order = order(&plan, path, &sum, &setup);
    let mut memory = Memory::new(u128::from(users()));
    apply::apply(&order, &mut ports(&mut memory, watch, &mut ())).unwrap()
}

/// Synchronises anew, by other rules, what has come to hold so many objects that a guard objects.
fn synchronize(path: &Path, watch: &mut dyn Watch) {
    let mut rules = vec![inbound(), outbound()];
    for rule in &mut rules {
        rule.immutable_tag = format!("Microsoft.{}.001", rule.name);
    }
    let rules = ServerConfiguration { rules, ..ServerConfiguration::default() };
    let mut memory = Memory::new(u128::from(users()));
    memory.gone = 600;
    let anew = Anew { sources: &|_| None, rules: Some(&rules) };
    apply::synchronize_anew(path, anew, &mut ports(&mut memory, watch, &mut ())).unwrap();
}

/// What the child does; nothing unless it is one.
#[test]
fn child() {
    if let Some(path) = env::var_os(STORE) {
        let mut abort = Abort { at: number(MOMENT), seen: 0 };
        if env::var_os(ANEW).is_some() {
            synchronize(Path::new(&path), &mut abort);
        } else {
            migrate(Path::new(&path), &mut abort);
        }
    }
}

fn spawn(store: &Path, moment: Option<u64>) -> Child {
    start(store, moment, false)
}

fn start(store: &Path, moment: Option<u64>, anew: bool) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "crash::child", "--nocapture"]);
    if anew {
        command.env(ANEW, "1");
    }
    command.env(STORE, store).env(USERS, users().to_string());
    if let Some(moment) = moment {
        command.env(MOMENT, moment.to_string());
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn undisturbed(folder: &Path) -> (Vec<String>, u64) {
    let path = folder.join("undisturbed.dirlift");
    let mut watch = Abort { at: None, seen: 0 };
    migrate(&path, &mut watch);
    (content(&path), watch.seen)
}

fn store(folder: &Path, name: impl std::fmt::Display) -> PathBuf {
    folder.join(format!("{name}.dirlift"))
}

#[test]
fn killed_at_every_moment_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, moments) = undisturbed(folder.path());
    // 2 for the store and its plan, 3 for each of 8 steps, 2 for each of two imports and an object or more each, 4 of the
    // synchronization.
    assert!(moments >= 2 + 24 + 4 + 2 + 4, "{moments}");
    for moment in 1..=moments {
        let path = store(folder.path(), moment);
        let status = spawn(&path, Some(moment)).wait().unwrap();
        assert!(!status.success(), "moment {moment}: the child was to abort");
        migrate(&path, &mut ());
        assert_eq!(difference(&content(&path), &expected), None, "moment {moment}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_synchronization_that_is_killed_leaves_no_verdict_on_what_nobody_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let begin = folder.path().join("begin.dirlift");
    let first = migrate(&begin, &mut ()).report;
    assert!(!first.has_objections());
    let undisturbed = folder.path().join("undisturbed.dirlift");
    fs::copy(&begin, &undisturbed).unwrap();
    let mut watch = Abort { at: None, seen: 0 };
    synchronize(&undisturbed, &mut watch);
    let expected = content(&undisturbed);
    let last = migrate(&undisturbed, &mut ()).report;
    assert!(last.has_objections() && last.rule_basis == "target");
    // The rules; objects and end of two imports; metaverse, two of exports, the end of a synchronization; the verdict.
    assert!(watch.seen > 1 + 4 + 4, "{}", watch.seen);
    let mut n_stale = 0;
    for moment in 1..=watch.seen {
        let path = store(folder.path(), format!("anew-{moment}"));
        fs::copy(&begin, &path).unwrap();
        let status = start(&path, Some(moment), true).wait().unwrap();
        assert!(!status.success(), "moment {moment}: the child was to abort");
        let found = migrate(&path, &mut ());
        assert!(!found.changed, "moment {moment}");
        if found.is_stale {
            n_stale += 1;
        } else {
            assert!(found.report == last, "moment {moment}: {:?}", found.report);
        }
        synchronize(&path, &mut ());
        assert_eq!(difference(&content(&path), &expected), None, "moment {moment}");
        fs::remove_file(&path).unwrap();
    }
    assert!(n_stale >= 8, "{n_stale}");
}

#[test]
fn killed_twice_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, moments) = undisturbed(folder.path());
    let path = store(folder.path(), "twice");
    for moment in [moments / 3, moments / 4] {
        assert!(!spawn(&path, Some(moment)).wait().unwrap().success());
    }
    migrate(&path, &mut ());
    assert_eq!(content(&path), expected);
    // And what is done stays done.
    let mut notes = Notes::default();
    migrate(&path, &mut notes);
    assert_eq!(notes.0, ["StoreMade"]);
}

#[test]
fn killed_at_random_moments_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, _) = undisturbed(folder.path());
    let path = store(folder.path(), "measured");
    let begin = Instant::now();
    assert!(spawn(&path, None).wait().unwrap().success());
    let whole = u64::try_from(begin.elapsed().as_micros()).unwrap().max(1);
    let random = number(RANDOM).unwrap_or(8);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut n_killed = 0;
    for at in 0..random {
        // xorshift: moments are spread over the run, and the same in every run of the test.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let path = store(folder.path(), format!("random-{at}"));
        let mut child = spawn(&path, None);
        thread::sleep(Duration::from_micros(state % whole));
        child.kill().unwrap();
        n_killed += u64::from(!child.wait().unwrap().success());
        migrate(&path, &mut ());
        assert_eq!(difference(&content(&path), &expected), None, "random moment {at}");
        fs::remove_file(&path).unwrap();
    }
    assert!(n_killed > 0, "no child was caught");
}
