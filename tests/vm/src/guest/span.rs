//! Two cross-connected spans of thirty-one channels: clear channels, D-channels, signalling bits.

use anyhow::{Context, Result, anyhow, bail, ensure};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Clock, RealClock};
use tipring_dahdi::{
    ChannelUse, Control, DahdiKeeper, DahdiSpan, DahdiTimeslot, FrameClock, SpanKeeper,
    SpanSettings, TimeslotSettings, open_loop, open_span, open_timeslot, test_timeslot,
};
use tipring_dsp::g711;
use tipring_line::{
    AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Frame, FrameChannel,
    Law, PortId, SILENCE, Span, SpanTest, Timeslot, TimeslotEvent,
};
use tipring_r2::{R2, R2Settings, Variant};

use crate::rig::next_frame;
use crate::{Trial, report};

/// The spans' numbers, and the first channel of each.
pub(crate) const SPANS: [u16; 2] = [3, 4];
pub(crate) const FIRST: [u16; 2] = [9, 40];
/// Timeslots: a clear channel, the D-channel, the first with signalling bits.
pub(crate) const CLEAR: u16 = 1;
pub(crate) const D_CHANNEL: u16 = 16;
pub(crate) const CAS: u16 = 17;

/// The timeslot of this number at both ends.
pub(crate) fn both(number: u16, cas: bool) -> Result<[(DahdiTimeslot, DahdiKeeper); 2]> {
    let open = |first: u16| {
        open_timeslot(TimeslotSettings { channel: first + number - 1, cas, law: Law::A })
    };
    Ok([open(FIRST[0])?, open(FIRST[1])?])
}

pub(crate) fn whole(end: usize) -> Result<(DahdiSpan, SpanKeeper)> {
    let d_channel = Some(FIRST[end] + D_CHANNEL - 1);
    Ok(open_span(SpanSettings { span: SPANS[end], d_channel }, None)?)
}

fn listed() -> Trial {
    let control = Control::open()?;
    let spans = control.spans();
    let found: Vec<_> = spans.iter().filter(|span| span.channels == 31).collect();
    ensure!(found.iter().map(|span| span.number).eq(SPANS), "{spans:?}");
    ensure!(found.iter().all(|span| span.alarms.gravest().is_none()), "{spans:?}");
    let channels = control.channels();
    let count = |wanted: fn(ChannelUse) -> bool| {
        channels.iter().filter(|channel| wanted(channel.usage)).count()
    };
    Ok(format!(
        "{} clear, {} D, {} with bits; timing {:?}",
        count(|usage| usage == ChannelUse::Clear),
        count(|usage| usage == ChannelUse::Hdlc),
        count(|usage| matches!(usage, ChannelUse::Cas { .. })),
        found[0].timing,
    ))
}

fn refused() -> Trial {
    let timeslot = |number: u16, cas| {
        let channel = FIRST[0] + number - 1;
        match open_timeslot(TimeslotSettings { channel, cas, law: Law::A }) {
            Ok(_) => Err(anyhow!("timeslot {number} opened")),
            Err(error) => Ok(error.to_string()),
        }
    };
    let span = |span, d_channel| match open_span(SpanSettings { span, d_channel }, None) {
        Ok(_) => Err(anyhow!("span {span} opened")),
        Err(error) => Ok(error.to_string()),
    };
    let lines = [
        timeslot(CLEAR, true)?,
        timeslot(CAS, false)?,
        span(SPANS[0], Some(FIRST[0]))?,
        span(77, None)?,
    ];
    Ok(lines.join(" | "))
}

/// Random codes each way, which must come out as they went in, all of them.
fn audio(number: u16, cas: bool) -> Trial {
    const FRAMES: usize = 300;
    let clock = FrameClock::open()?;
    let [(mut a, _a), (mut b, _b)] = both(number, cas)?;
    let mut random = SmallRng::seed_from_u64(u64::from(number));
    let (mut sent, mut heard) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
    for _ in 0..FRAMES {
        next_frame(&clock)?;
        let mut rx = SILENCE;
        for (place, end) in [&mut a, &mut b].into_iter().enumerate() {
            let codes: [u8; 160] = core::array::from_fn(|_| random.random());
            let mut tx: Frame = SILENCE;
            g711::decode(Law::A, &codes, &mut tx);
            end.exchange(&tx, &mut rx)?;
            sent[place].extend(tx);
            heard[1 - place].extend(rx);
        }
    }
    let mut delays = Vec::new();
    for (sent, heard) in sent.iter().zip(&heard) {
        let begins = heard.windows(32).position(|window| window == &sent[..32]);
        let delay = begins.context("what was sent was not heard")?;
        let whole = heard.len() - delay;
        ensure!(heard[delay..] == sent[..whole], "what was heard differs from what was sent");
        delays.push(delay / 8);
    }
    Ok(format!("{FRAMES} frames each way bit-exact, {delays:?} ms of delay"))
}

