//! The line test over lines of the simulated exchange, with and without faults.

use tipring_analog::line_test::{
    BALANCES_MAX, LineReport, LineTest, LineTestPhase, LineTestSettings, Verdict,
};
use tipring_analog::plans::{CallerIdKind, CountryPlan};
use tipring_dsp::{ToneCadence, tones};
use tipring_line::{
    AnalogPort, FRAME_SAMPLES, Frame, Language, LineReading, PortCommand, PortError, PortEvent,
    PortKind,
};
use tipring_sim::{
    CallPlan, EchoPath, ExchangeControl, ExchangeTones, Feeding, Hum, LineModel, SimFxoPort,
    exchange_line,
};

/// A port with what the simulated one does not have: hybrids to choose from, and faults of its own.
struct Port {
    inner: SimFxoPort,
    /// Whether the hardware measures voltage and current.
    meters: bool,
    /// Loss of the hybrid's echo with each balance, in dB, instead of the line's.
    balances_db: Vec<f32>,
    balance: usize,
    /// Whether what is sent gets lost.
    deaf: bool,
    gone: bool,
    off_hook: bool,
    seized: u32,
}

impl Port {
    fn new(model: LineModel) -> (Self, ExchangeControl) {
        let (inner, control) = exchange_line(3, model);
        let port = Port {
            inner,
            meters: true,
            balances_db: vec![],
            balance: 0,
            deaf: false,
            gone: false,
            off_hook: false,
            seized: 0,
        };
        (port, control)
    }
}

impl AnalogPort for Port {
    fn kind(&self) -> PortKind {
        PortKind::Fxo
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        if self.gone {
            return Err(PortError::Gone);
        }
        let sent = if self.deaf { [0; FRAME_SAMPLES] } else { *tx };
        self.inner.exchange(&sent, rx)?;
        if let Some(db) = self.balances_db.get(self.balance) {
            let gain = 10f32.powf(-db / 20.0);
            rx.iter_mut()
                .zip(tx)
                .for_each(|(r, t)| *r = r.saturating_add((gain * f32::from(*t)) as i16));
        }
        Ok(())
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        if let PortCommand::OffHook(off_hook) = command {
            self.off_hook = off_hook;
            self.seized += u32::from(off_hook);
        }
        self.inner.command(command)
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.inner.poll_event()
    }

    fn reading(&mut self) -> LineReading {
        if self.meters { self.inner.reading() } else { LineReading::default() }
    }
}

fn model() -> LineModel {
    // Exchanges wait longer for the second digit than the simulated one does by default.
    LineModel { digit_pause_ms: 15_000, ..LineModel::default() }
}

/// China's tones with another dial tone.
fn dialling(dial: ToneCadence) -> ExchangeTones {
    ExchangeTones { dial, ..ExchangeTones::CHINA }
}

/// A line with this current in its closed loop.
fn feeding(loop_ma: u16) -> LineModel {
    LineModel { feeding: Feeding { loop_ma, ..Feeding::default() }, ..model() }
}

fn settings() -> LineTestSettings {
    LineTestSettings::new(&CountryPlan::china(), 0)
}

/// Runs a test to its end; gives the report and the events that were passed on.
fn run(port: &mut Port, settings: LineTestSettings) -> (LineReport, Vec<PortEvent>) {
    let mut test = LineTest::new(settings, true);
    let mut events = vec![];
    for _ in 0..50 * 30 {
        test.tick(port, &mut |event| events.push(event));
        if let Some(balance) = test.poll_balance() {
            port.balance = usize::from(balance);
        }
        if let Some(report) = test.report() {
            assert!(!port.off_hook, "the line is released when the test is over");
            return (report.clone(), events);
        }
    }
    panic!("the test takes longer than 30 s: {:?}", test.phase());
}

fn verdict(model: LineModel, change: impl FnOnce(&mut Port)) -> Verdict {
    let (mut port, _control) = Port::new(model);
    change(&mut port);
    run(&mut port, settings()).0.verdict
}

#[test]
fn a_good_line_is_measured_in_units() {
    let (mut port, _control) = Port::new(model());
    let (report, _) = run(&mut port, settings());
    assert_eq!(report.verdict, Verdict::Good, "{report:?}");
    assert_eq!((report.idle_voltage_v, report.loop_current_ma), (Some(48), Some(25)));
    assert_eq!(report.loop_voltage_v, Some(8));
    let dial_tone = report.dial_tone.unwrap();
    let tone = dial_tone.tone.unwrap();
    assert!((tone.hz[0] - 450.0).abs() < 0.5 && tone.hz[1] == 0.0, "{tone:?}");
    assert!((tone.level_dbm0 + 13.0).abs() < 0.3, "{tone:?}");
    assert!((280..=360).contains(&dial_tone.after_ms), "{dial_tone:?}");
    assert!(dial_tone.known && dial_tone.broken);
    // White noise of −65 dBm0 is 3.4 dB less with the weighting.
    for noise in [report.idle_noise.unwrap(), report.noise.unwrap()] {
        assert!((noise.dbm0p + 68.4).abs() < 1.0, "{noise:?}");
    }
    let echo = report.best_echo().unwrap();
    assert!((echo.loss_db - 14.0).abs() < 2.0, "{echo:?}");
    assert_eq!((report.balance, echo.balance), (None, None));
}

