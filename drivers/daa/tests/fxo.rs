//! The Si3050's driver over the chip's register-level model, under virtual time.

mod common;

use common::{Rig, what};
use tipring_daa::si3050::{OffHookCounter, RingDetection};
use tipring_line::{
    Alarm, AnalogPort, LinePolarity, LineReading, PortCommand, PortError, PortEvent, PortKind,
    SILENCE,
};
use tipring_sim::daa::Si3050Model;

fn one(chip: Si3050Model) -> (Rig, tipring_daa::DaaPort) {
    let (rig, mut ports) = Rig::fxo(vec![chip], |_| {});
    (rig, ports.remove(0))
}

/// A port that has been in service for two seconds, so that the idle polarity is learnt.
fn in_service() -> (Rig, tipring_daa::DaaPort) {
    let (mut rig, mut port) = one(Si3050Model::new());
    assert_eq!(rig.run(&mut port, 2_500), []);
    assert_eq!(rig.reports.last().unwrap().1, "fxo-1: in service");
    (rig, port)
}

const OFF_HOOK: PortCommand = PortCommand::OffHook(true);
const ON_HOOK: PortCommand = PortCommand::OffHook(false);

#[test]
fn it_starts_as_the_data_sheet_asks_and_loads_china() {
    let (mut rig, mut port) = one(Si3050Model::new());
    assert_eq!(port.kind(), PortKind::Fxo);
    rig.run(&mut port, 80);
    assert_eq!(rig.chips.accesses(), 3, "nothing is touched during the soft reset");
    rig.run(&mut port, 600);
    // 100 ms of reset, and the link comes up 240 ms after power.
    let (at, line) = &rig.reports[0];
    assert_eq!(line, "fxo-1: in service");
    assert!((340..400).contains(at), "{at}");
    rig.chips.daa(0, |chip| {
        assert_eq!(chip.lost_accesses(), 0);
        for (address, value) in [
            (5, 0x08),
            (6, 0x00),
            (16, 0x00),
            (17, 0x00),
            (18, 0x02),
            (24, 0x00),
            (26, 0xC0),
            (30, 0x0A),
            (31, 0xA3),
            (33, 0x38),
            (45, 4),
            (52, 255),
        ] {
            assert_eq!(chip.register(address), value, "register {address}");
        }
    });
}

#[test]
fn slots_gains_and_speeds_reach_their_registers() {
    let (mut rig, mut ports) = Rig::fxo(vec![Si3050Model::new(); 3], |settings| {
        settings.off_hook = OffHookCounter::Ms8;
        settings.ring_detection = RingDetection::Validated;
        settings.tx_gain_db = -3;
        settings.rx_gain_db = 5;
        settings.country = tipring_daa::Country::find("NZ").unwrap();
    });
    rig.run(&mut ports[2], 1_000);
    assert_eq!(rig.reports.len(), 3, "{:?}", rig.reports);
    rig.chips.daa(2, |chip| {
        for (address, value) in [
            (17, 0x20),
            (18, 0x00),
            // 15 to 68 Hz: a timer of 34 ms, of which at most 30 ms may be left.
            (22, 0x0F),
            (23, 0x09),
            (24, 0x91),
            (31, 0xE3),
            (34, 32),
            (35, 0),
            (36, 32),
            (38, 4),
            (39, 5),
        ] {
            assert_eq!(chip.register(address), value, "register {address}");
        }
    });
}

#[test]
fn each_hybrid_balance_reaches_its_registers_and_is_kept_over_a_restart() {
    let (mut rig, mut port) = in_service();
    let own = (0x0A, 4);
    for (balance, expected) in [(1, (0x00, 0)), (2, (0x0F, 0)), (3, (0x02, 0)), (0, own)] {
        rig.command(&mut port, PortCommand::Balance(balance));
        rig.chips.daa(0, |chip| {
            assert_eq!((chip.register(30), chip.register(45)), expected, "balance {balance}");
        });
    }
    assert_eq!(port.balances(), 4);
    let beyond = port.command(PortCommand::Balance(4));
    assert!(matches!(beyond, Err(PortError::Unsupported(_))), "{beyond:?}");
    rig.command(&mut port, PortCommand::Balance(2));
    rig.chips.daa(0, Si3050Model::brown_out);
    rig.run(&mut port, 5_000);
    rig.chips.daa(0, |chip| assert_eq!(chip.register(30), 0x0F));
}