/// Frames of all lengths through the D-channels.
fn hdlc() -> Trial {
    let clock = FrameClock::open()?;
    let mut ends = [whole(0)?.0, whole(1)?.0];
    // What is sent while the flags begin is lost.
    for _ in 0..10 {
        ends.iter_mut().try_for_each(|end| end.send_hdlc(&[0; 4]))?;
        next_frame(&clock)?;
    }
    let mut received = [0u8; 300];
    for end in &mut ends {
        while end.receive_hdlc(&mut received).is_some() {}
    }
    let mut random = SmallRng::seed_from_u64(6);
    let mut octets = 0;
    for length in 1..=260usize {
        for (from, to) in [(0, 1), (1, 0)] {
            let frame: Vec<u8> = (0..length).map(|_| random.random()).collect();
            ends[from].send_hdlc(&frame)?;
            let mut waited = 0;
            let got = loop {
                if let Some(got) = ends[to].receive_hdlc(&mut received) {
                    break got;
                }
                next_frame(&clock)?;
                waited += 1;
                ensure!(waited < 20, "no frame of {length} octets within 400 ms");
            };
            ensure!(received[..got] == frame, "{length} octets came out as {got} others");
            octets += got;
        }
    }
    ensure!(ends[0].send_hdlc(&[0; 1023]).is_err(), "a frame longer than its buffer was sent");
    Ok(format!("520 frames of 1-260 octets, {octets} in all, as they went in"))
}

/// Bits of three neighbours, changed one after the other.
fn bits() -> Trial {
    let clock = FrameClock::open()?;
    let mut slots = Vec::new();
    for number in 0..3 {
        slots.push(both(CAS + number, true)?);
    }
    let mut rx = SILENCE;
    let mut told = 0;
    let mut run = |slots: &mut Vec<[(DahdiTimeslot, DahdiKeeper); 2]>| -> Result<Vec<(usize, u8)>> {
        let mut changes = Vec::new();
        for _ in 0..5 {
            next_frame(&clock)?;
            for (place, [(a, _), (b, _)]) in slots.iter_mut().enumerate() {
                a.exchange(&SILENCE, &mut rx)?;
                b.exchange(&SILENCE, &mut rx)?;
                while let Some(event) = b.poll_event() {
                    if let TimeslotEvent::SignallingBits(bits) = event {
                        changes.push((place, bits));
                    }
                }
            }
        }
        Ok(changes)
    };
    run(&mut slots)?;
    for round in 0..4u8 {
        for place in 0..3 {
            let abcd =
                [0b1001, 0b0001, 0b1101, 0b0101][usize::from(round)] ^ (place as u8 & 1) << 3;
            slots[place][0].0.set_signalling_bits(abcd)?;
            let changes = run(&mut slots)?;
            ensure!(changes == [(place, abcd)], "sent {abcd:04b} on {place}, told {changes:?}");
            told += 1;
        }
    }
    Ok(format!("{told} changes told, each once and on its channel alone"))
}

/// Our pattern out and back through a loop of the kernel's at the far end; then without the loop.
fn pattern(number: u16, cas: bool) -> Trial {
    let settings = |end: usize| {
        let channel = FIRST[end] + number - 1;
        TimeslotSettings { channel, cas, law: Law::A }
    };
    let looped = open_loop(settings(1))?;
    let mut told = 0;
    let closed = test_timeslot(settings(0), 10, |_, _| told += 1)?;
    ensure!(closed.is_clean() && closed.bits > 600_000 && told == 10, "{closed:?}");
    drop(looped);
    let open = test_timeslot(settings(0), 2, |_, _| ())?;
    ensure!(open.bits == 0 && !open.in_sync, "the loop has gone: {open:?}");
    Ok(format!("{} bits came back, 0 wrong; none without the loop", closed.bits))
}

fn tests() -> Trial {
    let (mut span, _) = whole(0)?;
    let told = |result: Result<(), tipring_line::PortError>| match result {
        Ok(()) => "done".to_owned(),
        Err(error) => error.to_string(),
    };
    let local = told(span.test(SpanTest::LocalLoop));
    let prbs = told(span.test(SpanTest::Prbs));
    Ok(format!("loop: {local}; PRBS: {prbs}; off: {}", told(span.test(SpanTest::Off))))
}

