//! Who sends caller id how: FSK or DTMF, before or after the first ring, announced by what.

use serde::{Deserialize, Serialize};
use tipring_dsp::caller_id::{DtmfCallerIdStyle, MessageForm, Modem, NameEncoding};

/// What caller id is sent by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerIdKind {
    /// A modem's signal.
    Fsk,
    /// Push-button digits.
    Dtmf,
    /// Nothing that this box sends or reads.
    None,
}

/// What comes right before caller id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerIdStart {
    /// The first burst of ringing.
    FirstRing,
    /// A reversal of polarity, before any ringing.
    Reversal,
    /// A reversal, then the dual-tone alert signal, before any ringing (BT SIN 227, ETSI).
    ReversalAlertTone,
    /// A burst of ringing of 200–300 ms, before the ringing proper (ETSI RP-AS).
    RingPulse,
    /// Nothing at all: it is sent to the idle line before the first burst.
    Idle,
}

/// How a country's exchanges tell who calls. Which of several a line uses is an attribute of its
/// exchange: both are read on every line, and the usual one is sent to handsets.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(try_from = "StylesText", into = "StylesText")]
pub struct CallerIdStyles {
    /// What is usual, and what handsets of the country understand.
    pub usual: CallerIdKind,
    /// By FSK, where that is known to be used.
    pub fsk: Option<FskStyle>,
    /// By DTMF, where that is known to be used.
    pub dtmf: Option<DtmfStyle>,
}

/// Caller id by FSK.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FskStyle {
    /// The modem.
    #[serde(with = "ModemText")]
    pub modem: Modem,
    /// The form of the message.
    #[serde(with = "FormText")]
    pub form: MessageForm,
    /// How names are written.
    #[serde(with = "NamesText")]
    pub names: NameEncoding,
    /// What comes before it.
    pub start: CallerIdStart,
    /// From the end of that to its own beginning, in milliseconds.
    pub delay_ms: u16,
}

/// Caller id by DTMF.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DtmfStyle {
    /// How the digits are framed.
    #[serde(with = "FrameText")]
    pub frame: DtmfCallerIdStyle,
    /// What comes before it.
    pub start: CallerIdStart,
    /// From the end of that to the first digit, in milliseconds.
    pub delay_ms: u16,
}

impl CallerIdStyles {
    /// Whether caller id may come after ringing has begun, so that a call is worth holding back
    /// for it.
    pub fn comes_after_ringing(&self) -> bool {
        let starts = [self.fsk.map(|fsk| fsk.start), self.dtmf.map(|dtmf| dtmf.start)];
        starts
            .into_iter()
            .flatten()
            .any(|start| matches!(start, CallerIdStart::FirstRing | CallerIdStart::RingPulse))
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StylesText {
    usual: CallerIdKind,
    fsk: Option<FskStyle>,
    dtmf: Option<DtmfStyle>,
}

impl TryFrom<StylesText> for CallerIdStyles {
    type Error = String;

    fn try_from(text: StylesText) -> Result<Self, String> {
        let StylesText { usual, fsk, dtmf } = text;
        let missing = match usual {
            CallerIdKind::Fsk if fsk.is_none() => "fsk",
            CallerIdKind::Dtmf if dtmf.is_none() => "dtmf",
            _ => return Ok(CallerIdStyles { usual, fsk, dtmf }),
        };
        Err(format!("`usual` is \"{missing}\": add a table [caller_id.{missing}]"))
    }
}

impl From<CallerIdStyles> for StylesText {
    fn from(styles: CallerIdStyles) -> Self {
        StylesText { usual: styles.usual, fsk: styles.fsk, dtmf: styles.dtmf }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "Modem", rename_all = "kebab-case")]
enum ModemText {
    Bell202,
    V23,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "MessageForm", rename_all = "kebab-case")]
enum FormText {
    Sdmf,
    Mdmf,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "NameEncoding", rename_all = "kebab-case")]
enum NamesText {
    Gbk,
    Utf8,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "DtmfCallerIdStyle", rename_all = "kebab-case")]
enum FrameText {
    DNumberC,
    ANumberC,
    ANumberHash,
    NumberHash,
}
