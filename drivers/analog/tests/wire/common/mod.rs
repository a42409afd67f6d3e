//! A channel over a simulated line, frame by frame under virtual time.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::path::{Path, PathBuf};

use tipring_analog::{Fxo, FxoSettings, Fxs, FxsSettings};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Digits, Frame, FrameChannel, SILENCE,
};
use tipring_sim::{
    ExchangeControl, ExchangeEvent, HandsetControl, HandsetEvent, LineModel, SimFxoPort,
    SimFxsPort, Telephone, exchange_line, read_wav, telephone,
};

/// The keys of a text.
pub(crate) fn digits(text: &str) -> Digits {
    text.chars().filter_map(Digit::from_char).collect()
}

/// Recordings of Debian's asterisk-core-sounds-en-wav, in the order of their names.
pub(crate) fn recordings() -> Vec<Vec<i16>> {
    let folder = Path::new("/usr/share/asterisk/sounds/en_US_f_Allison");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "wav"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("a readable file");
        read_wav(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let all: Vec<Vec<i16>> = files.iter().map(read).collect();
    assert!(
        all.iter().map(Vec::len).sum::<usize>() > 8000 * 600,
        "this test needs recorded speech (apt install asterisk-core-sounds-en-wav)"
    );
    all
}

/// A channel, what plays its far end, and all that happened so far.
pub(crate) struct Rig<Ch, Control> {
    pub(crate) channel: Ch,
    pub(crate) control: Control,
    pub(crate) now: Instant,
    /// Events of the channel, with the time in milliseconds.
    pub(crate) events: Vec<(u64, ChannelEvent)>,
    /// What the channel gave to the switch.
    pub(crate) rx: Vec<i16>,
    /// What the switch sends, over and over.
    pub(crate) tx: Frame,
}

pub(crate) type FxoRig = Rig<Fxo<SimFxoPort>, ExchangeControl>;
pub(crate) type FxsRig = Rig<Fxs<SimFxsPort>, HandsetControl>;

pub(crate) fn fxo(model: LineModel, settings: FxoSettings) -> FxoRig {
    let (port, control) = exchange_line(1, model);
    Rig::new(Fxo::new(port, settings), control)
}

pub(crate) fn fxs(model: LineModel, settings: FxsSettings) -> FxsRig {
    fxs_with(1, model, settings, Telephone::default())
}

pub(crate) fn fxs_with(
    seed: u64,
    model: LineModel,
    settings: FxsSettings,
    set: Telephone,
) -> FxsRig {
    let (port, control) = telephone(seed, model, set);
    Rig::new(Fxs::new(port, settings), control)
}

impl<Ch: FrameChannel, Control> Rig<Ch, Control> {
    pub(crate) fn new(channel: Ch, control: Control) -> Self {
        Rig { channel, control, now: Instant::ZERO, events: vec![], rx: vec![], tx: SILENCE }
    }

    pub(crate) fn ms(&self) -> u64 {
        self.now.as_millis()
    }

    /// One frame; gives how many events it brought.
    pub(crate) fn step(&mut self) -> usize {
        let mut rx = SILENCE;
        let tx = self.tx;
        self.channel.tick(self.now, &tx, &mut rx);
        self.rx.extend(rx);
        let before = self.events.len();
        while let Some(event) = self.channel.poll_event() {
            self.events.push((self.now.as_millis(), event));
        }
        self.now += Duration::from_millis(20);
        self.events.len() - before
    }

    pub(crate) fn run(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            self.step();
        }
    }

    /// Runs until an event fits; gives its time. Fails after `ms` without one.
    pub(crate) fn until(
        &mut self,
        ms: u64,
        what: &str,
        fits: impl Fn(&ChannelEvent) -> bool,
    ) -> u64 {
        for _ in 0..ms / 20 {
            let new = self.step();
            let from = self.events.len() - new;
            if let Some((at, _)) = self.events[from..].iter().find(|(_, e)| fits(e)) {
                return *at;
            }
        }
        panic!("no {what} within {ms} ms; so far: {:?}", self.events);
    }

    pub(crate) fn until_released(&mut self, ms: u64) -> (u64, Cause) {
        let at = self.until(ms, "release", |e| matches!(e, ChannelEvent::Released(_)));
        let cause = self.events.iter().rev().find_map(|(_, e)| match e {
            ChannelEvent::Released(cause) => Some(*cause),
            _ => None,
        });
        (at, cause.expect("just seen"))
    }

    pub(crate) fn until_offered(&mut self, ms: u64) -> (u64, CallerId) {
        let at = self.until(ms, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
        let caller = self.events.iter().rev().find_map(|(_, e)| match e {
            ChannelEvent::Offered { caller, .. } => Some(*caller),
            _ => None,
        });
        (at, caller.expect("just seen"))
    }

    pub(crate) fn command(&mut self, command: ChannelCommand) {
        self.channel.command(self.now, &command);
    }

    pub(crate) fn count(&self, fits: impl Fn(&ChannelEvent) -> bool) -> usize {
        self.events.iter().filter(|(_, e)| fits(e)).count()
    }

    pub(crate) fn digits(&self) -> String {
        self.events
            .iter()
            .filter_map(|(_, e)| match e {
                ChannelEvent::Digit { digit, .. } => Some(digit.as_char()),
                _ => None,
            })
            .collect()
    }
}

impl FxoRig {
    pub(crate) fn seize(&mut self) {
        let port = tipring_line::PortId(0);
        self.command(ChannelCommand::Seize(tipring_line::Endpoint::Port(port)));
    }

    pub(crate) fn dial(&mut self, number: &str) {
        let number = number.parse().expect("a number");
        self.command(ChannelCommand::Dial { number, caller: CallerId::default() });
    }

    pub(crate) fn street(&mut self) -> Vec<ExchangeEvent> {
        std::iter::from_fn(|| self.control.poll_event()).collect()
    }
}

impl FxsRig {
    pub(crate) fn handset(&mut self) -> Vec<HandsetEvent> {
        std::iter::from_fn(|| self.control.poll_event()).collect()
    }
}

pub(crate) fn caller(number: &str) -> CallerId {
    CallerId::from_number(number.parse().expect("a number"))
}

/// Level of samples in dBm0.
pub(crate) fn level(samples: &[i16]) -> f32 {
    let mut meter = tipring_dsp::LevelMeter::new();
    meter.rx(samples);
    meter.take().dbm0
}
