//! A port that reports anything at any moment, and a switch that orders anything: the channel
//! neither panics nor loses count of its calls, and comes to rest.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::{Arc, Mutex};
use tipring_analog::{CallerIdSending, Fxs, FxsSettings, HotLine, MessageLamp};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    Alarm, AnalogPort, CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Endpoint, Frame,
    FrameChannel, LinePolarity, PortCommand, PortError, PortEvent, PortId, PortKind, SILENCE,
};

#[derive(Debug)]
struct Wild {
    rng: SmallRng,
    /// How many events a frame brings at most; 0 for peace.
    wildness: Arc<Mutex<u8>>,
    left: u8,
}

impl Wild {
    fn wildness(&self) -> u8 {
        *self.wildness.lock().unwrap()
    }
}

impl AnalogPort for Wild {
    fn kind(&self) -> PortKind {
        PortKind::Fxs
    }

    fn exchange(&mut self, _tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        let wildness = self.wildness();
        self.left = self.rng.random_range(0..=wildness);
        rx.iter_mut().for_each(|s| *s = self.rng.random());
        match self.rng.random_range(0..200) {
            0 if wildness > 0 => Err(PortError::Gone),
            1 if wildness > 0 => Err(PortError::Failed { what: "READ", code: 5 }),
            _ => Ok(()),
        }
    }

    fn command(&mut self, _command: PortCommand) -> Result<(), PortError> {
        if self.wildness() > 0 && self.rng.random_range(0..10) == 0 {
            return Err(PortError::Unsupported("do that"));
        }
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.left = self.left.checked_sub(1)?;
        Some(match self.rng.random_range(0..40) {
            0..16 => PortEvent::OffHook(true),
            16..30 => PortEvent::OffHook(false),
            30 => PortEvent::PulseDigit(Digit::from_event(self.rng.random_range(0..16))?),
            31 => PortEvent::Alarm(Some(Alarm::DeviceLost)),
            32..35 => PortEvent::Alarm(None),
            35 => PortEvent::Ringing(self.rng.random()),
            36 => PortEvent::Battery(self.rng.random()),
            37 => PortEvent::Polarity(LinePolarity::Reverse),
            38 => PortEvent::MeteringPulse,
            _ => PortEvent::MessageWaiting(self.rng.random()),
        })
    }
}

fn settings(rng: &mut SmallRng) -> FxsSettings {
    let number = "8000".parse().unwrap();
    FxsSettings {
        hot_line: rng
            .random_bool(0.3)
            .then(|| HotLine { number, after: Duration::from_millis(rng.random_range(0..3_000)) }),
        caller_id: CallerIdSending::None,
        message_lamp: MessageLamp::Both,
        battery_drop: Some(Duration::from_millis(rng.random_range(100..1_000))),
        busy_max: Duration::from_millis(700),
        reversal_on_answer: true,
        detect_digits: rng.random(),
        ..FxsSettings::default()
    }
}

fn any_command(rng: &mut SmallRng) -> ChannelCommand {
    let caller = CallerId::default();
    match rng.random_range(0..11) {
        0 => ChannelCommand::Ring { caller, pattern: rng.random() },
        1 => ChannelCommand::Alert,
        2 => ChannelCommand::OpenEarlyAudio,
        3 | 4 => ChannelCommand::Answer,
        5 => ChannelCommand::SendDigits([Digit::from_event(5); 1].into_iter().flatten().collect()),
        6 => ChannelCommand::Flash,
        7 => ChannelCommand::CallWaiting { caller },
        8 => ChannelCommand::CallWaitingEnd,
        9 => ChannelCommand::MessageWaiting(rng.random()),
        _ => ChannelCommand::Forwarded(rng.random()),
    }
}

#[test]
fn whatever_is_reported_calls_end_once_and_the_line_comes_to_rest() {
    let mut calls = 0;
    for seed in 0..40 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let wildness = Arc::new(Mutex::new(rng.random_range(1..4)));
        let port_rng = SmallRng::seed_from_u64(seed + 1_000);
        let port = Wild { rng: port_rng, wildness: wildness.clone(), left: 0 };
        let mut channel = Fxs::new(port, settings(&mut rng));
        let mut in_call = false;
        let mut rx = SILENCE;
        for frame in 0..6_000u64 {
            let now = Instant::from_millis(frame * 20);
            if frame % 2_000 == 1_500 {
                // Peace: the port tells nothing any more, and nobody orders anything.
                *wildness.lock().unwrap() = 0;
            } else if frame % 2_000 == 0 {
                *wildness.lock().unwrap() = rng.random_range(1..4);
            }
            let peace = frame % 2_000 >= 1_500;
            if !peace && rng.random_range(0..10) == 0 {
                channel.command(now, &any_command(&mut rng));
            }
            if !in_call && !peace && rng.random_range(0..20) == 0 {
                in_call = true;
                calls += 1;
                channel.command(now, &ChannelCommand::Seize(Endpoint::Port(PortId(1))));
            } else if in_call && (rng.random_range(0..60) == 0 || frame % 2_000 == 1_990) {
                channel.command(now, &ChannelCommand::Release(Cause::NormalClearing));
            }
            channel.tick(now, &SILENCE, &mut rx);
            while let Some(event) = channel.poll_event() {
                match event {
                    ChannelEvent::Offered { .. } => {
                        assert!(!in_call, "seed {seed}: offered within a call, frame {frame}");
                        in_call = true;
                        calls += 1;
                    }
                    ChannelEvent::Released(_) => {
                        assert!(in_call, "seed {seed}: released twice, frame {frame}");
                        in_call = false;
                    }
                    ChannelEvent::Alarm(_) => {}
                    other => assert!(in_call, "seed {seed}: {other:?} without a call, {frame}"),
                }
            }
            if frame % 2_000 == 1_999 {
                assert!(!in_call, "seed {seed}: a call that does not end, frame {frame}");
            }
        }
        assert_eq!(channel.faults().events_dropped, 0);
    }
    println!("{calls} calls");
    assert!(calls > 1_000, "only {calls} calls");
}
