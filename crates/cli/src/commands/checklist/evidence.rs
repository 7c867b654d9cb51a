//! `dirlift checklist STORE done`: somebody's word, with a file where one is needed.
use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use dirlift_deployment::{ChecklistRecord, Store};
use dirlift_model::{
    checklist::CutOver,
    text::{is_unsafe, sanitize},
};
use dirlift_verifier::checklist::{Refused, may_record, rows, valid_until};
use sha2::{Digest as _, Sha256};

use super::checklist;
use crate::{context, error::CommandError, exit::Exit};

/// Most characters of a word.
const MAX_WORD: usize = 4_000;

/// Records somebody's word that an item is done
#[derive(Debug, clap::Args)]
pub(super) struct Done {
    /// Item, as `show` names it
    id: String,
    /// What was seen or done
    #[arg(long, value_name = "TEXT")]
    evidence: String,
    /// Who says so; the name of the account by default
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// File that shows it; its SHA-256 is kept, not the file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn done(path: &Path, args: &Done) -> Result<Exit, CommandError> {
    let evidence = words("--evidence", &args.evidence)?;
    let author = match &args.by {
        Some(by) => words("--by", by)?,
        None => words("the name of the account", &context::user().unwrap_or_default())
            .map_err(|it| it.hint("say who it was with --by NAME"))?,
    };
    let mut store = Store::open(path)?;
    let now = context::now();
    let list = checklist(&store, now)?;
    may_record(&list, &args.id, args.file.is_some()).map_err(|it| refused(&args.id, &it))?;
    let sha256 = args.file.as_deref().map(sum_of_file).transpose()?;
    let source = match &args.file {
        Some(file) => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        None => "command line".to_owned(),
    };
    store.record(&ChecklistRecord {
        id: args.id.clone(),
        is_done: true,
        evidence: evidence.clone(),
        source,
        author: author.clone(),
        recorded_at: now,
        valid_until: valid_until(&args.id, now),
        sha256,
    })?;
    if rows().any(|it| it.is_gate() && it.id == args.id) {
        let evidence = format!("{evidence}, said by {author}");
        store.write_cut_over(&CutOver { at: now, evidence })?;
    }
    let list = checklist(&store, context::now())?;
    let until =
        valid_until(&args.id, now).map_or("for good".to_owned(), |it| format!("until {it}"));
    let text = format!(
        "{}: done, said by {}, counts {until}\ngo-ahead: {}; {}\n",
        args.id,
        sanitize(&author),
        list.go_ahead.decision.as_str(),
        list.counts.words()
    );
    context::write_stdout(&text)?;
    Ok(Exit::Done)
}

fn refused(id: &str, why: &Refused) -> CommandError {
    let text = format!("recording that {id} is done: {why}");
    if matches!(why, Refused::Unknown(_)) {
        return CommandError::usage(text).hint("`dirlift checklist STORE show` lists the items");
    }
    CommandError::refused(text)
}

/// A text that says something and steers no terminal.
fn words(what: &str, text: &str) -> Result<String, CommandError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CommandError::usage(format!("{what} is empty")));
    }
    if text.chars().count() > MAX_WORD {
        let why = format!("{what} has more than {MAX_WORD} characters; give a file with --file");
        return Err(CommandError::usage(why));
    }
    if text.chars().any(is_unsafe) {
        return Err(CommandError::usage(format!("{what} has characters that steer a terminal")));
    }
    Ok(text.to_owned())
}

/// SHA-256 of a file of any size.
pub(super) fn sum_of_file(path: &Path) -> Result<String, CommandError> {
    let failed = |it| CommandError::file("reading", path, it);
    let mut file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => break,
            n => sum.update(&buffer[..n]),
        }
    }
    Ok(hex(&sum.finalize()))
}

/// Bytes as lower-case hexadecimal digits.
pub(in crate::commands) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, it| {
        let _ = write!(out, "{it:02x}");
        out
    })
}
