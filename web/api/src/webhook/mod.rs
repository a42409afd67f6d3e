//! Telling other software of events: `POST` requests whose order is kept for each call, signed, tried
//! again with growing pauses, and given up in the end where somebody can see it.
//!
//! Signatures follow the Standard Webhooks specification 1.0 (headers `webhook-id`,
//! `webhook-timestamp`, `webhook-signature`). A receiver may hear of an event twice, after a power
//! cut or when its answer was lost, and knows it by its `webhook-id`.

mod dispatcher;
mod filter;
mod signature;

pub use dispatcher::{
    Dispatcher, FAILURES_MAX, Outcome, Output, RETRY_FIRST, RETRY_MAX, Timing, WINDOW,
};
pub use filter::{Envelope, envelope, wants};
pub use signature::{Signed, secret_text, sign};
