//! What a register is called, where it lies, and how it reads after a reset.

use core::fmt;

/// A register of a chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Register {
    /// The address, as the data sheet counts (decimal).
    pub address: u8,
    /// The data sheet's name.
    pub name: &'static str,
    /// How it reads after a reset, where that is known and does not depend on the line.
    pub reset: Option<u8>,
    /// The data sheet's chapter on what it does.
    pub chapter: &'static str,
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "register {} ({})", self.address, self.name)
    }
}

/// Makes a register map: a constant for each register, and `ALL` with every one of them in the
/// order of addresses.
macro_rules! register_map {
    ($($constant:ident = $address:literal, $name:literal, $reset:expr, $chapter:literal;)*) => {
        $(
            #[doc = concat!("Register ", stringify!($address), ", ", $name, ".")]
            pub const $constant: $crate::Register = $crate::Register {
                address: $address,
                name: $name,
                reset: $reset,
                chapter: $chapter,
            };
        )*
        /// Every register of the map, by address.
        pub const ALL: &[$crate::Register] = &[$($constant),*];
    };
}
pub(crate) use register_map;
