//! A port that refuses commands or goes away.

use tipring_analog::{Fxo, FxoSettings, Fxs, FxsSettings};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    Alarm, AnalogPort, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Frame,
    FrameChannel, PortCommand, PortError, PortEvent, PortId, PortKind, SILENCE,
};

/// Reports one event, then goes away; refuses every command.
#[derive(Debug)]
struct Failing {
    kind: PortKind,
    frames_left: u32,
    event: Option<PortEvent>,
}

impl AnalogPort for Failing {
    fn kind(&self) -> PortKind {
        self.kind
    }

    fn exchange(&mut self, _tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        rx.fill(123);
        if self.frames_left == 0 {
            return Err(PortError::Gone);
        }
        self.frames_left -= 1;
        Ok(())
    }

    fn command(&mut self, _command: PortCommand) -> Result<(), PortError> {
        Err(PortError::Failed { what: "HOOK", code: 5 })
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.event.take()
    }
}

fn run(channel: &mut dyn FrameChannel, frames: u32) -> (Vec<ChannelEvent>, Frame) {
    let mut events = vec![];
    let mut rx = SILENCE;
    for n in 0..frames {
        let now = Instant::ZERO + Duration::from_millis(20) * n;
        channel.tick(now, &SILENCE, &mut rx);
        while let Some(event) = channel.poll_event() {
            match event {
                ChannelEvent::Offered { .. } => channel.command(now, &ChannelCommand::Answer),
                _ => events.push(event),
            }
        }
    }
    (events, rx)
}

#[test]
fn an_fxo_port_that_goes_away_ends_the_call_and_is_an_alarm() {
    let event = Some(PortEvent::Ringing(true));
    let port = Failing { kind: PortKind::Fxo, frames_left: 100, event };
    let settings = FxoSettings { wait_for_caller_id: false, ..FxoSettings::default() };
    let mut fxo = Fxo::new(port, settings);
    let (events, rx) = run(&mut fxo, 200);
    assert_eq!(
        events,
        [
            ChannelEvent::Released(Cause::NetworkOutOfOrder),
            ChannelEvent::Alarm(Some(Alarm::DeviceLost))
        ]
    );
    assert_eq!(rx, SILENCE);
    assert_eq!(fxo.faults().port_errors, 2, "off-hook and on-hook were refused");
    fxo.command(Instant::from_millis(5000), &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    assert_eq!(fxo.poll_event(), Some(ChannelEvent::Released(Cause::NoChannel)));
}

#[test]
fn an_fxs_port_that_goes_away_ends_the_ringing_and_is_an_alarm() {
    let port = Failing { kind: PortKind::Fxs, frames_left: 100, event: None };
    let mut fxs = Fxs::new(port, FxsSettings::default());
    fxs.command(Instant::ZERO, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    fxs.command(Instant::ZERO, &ChannelCommand::Ring { caller: CallerId::default(), pattern: 0 });
    let (events, _) = run(&mut fxs, 200);
    assert_eq!(
        events,
        [
            ChannelEvent::Ringing,
            ChannelEvent::Released(Cause::NetworkOutOfOrder),
            ChannelEvent::Alarm(Some(Alarm::DeviceLost))
        ]
    );
    assert!(fxs.faults().port_errors >= 1);
    fxs.command(Instant::from_millis(5000), &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    let refused = ChannelEvent::Released(Cause::DestinationOutOfOrder);
    assert_eq!(fxs.poll_event(), Some(refused));
}
