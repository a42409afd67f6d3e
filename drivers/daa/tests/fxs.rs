//! The Si3210's driver over the chip's register-level model, under virtual time.

mod common;

use common::{Rig, slic_settings, what};
use tipring_daa::DaaPort;
use tipring_daa::si3210::{MessageLamp, SlicSettings};
use tipring_line::{
    Alarm, AnalogPort, LinePolarity, LineReading, PortCommand, PortError, PortEvent, PortKind,
};
use tipring_sim::daa::Si3210Model;

const ACTIVE: u8 = 1;
const ON_HOOK_TRANSMISSION: u8 = 2;
const RINGING: u8 = 4;
const REVERSE_ACTIVE: u8 = 5;
const REVERSE_ON_HOOK_TRANSMISSION: u8 = 6;

fn in_service(settings: SlicSettings) -> (Rig, DaaPort) {
    let (mut rig, mut port) = Rig::fxs(Si3210Model::new(), settings);
    assert_eq!(rig.run(&mut port, 1_500), []);
    assert_eq!(rig.reports.last().unwrap().1, "fxs-1: in service");
    (rig, port)
}

fn feed(rig: &Rig) -> u8 {
    rig.chips.slic(|chip| chip.linefeed()).unwrap()
}

#[test]
fn battery_and_calibration_come_before_the_line_is_fed() {
    let (rig, port) = in_service(slic_settings());
    assert_eq!(port.kind(), PortKind::Fxs);
    let (at, _) = rig.reports[0];
    // 120 ms of battery, twice 300 ms of calibration, each found within 20 ms.
    assert!((720..=800).contains(&at), "{at}");
    rig.chips.slic(|chip| {
        assert_eq!(chip.early_feeds(), 0);
        assert_eq!(chip.linefeeds().len(), 1, "{:?}", chip.linefeeds());
        for (address, value) in [(1, 0x38), (8, 0), (10, 0x0C), (14, 0), (64, 1), (71, 0), (74, 61)]
        {
            assert_eq!(chip.register(address), value, "register {address}");
        }
        for (address, value) in
            [(20, 0x7E6D), (26, 0x4000), (29, 0x3600), (35, 0x8000), (36, 0x0320)]
        {
            assert_eq!(chip.indirect(address), value, "indirect register {address}");
        }
    });
}

#[test]
fn a_handset_is_lifted_laid_down_and_dials_by_pulses() {
    let (mut rig, mut port) = in_service(slic_settings());
    assert_eq!(port.reading(), LineReading { voltage_v: Some(48), current_ma: Some(0) });
    rig.chips.slic(|chip| chip.set_off_hook(true));
    assert_eq!(what(&rig.run(&mut port, 300)), [PortEvent::OffHook(true)]);
    assert_eq!(port.reading(), LineReading { voltage_v: Some(7), current_ma: Some(20) });
    // Three pulses of 60 ms, 40 ms apart.
    let mut pulses = vec![];
    for _ in 0..3 {
        rig.chips.slic(|chip| chip.set_off_hook(false));
        pulses.extend(what(&rig.run(&mut port, 60)));
        rig.chips.slic(|chip| chip.set_off_hook(true));
        pulses.extend(what(&rig.run(&mut port, 40)));
    }
    pulses.extend(what(&rig.run(&mut port, 100)));
    let breaks = pulses.iter().filter(|e| **e == PortEvent::OffHook(false)).count();
    let makes = pulses.iter().filter(|e| **e == PortEvent::OffHook(true)).count();
    assert_eq!((breaks, makes), (3, 3), "{pulses:?}");
    rig.chips.slic(|chip| chip.set_off_hook(false));
    assert_eq!(what(&rig.run(&mut port, 300)), [PortEvent::OffHook(false)]);
}

#[test]
fn ringing_ends_by_command_or_by_ring_trip() {
    let (mut rig, mut port) = in_service(slic_settings());
    rig.command(&mut port, PortCommand::Ring(true));
    assert_eq!(feed(&rig), RINGING);
    assert_eq!(rig.run(&mut port, 1_000), []);
    rig.command(&mut port, PortCommand::Ring(false));
    assert_eq!(feed(&rig), ACTIVE);
    assert_eq!(rig.run(&mut port, 400), []);

    rig.command(&mut port, PortCommand::Ring(true));
    rig.run(&mut port, 300);
    rig.chips.slic(|chip| chip.set_off_hook(true));
    let lifted = rig.ms();
    let events = rig.run(&mut port, 300);
    assert_eq!(what(&events), [PortEvent::OffHook(true)]);
    assert!(events[0].0 - lifted <= 40, "{events:?}");
    assert_eq!(feed(&rig), ACTIVE);
    // The signalling's cadence may say "ring" once more: a lifted handset is not rung.
    rig.command(&mut port, PortCommand::Ring(true));
    assert_eq!(feed(&rig), ACTIVE);
}

