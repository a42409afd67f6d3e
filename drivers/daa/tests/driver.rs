//! The driver's own threads.

mod common;

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use common::daa_settings;
use embedded_hal::digital::{ErrorType, OutputPin};
use tipring_clock::{Duration, RealClock};
use tipring_daa::pcm::{AlsaPcm, Pace, PcmHighway};
use tipring_daa::{Card, Driver};
use tipring_line::{AnalogPort, PortCommand, PortError, SILENCE};
use tipring_sim::daa::{ChipModel, Si3050Model, spi_chain};

/// How many threads were prepared.
static PREPARED: AtomicU32 = AtomicU32::new(0);

/// A reset line that tells its level.
struct ResetLine(Sender<bool>);

impl ErrorType for ResetLine {
    type Error = Infallible;
}

impl OutputPin for ResetLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.send(false).expect("the test listens");
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.send(true).expect("the test listens");
        Ok(())
    }
}

#[test]
fn threads_report_in_one_line_and_ports_are_gone_with_them() {
    let (spi, _control) = spi_chain(vec![ChipModel::Daa(Si3050Model::absent(0xFF))]);
    let (level, levels) = channel();
    let mut highway = PcmHighway::new(AlsaPcm::new("hw:CARD=nosuchcard", 1), 1, Pace::Device);
    let mut card = Card::new(Some(ResetLine(level)));
    let spi = card.add_spi(spi);
    let audio = highway.connect(0).unwrap();
    let mut port = card.add_fxo("fxo-1", spi, daa_settings(0), audio);

    let driver = Driver::start(card, highway, RealClock::start(), || {
        PREPARED.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    let mut lines: Vec<_> =
        (0..2).map(|_| driver.next_report(Duration::from_secs(20)).expect("two reports")).collect();
    lines.sort();
    assert!(lines[0].starts_with("ALSA PCM `hw:CARD=nosuchcard`: snd_pcm_open: "), "{lines:?}");
    assert!(lines[1].starts_with("fxo-1: no Si3050 answers, register 2"), "{lines:?}");
    assert_eq!(levels.iter().take(2).collect::<Vec<_>>(), [false, true], "held, then released");
    assert_eq!(port.command(PortCommand::OffHook(true)), Ok(()));

    drop(driver);
    assert_eq!(PREPARED.load(Ordering::Relaxed), 2, "both threads");
    let mut rx = SILENCE;
    assert_eq!(port.exchange(&SILENCE, &mut rx), Err(PortError::Gone));
    assert_eq!(port.command(PortCommand::OffHook(true)), Err(PortError::Gone));
}
