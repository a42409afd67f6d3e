//! What a country's exchange lines want of the Si3050: impedances, hook speed, ring threshold.
//!
//! The values per country stand in [`COUNTRIES`]; here is what they mean and how they become
//! registers.

use thiserror::Error;

pub use crate::country_table::COUNTRIES;

/// The AC termination (register 30, ACIM), by the impedance it imitates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AcTermination {
    /// 600 Ω.
    R600 = 0x0,
    /// 900 Ω.
    R900 = 0x1,
    /// 270 Ω + (750 Ω ‖ 150 nF): the harmonised European network (TBR 21).
    Tbr21 = 0x2,
    /// 220 Ω + (820 Ω ‖ 120 nF): Australia, Austria, Germany.
    R220C120 = 0x3,
    /// 370 Ω + (620 Ω ‖ 310 nF): New Zealand, India.
    R370C310 = 0x4,
    /// 320 Ω + (1,050 Ω ‖ 230 nF): United Kingdom.
    R320C230 = 0x5,
    /// 200 Ω + (680 Ω ‖ 100 nF): China.
    R200C100 = 0xA,
    /// The compromise network that meets most countries' return loss.
    GlobalComplex = 0xF,
}

/// The voltage between tip and ring while off-hook (register 26, DCV).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TipRingVoltage {
    /// 3.1 V.
    V3_1 = 0,
    /// 3.5 V: what 600 Ω full-scale levels need.
    V3_5 = 3,
}

/// The least loop current the termination works at (register 26, MINI).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum MinimumCurrent {
    /// 10 mA: long loops.
    Ma10 = 0,
    /// 16 mA.
    Ma16 = 3,
}

/// The ringing voltage from which the chip detects it (registers 16 and 17).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingThreshold {
    /// 13.5 to 16.5 V.
    V15,
    /// 19.35 to 23.65 V.
    V21,
    /// 40.5 to 49.5 V. Needs the second threshold bit, which data sheets before revision 1.5 do
    /// not show.
    V45,
}

/// The settings of a country's lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Country {
    /// ISO 3166 code, or the standard's short name. `CN-F` is China as older drivers set it.
    pub code: &'static str,
    /// AC termination.
    pub ac: AcTermination,
    /// Voltage off-hook.
    pub dc_voltage: TipRingVoltage,
    /// Least loop current.
    pub dc_minimum: MinimumCurrent,
    /// Whether loop current is limited to 60 mA (TBR 21).
    pub current_limit: bool,
    /// Whether the loop opens in 26 ms, for Australia's spark-quenching rule.
    pub slow_on_hook: bool,
    /// Whether the loop opens in 3 ms (ETSI) rather than in 0.5 ms.
    pub etsi_on_hook: bool,
    /// Whether a ringer's impedance is imitated while on-hook.
    pub ringer_impedance: bool,
    /// Ring threshold.
    pub ring_threshold: RingThreshold,
    /// The digital hybrid's coefficients; all zero switches it off.
    pub hybrid: [u8; 8],
    /// Gain towards the line, in dB.
    pub tx_gain_db: i8,
}

/// There are no settings for this country.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no line settings for country `{code}`; there are {}", known_codes())]
pub struct UnknownCountry {
    /// What was asked for.
    pub code: String,
}

fn known_codes() -> String {
    COUNTRIES.iter().map(|c| c.code).collect::<Vec<_>>().join(" ")
}

