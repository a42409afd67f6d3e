//! A channel on its line, driven frame by frame, with all that happened.

use tipring_analog::Fxo;
use tipring_clock::{Duration, Instant};
use tipring_dsp::ToneCadence;
use tipring_line::{Cause, ChannelCommand, ChannelEvent, FRAME_MS, FrameChannel, SILENCE};
use tipring_sim::{
    CallPlan, EndReason, ExchangeControl, ExchangeEvent, SimFxoPort, Speech, exchange_line,
};

use crate::mix::{Content, Mix, rng_of};
use crate::sounds::Sounds;
use crate::verdict::Verdict;

/// What happened, on either side of the channel.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Happening {
    /// The channel told the switch.
    Box(ChannelEvent),
    /// The street did or saw.
    Street(ExchangeEvent),
}

/// A channel on its line.
pub(crate) struct Rig {
    pub(crate) fxo: Fxo<SimFxoPort>,
    pub(crate) control: ExchangeControl,
    now: Instant,
    near: Option<Speech>,
    near_place: usize,
    pub(crate) log: Vec<(u64, Happening)>,
}

impl Rig {
    pub(crate) fn new(mix: &Mix, sounds: &Sounds) -> Self {
        let mut rng = rng_of(mix.seed, 2);
        let mut model = mix.model.clone();
        model.announcement = mix.announcement.then(|| sounds.speech(&mut rng, 4));
        let (port, control) = exchange_line(mix.seed, model);
        Rig {
            fxo: Fxo::new(port, mix.settings.clone()),
            control,
            now: Instant::ZERO,
            near: say(mix.near, sounds, &mut rng),
            near_place: 0,
            log: vec![],
        }
    }

    pub(crate) fn ms(&self) -> u64 {
        self.now.as_millis()
    }

    pub(crate) fn frames(&self) -> u64 {
        self.ms() / u64::from(FRAME_MS)
    }

    /// One frame; gives how much of the log is new.
    pub(crate) fn step(&mut self) -> usize {
        let before = self.log.len();
        let mut tx = SILENCE;
        if let Some(near) = &self.near {
            let samples = near.samples();
            for out in &mut tx {
                *out = samples[self.near_place % samples.len()];
                self.near_place += 1;
            }
        }
        let mut rx = SILENCE;
        self.fxo.tick(self.now, &tx, &mut rx);
        while let Some(event) = self.fxo.poll_event() {
            self.log.push((self.ms(), Happening::Box(event)));
        }
        while let Some(event) = self.control.poll_event() {
            self.log.push((self.ms(), Happening::Street(event)));
        }
        self.now += Duration::from_millis(u64::from(FRAME_MS));
        self.log.len() - before
    }

    pub(crate) fn run(&mut self, ms: u64) {
        for _ in 0..ms / u64::from(FRAME_MS) {
            self.step();
        }
    }

    /// Runs until something fits, for at most so long; gives when it was.
    pub(crate) fn until(&mut self, ms: u64, fits: impl Fn(&Happening) -> bool) -> Option<u64> {
        for _ in 0..ms / u64::from(FRAME_MS) {
            let new = self.step();
            let from = self.log.len() - new;
            if let Some((at, _)) = self.log[from..].iter().find(|(_, h)| fits(h)) {
                return Some(*at);
            }
        }
        None
    }

    pub(crate) fn command(&mut self, command: &ChannelCommand) {
        self.fxo.command(self.now, command);
    }

    /// When something first fitted, of all that has happened.
    pub(crate) fn first(&self, fits: impl Fn(&Happening) -> bool) -> Option<u64> {
        self.log.iter().find(|(_, h)| fits(h)).map(|(at, _)| *at)
    }

    pub(crate) fn count(&self, fits: impl Fn(&Happening) -> bool) -> usize {
        self.log.iter().filter(|(_, h)| fits(h)).count()
    }

    /// The cause of the latest release.
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.log.iter().rev().find_map(|(_, h)| match h {
            Happening::Box(ChannelEvent::Released(cause)) => Some(*cause),
            _ => None,
        })
    }

    pub(crate) fn digits(&self) -> String {
        self.log
            .iter()
            .filter_map(|(_, h)| match h {
                Happening::Box(ChannelEvent::Digit { digit, .. }) => Some(digit.as_char()),
                _ => None,
            })
            .collect()
    }

    /// The line rests; then a call comes in as if nothing had been.
    pub(crate) fn must_take_another_call(&mut self, verdict: &mut Verdict) {
        self.run(3_000);
        let caller = tipring_line::CallerId::from_number("120".parse().expect("a number"));
        let plan = CallPlan { caller, ..CallPlan::default() };
        let sent = self.control.place_call(plan).is_ok();
        if !sent || self.until(14_000, is_offered).is_none() {
            verdict.fail(format!("the line is stuck: no second call; {:?}", self.tail()));
            return;
        }
        self.command(&ChannelCommand::Release(Cause::Rejected));
        verdict.frames = self.frames();
    }

    /// The latest happenings, for a failure's words.
    pub(crate) fn tail(&self) -> &[(u64, Happening)] {
        &self.log[self.log.len().saturating_sub(6)..]
    }
}

/// What this content sounds like.
pub(crate) fn say(
    content: Content,
    sounds: &Sounds,
    rng: &mut rand::rngs::SmallRng,
) -> Option<Speech> {
    match content {
        Content::Speech => Some(sounds.speech(rng, 25)),
        Content::Music => Some(sounds.music(rng, 25)),
        Content::Silence => None,
    }
}

pub(crate) fn is_offered(h: &Happening) -> bool {
    matches!(h, Happening::Box(ChannelEvent::Offered { .. }))
}

pub(crate) fn is_released(h: &Happening) -> bool {
    matches!(h, Happening::Box(ChannelEvent::Released(_)))
}

pub(crate) fn is_answered(h: &Happening) -> bool {
    matches!(h, Happening::Box(ChannelEvent::Answered(_)))
}

pub(crate) fn is_street_answered(h: &Happening) -> bool {
    matches!(h, Happening::Street(ExchangeEvent::Answered { .. }))
}

/// The far side has gone, or the call was refused.
pub(crate) fn is_far_end(h: &Happening) -> bool {
    matches!(
        h,
        Happening::Street(ExchangeEvent::Ended {
            reason: EndReason::FarHungUp | EndReason::Refused,
            ..
        })
    )
}

pub(crate) fn is_tone(h: &Happening) -> bool {
    matches!(h, Happening::Street(ExchangeEvent::ReleaseTone { .. }))
}

/// The length of a tone's cycle, in milliseconds; `None` if it is continuous.
pub(crate) fn cycle_ms(tone: &ToneCadence) -> Option<u32> {
    (!tone.is_continuous()).then(|| tone.steps().iter().map(|s| u32::from(s.ms)).sum())
}
