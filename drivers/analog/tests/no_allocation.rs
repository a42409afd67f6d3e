//! The channels' ticks, commands and events allocate and free nothing, call after call.

#[path = "wire/common/mod.rs"]
mod common;

use tipring_analog::{Fxo, FxoSettings, Fxs, FxsSettings};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    AnalogPort, CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Digits, Endpoint, Frame,
    FrameChannel, LineReading, PortCommand, PortError, PortEvent, PortId, PortKind, SILENCE,
};
use tipring_sim::{CallPlan, EchoPath, LineModel, Telephone, exchange_line, read_wav, telephone};
use tipring_test_allocations::{Counting, counted, uncounted};

#[global_allocator]
static COUNTING: Counting = Counting;

/// A simulated port, whose own allocations a real one does not have.
struct Uncounted<P>(P);

impl<P: AnalogPort> AnalogPort for Uncounted<P> {
    fn kind(&self) -> PortKind {
        self.0.kind()
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        uncounted(|| self.0.exchange(tx, rx))
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        uncounted(|| self.0.command(command))
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        uncounted(|| self.0.poll_event())
    }

    fn reading(&mut self) -> LineReading {
        uncounted(|| self.0.reading())
    }
}

/// A channel and what happened on it.
struct Counted<Ch> {
    channel: Ch,
    now: Instant,
    events: Vec<ChannelEvent>,
    prompt: std::iter::Cycle<std::vec::IntoIter<Frame>>,
    allocations: u32,
}

impl<Ch: FrameChannel> Counted<Ch> {
    fn new(channel: Ch) -> Self {
        let file = "/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav";
        let bytes = std::fs::read(file).unwrap_or_else(|e| {
            panic!("{file}: {e} (apt install asterisk-core-sounds-en-wav)");
        });
        let speech = read_wav(&bytes).expect("recorded speech");
        let frames: Vec<Frame> = speech.as_chunks().0.to_vec();
        Counted {
            channel,
            now: Instant::ZERO,
            events: vec![],
            prompt: frames.into_iter().cycle(),
            allocations: 0,
        }
    }

    /// Ticks with a prompt going out, until an event fits; says whether one did in time.
    fn until(&mut self, ms: u64, fits: impl Fn(&ChannelEvent) -> bool) -> bool {
        let mut rx = SILENCE;
        for _ in 0..ms / 20 {
            let tx = self.prompt.next().unwrap_or(SILENCE);
            let (_, ticked) = counted(|| self.channel.tick(self.now, &tx, &mut rx));
            self.allocations += ticked;
            self.now += Duration::from_millis(20);
            let mut found = false;
            loop {
                let (event, polled) = counted(|| self.channel.poll_event());
                self.allocations += polled;
                let Some(event) = event else { break };
                found |= fits(&event);
                self.events.push(event);
            }
            if found {
                return true;
            }
        }
        false
    }

    fn run(&mut self, ms: u64) {
        self.until(ms, |_| false);
    }

    fn command(&mut self, command: &ChannelCommand) {
        let ((), made) = counted(|| self.channel.command(self.now, command));
        self.allocations += made;
    }
}

fn digits(text: &str) -> Digits {
    text.chars().filter_map(Digit::from_char).collect()
}

fn is_released(event: &ChannelEvent) -> bool {
    matches!(event, ChannelEvent::Released(_))
}

#[test]
fn an_exchange_line_allocates_nothing_in_calls_both_ways() {
    let model = LineModel { box_echo: EchoPath::hybrid(10.0), ..LineModel::default() };
    let (port, mut control) = exchange_line(1, model);
    let mut line = Counted::new(Fxo::new(Uncounted(port), FxoSettings::default()));
    for _ in 0..2 {
        let keys = "12#@1500ms".parse().unwrap();
        let caller = common::caller("13800138000");
        let plan = CallPlan { caller, keys, talk_ms: Some(6_000), ..CallPlan::default() };
        control.place_call(plan).unwrap();
        assert!(line.until(12_000, |e| matches!(e, ChannelEvent::Offered { .. })));
        line.command(&ChannelCommand::Answer);
        assert!(line.until(20_000, is_released), "{:?}", line.events);
        line.run(4_000);
        line.command(&ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let number = "62580000".parse().unwrap();
        line.command(&ChannelCommand::Dial { number, caller: CallerId::default() });
        assert!(line.until(40_000, |e| matches!(e, ChannelEvent::Answered { .. })));
        line.command(&ChannelCommand::SendDigits(digits("5")));
        line.command(&ChannelCommand::Flash);
        line.run(3_000);
        line.command(&ChannelCommand::Release(Cause::NormalClearing));
        line.run(5_000);
    }
    let keys = line.events.iter().filter(|e| matches!(e, ChannelEvent::Digit { .. })).count();
    assert!(keys >= 6, "{:?}", line.events);
    assert_eq!(line.allocations, 0);
}

#[test]
fn a_handset_allocates_nothing_in_calls_both_ways() {
    let (port, mut control) = telephone(1, LineModel::default(), Telephone::default());
    let mut set = Counted::new(Fxs::new(Uncounted(port), FxsSettings::default()));
    for _ in 0..2 {
        let caller = common::caller("13800138000");
        set.command(&ChannelCommand::Seize(Endpoint::Port(PortId(1))));
        set.command(&ChannelCommand::Ring { caller, pattern: 0 });
        set.run(7_000);
        control.lift().unwrap();
        assert!(
            set.until(1_000, |e| matches!(e, ChannelEvent::Answered { .. })),
            "{:?}",
            set.events
        );
        set.command(&ChannelCommand::CallWaiting { caller });
        set.run(3_000);
        control.hang_up().unwrap();
        assert!(set.until(3_000, is_released));
        control.lift().unwrap();
        set.run(1_000);
        control.press(digits("201")).unwrap();
        set.run(8_000);
        set.command(&ChannelCommand::Release(Cause::UserBusy));
        // Busy tone, and the howler for a handset left off-hook.
        set.run(70_000);
        control.hang_up().unwrap();
        set.run(2_000);
    }
    assert!(set.events.len() > 8, "{:?}", set.events);
    assert_eq!(set.allocations, 0);
}
