//! A technician's work on the box: testing exchange lines, having their release tones learnt, and
//! seeing what the board found at its sockets. What does the work is handed in by the box.

use serde::Serialize;
use tipring_line::Number;
use utoipa::ToSchema;

/// What a technician does on a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineWork {
    /// The line is tested.
    Test,
    /// Its release tone is learnt from the next call.
    Learn,
}

/// Work that goes on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineWorking {
    /// Which.
    pub what: LineWork,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
}

/// A tone, as a technician reads it.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct LineTone {
    /// One or two frequencies, in Hz.
    pub hz: Vec<u16>,
    /// The frequency that modulates it, in Hz; 0 for none.
    pub am_hz: u16,
    /// On and off in turn, in milliseconds; empty for a continuous tone.
    pub on_off_ms: Vec<u16>,
}

/// How the last call told its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeardCallerId {
    /// By FSK.
    Fsk,
    /// By DTMF.
    Dtmf,
    /// Not at all.
    None,
}

/// What a line test measured; null where the hardware does not measure it or the test ended before.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct LineFigures {
    /// Tip to ring on-hook, in volts.
    pub idle_voltage_v: Option<i16>,
    /// Tip to ring off-hook, in volts.
    pub loop_voltage_v: Option<i16>,
    /// Loop current, in milliamperes.
    pub loop_current_ma: Option<u16>,
    /// Dial tone's frequencies, in Hz; empty if there was none, or it was too short to measure.
    pub dial_tone_hz: Vec<u16>,
    /// Its level, in dBm0.
    pub dial_tone_dbm0: Option<f32>,
    /// From going off-hook to its beginning, in milliseconds.
    pub dial_tone_after_ms: Option<u32>,
    /// Noise off-hook, in dBm0p (ITU-T O.41).
    pub noise_dbm0p: Option<f32>,
    /// Mains hum, in dBm0.
    pub hum_dbm0: Option<f32>,
    /// Echo return loss with the balance chosen, in dB.
    pub echo_return_loss_db: Option<f32>,
    /// The hybrid balance chosen, from 0, where the hardware offers several.
    pub balance: Option<u8>,
    /// How the last call told its caller.
    pub caller_id: Option<HeardCallerId>,
}

/// What a line test found.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct LineTested {
    /// When it ended, milliseconds since 1970.
    pub at_ms: i64,
    /// Whether the line can be used as it is.
    pub usable: bool,
    /// Whether nothing is wrong at all.
    pub good: bool,
    /// What it means and what to do, in Chinese.
    pub verdict_zh: String,
    /// The same in English.
    pub verdict_en: String,
    /// What was measured; null where the line carried a call.
    pub figures: Option<LineFigures>,
}

/// How learning a release tone ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LearningOutcome {
    /// The tone was learnt, kept, and is listened for.
    Learnt,
    /// No call came, or it ended without a tone.
    NothingHeard,
    /// The technician ended it.
    Cancelled,
    /// The tone was learnt but could not be kept in the configuration.
    NotKept,
}

/// What came of learning a release tone.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct LineLearnt {
    /// When it ended, milliseconds since 1970.
    pub at_ms: i64,
    /// How.
    pub outcome: LearningOutcome,
    /// The tone, if one was heard.
    pub tone: Option<LineTone>,
    /// Its level, in dBm0.
    pub level_dbm0: Option<f32>,
    /// Why it was not kept; empty otherwise.
    pub problem: String,
}

/// An exchange line, as the technician sees it.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct TechnicianLine {
    /// Its socket's label.
    pub line: String,
    /// Its number, where the configuration says one.
    pub number: Option<Number>,
    /// What is being done on it.
    pub working: Option<LineWorking>,
    /// What the last test since the box started found.
    pub tested: Option<LineTested>,
    /// What came of the last learning since the box started.
    pub learnt: Option<LineLearnt>,
    /// The tones learnt on it, by which it releases beside the country's.
    pub tones: Vec<LineTone>,
}

/// What the board says of a socket or a pin, and what was found there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BoardFinding {
    /// The label of the socket, or what the pin is for.
    pub label: String,
    /// What it is: `FXO`, `FXS`, `E1`, `LED`, `GPIO`.
    pub kind: String,
    /// What drives it, or what is there.
    pub found: String,
    /// What is wrong and what to do; empty if nothing.
    pub problem: String,
}

/// The board, and what was found on it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct BoardReport {
    /// The board's name.
    pub name: String,
    /// Its hardware revision.
    pub revision: u32,
    /// Every socket and pin.
    pub findings: Vec<BoardFinding>,
}

/// Why work on a line cannot begin, or be ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TechnicianRefusal {
    /// The board has no such line; what it has.
    NoSuchLine(String),
    /// Something is being done on it already, or nothing is.
    WrongState(String),
}

/// What does a technician's work. Calls return at once; what was found is seen by asking again.
pub trait Technician: Send + Sync {
    /// Every exchange line of the board, by their labels.
    fn lines(&self) -> Vec<TechnicianLine>;

    /// Begins to test a line.
    ///
    /// # Errors
    /// [`TechnicianRefusal`].
    fn test(&self, line: &str) -> Result<(), TechnicianRefusal>;

    /// Begins to learn a line's release tone from its next call; `who` is said in the
    /// configuration's history.
    ///
    /// # Errors
    /// [`TechnicianRefusal`].
    fn learn(&self, line: &str, who: &str) -> Result<(), TechnicianRefusal>;

    /// Ends the work on a line.
    ///
    /// # Errors
    /// [`TechnicianRefusal`].
    fn cancel(&self, line: &str) -> Result<(), TechnicianRefusal>;

    /// What was found on the board.
    fn board(&self) -> BoardReport;
}