#[test]
fn polarity_on_hook_audio_and_lamp_share_the_line_feed() {
    let settings = SlicSettings { lamp: MessageLamp::Reversal, ..slic_settings() };
    let (mut rig, mut port) = in_service(settings);
    for (command, linefeed) in [
        (PortCommand::OnHookAudio(true), ON_HOOK_TRANSMISSION),
        (PortCommand::Polarity(LinePolarity::Reverse), REVERSE_ON_HOOK_TRANSMISSION),
        (PortCommand::OnHookAudio(false), REVERSE_ACTIVE),
        (PortCommand::Polarity(LinePolarity::Forward), ACTIVE),
        (PortCommand::MessageLamp(true), REVERSE_ACTIVE),
    ] {
        rig.command(&mut port, command);
        assert_eq!(feed(&rig), linefeed, "{command:?}");
    }
    rig.run(&mut port, 300);
    assert_eq!(port.reading().voltage_v, Some(-48));
    rig.chips.slic(|chip| chip.set_off_hook(true));
    rig.run(&mut port, 100);
    assert_eq!(feed(&rig), ACTIVE, "while talking the lamp leaves the polarity alone");
    rig.command(&mut port, PortCommand::MessageLamp(false));
    rig.chips.slic(|chip| chip.set_off_hook(false));
    rig.run(&mut port, 100);
    assert_eq!(feed(&rig), ACTIVE);
}

#[test]
fn an_open_switching_interval_takes_the_battery_away_and_tells_nothing() {
    let (mut rig, mut port) = in_service(slic_settings());
    rig.chips.slic(|chip| chip.set_off_hook(true));
    rig.run(&mut port, 200);
    rig.command(&mut port, PortCommand::Battery(false));
    assert_eq!(rig.run(&mut port, 600), []);
    assert_eq!((feed(&rig), port.reading().voltage_v), (0, Some(0)));
    rig.command(&mut port, PortCommand::Battery(true));
    assert_eq!(rig.run(&mut port, 300), [], "the handset is still lifted");
    assert_eq!(feed(&rig), ACTIVE);
    // Laid down meanwhile: told once the loop is fed again.
    rig.command(&mut port, PortCommand::Battery(false));
    rig.chips.slic(|chip| chip.set_off_hook(false));
    assert_eq!(rig.run(&mut port, 600), []);
    rig.command(&mut port, PortCommand::Battery(true));
    assert_eq!(what(&rig.run(&mut port, 300)), [PortEvent::OffHook(false)]);
    assert_eq!(rig.card.counters("fxs-1").unwrap().line_losses, 0, "no power alarm");
}

#[test]
fn what_the_chip_cannot_do_is_said_at_the_port() {
    let (_rig, mut port) = in_service(slic_settings());
    for command in
        [PortCommand::OffHook(true), PortCommand::Flash { ms: 200 }, PortCommand::MessageLamp(true)]
    {
        assert!(matches!(port.command(command), Err(PortError::Unsupported(_))), "{command:?}");
    }
}

#[test]
fn a_line_that_does_not_start_is_one_clear_line() {
    for (chip, line) in [
        (Si3210Model::absent(0xFF), "no Si3210 answers, register 0 (SPI Mode Select) reads 0xFF"),
        (Si3210Model::absent(0x00), "no Si3210 answers, register 0 (SPI Mode Select) reads 0x00"),
        (Si3210Model::other_chip(), "register 11 (Hybrid Control) reads 0x77, which is no Si3210"),
        (
            Si3210Model::shorted(),
            "register 82 (Battery Voltage Sense 1) reads 0x03: the line battery stays below 72 V",
        ),
    ] {
        let (mut rig, mut port) = Rig::fxs(chip, slic_settings());
        let events = what(&rig.run(&mut port, 12_000));
        assert_eq!(events, [PortEvent::Alarm(Some(Alarm::DeviceLost))], "{line}");
        assert_eq!(rig.reports.len(), 1, "{:?}", rig.reports);
        assert!(rig.reports[0].1.starts_with(&format!("fxs-1: {line}")), "{:?}", rig.reports);
        assert_eq!(rig.chips.slic(|chip| chip.early_feeds()), Some(0));
    }
}

#[test]
fn a_power_alarm_is_fed_again_and_too_many_are_a_fault() {
    let (mut rig, mut port) = in_service(slic_settings());
    rig.chips.slic(|chip| chip.power_alarm());
    assert_eq!(rig.run(&mut port, 200), []);
    assert_eq!(feed(&rig), ACTIVE);
    let mut events = vec![];
    for _ in 0..12 {
        rig.chips.slic(|chip| chip.power_alarm());
        events.extend(what(&rig.run(&mut port, 160)));
    }
    assert_eq!(events, [PortEvent::Alarm(Some(Alarm::DeviceLost))]);
    assert!(rig.reports.last().unwrap().1.contains("register 64 (Linefeed Control) reads 0x00"));
    assert_eq!(what(&rig.run(&mut port, 8_000)), [PortEvent::Alarm(None)], "started again");
}

#[test]
fn a_chip_gone_silent_is_noticed() {
    let (mut rig, mut port) = in_service(slic_settings());
    rig.chips.set_broken(true);
    let events = what(&rig.run(&mut port, 200));
    assert_eq!(events, [PortEvent::Alarm(Some(Alarm::DeviceLost))]);
    rig.chips.set_broken(false);
    assert_eq!(what(&rig.run(&mut port, 8_000)), [PortEvent::Alarm(None)]);
}

#[test]
fn a_lifted_handset_is_laid_down_when_the_chip_fails_and_lifted_when_it_is_back() {
    let (mut rig, mut port) = in_service(slic_settings());
    rig.chips.slic(|chip| chip.set_off_hook(true));
    rig.run(&mut port, 200);
    rig.chips.set_broken(true);
    let lost = PortEvent::Alarm(Some(Alarm::DeviceLost));
    assert_eq!(what(&rig.run(&mut port, 200)), [PortEvent::OffHook(false), lost]);
    rig.chips.set_broken(false);
    let back = [PortEvent::Alarm(None), PortEvent::OffHook(true)];
    assert_eq!(what(&rig.run(&mut port, 8_000)), back);
}
