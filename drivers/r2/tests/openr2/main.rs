//! Calls with OpenR2, the stack that most open exchanges use, both ways: its tones and ours are
//! audio in A-law, its line signals and ours bits. Fifty calls of each kind on one channel, each of
//! which must leave both sides idle.

mod calls;
mod peer;

use calls::{Desk, Ended};
use tipring_line::{AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, Presentation};
use tipring_r2::Category;

/// Calls of a kind.
const CALLS: u32 = 50;

/// A caller's number that differs from call to call, in digits and length.
fn caller(call: u32) -> String {
    format!("{}", 7_050_000_000u64 + u64::from(call) * 998_877)[..(6 + call as usize % 5)]
        .to_owned()
}

/// A called number of so many digits.
fn called(call: u32, digits: usize) -> String {
    format!("{:0digits$}", (u64::from(call) * 7_777_777_771) % 10u64.pow(digits as u32))
}

const VARIANTS: [&str; 2] = ["cn", "itu"];

/// Calls from us that OpenR2 accepts, and that end so.
fn outgoing(variant: &str, auto: &str, check: impl Fn(&mut Desk, u32)) {
    let mut desk = Desk::open(variant, 20, 8);
    desk.peer_does(&format!("auto {auto}"));
    for call in 0..CALLS {
        desk.dial(&called(call, 8), Some(&caller(call)));
        desk.await_word("new");
        let offered = desk.await_word("offered");
        let wanted = format!("offered ani={} dnis={} category=0", caller(call), called(call, 8));
        assert_eq!(offered, wanted);
        check(&mut desk, call);
        desk.expect_rest(&format!("{variant} {auto} call {call}"));
    }
}

#[test]
fn we_call_and_hang_up() {
    for variant in VARIANTS {
        outgoing(variant, "answer", |desk, _| {
            desk.await_event(ChannelEvent::Ringing);
            desk.await_event(ChannelEvent::EarlyAudio);
            desk.await_event(ChannelEvent::Answered(AnswerCertainty::Signalled));
            desk.run(50);
            desk.command(ChannelCommand::Release(Cause::NormalClearing));
            desk.await_event(ChannelEvent::Released(Cause::NormalClearing));
            desk.await_word("disconnect 6");
            desk.await_word("end");
        });
    }
}

#[test]
fn we_call_and_they_hang_up() {
    for variant in VARIANTS {
        outgoing(variant, "answer", |desk, _| {
            desk.await_event(ChannelEvent::Answered(AnswerCertainty::Signalled));
            desk.run(25);
            desk.peer_does("hangup normal");
            desk.await_event(ChannelEvent::Released(Cause::NormalClearing));
            desk.await_word("end");
        });
    }
}

#[test]
fn we_call_a_busy_a_vacant_and_a_congested_number() {
    for variant in VARIANTS {
        for (auto, cause) in [
            ("hangup busy", Cause::UserBusy),
            ("hangup vacant", Cause::UnallocatedNumber),
            ("hangup congestion", Cause::Congestion),
        ] {
            outgoing(variant, auto, |desk, _| {
                desk.await_event(ChannelEvent::Released(cause));
                desk.await_word("end");
            });
        }
    }
}

#[test]
fn we_call_and_nobody_answers() {
    for variant in VARIANTS {
        outgoing(variant, "accept", |desk, call| {
            desk.await_event(ChannelEvent::Ringing);
            // Sometimes the caller gives up, sometimes the channel does.
            let cause = if call % 2 == 0 { Cause::NormalUnspecified } else { Cause::NoAnswer };
            if call % 2 == 0 {
                desk.run(200);
                desk.command(ChannelCommand::Release(cause));
            }
            desk.await_event_within(ChannelEvent::Released(cause), 130 * 50);
            desk.await_word("end");
        });
    }
}

#[test]
fn we_give_up_while_the_registers_speak() {
    for variant in VARIANTS {
        let mut desk = Desk::open(variant, 20, 8);
        desk.peer_does("auto answer");
        for call in 0..CALLS {
            desk.dial(&called(call, 8), Some(&caller(call)));
            desk.run(call * 2);
            desk.command(ChannelCommand::Release(Cause::NormalUnspecified));
            desk.await_event(ChannelEvent::Released(Cause::NormalUnspecified));
            desk.run(20);
            desk.forget();
            desk.expect_rest(&format!("{variant}, given up after {} frames", call * 2));
        }
    }
}

