//! What goes wrong on purpose.
use std::time::Duration;

/// A fault on certain requests.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Paths (with query) that begin so, below the root of the server.
    pub path: String,
    /// Which of these requests, from 1 on.
    pub first: u32,
    /// How many of them.
    pub times: u32,
    /// What happens.
    pub kind: Kind,
}

impl Fault {
    /// On every request to such a path.
    pub fn always(path: &str, kind: Kind) -> Self {
        Self { path: path.to_owned(), first: 1, times: u32::MAX, kind }
    }

    /// On the request of this number only.
    pub fn once(path: &str, first: u32, kind: Kind) -> Self {
        Self { path: path.to_owned(), first, times: 1, kind }
    }
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Kind {
    /// This status, with a `Retry-After` header when one is given, and an error as Graph writes it.
    Status(u16, Option<&'static str>),
    /// A success with this body.
    Body(String),
    /// A success with this content type and body.
    Typed(&'static str, String),
    /// The answer ends after half of its body, and so does the connection.
    Truncated,
    /// The body stops in the middle for so long.
    Slow(Duration),
    /// A redirect there.
    Redirect(String),
    /// The link to the next page leads there.
    NextLink(String),
    /// The link to the next page leads to this path of the server itself.
    OwnNextLink(&'static str),
    /// The token is no longer good, whatever it was.
    TokenExpired,
}
