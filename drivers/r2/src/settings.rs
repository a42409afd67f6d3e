//! What a channel is set to.

use tipring_dsp::{ToneCadence, tones};

use crate::variant::{CallerOrder, Category, Register, Variant};

/// What a channel is set to.
#[derive(Clone, PartialEq, Debug)]
pub struct R2Settings {
    /// The country's signals and times.
    pub variant: Variant,
    /// How many digits of the called number the exchange sends; 1–32. A number is complete with
    /// them, with the signal that ends it, or after a pause.
    pub called_digits: u8,
    /// When a caller is asked who he is; `None`: as the variant has it.
    pub caller_order: Option<CallerOrder>,
    /// How many digits of a caller's number are asked for at most, 0–32, 0 for his category alone;
    /// `None`: as the variant has it.
    pub caller_digits: Option<u8>,
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
            caller_order: None,
            caller_digits: None,
            category: Category::Subscriber,
            ringback: tones::china::RINGBACK,
            busy: tones::china::BUSY,
        }
    }

    /// The variant's register signals, with what is set otherwise.
    pub(crate) fn register(&self) -> Register {
        let mut register = self.variant.register();
        let order = self.caller_order.unwrap_or(register.caller.order);
        // Nothing can be asked for without a signal.
        register.caller.order =
            if register.a.category.is_some() { order } else { CallerOrder::Never };
        register.caller.digits_max = self.caller_digits.unwrap_or(register.caller.digits_max);
        register
    }
}