#[test]
fn a_number_shorter_than_they_expect_ends_by_a_pause_or_a_signal() {
    for variant in VARIANTS {
        let mut desk = Desk::open(variant, 20, 11);
        desk.peer_does("auto answer");
        for call in 0..CALLS {
            let digits = 3 + call as usize % 7;
            desk.dial(&called(call, digits), Some(&caller(call)));
            let offered = desk.await_word_within("offered", 1000);
            let wanted = format!("dnis={} ", called(call, digits));
            assert!(offered.contains(&wanted), "{offered}, not {wanted}");
            desk.await_event(ChannelEvent::Answered(AnswerCertainty::Signalled));
            desk.command(ChannelCommand::Release(Cause::NormalClearing));
            desk.await_word("end");
            desk.await_event(ChannelEvent::Released(Cause::NormalClearing));
            desk.expect_rest(&format!("{variant} with {digits} digits"));
        }
    }
}

#[track_caller]
fn expect_caller(variant: &str, from: &CallerId, caller: &str) {
    let told = variant != "cn";
    assert_eq!(from.number, told.then(|| caller.parse().unwrap()));
    assert_eq!(from.presentation == Presentation::Allowed, told);
}

/// Calls from OpenR2 to us, up to the offer.
fn incoming(variant: &str, check: impl Fn(&mut Desk, u32)) {
    let mut desk = Desk::open(variant, 20, 8);
    for call in 0..CALLS {
        let (number, caller) = (called(call, 8), caller(call));
        desk.peer_does(&format!("call {caller} {number} 0"));
        let (called, from) = desk.await_offer();
        assert_eq!(called, number.parse().ok());
        expect_caller(variant, &from, &caller);
        assert_eq!(desk.learnt().category, Some(Category::Subscriber));
        check(&mut desk, call);
        desk.expect_rest(&format!("{variant}, incoming call {call}"));
    }
}

#[test]
fn they_call_and_hang_up() {
    for variant in VARIANTS {
        incoming(variant, |desk, call| {
            if call % 2 == 0 {
                desk.command(ChannelCommand::Alert);
                desk.await_word("accepted");
                desk.run(100);
            }
            desk.command(ChannelCommand::Answer);
            desk.await_word("answered");
            desk.run(50);
            desk.peer_does("hangup normal");
            desk.await_event(ChannelEvent::Released(Cause::NormalClearing));
            desk.await_word("end");
        });
    }
}

#[test]
fn they_call_and_we_hang_up() {
    for variant in VARIANTS {
        incoming(variant, |desk, _| {
            desk.command(ChannelCommand::Answer);
            desk.await_word("answered");
            desk.run(50);
            desk.command(ChannelCommand::Release(Cause::NormalClearing));
            desk.await_word("disconnect 6");
            desk.await_event(ChannelEvent::Released(Cause::NormalClearing));
            desk.await_word("end");
        });
    }
}

#[test]
fn they_call_a_busy_a_vacant_and_a_congested_number() {
    for variant in VARIANTS {
        for (cause, told) in [
            (Cause::UserBusy, "disconnect 0"),
            (Cause::UnallocatedNumber, "disconnect 2"),
            (Cause::Congestion, "disconnect 1"),
        ] {
            incoming(variant, |desk, _| {
                desk.command(ChannelCommand::Release(cause));
                desk.await_word(told);
                desk.await_event(ChannelEvent::Released(cause));
                desk.await_word("end");
            });
        }
    }
}

#[test]
fn they_call_and_nobody_answers() {
    for variant in VARIANTS {
        incoming(variant, |desk, call| {
            desk.command(ChannelCommand::Alert);
            desk.await_word("accepted");
            if call % 2 == 0 {
                desk.run(150);
                desk.peer_does("hangup normal");
            } else {
                // OpenR2 gives up after a minute.
                desk.await_word_within("disconnect 5", 70 * 50);
            }
            desk.await_event(ChannelEvent::Released(Cause::NormalUnspecified));
            desk.await_word("end");
        });
    }
}

