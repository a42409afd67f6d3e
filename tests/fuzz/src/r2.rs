//! What the R2 targets do with arbitrary bytes. Each panics when something is wrong.
#![allow(dead_code, reason = "each target uses one of the functions")]

use std::collections::VecDeque;
use std::time::Duration;

use tipring_clock::Instant;
use tipring_dsp::{MfDirection, MfGenerator, MfSignal};
use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Endpoint, Frame, FrameChannel,
    PortError, PortId, SILENCE, Timeslot, TimeslotEvent,
};
use tipring_r2::{CallerOrder, R2, R2Settings, Variant};

/// Frames that one input may last; the receivers listen to each.
const FRAMES_MAX: u32 = 300;
/// The longest time by which an input moves the clock at once.
const JUMP_MAX: u64 = 120_000;

/// A wire of which we are the far end.
#[derive(Debug)]
struct Wire {
    sent: Frame,
    bits_sent: u8,
    received: Frame,
    events: VecDeque<TimeslotEvent>,
    is_gone: bool,
}

impl Timeslot for Wire {
    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        *rx = SILENCE;
        if self.is_gone {
            return Err(PortError::Gone);
        }
        self.sent = *tx;
        *rx = self.received;
        Ok(())
    }

    fn set_signalling_bits(&mut self, abcd: u8) -> Result<(), PortError> {
        assert!(abcd < 16, "four bits are sent");
        self.bits_sent = abcd;
        if self.is_gone { Err(PortError::Gone) } else { Ok(()) }
    }

    fn poll_event(&mut self) -> Option<TimeslotEvent> {
        self.events.pop_front()
    }
}

/// A channel, the far side's voice, and the books of the switch.
struct Bench {
    channel: R2<Wire>,
    voices: [MfGenerator; 2],
    now: Instant,
    frames: u32,
    /// The switch has a call on the channel.
    busy: bool,
}

impl Bench {
    fn new(settings: R2Settings) -> Self {
        let events = VecDeque::from([TimeslotEvent::SignallingBits(0b1011)]);
        let received = SILENCE;
        let wire = Wire { sent: SILENCE, bits_sent: 0, received, events, is_gone: false };
        Bench {
            channel: R2::new(wire, settings),
            voices: [MfDirection::Forward, MfDirection::Backward].map(MfGenerator::new),
            now: Instant::ZERO,
            frames: 0,
            busy: false,
        }
    }

    fn frame(&mut self) {
        let mut frame = SILENCE;
        for voice in &mut self.voices {
            voice.tx(&mut frame);
        }
        self.channel.timeslot().received = frame;
        self.frames += 1;
        self.tick();
    }

    fn tick(&mut self) {
        self.now += Duration::from_millis(20);
        self.channel.tick(self.now, &SILENCE, &mut SILENCE.clone());
        self.take();
    }

    fn take(&mut self) {
        while let Some(event) = self.channel.poll_event() {
            match event {
                ChannelEvent::Alarm(_) => {}
                ChannelEvent::Offered { .. } => {
                    assert!(!self.busy, "a call is offered on a free channel only");
                    self.busy = true;
                }
                ChannelEvent::Released(_) => {
                    assert!(self.busy, "a call ends once");
                    self.busy = false;
                }
                _ => assert!(self.busy, "{event:?} without a call"),
            }
        }
    }

    fn command(&mut self, command: &ChannelCommand) {
        self.channel.command(self.now, command);
        self.take();
    }

