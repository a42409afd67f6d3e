//! The exchange at the far end of the box's span: the network side of ISDN with the audio of its
//! channels. It calls the box, presses keys, hears, and hangs up.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use tipring_clock::{Clock, Instant, RealClock};
use tipring_dahdi::{
    ChannelUse, Control, DahdiKeeper, DahdiSpan, DahdiTimeslot, FrameClock, SetUp, SpanKeeper,
    SpanLine, SpanPlan, SpanSettings, TimeslotSettings, open_span, open_timeslot,
};
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_isdn::{SpanSettings as IsdnSettings, SpanSignalling};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Frame, Law, Number, PortId, SILENCE,
    Timeslot,
};
use tipring_sim::{KeyPlan, Script, Speech, Talker};

use crate::rig::{SECOND, next_frame};
use crate::span::D_CHANNEL;

/// One call from the exchange.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) number: Number,
    /// What is pressed after the answer.
    pub(crate) keys: KeyPlan,
    /// It hangs up so many frames after the answer; without, the box does.
    pub(crate) hangs_up: Option<u32>,
}

/// A call that is over.
#[derive(Debug)]
pub(crate) struct Over {
    pub(crate) number: Number,
    pub(crate) answered: bool,
    pub(crate) cause: Cause,
    /// What the caller heard.
    pub(crate) heard: Vec<i16>,
}

struct Talk {
    caller: Caller,
    /// Frames since the answer.
    answered: Option<u32>,
    heard: Vec<i16>,
}

struct Slot {
    wire: DahdiTimeslot,
    _keeper: DahdiKeeper,
    talker: Talker,
    talk: Option<Talk>,
}

/// The far end of a span.
pub(crate) struct Exchange {
    pub(crate) signalling: SpanSignalling,
    span: DahdiSpan,
    _keeper: SpanKeeper,
    plan: SpanPlan,
    slots: BTreeMap<u8, Slot>,
    clock: FrameClock,
    time: RealClock,
    pub(crate) over: Vec<Over>,
    /// What those say again and again whom the box calls, the next one last.
    pub(crate) called_say: Vec<Speech>,
}

impl Exchange {
    /// Sets up a span as an exchange has it, and opens it.
    pub(crate) fn open(span: u16, first: u16, crc4: bool) -> Result<Self> {
        let channel = |timeslot: u8| first + u16::from(timeslot) - 1;
        let usage = |timeslot: u8| match u16::from(timeslot) == D_CHANNEL {
            true => ChannelUse::Hdlc,
            false => ChannelUse::Clear,
        };
        let line = SpanLine { cas: false, crc4, timing_priority: 0 };
        let channels = (1..32).map(|timeslot| (channel(timeslot), usage(timeslot))).collect();
        let plan = SpanPlan { span, line, channels };
        Control::open()?.set_up(&plan)?;
        let settings = SpanSettings { span, d_channel: Some(first + D_CHANNEL - 1) };
        let (span, _keeper) = open_span(settings, Some(plan.clone()))?;
        let mut slots = BTreeMap::new();
        for timeslot in (1..32).filter(|timeslot| u16::from(*timeslot) != D_CHANNEL) {
            let settings = TimeslotSettings { channel: channel(timeslot), cas: false, law: Law::A };
            let (wire, keeper) = open_timeslot(settings)?;
            let talker = Talker::default();
            slots.insert(timeslot, Slot { wire, _keeper: keeper, talker, talk: None });
        }
        let time = RealClock::start();
        let mut signalling =
            SpanSignalling::new(IsdnSettings::new(Side::Network, Profile::china()));
        signalling.start(time.now());
        let clock = FrameClock::open()?;
        let (over, called_say) = (Vec::new(), Vec::new());
        Ok(Exchange { signalling, span, _keeper, plan, slots, clock, time, over, called_say })
    }

    /// Lets a frame pass.
    pub(crate) fn frame(&mut self) -> Result<()> {
        next_frame(&self.clock)?;
        let now = self.time.now();
        self.signalling.drive(now, &mut self.span);
        self.take_outputs()?;
        let mut hang_up = Vec::new();
        for (timeslot, slot) in &mut self.slots {
            let (mut tx, mut rx): (Frame, Frame) = (SILENCE, SILENCE);
            if let Some(Talk { answered: Some(frames), caller, .. }) = &mut slot.talk {
                slot.talker.tx(&mut tx);
                *frames += 1;
                if caller.hangs_up == Some(*frames) {
                    hang_up.push(*timeslot);
                }
            }
            // A span that has gone is silent.
            let _ = slot.wire.exchange(&tx, &mut rx);
            while slot.wire.poll_event().is_some() {}
            if let Some(talk) = &mut slot.talk {
                talk.heard.extend_from_slice(&rx);
            }
        }
        for timeslot in hang_up {
            let release = ChannelCommand::Release(Cause::NormalClearing);
            self.signalling.command(now, timeslot, &release);
        }
        Ok(())
    }

