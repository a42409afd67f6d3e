//! The analog port that the media thread holds.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use rtrb::{Consumer, Producer, PushError, RingBuffer};
use tipring_line::{
    Alarm, AnalogPort, FRAME_SAMPLES, Frame, LineReading, PortCommand, PortError, PortEvent,
    PortKind,
};

use crate::pcm::{AudioLink, ECHO_DELAY_SAMPLES, Slips};
use crate::si3050::BALANCES;

/// Commands that may wait.
const COMMANDS_MAX: usize = 16;
/// Events that may wait.
const EVENTS_MAX: usize = 16;
/// The system's word for a full queue.
const EAGAIN: i32 = 11;

/// A reading in one word, so that it crosses threads whole.
#[derive(Debug, Default)]
struct SharedReading(AtomicU32);

impl SharedReading {
    const HAS_VOLTAGE: u32 = 1 << 30;
    const HAS_CURRENT: u32 = 1 << 31;
    /// No loop carries more.
    const CURRENT_MAX: u16 = 0x3FFF;

    fn store(&self, reading: LineReading) {
        let voltage =
            reading.voltage_v.map_or(0, |v| Self::HAS_VOLTAGE | u32::from(v.cast_unsigned()));
        let current = reading
            .current_ma
            .map_or(0, |ma| Self::HAS_CURRENT | u32::from(ma.min(Self::CURRENT_MAX)) << 16);
        self.0.store(voltage | current, Ordering::Relaxed);
    }

    fn load(&self) -> LineReading {
        let word = self.0.load(Ordering::Relaxed);
        let voltage = (word & 0xFFFF) as u16;
        let current = (word >> 16) as u16 & Self::CURRENT_MAX;
        LineReading {
            voltage_v: (word & Self::HAS_VOLTAGE != 0).then_some(voltage.cast_signed()),
            current_ma: (word & Self::HAS_CURRENT != 0).then_some(current),
        }
    }
}

/// The card's end of a port.
#[derive(Debug)]
pub(crate) struct PortEnd {
    commands: Consumer<PortCommand>,
    events: Producer<PortEvent>,
    reading: Arc<SharedReading>,
}

impl PortEnd {
    pub(crate) fn next_command(&mut self) -> Option<PortCommand> {
        self.commands.pop().ok()
    }

    pub(crate) fn has_room(&self) -> bool {
        !self.events.is_full()
    }

    /// Tells an event; there is room.
    pub(crate) fn tell(&mut self, event: PortEvent) {
        let _ = self.events.push(event);
    }

    pub(crate) fn set_reading(&self, reading: LineReading) {
        self.reading.store(reading);
    }
}

/// An analog port over an SPI chip. Its calls neither block nor lock nor allocate: they only touch
/// the rings to the driver's threads.
#[derive(Debug)]
pub struct DaaPort {
    kind: PortKind,
    has_lamp: bool,
    commands: Producer<PortCommand>,
    events: Consumer<PortEvent>,
    reading: Arc<SharedReading>,
    waker: Arc<OnceLock<Thread>>,
    audio: AudioLink,
    /// The chip's alarm, as told last.
    chip_alarm: Option<Alarm>,
    audio_lost: bool,
    /// The alarm as it is now has to be told.
    alarm_due: bool,
}

impl DaaPort {
    pub(crate) fn new(
        kind: PortKind,
        has_lamp: bool,
        audio: AudioLink,
        waker: Arc<OnceLock<Thread>>,
    ) -> (Self, PortEnd) {
        let (command_tx, commands) = RingBuffer::new(COMMANDS_MAX);
        let (events, event_rx) = RingBuffer::new(EVENTS_MAX);
        let reading = Arc::new(SharedReading::default());
        let port = DaaPort {
            kind,
            has_lamp,
            commands: command_tx,
            events: event_rx,
            reading: reading.clone(),
            waker,
            audio,
            chip_alarm: None,
            audio_lost: false,
            alarm_due: false,
        };
        (port, PortEnd { commands, events, reading })
    }

    /// How the codecs' clock slipped against the media thread's, from the wire inwards.
    pub fn slips(&self) -> Slips {
        self.audio.slips()
    }

    fn refuses(&self, command: PortCommand) -> Option<&'static str> {
        match (self.kind, command) {
            (PortKind::Fxo, PortCommand::OffHook(_) | PortCommand::Flash { .. }) => None,
            (PortKind::Fxo, PortCommand::Balance(n)) if usize::from(n) < BALANCES.len() => None,
            (_, PortCommand::Balance(_)) => Some("set this hybrid balance"),
            (PortKind::Fxo, PortCommand::Ring(_)) => Some("ring an exchange"),
            (PortKind::Fxo, PortCommand::Polarity(_)) => Some("set an exchange's polarity"),
            (PortKind::Fxo, PortCommand::OnHookAudio(_)) => {
                Some("switch on-hook audio: it is always on")
            }
            (PortKind::Fxo, PortCommand::Battery(_)) => Some("feed an exchange line"),
            (PortKind::Fxo, PortCommand::MessageLamp(_)) => {
                Some("light a lamp on an exchange line")
            }
            (PortKind::Fxs, PortCommand::OffHook(_) | PortCommand::Flash { .. }) => {
                Some("lift a handset")
            }
            (PortKind::Fxs, PortCommand::MessageLamp(_)) if !self.has_lamp => {
                Some("light a message lamp: none is set up")
            }
            (PortKind::Fxs, _) => None,
        }
    }
}

impl AnalogPort for DaaPort {
    fn kind(&self) -> PortKind {
        self.kind
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        let there = self.audio.exchange(tx, rx) && !self.events.is_abandoned();
        if !there {
            rx.fill(0);
            self.audio_lost = true;
            return Err(PortError::Gone);
        }
        self.alarm_due |= core::mem::take(&mut self.audio_lost);
        Ok(())
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        if let Some(what) = self.refuses(command) {
            return Err(PortError::Unsupported(what));
        }
        if self.commands.is_abandoned() {
            return Err(PortError::Gone);
        }
        self.commands.push(command).map_err(|PushError::Full(_)| PortError::Failed {
            what: "the SPI thread's command queue",
            code: EAGAIN,
        })?;
        if let Some(thread) = self.waker.get() {
            thread.unpark();
        }
        Ok(())
    }

    fn echo_delay_samples(&self) -> usize {
        // How the threads' phases lie is worth up to a frame, which the canceller's tail takes.
        ECHO_DELAY_SAMPLES - FRAME_SAMPLES
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        while let Ok(event) = self.events.pop() {
            let PortEvent::Alarm(alarm) = event else { return Some(event) };
            self.chip_alarm = alarm;
            // Without audio the port is out of order whatever the chip says.
            if !self.audio_lost {
                self.alarm_due = false;
                return Some(event);
            }
        }
        core::mem::take(&mut self.alarm_due).then_some(PortEvent::Alarm(self.chip_alarm))
    }

    fn balances(&self) -> u8 {
        if self.kind == PortKind::Fxo { BALANCES.len() as u8 } else { 0 }
    }

    fn reading(&mut self) -> LineReading {
        self.reading.load()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_cross_threads_whole() {
        let shared = SharedReading::default();
        assert_eq!(shared.load(), LineReading::default());
        for (voltage_v, current_ma) in
            [(Some(48), None), (Some(-51), Some(0)), (None, Some(23)), (Some(-1), Some(127))]
        {
            let reading = LineReading { voltage_v, current_ma };
            shared.store(reading);
            assert_eq!(shared.load(), reading);
        }
    }
}