    fn seize(&mut self) {
        if self.busy || !self.channel.is_idle() {
            return;
        }
        self.busy = true;
        self.command(&ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    }

    fn dial(&mut self, digit: u8) {
        let number = format!("8002123{}", digit % 10).parse().expect("a number");
        let caller = CallerId::from_number("13912345678".parse().expect("a number"));
        self.command(&ChannelCommand::Dial { number, caller });
    }

    fn tell(&mut self, event: TimeslotEvent) {
        self.channel.timeslot().events.push_back(event);
    }

    fn act(&mut self, action: u8, value: u8) {
        match action & 15 {
            0 => self.tell(TimeslotEvent::SignallingBits(value & 15)),
            1 | 2 => {
                self.voices[usize::from(action & 1)].send(MfSignal::new(value & 15));
                (0..value >> 4).for_each(|_| self.frame());
            }
            3 | 4 => (0..value & 63).for_each(|_| self.frame()),
            5 => self.seize(),
            6 => self.dial(value),
            7 => self.command(&ChannelCommand::Alert),
            8 => self.command(&ChannelCommand::OpenEarlyAudio),
            9 => self.command(&ChannelCommand::Answer),
            10 => self.command(&ChannelCommand::Release(Cause::from_q850(value & 127))),
            11 => {
                let digits = Digit::from_event(value & 15).into_iter().collect();
                self.command(&ChannelCommand::SendDigits(digits));
            }
            12 => {
                let alarm = [None, Some(Alarm::Red), Some(Alarm::Yellow)];
                self.tell(TimeslotEvent::Alarm(alarm[usize::from(value) % 3]));
            }
            13 => self.channel.block(value & 1 == 1),
            14 => self.channel.timeslot().is_gone = value & 1 == 1,
            _ => {
                self.now += Duration::from_millis(JUMP_MAX * u64::from(value) / 255);
                self.tick();
            }
        }
    }

    /// The far side is idle, the hardware in order, and everything hung up: the channel is free.
    fn wind_up(&mut self, idle: u8) {
        self.voices.iter_mut().for_each(|voice| voice.send(None));
        self.channel.timeslot().received = SILENCE;
        self.channel.timeslot().is_gone = false;
        self.channel.block(false);
        self.tell(TimeslotEvent::Alarm(None));
        // The line's bits are told anew when a device comes back.
        self.tell(TimeslotEvent::SignallingBits(idle ^ 0b1000));
        (0..10).for_each(|_| self.tick());
        self.tell(TimeslotEvent::SignallingBits(idle));
        for _ in 0..600 {
            self.command(&ChannelCommand::Release(Cause::NormalClearing));
            self.now += Duration::from_secs(1);
            self.tick();
            if self.channel.is_idle() && !self.busy {
                return;
            }
        }
        panic!("the channel does not become free; busy: {}; {:?}", self.busy, self.channel);
    }
}

/// The settings that the first two octets choose.
fn settings(first: u8, second: u8) -> R2Settings {
    let codes: Vec<_> = Variant::codes().collect();
    let variant = Variant::named(codes[usize::from(first) % codes.len()]).expect("it is built in");
    let mut settings = R2Settings::new(variant);
    settings.called_digits = (second & 15).max(1);
    let orders = [None, Some(CallerOrder::AfterFirstDigit), Some(CallerOrder::Never)];
    settings.caller_order = orders[usize::from(second >> 4) % orders.len()];
    settings
}

/// A channel hears line signals, register signals and commands as the bytes have them. Then the far
/// side becomes idle, and the channel free; after every fourth input, as it takes long, a call from a
/// sound channel gets through.
pub(crate) fn channel(bytes: &[u8]) {
    let [first, second, rest @ ..] = bytes else { return };
    let settings = settings(*first, *second);
    let mut bench = Bench::new(settings.clone());
    (0..3).for_each(|_| bench.frame());
    for pair in rest.chunks_exact(2) {
        bench.act(pair[0], pair[1]);
        if bench.frames > FRAMES_MAX {
            break;
        }
    }
    let mut far = Bench::new(settings);
    bench.wind_up(far.channel.timeslot().bits_sent);
    let idle = bench.channel.timeslot().bits_sent;
    far.tell(TimeslotEvent::SignallingBits(idle));
    if rest.len().is_multiple_of(4) {
        call(&mut bench, far);
    }
}

/// A call from a new channel to one that has been through much.
fn call(bench: &mut Bench, mut far: Bench) {
    let (mut dialled, mut answered) = (false, false);
    for _ in 0..2_000 {
        pass(bench, &mut far);
        pass(&mut far, bench);
        if !dialled && far.channel.is_idle() {
            far.seize();
            far.dial(4);
            dialled = true;
        }
        if bench.busy && !answered {
            bench.command(&ChannelCommand::Answer);
            answered = true;
        }
        if answered {
            bench.command(&ChannelCommand::Release(Cause::NormalClearing));
        }
        if answered && !bench.busy && !far.busy {
            return;
        }
    }
    panic!("no call gets through: {:?}; {:?}", bench.channel, far.channel);
}

/// What one end sends, the other receives.
fn pass(from: &mut Bench, to: &mut Bench) {
    let wire = from.channel.timeslot();
    let (frame, bits) = (wire.sent, wire.bits_sent);
    to.tell(TimeslotEvent::SignallingBits(bits));
    to.channel.timeslot().received = frame;
    to.tick();
}

/// A file that a site wrote is a variant, or is refused in a line; a variant is written as it was
/// read.
pub(crate) fn variant(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    match Variant::parse("file", text) {
        Ok(variant) => {
            let again = Variant::parse("file", &variant.to_text());
            assert_eq!(again.expect("what was written reads"), variant);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
