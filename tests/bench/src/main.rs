//! `./box bench`: placeholder.
fn main() {}
