//! Placeholder.

pub mod core;
