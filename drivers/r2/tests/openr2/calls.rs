//! Our channel with OpenR2 at its far end, frame by frame.

use tipring_clock::{Duration, Instant};
use tipring_line::{
    CallerId, ChannelCommand, ChannelEvent, Endpoint, FrameChannel, Number, PortId, Presentation,
    SILENCE,
};
use tipring_r2::{Faults, Learnt, R2, R2Settings, Variant};

use crate::peer::Peer;

/// Frames to wait for anything but what takes its time: ten seconds.
const PATIENCE: u32 = 500;

/// How calls ended that were not expected to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) events: Vec<String>,
    pub(crate) words: Vec<String>,
}

/// Both ends of the channel.
pub(crate) struct Desk {
    channel: R2<Peer>,
    now: Instant,
    events: Vec<ChannelEvent>,
    words: Vec<String>,
    idle_bits: u8,
}

impl Desk {
    /// Both of this variant, idle. OpenR2 asks for so many digits of the caller at most; of the
    /// called number both do.
    pub(crate) fn open(variant: &str, caller_max: u8, called_max: u8) -> Self {
        let peer = Peer::start(&variant.to_uppercase(), caller_max, called_max);
        let mut settings = R2Settings::new(Variant::named(variant).unwrap());
        settings.called_digits = called_max;
        // A calling OpenR2 1.3 takes China's A-1 for the called number's digits alone, and has no
        // signal for the caller's.
        settings.caller_digits = (variant == "cn").then_some(0);
        let mut desk = Desk {
            channel: R2::new(peer, settings),
            now: Instant::ZERO,
            events: Vec::new(),
            words: Vec::new(),
            idle_bits: if variant == "cn" { 0b1011 } else { 0b1001 },
        };
        desk.run(10);
        desk.expect_rest("the start");
        desk
    }

    /// Lets so many frames pass.
    pub(crate) fn run(&mut self, frames: u32) {
        for _ in 0..frames {
            self.now += Duration::from_millis(20);
            let mut rx = SILENCE;
            self.channel.tick(self.now, &SILENCE, &mut rx);
            self.events.extend(core::iter::from_fn(|| self.channel.poll_event()));
            self.words.extend(self.channel.timeslot().take_words());
        }
    }

    pub(crate) fn command(&mut self, command: ChannelCommand) {
        self.channel.command(self.now, &command);
    }

    /// Seizes, and dials; without a caller, he does not want to be known.
    pub(crate) fn dial(&mut self, called: &str, caller: Option<&str>) {
        let presentation = match caller {
            Some(_) => Presentation::Allowed,
            None => Presentation::Restricted,
        };
        let number = caller.map(|c| c.parse().unwrap());
        let caller = CallerId { number, presentation, ..CallerId::default() };
        self.command(ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        self.command(ChannelCommand::Dial { number: called.parse().unwrap(), caller });
    }

    pub(crate) fn block(&mut self, blocked: bool) {
        self.channel.block(blocked);
    }

    pub(crate) fn learnt(&self) -> Learnt {
        self.channel.learnt()
    }

    /// Tells OpenR2 to do something.
    pub(crate) fn peer_does(&mut self, command: &str) {
        self.channel.timeslot().order(command);
        self.run(1);
    }

    #[track_caller]
    pub(crate) fn await_event(&mut self, wanted: ChannelEvent) {
        self.await_event_within(wanted, PATIENCE);
    }

    #[track_caller]
    pub(crate) fn await_event_within(&mut self, wanted: ChannelEvent, frames: u32) {
        for _ in 0..frames {
            if let Some(place) = self.events.iter().position(|event| *event == wanted) {
                self.events.remove(place);
                return;
            }
            self.run(1);
        }
        panic!("no {wanted:?}, but {self:?}");
    }

    #[track_caller]
    pub(crate) fn await_offer(&mut self) -> (Option<Number>, CallerId) {
        for _ in 0..PATIENCE {
            if let Some(ChannelEvent::Offered { called, caller, .. }) = self.events.first() {
                let offer = (*called, *caller);
                self.events.remove(0);
                return offer;
            }
            self.run(1);
        }
        panic!("no offer, but {self:?}");
    }

    #[track_caller]
    pub(crate) fn await_word(&mut self, wanted: &str) -> String {
        self.await_word_within(wanted, PATIENCE)
    }

    /// The first word of OpenR2's that begins so.
    #[track_caller]
    pub(crate) fn await_word_within(&mut self, wanted: &str, frames: u32) -> String {
        for _ in 0..frames {
            if let Some(place) = self.words.iter().position(|word| word.starts_with(wanted)) {
                return self.words.remove(place);
            }
            self.run(1);
        }
        panic!("OpenR2 did not tell '{wanted}', but {self:?}");
    }

    /// Forgets what was told until now.
    pub(crate) fn forget(&mut self) {
        self.events.clear();
        self.words.clear();
    }

    /// What was told of calls and not awaited.
    pub(crate) fn ended(&mut self) -> Ended {
        let released = self.events.iter().filter(|e| matches!(e, ChannelEvent::Released(_)));
        let events = released.map(|event| format!("{event:?}")).collect();
        let wrong = |word: &&String| word.starts_with("protocol-error");
        Ended { events, words: self.words.iter().filter(wrong).cloned().collect() }
    }

    /// Both sides are idle, nothing was released twice, and nobody complained.
    #[track_caller]
    pub(crate) fn expect_rest(&mut self, what: &str) {
        for _ in 0..PATIENCE {
            let idle = self.idle_bits;
            if self.channel.is_idle() && self.channel.timeslot().bits() == Some(idle) {
                break;
            }
            self.run(1);
        }
        assert!(self.channel.is_idle(), "{what}: not idle: {self:?}");
        self.run(5);
        assert_eq!(self.ended(), Ended::default(), "{what}");
        let faults = self.channel.faults();
        assert_eq!((faults.line_signals, faults.register_signals), (0, 0), "{what}: {faults:?}");
        assert_eq!(Faults { timeouts: 0, ..faults }.commands_refused, 0, "{what}: {faults:?}");
        self.forget();
    }
}

impl core::fmt::Debug for Desk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "at {} ms: events {:?}, OpenR2's words {:?}",
            self.now.as_millis(),
            self.events,
            self.words
        )
    }
}
