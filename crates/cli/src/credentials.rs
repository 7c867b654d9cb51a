//! Where a password comes from: a file, the environment, the terminal; never an argument.
use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use dirlift_model::text::sanitize;
use secrecy::SecretString;

use crate::{error::CommandError, interrupt};

/// The environment variable that a password is taken from.
const PASSWORD_VARIABLE: &str = "DIRLIFT_PASSWORD";

/// Largest file of a password or of authorities that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The password of `user` on `server`.
pub(crate) fn password(
    file: Option<&Path>,
    user: &str,
    server: &str,
) -> Result<SecretString, CommandError> {
    if let Some(path) = file {
        return password_of_file(path);
    }
    match std::env::var(PASSWORD_VARIABLE) {
        Ok(password) if !password.is_empty() => return Ok(SecretString::from(password)),
        Ok(_) | Err(std::env::VarError::NotPresent) => {}
        Err(std::env::VarError::NotUnicode(_)) => {
            let text = format!("the environment variable {PASSWORD_VARIABLE} is not text");
            return Err(CommandError::usage(text));
        }
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let text = format!("no password for {user}, and no terminal to ask for it");
        let hint = format!("give --password-file FILE, or set {PASSWORD_VARIABLE}");
        return Err(CommandError::usage(text).hint(hint));
    }
    let question = sanitize(&format!("Password of {user} on {server}: "));
    match interrupt::prompting(|| rpassword::prompt_password(question)) {
        Ok(password) => Ok(SecretString::from(password)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            Err(CommandError::interrupted())
        }
        Err(error) => Err(CommandError::failed(format!("asking for the password: {error}"))),
    }
}

/// The content of a password file: one line, with or without a line end, UTF-8 with or without byte-order mark.
fn password_of_file(path: &Path) -> Result<SecretString, CommandError> {
    let refuse = |why| CommandError::file("reading", path, io::Error::other(why));
    let text = String::from_utf8(read_file(path)?)
        .map_err(|_| refuse("a password file is text in UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let password = text.strip_suffix('\r').unwrap_or(text);
    if password.is_empty() {
        return Err(refuse("it is empty; write the password into its first line"));
    }
    if password.contains(['\n', '\r']) {
        return Err(refuse("it has more than one line; it may hold the password and nothing else"));
    }
    Ok(SecretString::from(password))
}

/// A small file as it is.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    let failed = |it| CommandError::file("reading", path, it);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(failed(io::Error::other("it has more than 1 MB")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_file_holds_one_line() {
        use secrecy::ExposeSecret;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"secret", Some("secret")),
            (b"secret\n", Some("secret")),
            (b"secret\r\n", Some("secret")),
            ("\u{feff}wörd \n".as_bytes(), Some("wörd ")),
            (b"", None),
            (b"\n", None),
            (b"a\nb\n", None),
            (b"secret\n\n", None),
            (b"\xff\xfes\0", None),
        ];
        for (bytes, expected) in cases {
            std::fs::write(&path, bytes).unwrap();
            let read = password_of_file(&path).ok();
            let read = read.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(read, *expected, "{bytes:?}");
        }
    }
}
