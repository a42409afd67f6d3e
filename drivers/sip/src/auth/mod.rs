//! Digest authentication (RFC 7616; RFC 2617 and 8760 for what peers still do).
//!
//! As server we offer MD5 and SHA-256 with `qop=auth`, in the order configured; nonces are signed and need no table until
//! they are used, and each use of one counts. As client we answer either. Left out: `auth-int`,
//! the `-sess` algorithms and `userhash`.

mod answer;
mod digest;
mod nonce;

pub(crate) use answer::{Challenge, write_credentials};
pub use digest::Algorithm;
pub(crate) use digest::{Credentials, HexDigest, hash};
pub(crate) use nonce::{NonceUse, Nonces};
