//! The byte stream below TDS, with a bound on what a server may send.
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What TCP and pipes have in common.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// How many bytes may still come; shared between the stream and the one who sets it for each statement.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    left: Arc<AtomicU64>,
    // The client library drops the kind of an error on its way up.
    is_overdrawn: Arc<AtomicBool>,
}

impl Allowance {
    pub(crate) fn new(n_bytes: u64) -> Self {
        Self { left: Arc::new(AtomicU64::new(n_bytes)), is_overdrawn: Arc::default() }
    }

    pub(crate) fn set(&self, n_bytes: u64) {
        self.left.store(n_bytes, Ordering::Relaxed);
    }

    pub(crate) fn is_overdrawn(&self) -> bool {
        self.is_overdrawn.load(Ordering::Relaxed)
    }
}

/// A stream that fails when more comes than is allowed.
pub(crate) struct Bounded {
    inner: Box<dyn Duplex>,
    allowance: Allowance,
}

impl Bounded {
    pub(crate) fn new(inner: Box<dyn Duplex>, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = polled {
            let n = (buf.filled().len() - before) as u64;
            let left = self.allowance.left.load(Ordering::Relaxed);
            if n > left {
                self.allowance.is_overdrawn.store(true, Ordering::Relaxed);
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    "the server sent too much",
                )));
            }
            self.allowance.left.store(left - n, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
