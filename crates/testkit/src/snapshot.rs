//! Copies of snapshot folders that a test may damage.
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// A copy in the system's folder for temporary files; it is removed when the value is dropped.
#[derive(Debug)]
pub struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// Copies a folder with everything below it. Links are not followed and not copied.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let copy = Self::empty()?;
        copy_below(folder, &copy.folder)?;
        Ok(copy)
    }

    /// Writes files into a new folder; paths use forward slashes.
    pub fn write<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> io::Result<Self> {
        let copy = Self::empty()?;
        for (path, bytes) in files {
            copy.put(path, bytes)?;
        }
        Ok(copy)
    }

    /// A new folder with nothing in it.
    pub fn empty() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder =
                std::env::temp_dir().join(format!("dirlift-test-{}-{number}", std::process::id()));
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(Self { folder }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The folder of the copy.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes one file of the copy, with the folders above it.
    pub fn put(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, bytes)
    }

    /// Reads one file of the copy.
    pub fn get(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(path))
    }

    /// Removes a file, or a folder with everything below it.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        let target = self.folder.join(path);
        if target.is_dir() { fs::remove_dir_all(target) } else { fs::remove_file(target) }
    }

    /// Replaces the first occurrence of a text in a UTF-8 file; an error when it is not there.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> io::Result<()> {
        let text = fs::read_to_string(self.folder.join(path))?;
        if !text.contains(from) {
            return Err(io::Error::other(format!("{path} does not hold `{from}`")));
        }
        self.put(path, text.replacen(from, to, 1).as_bytes())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A folder that stays behind is no reason for a test to fail.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn copy_below(from: &Path, to: &Path) -> io::Result<()> {
    let mut folders = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
            if kind.is_dir() {
                folders.push((entry.path(), target));
            } else if kind.is_file() {
                fs::copy(entry.path(), target)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_independent_and_goes_away() {
        let original = Copy::write([("a.txt", &b"one two"[..]), ("b/c.txt", b"three")]).unwrap();
        let copy = Copy::of(original.path()).unwrap();
        copy.replace("a.txt", "one", "1").unwrap();
        copy.remove("b").unwrap();
        assert_eq!(copy.get("a.txt").unwrap(), b"1 two");
        assert_eq!(original.get("a.txt").unwrap(), b"one two");
        assert_eq!(original.get("b/c.txt").unwrap(), b"three");
        assert!(copy.get("b/c.txt").is_err());
        assert!(copy.replace("a.txt", "absent", "x").is_err());
        let folder = copy.path().to_owned();
        drop(copy);
        assert!(!folder.exists());
    }
}