/// Both ends of a timeslot as R2 channels.
pub(crate) struct Trunk {
    pub(crate) ends: [R2<DahdiTimeslot>; 2],
    pub(crate) keepers: [DahdiKeeper; 2],
    pub(crate) events: [Vec<ChannelEvent>; 2],
    clock: FrameClock,
    time: RealClock,
}

impl Trunk {
    pub(crate) fn open() -> Result<Self> {
        let [(a, keeper_a), (b, keeper_b)] = both(CAS, true)?;
        let mut settings = R2Settings::new(Variant::named("cn")?);
        settings.called_digits = 8;
        let mut trunk = Trunk {
            ends: [a, b].map(|timeslot| R2::new(timeslot, settings.clone())),
            keepers: [keeper_a, keeper_b],
            events: [Vec::new(), Vec::new()],
            clock: FrameClock::open()?,
            time: RealClock::start(),
        };
        trunk.await_idle()?;
        Ok(trunk)
    }

    pub(crate) fn frame(&mut self) -> Result<()> {
        next_frame(&self.clock)?;
        let now = self.time.now();
        for (end, events) in self.ends.iter_mut().zip(&mut self.events) {
            end.tick(now, &SILENCE, &mut SILENCE.clone());
            events.extend(core::iter::from_fn(|| end.poll_event()));
        }
        Ok(())
    }

    pub(crate) fn await_idle(&mut self) -> Result<()> {
        for _ in 0..500 {
            if self.ends.iter().all(R2::is_idle) {
                return Ok(());
            }
            self.frame()?;
        }
        bail!("not idle within ten seconds: {:?}", self.ends)
    }

    pub(crate) fn command(&mut self, end: usize, command: ChannelCommand) {
        let now = self.time.now();
        self.ends[end].command(now, &command);
    }

    /// Waits for an event: the frames until it came.
    pub(crate) fn await_event(
        &mut self,
        end: usize,
        wanted: impl Fn(&ChannelEvent) -> bool,
    ) -> Result<u32> {
        for frames in 0..500 {
            if let Some(place) = self.events[end].iter().position(&wanted) {
                self.events[end].drain(..=place);
                return Ok(frames);
            }
            self.frame()?;
        }
        bail!("not told at end {end}, but {:?}; {:?}", self.events, self.ends)
    }

    /// A call from the first end, answered: the frames until it was.
    pub(crate) fn talk(&mut self) -> Result<u32> {
        self.command(0, ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let caller = CallerId::from_number("13912345678".parse()?);
        self.command(0, ChannelCommand::Dial { number: "80021234".parse()?, caller });
        let offered = self.await_event(1, |event| {
            let wanted = ("80021234".parse().ok(), "13912345678".parse().ok());
            matches!(event, ChannelEvent::Offered { called, caller, .. }
                if (*called, caller.number) == wanted)
        })?;
        self.command(1, ChannelCommand::Answer);
        let answered = ChannelEvent::Answered(AnswerCertainty::Signalled);
        Ok(offered + self.await_event(0, |event| *event == answered)?)
    }
}

fn r2_calls() -> Trial {
    const CALLS: u32 = 20;
    let mut trunk = Trunk::open()?;
    let mut frames = 0;
    for call in 0..CALLS {
        frames += trunk.talk()?;
        let cleared = Cause::NormalClearing;
        trunk.command(call as usize % 2, ChannelCommand::Release(cleared));
        for end in 0..2 {
            trunk.await_event(end, |event| *event == ChannelEvent::Released(cleared))?;
        }
        trunk.await_idle()?;
    }
    let faults = trunk.ends.each_ref().map(R2::faults);
    ensure!(faults.iter().all(|f| f.line_signals + f.register_signals == 0), "{faults:?}");
    Ok(format!("{CALLS} calls with 8 and 11 digits, {} ms to the answer", frames * 20 / CALLS))
}

pub(crate) fn trials() -> bool {
    type Run = fn() -> Trial;
    let trials: [(&str, Run); 10] = [
        ("span-list", listed),
        ("span-refused", refused),
        ("span-audio", || audio(CLEAR, false)),
        ("span-cas-audio", || audio(CAS, true)),
        ("span-hdlc", hdlc),
        ("span-bits", bits),
        ("span-tests", tests),
        ("span-pattern", || pattern(CLEAR, false)),
        ("span-cas-pattern", || pattern(CAS, true)),
        ("span-r2", r2_calls),
    ];
    trials.into_iter().fold(true, |fine, (name, trial)| report(name, trial()) && fine)
}
