//! The countries' line settings.
//!
//! Sources: the register tables of shipping FXO drivers, which agree with one another; for China
//! (`CN`) the chip maker's configuration tool, whose impedance is exactly the one GB/T 15279 asks
//! for and whose least loop current of 10 mA holds long loops. Older drivers set China otherwise
//! (`CN-F`); it is kept to try on a line where `CN` echoes.

use crate::country::{AcTermination, Country, MinimumCurrent, RingThreshold, TipRingVoltage};

/// North America and most of the world that follows it.
const AMERICAN: Country = Country {
    code: "",
    ac: AcTermination::R600,
    dc_voltage: TipRingVoltage::V3_5,
    dc_minimum: MinimumCurrent::Ma10,
    current_limit: false,
    slow_on_hook: false,
    etsi_on_hook: false,
    ringer_impedance: false,
    ring_threshold: RingThreshold::V15,
    hybrid: [0; 8],
    tx_gain_db: 0,
};

/// TBR 21.
const EUROPEAN: Country = Country { ac: AcTermination::Tbr21, current_limit: true, ..AMERICAN };

/// Low voltage, high current.
const JAPANESE: Country =
    Country { dc_voltage: TipRingVoltage::V3_1, dc_minimum: MinimumCurrent::Ma16, ..AMERICAN };

/// Every country there are settings for.
pub const COUNTRIES: &[Country] = &[
    Country {
        code: "CN",
        ac: AcTermination::R200C100,
        hybrid: [4, 245, 243, 7, 253, 0, 1, 255],
        ..AMERICAN
    },
    Country { code: "CN-F", ac: AcTermination::GlobalComplex, ..JAPANESE },
    Country { code: "FCC", ring_threshold: RingThreshold::V21, ..AMERICAN },
    Country { code: "US", ..AMERICAN },
    Country { code: "CA", ..AMERICAN },
    Country { code: "CL", ..AMERICAN },
    Country { code: "CO", ..AMERICAN },
    Country { code: "EC", ..AMERICAN },
    Country { code: "SV", ..AMERICAN },
    Country { code: "GU", ..AMERICAN },
    Country { code: "HK", ..AMERICAN },
    Country { code: "HU", ..AMERICAN },
    Country { code: "ID", ..AMERICAN },
    Country { code: "KZ", ..AMERICAN },
    Country { code: "KW", ..AMERICAN },
    Country { code: "MO", ..AMERICAN },
    Country { code: "MX", ..AMERICAN },
    Country { code: "PE", ..AMERICAN },
    Country { code: "RO", ..AMERICAN },
    Country { code: "SA", ..AMERICAN },
    Country { code: "SG", ..AMERICAN },
    Country { code: "KR", ..AMERICAN },
    Country { code: "AE", ..AMERICAN },
    Country { code: "YE", ..AMERICAN },
    Country { code: "AR", ..AMERICAN },
    Country { code: "BE", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "DK", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "FI", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "FR", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "GR", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "IE", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "IS", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "IT", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "LU", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "NL", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "NO", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "PT", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "ES", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "SE", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "CH", etsi_on_hook: true, ..EUROPEAN },
    Country { code: "AT", etsi_on_hook: true, ac: AcTermination::R220C120, ..EUROPEAN },
    Country { code: "DE", etsi_on_hook: true, ac: AcTermination::R220C120, ..EUROPEAN },
    Country { code: "TBR21", ..EUROPEAN },
    Country { code: "BH", ..EUROPEAN },
    Country { code: "CY", ..EUROPEAN },
    Country { code: "CZ", ..EUROPEAN },
    Country { code: "HR", ..EUROPEAN },
    Country { code: "IL", ..EUROPEAN },
    Country { code: "LV", ..EUROPEAN },
    Country { code: "LB", ..EUROPEAN },
    Country { code: "MT", ..EUROPEAN },
    Country { code: "MA", ..EUROPEAN },
    Country { code: "NG", ..EUROPEAN },
    Country { code: "GB", etsi_on_hook: true, ac: AcTermination::R320C230, ..EUROPEAN },
    Country { code: "AU", slow_on_hook: true, ac: AcTermination::R220C120, ..JAPANESE },
    Country { code: "JP", ..JAPANESE },
    Country { code: "BR", ..JAPANESE },
    Country { code: "EG", ..JAPANESE },
    Country { code: "JO", ..JAPANESE },
    Country { code: "MY", ..JAPANESE },
    Country { code: "OM", ..JAPANESE },
    Country { code: "PK", ..JAPANESE },
    Country { code: "PH", ..JAPANESE },
    Country { code: "RU", ..JAPANESE },
    Country { code: "SY", ..JAPANESE },
    Country { code: "TW", ..JAPANESE },
    Country { code: "TH", ..JAPANESE },
    Country { code: "IN", ac: AcTermination::R370C310, ..AMERICAN },
    Country { code: "NZ", ac: AcTermination::R370C310, tx_gain_db: 7, ..AMERICAN },
    Country { code: "BG", ac: AcTermination::R220C120, ..EUROPEAN },
    Country { code: "SK", ac: AcTermination::R220C120, ..AMERICAN },
    Country { code: "SI", ac: AcTermination::Tbr21, ..AMERICAN },
    Country { code: "PL", ringer_impedance: true, ring_threshold: RingThreshold::V21, ..AMERICAN },
    Country {
        code: "ZA",
        slow_on_hook: true,
        ringer_impedance: true,
        ac: AcTermination::R220C120,
        ..AMERICAN
    },
];
