//! A board's file as it stands: everything may be left out, because a layer below may say it.

use serde::Deserialize;
use toml::Spanned;

use crate::{Blink, Chip, Kind};

/// One layer of a board's description.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    /// The folder, beside this file's, whose layer comes first.
    pub(crate) base: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) revision: Option<u32>,
    #[serde(default, rename = "bus")]
    pub(crate) buses: Vec<Spanned<BusLayer>>,
    #[serde(default, rename = "pcm")]
    pub(crate) pcms: Vec<Spanned<PcmLayer>>,
    #[serde(default, rename = "pin")]
    pub(crate) pins: Vec<Spanned<PinLayer>>,
    #[serde(default, rename = "port")]
    pub(crate) ports: Vec<Spanned<PortLayer>>,
    #[serde(default, rename = "span")]
    pub(crate) spans: Vec<Spanned<SpanLayer>>,
    pub(crate) power_fail: Option<Spanned<PowerFailLayer>>,
    #[serde(default)]
    pub(crate) lights: LightsLayer,
}

/// What an entry of a layer is called, and how a later layer changes it.
pub(crate) trait Entry {
    fn key(&self) -> &str;
    /// What `above` says replaces what is said here.
    fn overlay(&mut self, above: Self);
}

/// Replaces what the upper layer says.
fn over<T>(below: &mut Option<T>, above: Option<T>) {
    if above.is_some() {
        *below = above;
    }
}

macro_rules! entry {
    ($(#[$doc:meta])* $name:ident by $key:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            pub(crate) $key: String,
            $(pub(crate) $field: Option<$type>,)*
        }

        impl Entry for $name {
            fn key(&self) -> &str {
                &self.$key
            }

            fn overlay(&mut self, above: Self) {
                $(over(&mut self.$field, above.$field);)*
            }
        }
    };
}

entry! {
    /// An SPI bus with its chip select.
    BusLayer by name { device: String, speed_hz: u32, }
}
entry! {
    /// A PCM highway: an ALSA device with a channel for every slot.
    PcmLayer by name { device: String, slots: u8, }
}
entry! {
    /// A GPIO line or, for a light, a LED of the kernel's LED class.
    PinLayer by name { chip: String, line: u32, active_low: bool, led_class: String, }
}
entry! {
    /// An analog port. Exactly one of `sim`, `dahdi` and `daa` says what drives it.
    PortLayer by label {
        kind: Kind,
        led: String,
        sim: bool,
        dahdi: u16,
        daa: DaaLayer,
        absent: bool,
    }
}
entry! {
    /// An E1 span.
    SpanLayer by label { led: String, dahdi: u16, absent: bool, }
}

/// A line chip on an SPI bus and a PCM highway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaaLayer {
    pub(crate) chip: Chip,
    pub(crate) bus: String,
    pub(crate) chain: Option<u8>,
    pub(crate) pcm: String,
    pub(crate) slot: u8,
    pub(crate) reset: Option<String>,
}

/// How lights show what their sockets do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LightsLayer {
    pub(crate) idle: Option<Blink>,
    pub(crate) ringing: Option<Blink>,
    pub(crate) in_use: Option<Blink>,
    pub(crate) alarm: Option<Blink>,
}

/// The relay that connects a line with a handset when the box has no power.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerFailLayer {
    pub(crate) pin: String,
    pub(crate) fxo: String,
    pub(crate) fxs: String,
}
