//! Progress as a port: long work reports to a trait, the terminal is one of its implementations.

/// Receives progress. All methods have empty bodies, so the silent reporter is `()`.
pub trait Progress {
    /// A phase starts; `total` is `None` when it cannot be known. The unit is named, such as `bytes` or `objects`.
    fn begin(&mut self, _what: &str, _unit: &str, _total: Option<u64>) {}
    /// `n` more units are done.
    fn advance(&mut self, _n: u64) {}
    /// The phase is over.
    fn end(&mut self) {}
}

impl Progress for () {}
