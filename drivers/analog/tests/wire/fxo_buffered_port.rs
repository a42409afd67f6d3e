//! A port that holds audio back: its echo is cancelled as that of a port that does not.

use std::collections::VecDeque;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::{Fxo, FxoSettings};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    AnalogPort, ChannelCommand, FRAME_SAMPLES, Frame, FrameChannel, PortCommand, PortError,
    PortEvent, PortKind, SILENCE,
};
use tipring_sim::{CallPlan, LineModel, SimFxoPort, exchange_line};

/// A simulated line behind buffers of some frames each way.
struct Buffered {
    port: SimFxoPort,
    sent: VecDeque<Frame>,
    received: VecDeque<Frame>,
    known: bool,
}

impl Buffered {
    fn new(port: SimFxoPort, frames: usize, known: bool) -> Self {
        let silent: VecDeque<Frame> = (0..frames).map(|_| SILENCE).collect();
        Buffered { port, sent: silent.clone(), received: silent, known }
    }
}

impl AnalogPort for Buffered {
    fn kind(&self) -> PortKind {
        self.port.kind()
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        self.sent.push_back(*tx);
        let now = self.sent.pop_front().unwrap_or(SILENCE);
        let mut heard = SILENCE;
        self.port.exchange(&now, &mut heard)?;
        self.received.push_back(heard);
        *rx = self.received.pop_front().unwrap_or(SILENCE);
        Ok(())
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        self.port.command(command)
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.port.poll_event()
    }

    fn echo_delay_samples(&self) -> usize {
        let frames = self.sent.len() + self.received.len();
        if self.known { frames * FRAME_SAMPLES } else { 0 }
    }
}

fn energy(frame: &Frame) -> f64 {
    frame.iter().map(|s| f64::from(*s).powi(2)).sum()
}

/// How far below what is sent the switch hears it come back, in dB, after three seconds.
fn echo_loss_db(known: bool) -> f64 {
    let (port, mut control) = exchange_line(3, LineModel::default());
    let mut channel = Fxo::new(Buffered::new(port, 3, known), FxoSettings::default());
    let mut now = Instant::ZERO;
    let mut rng = SmallRng::seed_from_u64(1);
    control.place_call(CallPlan::default()).unwrap();
    let (mut sent, mut heard) = (0.0, 0.0);
    let mut answered = None;
    for n in 0..800 {
        let tx: Frame = core::array::from_fn(|_| rng.random_range(-3000..3000));
        let mut rx = SILENCE;
        channel.tick(now, &tx, &mut rx);
        if let Some(since) = answered
            && n > since + 150
        {
            sent += energy(&tx);
            heard += energy(&rx);
        }
        while let Some(event) = channel.poll_event() {
            if matches!(event, tipring_line::ChannelEvent::Offered { .. }) {
                channel.command(now, &ChannelCommand::Answer);
                answered = Some(n);
            }
        }
        now += Duration::from_millis(20);
    }
    assert!(answered.is_some_and(|since| since < 600), "{answered:?}");
    10.0 * (sent / heard.max(1.0)).log10()
}

#[test]
fn the_reference_waits_as_long_as_the_port_holds_the_echo() {
    let (known, unknown) = (echo_loss_db(true), echo_loss_db(false));
    assert!(known > 35.0, "{known:.1} dB");
    assert!(unknown < 25.0, "the echo is there to be cancelled: {unknown:.1} dB");
}