#[test]
fn dial_tone_is_measured_through_noise_and_loss() {
    for (loss_db, noise_dbm0, hz) in [(0.0, -55.0, 432u16), (9.0, -60.0, 468), (11.0, -58.0, 450)] {
        let tones = dialling(ToneCadence::single(hz, -10.0, &[]));
        let (mut port, _control) = Port::new(LineModel { loss_db, noise_dbm0, tones, ..model() });
        let (report, _) = run(&mut port, settings());
        let tone = report.dial_tone.unwrap().tone.unwrap();
        assert!((tone.hz[0] - f32::from(hz)).abs() < 1.0, "{tone:?}");
        assert!((tone.level_dbm0 + 10.0 + loss_db).abs() < 0.5, "{tone:?}");
        assert!((report.noise.unwrap().dbm0p - (noise_dbm0 - 3.4)).abs() < 1.0);
    }
}

#[test]
fn echo_is_measured_over_several_hybrids_and_levels_of_noise() {
    for loss in [5.0, 8.5, 12.0, 18.0, 26.0] {
        for noise_dbm0 in [-70.0, -52.0] {
            let (mut port, _control) =
                Port::new(LineModel { box_echo: EchoPath::none(), noise_dbm0, ..model() });
            port.balances_db = vec![loss];
            let (report, _) = run(&mut port, settings());
            let echo = report.best_echo().unwrap();
            assert!((echo.loss_db - loss).abs() < 0.5, "{echo:?} for {loss}");
            assert!(echo.bands_db.iter().all(|band| (band - loss).abs() < 1.0), "{echo:?}");
        }
    }
}

#[test]
fn each_fault_has_its_verdict() {
    let nothing = |_: &mut Port| {};
    assert_eq!(verdict(LineModel { noise_dbm0: -42.0, ..model() }, nothing), Verdict::Noise);
    let hum = Some(Hum { hz: 50, dbm0: -33.0 });
    assert_eq!(verdict(LineModel { hum, ..model() }, nothing), Verdict::Hum);
    let hybrid = LineModel { box_echo: EchoPath::hybrid(4.0), ..model() };
    assert_eq!(verdict(hybrid, nothing), Verdict::Echo);
    let silent = LineModel { dial_tone_delay_ms: 60_000, ..model() };
    assert_eq!(verdict(silent, nothing), Verdict::NoDialTone);
    let open = LineModel { dial_tone_delay_ms: 60_000, ..feeding(0) };
    assert_eq!(verdict(open, nothing), Verdict::NoLoopCurrent);
    assert_eq!(verdict(feeding(14), nothing), Verdict::LowLoopCurrent);
    let long = LineModel { loss_db: 17.0, noise_dbm0: -75.0, ..model() };
    assert_eq!(verdict(long, nothing), Verdict::WeakDialTone);
    let foreign = LineModel { tones: dialling(ToneCadence::dual(520, 660, -12.0, &[])), ..model() };
    assert_eq!(verdict(foreign, nothing), Verdict::ForeignDialTone);
    assert_eq!(verdict(model(), |port| port.deaf = true), Verdict::DialToneStays);
    assert_eq!(verdict(model(), |port| port.gone = true), Verdict::DeviceLost);
}

#[test]
fn a_line_without_meters_is_judged_by_what_is_heard() {
    let (mut port, _control) = Port::new(model());
    port.meters = false;
    let (report, _) = run(&mut port, settings());
    assert_eq!((report.verdict, report.loop_current_ma), (Verdict::Good, None));
    let talking = LineModel { noise_dbm0: -30.0, ..model() };
    let (mut port, _control) = Port::new(talking);
    port.meters = false;
    assert_eq!(run(&mut port, settings()).0.verdict, Verdict::OtherSetOffHook);
}

#[test]
fn a_line_without_battery_or_in_use_is_not_seized() {
    for (idle_v, expected) in [
        (0, Verdict::NoBattery),
        (-2, Verdict::NoBattery),
        (7, Verdict::OtherSetOffHook),
        (-19, Verdict::OtherSetOffHook),
    ] {
        let feeding = Feeding { idle_v, ..Feeding::default() };
        let (mut port, _control) = Port::new(LineModel { feeding, ..model() });
        assert_eq!(run(&mut port, settings()).0.verdict, expected, "{idle_v} V");
        assert_eq!(port.seized, 0);
    }
    let (mut port, mut control) = Port::new(model());
    control.set_other_set(true).unwrap();
    assert_eq!(run(&mut port, settings()).0.verdict, Verdict::OtherSetOffHook);
    assert_eq!(port.seized, 0);
    let (mut port, mut control) = Port::new(model());
    port.meters = false;
    control.set_battery(false).unwrap();
    let (report, events) = run(&mut port, settings());
    assert_eq!((report.verdict, port.seized), (Verdict::NoBattery, 0));
    assert_eq!(events, [PortEvent::Battery(false)]);
}

