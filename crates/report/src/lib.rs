//! Views of an analysis: text for the terminal and JSON.
//!
//! A view computes nothing: what it shows is in [`dirlift_model::Analysis`]. The crate is pure; it does not print,
//! does not know the terminal and depends on `model` only.

mod json;
mod page;
mod text;

pub use json::json;
pub use text::{TextOptions, text};
