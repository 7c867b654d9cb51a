//! Ctrl+C: files in the making are removed, a line says so, and the program ends.
use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::exit::Exit;

/// Files and folders that were begun and have not got their names yet.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Held while a password is asked for: the terminal shows nothing of what is typed, and has to be put right again.
static PROMPT: Mutex<()> = Mutex::new(());

/// Whether the command ends by itself on Ctrl+C.
static HANDED_OVER: AtomicBool = AtomicBool::new(false);

/// Whether what was done so far can be resumed.
static RESUMABLE: AtomicBool = AtomicBool::new(false);

/// How long the end waits for the terminal to be put right.
const PATIENCE: Duration = Duration::from_millis(400);

/// Takes Ctrl+C over. Where it is ignored already, as in the background of a script, it stays ignored.
pub(crate) fn install() {
    // Without a handler the system ends the program, which is right but for the files.
    drop(ctrlc::try_set_handler(end));
}

/// Does something that sees Ctrl+C by itself, ends within a second and clears up what it began; `None` means that it was
/// interrupted.
pub(crate) fn handed_over<T, E>(
    work: impl FnOnce() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    HANDED_OVER.store(true, Ordering::SeqCst);
    let result = work();
    // After an interrupt it stays handed over: the handler may come to it later than the work.
    let was_interrupted = matches!(result, Ok(None));
    HANDED_OVER.store(was_interrupted, Ordering::SeqCst);
    result
}

/// Does something whose finished steps stay done: on Ctrl+C the program says so and ends as stopped part-way.
pub(crate) fn resumable<T>(work: impl FnOnce() -> T) -> T {
    RESUMABLE.store(true, Ordering::SeqCst);
    let result = work();
    RESUMABLE.store(false, Ordering::SeqCst);
    result
}

/// Does something with files in the making that must not be cut in two.
pub(crate) fn whole<T>(work: impl FnOnce(&mut Unfinished<'_>) -> T) -> T {
    work(&mut Unfinished(locked()))
}

/// The list of files in the making.
pub(crate) struct Unfinished<'a>(MutexGuard<'a, Vec<PathBuf>>);

impl Unfinished<'_> {
    /// A file has been begun.
    pub(crate) fn add(&mut self, path: &Path) {
        self.0.push(path.to_owned());
    }

    /// A file has got its name, or is gone.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.0.retain(|it| it != path);
    }
}

/// Asks for a password; Ctrl+C meanwhile ends the program once the terminal is as it was.
pub(crate) fn prompting<T>(ask: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let answer = {
        let _asking = PROMPT.lock().unwrap_or_else(PoisonError::into_inner);
        ask()
    };
    if answer.as_ref().is_err_and(|it| it.kind() == io::ErrorKind::Interrupted) {
        // The handler is about to end the program.
        thread::sleep(2 * PATIENCE);
    }
    answer
}

fn locked() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the main thread may be in the middle of anything; nothing of it is needed any more"
)]
fn end() {
    if HANDED_OVER.load(Ordering::SeqCst) {
        return;
    }
    wait_for_prompt();
    // Nothing is begun and nothing gets its name from here on.
    let unfinished = locked();
    let mut text = String::new();
    if io::stderr().is_terminal() {
        text.push_str("\r\u{1b}[K");
    }
    let is_resumable = RESUMABLE.load(Ordering::SeqCst);
    text.push_str(if is_resumable {
        "interrupted; what was done stays done, and --resume goes on\n"
    } else if unfinished.is_empty() {
        "interrupted\n"
    } else {
        "interrupted; no file was written\n"
    });
    for path in unfinished.iter() {
        if std::fs::remove_file(path).is_err() {
            // Others may be writing into a folder while it goes.
            for _ in 0..100 {
                if !path.is_dir() || std::fs::remove_dir_all(path).is_ok() {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
    drop(io::stderr().write_all(text.as_bytes()));
    let exit = if is_resumable { Exit::Stopped } else { Exit::Interrupted };
    std::process::exit(i32::from(exit as u8));
}

fn wait_for_prompt() {
    const STEP: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    while waited < PATIENCE && matches!(PROMPT.try_lock(), Err(TryLockError::WouldBlock)) {
        thread::sleep(STEP);
        waited += STEP;
    }
}