impl Country {
    /// The settings of this country, `CN` for China; capitals or not.
    ///
    /// # Errors
    /// [`UnknownCountry`], with the codes there are.
    pub fn find(code: &str) -> Result<&'static Country, UnknownCountry> {
        COUNTRIES
            .iter()
            .find(|c| c.code.eq_ignore_ascii_case(code))
            .ok_or_else(|| UnknownCountry { code: code.to_owned() })
    }

    /// Register 16, International Control 1: OHS, RZ and RT.
    pub(crate) fn international_1(&self) -> u8 {
        u8::from(self.slow_on_hook) << 6
            | u8::from(self.ringer_impedance) << 1
            | u8::from(self.ring_threshold != RingThreshold::V15)
    }

    /// The part of register 17, International Control 2, that is the country's: RT2.
    pub(crate) fn international_2(&self) -> u8 {
        u8::from(self.ring_threshold == RingThreshold::V45) << 4
    }

    /// Register 26, DC Termination: DCV, MINI, ILIM.
    pub(crate) fn dc_termination(&self) -> u8 {
        (self.dc_voltage as u8) << 6
            | (self.dc_minimum as u8) << 4
            | u8::from(self.current_limit) << 1
    }

    /// Register 30, AC Termination: ACIM.
    pub(crate) fn ac_termination(&self) -> u8 {
        self.ac as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registers(code: &str) -> [u8; 3] {
        let c = Country::find(code).unwrap();
        [c.international_1(), c.dc_termination(), c.ac_termination()]
    }

    /// The bytes of registers 16, 26, 30 as the register tables of shipping drivers have them, and
    /// whether the hook is slow (OHS2).
    #[test]
    fn every_country_gives_its_registers() {
        let groups: [(&str, [u8; 3], bool); 15] = [
            ("FCC", [0x01, 0xC0, 0x00], false),
            (
                "US CA CL CO EC SV GU HK HU ID KZ KW MO MX PE RO SA SG KR AE YE AR SI",
                [0x00, 0xC0, 0x00],
                false,
            ),
            ("BE DK FI FR GR IE IS IT LU NL NO PT ES SE CH", [0x00, 0xC2, 0x02], true),
            ("AT DE", [0x00, 0xC2, 0x03], true),
            ("TBR21 BH CY CZ HR IL LV LB MT MA NG", [0x00, 0xC2, 0x02], false),
            ("GB", [0x00, 0xC2, 0x05], true),
            ("AU", [0x40, 0x30, 0x03], false),
            ("JP BR EG JO MY OM PK PH RU SY TW TH", [0x00, 0x30, 0x00], false),
            ("IN NZ", [0x00, 0xC0, 0x04], false),
            ("BG", [0x00, 0xC2, 0x03], false),
            ("SK", [0x00, 0xC0, 0x03], false),
            ("PL", [0x03, 0xC0, 0x00], false),
            ("ZA", [0x42, 0xC0, 0x03], false),
            ("CN", [0x00, 0xC0, 0x0A], false),
            ("CN-F", [0x00, 0x30, 0x0F], false),
        ];
        let mut seen = 0;
        for (codes, bytes, etsi_on_hook) in groups {
            for code in codes.split(' ') {
                // Slovenia has the same bytes as the United States but for the impedance.
                let expected = if code == "SI" { [0x00, 0xC0, 0x02] } else { bytes };
                assert_eq!(registers(code), expected, "{code}");
                assert_eq!(Country::find(code).unwrap().etsi_on_hook, etsi_on_hook, "{code}");
                seen += 1;
            }
        }
        assert_eq!(seen, COUNTRIES.len(), "every country stands in one group");
    }

    #[test]
    fn china_has_the_hybrid_that_goes_with_its_impedance() {
        assert_eq!(Country::find("cn").unwrap().hybrid, [4, 245, 243, 7, 253, 0, 1, 255]);
        assert_eq!(Country::find("CN-F").unwrap().hybrid, [0; 8]);
        assert_eq!(Country::find("NZ").unwrap().tx_gain_db, 7);
    }

    #[test]
    fn the_highest_ring_threshold_sets_both_bits() {
        let country = Country { ring_threshold: RingThreshold::V45, ..COUNTRIES[0] };
        assert_eq!((country.international_1() & 1, country.international_2()), (1, 0x10));
    }

    #[test]
    fn a_country_that_does_not_exist_is_one_clear_line() {
        let line = Country::find("XX").unwrap_err().to_string();
        assert!(line.starts_with("no line settings for country `XX`; there are CN CN-F"), "{line}");
        assert!(!line.contains('\n'));
    }
}
