//! The `dirlift` binary.
fn main() {}
