//! What a channel is set to.

use tipring_dsp::{ToneCadence, tones};

use crate::variant::{Category, Variant};

/// What a channel is set to.
#[derive(Clone, PartialEq, Debug)]
pub struct R2Settings {
    /// The country's signals and times.
    pub variant: Variant,
    /// How many digits of the called number the exchange sends; 1–32. A number is complete with
    /// them, with the signal that ends it, or after a pause.
    pub called_digits: u8,
    /// What callers from here are told to be.
    pub category: Category,
    /// What the caller hears while the called party is rung.
    pub ringback: ToneCadence,
    /// What the caller hears when the call has ended and he still listens.
    pub busy: ToneCadence,
}

impl R2Settings {
    /// Eleven digits, an ordinary subscriber, the tones of China.
    pub fn new(variant: Variant) -> Self {
        R2Settings {
            variant,
            called_digits: 11,
            category: Category::Subscriber,
            ringback: tones::china::RINGBACK,
            busy: tones::china::BUSY,
        }
    }
}