#[test]
fn a_number_shorter_than_we_expect_ends_by_a_pause_or_a_signal() {
    for variant in VARIANTS {
        let mut desk = Desk::open(variant, 20, 11);
        for call in 0..CALLS {
            let number = called(call, 3 + call as usize % 7);
            desk.peer_does(&format!("call {} {number} 0", caller(call)));
            let (called, from) = desk.await_offer();
            assert_eq!(called, number.parse().ok());
            expect_caller(variant, &from, &caller(call));
            desk.command(ChannelCommand::Answer);
            desk.await_word("answered");
            desk.peer_does("hangup normal");
            desk.await_event(ChannelEvent::Released(Cause::NormalClearing));
            desk.await_word("end");
            desk.expect_rest(&format!("{variant}, {number}"));
        }
    }
}

#[test]
fn categories_and_hidden_numbers_are_told() {
    let mut desk = Desk::open("itu", 20, 8);
    for (category, told) in [
        (0, Category::Subscriber),
        (1, Category::Priority),
        (2, Category::InternationalSubscriber),
        (3, Category::InternationalPriority),
    ] {
        desk.peer_does(&format!("call 139 80020001 {category}"));
        desk.await_offer();
        assert_eq!(desk.learnt().category, Some(told));
        desk.command(ChannelCommand::Release(Cause::UserBusy));
        desk.await_event(ChannelEvent::Released(Cause::UserBusy));
        desk.expect_rest("a category");
    }
    let mut desk = Desk::open("br", 20, 8);
    desk.peer_does("call - 80020001 0");
    let (_, from) = desk.await_offer();
    assert_eq!((from.number, from.presentation), (None, Presentation::Restricted));
    desk.command(ChannelCommand::Release(Cause::UserBusy));
    desk.await_event(ChannelEvent::Released(Cause::UserBusy));
    desk.peer_does("auto hangup busy");
    desk.dial("80020001", None);
    assert!(desk.await_word("offered").starts_with("offered ani=restricted dnis=80020001"));
    desk.await_event(ChannelEvent::Released(Cause::UserBusy));
    desk.expect_rest("a hidden number");
}

#[test]
fn a_blocked_channel_is_not_seized() {
    for variant in VARIANTS {
        let mut desk = Desk::open(variant, 20, 8);
        desk.peer_does("block");
        desk.await_event(ChannelEvent::Alarm(Some(tipring_line::Alarm::Blocked)));
        desk.dial("80020001", None);
        desk.await_event(ChannelEvent::Released(Cause::NoChannel));
        desk.peer_does("idle");
        desk.await_event(ChannelEvent::Alarm(None));
        desk.block(true);
        desk.await_word("blocked");
        desk.peer_does("call 139 80020001 0");
        desk.await_word("no-call");
        desk.block(false);
        desk.await_word("idle");
        assert_eq!(desk.ended(), Ended::default());
    }
}

#[test]
fn forced_release_ends_an_accepted_call_where_the_country_has_it() {
    let mut desk = Desk::open("br", 20, 8);
    for call in 0..CALLS {
        desk.peer_does(&format!("call {} {} 0", caller(call), called(call, 8)));
        desk.await_offer();
        desk.command(ChannelCommand::Alert);
        desk.await_word("accepted");
        desk.command(ChannelCommand::Release(Cause::NoAnswer));
        desk.await_word("disconnect 8");
        desk.await_event(ChannelEvent::Released(Cause::NoAnswer));
        desk.await_word("end");
        desk.expect_rest("we release");
        desk.peer_does("auto answer");
        desk.dial(&called(call, 8), Some(&caller(call)));
        desk.await_event(ChannelEvent::Answered(AnswerCertainty::Signalled));
        desk.peer_does("hangup forced");
        desk.await_event(ChannelEvent::Released(Cause::NormalUnspecified));
        desk.await_word("end");
        desk.expect_rest("they release");
    }
}
