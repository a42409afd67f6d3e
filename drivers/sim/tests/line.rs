//! The simulated line by itself: the port's trait on one side, the control on the other.

use tipring_line::{AnalogPort, CallerId, Frame, PortCommand, PortEvent, SILENCE};
use tipring_sim::{
    CallPlan, EndReason, ExchangeControl, ExchangeEvent, LineModel, SimFxoPort, Speech,
    exchange_line,
};

fn call(number: &str) -> CallPlan {
    CallPlan { caller: CallerId::from_number(number.parse().unwrap()), ..CallPlan::default() }
}

/// Answers the first ringing and exchanges so many frames; gives what the box heard.
fn answer_and_listen(port: &mut SimFxoPort, frames: usize, tx: &Frame) -> Vec<i16> {
    let mut heard = vec![];
    for _ in 0..frames {
        let mut rx = SILENCE;
        port.exchange(tx, &mut rx).unwrap();
        heard.extend(rx);
        while let Some(event) = port.poll_event() {
            if event == PortEvent::Ringing(true) {
                port.command(PortCommand::OffHook(true)).unwrap();
            }
        }
    }
    heard
}

fn events(control: &mut ExchangeControl) -> Vec<ExchangeEvent> {
    std::iter::from_fn(|| control.poll_event()).collect()
}

#[test]
fn one_seed_gives_one_course_of_events() {
    let run = |seed| {
        let (mut port, mut control) = exchange_line(seed, LineModel::default());
        let say = Some(Speech::from_samples(&[500; 8000]));
        let plan = CallPlan { say, talk_ms: Some(3_000), ..call("110") };
        control.place_call(plan).unwrap();
        let heard = answer_and_listen(&mut port, 400, &[300; 160]);
        let mut street = vec![];
        control.take_heard(&mut street);
        (heard, street, events(&mut control))
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3).0, run(4).0, "the noise differs");
    assert_eq!(run(3).2, run(4).2, "what happens does not");
}

#[test]
fn a_line_in_use_takes_no_second_call() {
    let (mut port, mut control) = exchange_line(1, LineModel::default());
    control.place_call(call("110")).unwrap();
    answer_and_listen(&mut port, 100, &SILENCE);
    control.place_call(call("119")).unwrap();
    answer_and_listen(&mut port, 1, &SILENCE);
    assert_eq!(events(&mut control).last(), Some(&ExchangeEvent::LineBusy));
}

#[test]
fn what_is_not_fetched_is_lost_and_counted() {
    let (mut port, mut control) = exchange_line(1, LineModel::default());
    control.place_call(call("110")).unwrap();
    answer_and_listen(&mut port, 600, &SILENCE);
    let mut heard = vec![];
    assert_eq!(control.take_heard(&mut heard), 80_000);
    assert!((15_000..16_000).contains(&control.lost()), "{}", control.lost());
}

#[test]
fn port_and_control_live_in_two_threads() {
    let (mut port, mut control) = exchange_line(1, LineModel::default());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The port's thread runs until the line has been used and left.
            let mut used = false;
            for _ in 0..1_000_000 {
                let mut rx = SILENCE;
                port.exchange(&SILENCE, &mut rx).unwrap();
                while let Some(event) = port.poll_event() {
                    if event == PortEvent::Ringing(true) {
                        used = true;
                        port.command(PortCommand::OffHook(true)).unwrap();
                    }
                }
                if used && port.at_ms() > 60_000 {
                    return;
                }
            }
        });
        control.place_call(CallPlan { talk_ms: Some(1_000), ..call("110") }).unwrap();
        let mut heard = vec![];
        loop {
            control.take_heard(&mut heard);
            match control.poll_event() {
                Some(ExchangeEvent::Ended { reason, .. }) => {
                    assert_eq!(reason, EndReason::FarHungUp);
                    break;
                }
                _ => std::thread::yield_now(),
            }
        }
        control.take_heard(&mut heard);
        assert_eq!(heard.len() as u64 + control.lost(), 8_000);
    });
}

#[test]
fn commands_an_exchange_line_has_no_use_for_are_refused() {
    let (mut port, _control) = exchange_line(1, LineModel::default());
    for command in
        [PortCommand::Ring(true), PortCommand::OnHookAudio(true), PortCommand::MessageLamp(true)]
    {
        assert!(port.command(command).is_err());
    }
}
