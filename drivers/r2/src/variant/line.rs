//! The line signals of a variant: bits A and B of the timeslot's signalling bits (Q.421).

use serde::{Deserialize, Serialize};

/// Two bits, first the left one: A and B, or C and D.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Bits(u8);

impl Bits {
    pub(crate) const fn value(self) -> u8 {
        self.0
    }
}

impl TryFrom<String> for Bits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "00" => Ok(Bits(0)),
            "01" => Ok(Bits(1)),
            "10" => Ok(Bits(2)),
            "11" => Ok(Bits(3)),
            _ => Err(format!(
                "\"{text}\" is no pair of bits: write \"00\", \"01\", \"10\" or \"11\""
            )),
        }
    }
}

impl From<Bits> for String {
    fn from(bits: Bits) -> String {
        format!("{:02b}", bits.0)
    }
}

/// Which bits mean what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineTable {
    /// Bits C and D, which never change.
    cd: Bits,
    /// Both ways: idle; forwards also clear forward, backwards also released.
    idle: Bits,
    /// Forward: seized.
    seize: Bits,
    /// Backward: seizure acknowledged.
    seize_ack: Bits,
    /// Backward: answered.
    answer: Bits,
    /// Backward: the called party has hung up.
    clear_back: Bits,
    /// Backward: the called side ends the call, where it can.
    forced_release: Option<Bits>,
    /// Backward: not to be seized.
    blocked: Bits,
    /// Whether a clear-back that is soon over is a metering pulse.
    metering: bool,
}

impl LineTable {
    /// The first key whose bits mean something else in the same place.
    pub(super) fn impossible(&self) -> Option<(&'static str, String)> {
        let differ: [(&'static str, Bits, &'static str, Bits); 9] = [
            ("seize", self.seize, "idle", self.idle),
            ("seize", self.seize, "blocked", self.blocked),
            ("seize_ack", self.seize_ack, "idle", self.idle),
            ("seize_ack", self.seize_ack, "seize", self.seize),
            ("answer", self.answer, "idle", self.idle),
            ("answer", self.answer, "seize_ack", self.seize_ack),
            ("clear_back", self.clear_back, "answer", self.answer),
            ("clear_back", self.clear_back, "idle", self.idle),
            ("blocked", self.blocked, "idle", self.idle),
        ];
        for (key, bits, other, taken) in differ {
            if bits == taken {
                return Some((
                    key,
                    format!("differ from `{other}`, which is \"{}\" too", String::from(taken)),
                ));
            }
        }
        if let Some(forced) = self.forced_release {
            let taken = [self.idle, self.answer, self.clear_back, self.seize_ack];
            if taken.contains(&forced) {
                let must = "differ from idle, answer, clear_back and seize_ack; leave it out where \
                            the country has none";
                return Some(("forced_release", must.into()));
            }
        }
        let zero = [self.idle, self.seize, self.seize_ack, self.answer, self.clear_back]
            .into_iter()
            .chain(self.forced_release)
            .any(|bits| bits.0 == 0);
        // Four zeros in timeslot 16 would look like the multiframe's alignment signal (G.704).
        (self.cd.0 == 0 && zero).then(|| {
            ("cd", "not be \"00\" with a signal \"00\": 0000 is the alignment signal".into())
        })
    }

    pub(super) fn bits(&self) -> LineBits {
        LineBits {
            cd: self.cd.value(),
            idle: self.idle.value(),
            seize: self.seize.value(),
            seize_ack: self.seize_ack.value(),
            answer: self.answer.value(),
            clear_back: self.clear_back.value(),
            forced_release: self.forced_release.map(Bits::value),
            blocked: self.blocked.value(),
            metering: self.metering,
        }
    }
}

/// Bits A and B of each signal, A as bit 1 and B as bit 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LineBits {
    pub(crate) cd: u8,
    pub(crate) idle: u8,
    pub(crate) seize: u8,
    pub(crate) seize_ack: u8,
    pub(crate) answer: u8,
    pub(crate) clear_back: u8,
    pub(crate) forced_release: Option<u8>,
    pub(crate) blocked: u8,
    pub(crate) metering: bool,
}