#[test]
fn ringing_is_told_within_100_ms_and_its_end_within_150() {
    let (mut rig, mut port) = in_service();
    for (hz, peak_v) in [(25.0, 127.0), (20.0, 60.0), (50.0, 60.0), (16.7, 40.0)] {
        rig.chips.daa(0, |chip| {
            chip.set_ringing(hz, peak_v);
            chip.ring(true);
        });
        let began = rig.ms();
        let events = rig.run(&mut port, 1_000);
        assert_eq!(what(&events), [PortEvent::Ringing(true)], "{hz} Hz");
        assert!(events[0].0 - began <= 160, "{hz} Hz after {} ms", events[0].0 - began);
        rig.chips.daa(0, |chip| chip.ring(false));
        let ended = rig.ms();
        let events = rig.run(&mut port, 4_000);
        assert_eq!(what(&events), [PortEvent::Ringing(false)], "{hz} Hz");
        assert!(events[0].0 - ended <= 150, "{hz} Hz");
    }
}

#[test]
fn ringing_is_no_change_of_polarity_at_any_frequency() {
    // At 60 Hz the voltage, read every 16 ms, keeps its sign for 200 ms on end.
    for hz in [16.7, 20.0, 25.0, 31.0, 33.3, 50.0, 60.0, 62.0] {
        let (mut rig, mut port) = in_service();
        rig.chips.daa(0, |chip| {
            chip.set_ringing(hz, 100.0);
            chip.ring(true);
        });
        let mut events = what(&rig.run(&mut port, 1_000));
        rig.chips.daa(0, |chip| chip.ring(false));
        events.extend(what(&rig.run(&mut port, 1_000)));
        assert_eq!(events, [PortEvent::Ringing(true), PortEvent::Ringing(false)], "{hz} Hz");
    }
}

#[test]
fn the_chips_own_validation_rings_too() {
    let (mut rig, mut ports) =
        Rig::fxo(vec![Si3050Model::new()], |s| s.ring_detection = RingDetection::Validated);
    rig.run(&mut ports[0], 2_500);
    rig.chips.daa(0, |chip| chip.ring(true));
    let began = rig.ms();
    let events = rig.run(&mut ports[0], 1_000);
    assert_eq!(what(&events), [PortEvent::Ringing(true)]);
    assert!((150..=240).contains(&(events[0].0 - began)), "{events:?}");
}

#[test]
fn hook_flash_and_loop_current() {
    let (mut rig, mut port) = in_service();
    assert_eq!(port.reading(), LineReading { voltage_v: Some(48), current_ma: Some(0) });
    rig.command(&mut port, OFF_HOOK);
    rig.run(&mut port, 400);
    assert!(rig.chips.daa(0, |chip| chip.is_off_hook()).unwrap());
    assert_eq!(port.reading(), LineReading { voltage_v: Some(8), current_ma: Some(22) });

    rig.command(&mut port, PortCommand::Flash { ms: 120 });
    assert_eq!(rig.run(&mut port, 1_000), [], "a flash is no event");
    rig.command(&mut port, ON_HOOK);
    rig.run(&mut port, 300);
    assert_eq!(port.reading(), LineReading { voltage_v: Some(48), current_ma: Some(0) });
    let changes = rig.chips.daa(0, |chip| chip.hook_changes().to_vec()).unwrap();
    let hooks: Vec<_> = changes.iter().map(|(_, off_hook)| *off_hook).collect();
    assert_eq!(hooks, [true, false, true, false]);
    assert_eq!((changes[2].0 - changes[1].0).as_millis(), 120, "a flash to the millisecond");
}

#[test]
fn a_flash_that_does_not_fit_is_refused_and_counted() {
    let (mut rig, mut port) = in_service();
    rig.command(&mut port, PortCommand::Flash { ms: 200 });
    rig.command(&mut port, OFF_HOOK);
    rig.command(&mut port, PortCommand::Flash { ms: 5_000 });
    assert_eq!(rig.card.counters("fxo-1").unwrap().commands_refused, 2);
    for command in [
        PortCommand::Ring(true),
        PortCommand::Polarity(LinePolarity::Reverse),
        PortCommand::OnHookAudio(true),
        PortCommand::MessageLamp(true),
        PortCommand::Battery(false),
    ] {
        assert!(matches!(port.command(command), Err(PortError::Unsupported(_))), "{command:?}");
    }
}

