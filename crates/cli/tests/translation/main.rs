//! DirSync's XML to declarative rules, through the reader of configurations; and the built-in standard rules, through
//! the rule engine. The crates that meet here may not depend on one another.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod engine;
mod organisations;
mod standard;
mod table;
