//! Digits that nobody pressed.
