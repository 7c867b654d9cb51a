//! Views of an analysis (and of a comparison, a checklist and a verification): text for the terminal, Markdown, one HTML page, and JSON.
//!
//! A view computes nothing: what it shows is in [`dirlift_model::Analysis`]. The crate is pure; it does not print,
//! does not know the terminal and depends on `model` only.

mod blocks;
mod checklist;
mod difference;
mod html;
mod json;
mod markdown;
mod page;
mod plan;
mod rehearsal;
mod text;
mod verification;
mod words;

pub use blocks::{Block, Emphasis, blocks, excerpt};
pub use checklist::{checklist_html, checklist_markdown, checklist_text};
pub use difference::{comparison_html, comparison_text};
pub use html::html;
pub use json::{document, json};
pub use markdown::markdown;
pub use plan::plan_text;
pub use rehearsal::{RehearsalPage, rehearsal_html, rehearsal_text};
pub use text::{TextOptions, text};
pub use verification::{
    verification_csv_header, verification_csv_row, verification_html, verification_markdown,
    verification_text,
};
