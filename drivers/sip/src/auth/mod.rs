//! Digest authentication (RFC 7616; RFC 2617 and 8760 for what peers still do).
//!
//! As server we offer SHA-256 and MD5 with `qop=auth`; nonces are signed and need no table until
//! they are used, and each use of one counts. As client we answer either. Left out: `auth-int`,
//! the `-sess` algorithms and `userhash`.

mod answer;
mod digest;
mod nonce;

pub(crate) use answer::{Challenge, write_credentials};
pub(crate) use digest::{Algorithm, Credentials, HexDigest, hash};
pub(crate) use nonce::{NonceUse, Nonces};