    fn take_outputs(&mut self) -> Result<()> {
        while let Some(output) = self.signalling.poll_output() {
            let Output::Channel { timeslot, event } = output else { continue };
            let slot = self.slots.get_mut(&timeslot).context("an event of no timeslot")?;
            match event {
                ChannelEvent::Answered(_) => {
                    let talk = slot.talk.as_mut().context("an answer without a call")?;
                    talk.answered = Some(0);
                    talk.heard.clear();
                    let keys = talk.caller.keys.clone();
                    slot.talker.start(Script { keys, ..Script::default() });
                }
                ChannelEvent::Released(cause) => {
                    let talk = slot.talk.take().context("a release without a call")?;
                    let (number, heard) = (talk.caller.number, talk.heard);
                    let answered = talk.answered.is_some();
                    self.over.push(Over { number, answered, cause, heard });
                }
                ChannelEvent::Offered { called, .. } => {
                    let number = called.context("a call without a number")?;
                    let caller = Caller { number, keys: KeyPlan::default(), hangs_up: None };
                    slot.talk = Some(Talk { caller, answered: Some(0), heard: Vec::new() });
                    let say = self.called_say.pop();
                    slot.talker.start(Script { say, repeat: true, ..Script::default() });
                    for step in [ChannelCommand::Alert, ChannelCommand::Answer] {
                        self.signalling.command(self.time.now(), timeslot, &step);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Sets its span up once more: what was set.
    pub(crate) fn set_up(&self) -> Result<SetUp> {
        Ok(Control::open()?.set_up(&self.plan)?)
    }

    /// What its span is set up as.
    pub(crate) fn plan(&self) -> SpanPlan {
        self.plan.clone()
    }

    /// Waits until calls can be made.
    pub(crate) fn await_up(&mut self) -> Result<u32> {
        self.await_that("the D-channel comes up", 30, |far| far.signalling.is_up())
    }

    /// Waits until the box has answered.
    pub(crate) fn await_answer(&mut self) -> Result<u32> {
        self.await_that("the call is answered", 10, |far| far.is_answered())
    }

    /// How many calls there are.
    pub(crate) fn talking(&self) -> usize {
        self.slots.values().filter(|slot| slot.talk.is_some()).count()
    }

    /// Whether some call is answered.
    fn is_answered(&self) -> bool {
        let talks = self.slots.values().filter_map(|slot| slot.talk.as_ref());
        talks.into_iter().any(|talk| talk.answered.is_some())
    }

    /// Ends the calls of this number.
    pub(crate) fn hang_up(&mut self, number: Number) {
        let now = self.time.now();
        for (timeslot, slot) in &self.slots {
            if slot.talk.as_ref().is_some_and(|talk| talk.caller.number == number) {
                let release = ChannelCommand::Release(Cause::NormalClearing);
                self.signalling.command(now, *timeslot, &release);
            }
        }
    }

    /// What the party of this number hears, if it is in a call.
    pub(crate) fn heard_by(&self, number: Number) -> Option<&[i16]> {
        let mut talks = self.slots.values().filter_map(|slot| slot.talk.as_ref());
        talks.find(|talk| talk.caller.number == number).map(|talk| &*talk.heard)
    }

    /// The time of its signalling.
    pub(crate) fn now(&self) -> Instant {
        self.time.now()
    }

    /// Calls the box on the first free channel; `false` if there is none.
    pub(crate) fn call(&mut self, called: Number, caller: Caller) -> bool {
        let calls = self.signalling.calls();
        let is_free = |slot: &Slot, timeslot| slot.talk.is_none() && calls.is_free(timeslot);
        let free = self.slots.iter_mut().find(|(timeslot, slot)| is_free(slot, **timeslot));
        let Some((timeslot, slot)) = free else { return false };
        let (timeslot, number) = (*timeslot, caller.number);
        slot.talk = Some(Talk { caller, answered: None, heard: Vec::new() });
        let now = self.time.now();
        let seize = ChannelCommand::Seize(Endpoint::Port(PortId(0)));
        self.signalling.command(now, timeslot, &seize);
        let caller = CallerId::from_number(number);
        self.signalling.command(now, timeslot, &ChannelCommand::Dial { number: called, caller });
        true
    }

    /// Waits at most so many seconds: the frames it took.
    pub(crate) fn await_that(
        &mut self,
        what: &str,
        seconds: u32,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Result<u32> {
        for frames in 0..seconds * SECOND {
            if done(self) {
                return Ok(frames);
            }
            self.frame()?;
        }
        bail!("within {seconds} seconds it did not happen that {what}")
    }
}