#[test]
fn battery_and_polarity_are_told_relative_to_the_idle_line() {
    for volts in [48, -48] {
        let (mut rig, mut port) = one({
            let mut chip = Si3050Model::new();
            chip.set_battery(volts);
            chip
        });
        assert_eq!(rig.run(&mut port, 2_500), [], "{volts} V is idle and forward");
        assert_eq!(port.reading().voltage_v, Some(volts));
        rig.chips.daa(0, |chip| chip.set_battery(-volts));
        let reversed = PortEvent::Polarity(LinePolarity::Reverse);
        assert_eq!(what(&rig.run(&mut port, 500)), [reversed]);
        rig.chips.daa(0, |chip| chip.set_battery(volts));
        let forward = PortEvent::Polarity(LinePolarity::Forward);
        assert_eq!(what(&rig.run(&mut port, 500)), [forward]);
        rig.chips.daa(0, |chip| chip.set_battery(0));
        assert_eq!(what(&rig.run(&mut port, 500)), [PortEvent::Battery(false)]);
        rig.chips.daa(0, |chip| chip.set_battery(volts));
        assert_eq!(what(&rig.run(&mut port, 500)), [PortEvent::Battery(true)]);
    }
}

#[test]
fn an_answered_call_reverses_while_off_hook_and_drops_at_its_end() {
    let (mut rig, mut port) = in_service();
    rig.command(&mut port, OFF_HOOK);
    assert_eq!(rig.run(&mut port, 1_000), []);
    rig.chips.daa(0, |chip| chip.set_battery(-48));
    assert_eq!(what(&rig.run(&mut port, 500)), [PortEvent::Polarity(LinePolarity::Reverse)]);
    rig.chips.daa(0, |chip| chip.set_battery(0));
    assert_eq!(what(&rig.run(&mut port, 500)), [PortEvent::Battery(false)]);
}

#[test]
fn a_lost_isolation_link_is_power_cycled_and_everything_loaded_again() {
    let (mut rig, mut port) = in_service();
    rig.command(&mut port, OFF_HOOK);
    rig.run(&mut port, 400);
    rig.chips.daa(0, |chip| chip.lose_link());
    let events = rig.run(&mut port, 1_000);
    let lost = PortEvent::Alarm(Some(Alarm::DeviceLost));
    assert_eq!(what(&events), [lost, PortEvent::Alarm(None)]);
    assert!(events[1].0 - events[0].0 <= 560, "{events:?}");
    let lines: Vec<_> = rig.reports.iter().map(|(_, line)| line.as_str()).collect();
    assert!(lines[1].starts_with("fxo-1: register 12 (Line-Side Device Status) reads 0x00"));
    assert_eq!(lines[2], "fxo-1: in service");
    rig.chips.daa(0, |chip| {
        assert_eq!(chip.link_power_cycles(), 2);
        assert_eq!(chip.register(30), 0x0A, "loaded again");
        assert!(!chip.is_off_hook(), "a restarted port is on-hook");
        assert_eq!(chip.lost_accesses(), 0);
    });
    assert_eq!(rig.card.counters("fxo-1").unwrap().line_losses, 1);
}

#[test]
fn a_lost_isolation_link_is_no_cut_line() {
    let (mut rig, mut port) = in_service();
    for phase in 0..8 {
        rig.run(&mut port, 1_000 + phase * 20);
        rig.chips.daa(0, |chip| chip.lose_link());
        let lost = PortEvent::Alarm(Some(Alarm::DeviceLost));
        let events = what(&rig.run(&mut port, 1_000));
        assert_eq!(events, [lost, PortEvent::Alarm(None)], "phase {phase}");
    }
}

