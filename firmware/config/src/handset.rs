//! What concerns the handsets at the board's FXS sockets, and how they ring.

use serde::{Deserialize, Serialize};
use tipring_line::Number;

use crate::ConfigError;
use crate::document::Document;

/// How handsets ring, for calls of each kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RingingEntry {
    /// For calls from other extensions: 0 as usual in the country, *n* by the *n*-th cadence.
    pub internal: u8,
    /// For calls from outside, where neither the line nor the dial rule says it.
    pub external: u8,
    /// The distinctive cadences: on and off in turn, in milliseconds.
    pub cadences: Vec<Vec<u16>>,
}

impl RingingEntry {
    /// How many distinctive cadences there may be.
    pub const CADENCES_MAX: usize = 7;
}

impl Default for RingingEntry {
    fn default() -> Self {
        RingingEntry {
            internal: 0,
            external: 0,
            cadences: vec![vec![400, 200, 400, 3000], vec![300, 200, 800, 3000]],
        }
    }
}

/// What an extension at a handset socket is like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandsetEntry {
    /// How it is told who calls; as usual in the country where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<HandsetCallerId>,
    /// How its lamp is lit when messages wait.
    pub lamp: HandsetLamp,
    /// Whether it shows at all, by lamp and dial tone, that messages wait.
    pub message_waiting: bool,
    /// Gain towards the handset, in dB, −12 to 12.
    pub gain_tx_db: i8,
    /// Gain from the handset, in dB, −12 to 12.
    pub gain_rx_db: i8,
    /// Whether the battery's polarity is reversed from the called party's answer to the end of
    /// the call, for coin boxes and charge meters.
    pub reversal_on_answer: bool,
    /// For how long the battery is taken away when the far side hangs up, in milliseconds, for
    /// answering machines and other equipment that knows an end so; 0 for not at all.
    pub battery_drop_ms: u16,
    /// A number called by lifting the handset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hot_line: Option<HotLineEntry>,
}

impl Default for HandsetEntry {
    fn default() -> Self {
        HandsetEntry {
            caller_id: None,
            lamp: HandsetLamp::default(),
            message_waiting: true,
            gain_tx_db: 0,
            gain_rx_db: 0,
            reversal_on_answer: false,
            battery_drop_ms: 0,
            hot_line: None,
        }
    }
}

/// How a handset is told who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandsetCallerId {
    /// By FSK after the first ring.
    Fsk,
    /// By DTMF before the first ring.
    Dtmf,
    /// Not at all.
    None,
}

/// How the lamp of a handset is lit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandsetLamp {
    /// By the line's voltage.
    #[default]
    Voltage,
    /// By a message in FSK (VMWI).
    Fsk,
    /// Both ways.
    Both,
    /// It has none; its dial tone says that messages wait.
    None,
}

/// A number called by lifting the handset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotLineEntry {
    /// The number.
    pub number: Number,
    /// How long dial tone is heard before, in which another number may be dialled, in seconds;
    /// 0 calls at once.
    #[serde(default)]
    pub after_s: u8,
}

/// Checks a cadence of ringing: `what` names it.
pub(crate) fn check_cadence(what: &str, times: &[u16]) -> Result<(), ConfigError> {
    let fits = matches!(times.len(), 2 | 4 | 6 | 8)
        && times.iter().all(|ms| (100..=15_000).contains(ms))
        // What ends a round must be told from the pauses within it.
        && times.last().is_some_and(|pause| *pause >= 1000);
    if fits {
        return Ok(());
    }
    Err(ConfigError::general(format!(
        "{what}: a cadence of ringing is on and off in turn, one to four pairs of 100 to 15000 ms, \
         and ends with a pause of a second or more, as [400, 200, 400, 3000]"
    )))
}

/// Checks how handsets ring, and what is said of each.
pub(crate) fn check(document: &Document) -> Result<(), ConfigError> {
    let ringing = &document.ringing;
    if ringing.cadences.len() > RingingEntry::CADENCES_MAX {
        return Err(ConfigError::general(format!(
            "ringing: at most {} `cadences`",
            RingingEntry::CADENCES_MAX
        )));
    }
    for cadence in &ringing.cadences {
        check_cadence("ringing", cadence)?;
    }
    for (place, n) in uses(document) {
        if usize::from(n) > ringing.cadences.len() {
            return Err(ConfigError::general(format!(
                "{place} rings in cadence {n}, and `ringing.cadences` has {}",
                ringing.cadences.len()
            )));
        }
    }
    document.extensions.iter().try_for_each(check_extension)
}

/// Everything that names a cadence by its number.
fn uses(document: &Document) -> Vec<(String, u8)> {
    let ringing = &document.ringing;
    let mut uses = vec![
        ("ringing: `internal`".to_owned(), ringing.internal),
        ("ringing: `external`".to_owned(), ringing.external),
    ];
    for line in &document.lines {
        let further = line.rings.iter().filter_map(|ring| ring.ringing);
        let all = line.ringing.into_iter().chain(further);
        uses.extend(all.map(|n| (format!("line {}", line.port), n)));
    }
    for rule in &document.dial {
        let place = format!("the dial rule for {}", rule.number);
        uses.extend(rule.ringing.map(|n| (place, n)));
    }
    uses
}

fn check_extension(entry: &crate::ExtensionEntry) -> Result<(), ConfigError> {
    let Some(handset) = &entry.handset else { return Ok(()) };
    let name = entry.number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let wrong = |what: &str| Err(ConfigError::general(format!("extension {name}: {what}")));
    if entry.port.is_none() {
        return wrong(
            "`handset` is for an extension with a `port`; a SIP phone has its own settings",
        );
    }
    if [handset.gain_tx_db, handset.gain_rx_db].iter().any(|gain| !(-12..=12).contains(gain)) {
        return wrong("a gain is -12 to 12 dB");
    }
    if handset.battery_drop_ms != 0 && !(100..=1500).contains(&handset.battery_drop_ms) {
        return wrong("`battery_drop_ms` is 100 to 1500, or 0 for none");
    }
    if handset.hot_line.is_some_and(|hot_line| hot_line.after_s > 15) {
        return wrong("`after_s` of a hot line is 0 to 15");
    }
    Ok(())
}
