//! How much of a file has been read, for those who draw progress.
use std::{
    fs::File,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The size of a file and how far its reading has come; clones show the same reading.
#[derive(Clone, Debug)]
pub struct Extent {
    n_read: Arc<AtomicU64>,
    n_bytes: u64,
}

impl Extent {
    pub(super) fn new(file: &File) -> Self {
        Self { n_read: Arc::default(), n_bytes: file.metadata().map_or(0, |it| it.len()) }
    }

    /// The file's size in bytes, as it lies on the disk; 0 for what is no regular file.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// How many of them have been read.
    pub fn n_read(&self) -> u64 {
        self.n_read.load(Ordering::Relaxed)
    }

    pub(super) fn counted<R: Read>(&self, inner: R) -> Counted<R> {
        Counted { inner, n_read: Arc::clone(&self.n_read) }
    }
}

/// Counts what goes through it.
pub(super) struct Counted<R> {
    inner: R,
    n_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.n_read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