#[test]
fn a_supply_dip_is_noticed_by_the_hook_register() {
    let (mut rig, mut port) = in_service();
    rig.chips.daa(0, |chip| chip.brown_out());
    let events = rig.run(&mut port, 7_000);
    let lost = PortEvent::Alarm(Some(Alarm::DeviceLost));
    assert_eq!(what(&events), [lost, PortEvent::Alarm(None)]);
    assert_eq!(rig.reports.last().unwrap().1, "fxo-1: in service");
}

#[test]
fn a_chip_that_does_not_answer_is_one_line_and_the_others_work() {
    for (chip, line) in [
        (Si3050Model::absent(0xFF), "no Si3050 answers, register 2 (Control 2) reads 0xFF"),
        (Si3050Model::absent(0x00), "no Si3050 answers, register 2 (Control 2) reads 0x00"),
        (Si3050Model::other_chip(), "register 2 (Control 2) reads 0x5A, which is no Si3050"),
        (
            Si3050Model::without_line_side(),
            "register 11 (System-Side and Line-Side Device Revision) reads 0x05: the line side",
        ),
    ] {
        let (mut rig, mut ports) = Rig::fxo(vec![Si3050Model::new(), chip], |_| {});
        let mut bad = ports.remove(1);
        let events = rig.run(&mut bad, 12_000);
        assert_eq!(what(&events), [PortEvent::Alarm(Some(Alarm::DeviceLost))], "{line}");
        let about = |n| rig.reports.iter().filter(move |(_, l)| l.starts_with(n));
        let lines: Vec<_> = about("fxo-2").collect();
        assert_eq!(lines.len(), 1, "told once: {lines:?}");
        assert!(lines[0].1.starts_with(&format!("fxo-2: {line}")), "{lines:?}");
        assert_eq!(about("fxo-1").next().unwrap().1, "fxo-1: in service");
        assert_eq!(bad.reading(), LineReading::default());

        rig.chips.daa(0, |chip| chip.ring(true));
        let good = rig.run(&mut ports[0], 400);
        assert_eq!(what(&good), [PortEvent::Ringing(true)]);
    }
}

#[test]
fn a_card_pulled_out_and_put_back_comes_into_service_again() {
    let (mut rig, mut port) = in_service();
    rig.chips.daa(0, |chip| chip.set_absent(Some(0xFF)));
    let lost = PortEvent::Alarm(Some(Alarm::DeviceLost));
    assert_eq!(what(&rig.run(&mut port, 1_000)), [lost]);
    port.command(OFF_HOOK).unwrap();
    rig.run(&mut port, 8_000);
    assert_eq!(rig.card.counters("fxo-1").unwrap().commands_refused, 1);
    rig.chips.daa(0, |chip| chip.set_absent(None));
    assert_eq!(what(&rig.run(&mut port, 6_000)), [PortEvent::Alarm(None)]);
    assert!(!rig.chips.daa(0, |chip| chip.is_off_hook()).unwrap());
}

#[test]
fn a_broken_bus_names_the_register() {
    let (mut rig, mut port) = in_service();
    rig.chips.set_broken(true);
    rig.run(&mut port, 200);
    let line = &rig.reports.last().unwrap().1;
    assert!(
        line.starts_with("fxo-1: SPI transfer for register 5 (DAA Control 1) failed"),
        "{line}"
    );
    rig.chips.set_broken(false);
    let events = what(&rig.run(&mut port, 7_000));
    assert_eq!(events, [PortEvent::Alarm(None)]);
}

#[test]
fn an_si3018_measures_no_voltage_and_tells_no_battery() {
    let (mut rig, mut port) = one(Si3050Model::with_si3018());
    assert_eq!(rig.run(&mut port, 3_000), []);
    assert_eq!(port.reading(), LineReading { voltage_v: None, current_ma: Some(0) });
}

#[test]
fn commands_beyond_the_queue_are_refused_at_the_port() {
    let (rig, mut port) = in_service();
    for _ in 0..16 {
        port.command(OFF_HOOK).unwrap();
    }
    assert!(matches!(port.command(OFF_HOOK), Err(PortError::Failed { .. })));
    drop(rig);
    assert_eq!(port.command(OFF_HOOK), Err(PortError::Gone));
    let mut rx = common::constant(7);
    assert_eq!(port.exchange(&SILENCE, &mut rx), Err(PortError::Gone));
    assert_eq!(rx, SILENCE);
}
