//! Files that a command writes: under a temporary name first, for the owner only, renamed when complete.
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use dirlift_report::{Block, TextOptions};
use tempfile::NamedTempFile;

use crate::{context, error::CommandError, interrupt};

/// Form of the output of the commands that have two.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// A file in the making. Dropped without [`OutFile::commit`] it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct OutFile {
    path: PathBuf,
    temporary: NamedTempFile,
}

impl OutFile {
    /// Opens the file in its folder, so that a bad path fails before the work and not after it.
    pub(crate) fn create(path: &Path) -> Result<Self, CommandError> {
        let refuse = |reason| {
            CommandError::file(
                "creating",
                path,
                io::Error::new(io::ErrorKind::InvalidInput, reason),
            )
        };
        if path.file_name().is_none() {
            return Err(refuse("the path does not end in a file name"));
        }
        match std::fs::symlink_metadata(path) {
            Ok(it) if it.is_dir() => return Err(refuse("there is a folder of this name")),
            // A rename would put a file in the place of a device or a link.
            Ok(it) if !it.is_file() => return Err(refuse("it exists and is not a regular file")),
            _ => {}
        }
        let folder =
            path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let created = interrupt::whole(|unfinished| {
            let temporary =
                tempfile::Builder::new().prefix(".dirlift-").suffix(".part").tempfile_in(folder)?;
            unfinished.add(temporary.path());
            Ok(temporary)
        });
        let temporary = created.map_err(|it| {
            CommandError::file("creating", path, it).hint("the folder must exist and be writable")
        })?;
        Ok(Self { path: path.to_owned(), temporary })
    }

    /// Writes a part of the content; [`OutFile::commit`] writes the rest.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), CommandError> {
        let written = self.temporary.write_all(text.as_bytes());
        written.map_err(|it| CommandError::file("writing", &self.path, it))
    }

    /// Writes the whole content and gives the file its name, in place of an older one.
    pub(crate) fn commit(mut self, content: &[u8]) -> Result<(), CommandError> {
        let written =
            self.temporary.write_all(content).and_then(|()| self.temporary.as_file().sync_all());
        written.map_err(|it| CommandError::file("writing", &self.path, it))?;
        let Self { path, temporary } = self;
        let unfinished = temporary.path().to_owned();
        let persisted = interrupt::whole(|all| {
            let persisted = temporary.persist(&path);
            all.remove(&unfinished);
            persisted
        });
        match persisted {
            Ok(_) => Ok(()),
            Err(it) => Err(CommandError::file("writing", &path, it.error)),
        }
    }
}

/// Where the product of a command goes: a file that was opened before the work, or standard output.
pub(crate) struct Sink(Option<OutFile>);

impl Sink {
    /// Opens the file, if there is one.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, CommandError> {
        path.map(OutFile::create).transpose().map(Self)
    }

    /// Lays out and writes a page.
    pub(crate) fn text(self, blocks: &[Block]) -> Result<(), CommandError> {
        let options = match self.0 {
            Some(_) => TextOptions { width: context::file_width(), color: false },
            None => TextOptions { width: context::stdout_width(), color: context::stdout_color() },
        };
        self.write(&dirlift_report::blocks(blocks, &options))
    }

    /// Writes one JSON document.
    pub(crate) fn json(self, value: &impl serde::Serialize) -> Result<(), CommandError> {
        let text = dirlift_report::document(value).map_err(CommandError::failed)?;
        self.write(&text)
    }

    fn write(self, text: &str) -> Result<(), CommandError> {
        match self.0 {
            Some(file) => file.commit(text.as_bytes()),
            None => context::write_stdout(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_an_older_file_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        std::fs::write(&path, "old").unwrap();
        OutFile::create(&path).unwrap().commit(b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["out.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        std::fs::write(&path, "old").unwrap();
        drop(OutFile::create(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["out.json"]);
    }

    #[test]
    fn refuses_what_it_must_not_replace() {
        let folder = tempfile::tempdir().unwrap();
        assert!(OutFile::create(folder.path()).is_err());
        assert!(OutFile::create(&folder.path().join("missing/out.json")).is_err());
        #[cfg(unix)]
        {
            assert!(OutFile::create(Path::new("/dev/null")).is_err());
            let link = folder.path().join("link");
            std::os::unix::fs::symlink("target", &link).unwrap();
            assert!(OutFile::create(&link).is_err());
        }
        assert!(OutFile::create(Path::new("..")).is_err());
    }
}