#[test]
fn a_line_cut_in_the_middle_is_noticed() {
    let (mut port, mut control) = Port::new(model());
    let mut test = LineTest::new(settings(), true);
    while test.report().is_none() {
        test.tick(&mut port, &mut |_| {});
        if test.phase() == LineTestPhase::Noise {
            control.set_battery(false).unwrap();
        }
    }
    assert_eq!(test.report().unwrap().verdict, Verdict::NoBattery);
    assert!(!port.off_hook);
}

#[test]
fn the_best_balance_is_chosen_and_set() {
    let (mut port, _control) = Port::new(LineModel { box_echo: EchoPath::none(), ..model() });
    port.balances_db = vec![7.0, 19.0, 4.0, 11.0];
    let mut settings = settings();
    settings.balances = 4;
    let (report, _) = run(&mut port, settings);
    assert_eq!((report.verdict, report.balance, port.balance), (Verdict::Good, Some(1), 1));
    for (echo, loss) in report.echoes.iter().zip(&port.balances_db) {
        assert!((echo.loss_db - loss).abs() < 0.5, "{echo:?}");
    }
    let plan = CountryPlan::china();
    assert_eq!(usize::from(LineTestSettings::new(&plan, 200).balances), BALANCES_MAX);
}

#[test]
fn an_incoming_call_ends_the_test_and_is_the_owners() {
    let (mut port, mut control) = Port::new(model());
    control.place_call(CallPlan::default()).unwrap();
    let (report, events) = run(&mut port, settings());
    assert_eq!((report.verdict, port.seized), (Verdict::IncomingCall, 0));
    assert_eq!(events, [PortEvent::Ringing(true)]);
}

#[test]
fn a_cancelled_test_releases_the_line_at_once() {
    let (mut port, _control) = Port::new(model());
    let mut test = LineTest::new(settings(), true);
    test.set_caller_id(CallerIdKind::Fsk);
    while test.phase() != LineTestPhase::DialTone {
        test.tick(&mut port, &mut |_| {});
    }
    assert!(port.off_hook);
    test.cancel(&mut port);
    assert!(!port.off_hook);
    let report = test.report().unwrap();
    assert_eq!(report.verdict, Verdict::Cancelled);
    assert_eq!(report.caller_id, Some(CallerIdKind::Fsk));
}

#[test]
fn broken_and_modulated_dial_tones_are_dial_tones() {
    let special = LineModel { tones: dialling(tones::china::SPECIAL_DIAL), ..model() };
    let (mut port, _control) = Port::new(special);
    let (report, _) = run(&mut port, settings());
    assert_eq!(report.verdict, Verdict::Good, "{report:?}");
    let tone = report.dial_tone.unwrap().tone.expect("measured between its breaks");
    assert!((tone.hz[0] - 450.0).abs() < 3.0, "{tone:?}");
    for code in ["it", "gr", "cz", "in", "th", "au", "uk", "us"] {
        let plan = CountryPlan::named(code).unwrap();
        let dial_tone = plan.tones.dial.cadence();
        let (mut port, _control) = Port::new(LineModel { tones: dialling(dial_tone), ..model() });
        let (report, _) = run(&mut port, LineTestSettings::new(&plan, 0));
        assert_eq!(report.verdict, Verdict::Good, "{code}: {report:?}");
        let tone = report.dial_tone.unwrap().tone.expect("a pure tone");
        let hz = dial_tone.steps()[0].hz.map(f32::from);
        let near = tone.hz.into_iter().zip(hz).all(|(a, b)| (a - b).abs() < 3.0);
        assert!(near && report.dial_tone.unwrap().known, "{code}: {tone:?}");
    }
}

#[test]
fn every_verdict_says_in_both_languages_what_to_do() {
    for verdict in Verdict::ALL {
        let zh = verdict.text(Language::Chinese);
        let en = verdict.text(Language::English);
        assert!(zh.chars().any(|c| c > '\u{4E00}') && zh.ends_with('。'), "{zh}");
        assert!(en.is_ascii() && en.ends_with('.'), "{en}");
        if verdict != Verdict::Good {
            assert!(zh.contains('请') || zh.contains('可'), "{zh}");
            assert!(en.contains(':') || en.contains('.'), "{en}");
        }
    }
}
