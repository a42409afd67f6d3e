//! The data link: every state, and every way out of trouble, frame by frame.

use std::time::Duration;

use tipring_clock::Instant;
use tipring_isdn::q921::{Link, LinkEvent, Settings, Side, State};

const MS: Duration = Duration::from_millis(1);

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn sent(link: &mut Link) -> Vec<Vec<u8>> {
    core::iter::from_fn(|| link.poll_frame()).map(|frame| frame.to_vec()).collect()
}

fn events(link: &mut Link) -> Vec<LinkEvent> {
    core::iter::from_fn(|| link.poll_event()).collect()
}

/// A user's link that is up at time 0, nothing left to be read.
fn up() -> Link {
    let mut link = Link::new(Settings::primary_rate(Side::User));
    link.establish(at(0));
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0x7F]]);
    link.handle_frame(at(0), &[0x00, 0x01, 0x73]);
    assert_eq!(link.state(), State::MultipleFrameEstablished);
    assert_eq!(events(&mut link), [LinkEvent::Established]);
    link
}

#[test]
fn both_sides_begin_with_the_known_octets() {
    for (side, sabme, ua) in [
        (Side::User, [0x00, 0x01, 0x7F], [0x02, 0x01, 0x73]),
        (Side::Network, [0x02, 0x01, 0x7F], [0x00, 0x01, 0x73]),
    ] {
        let mut link = Link::new(Settings::primary_rate(side));
        link.establish(at(0));
        assert_eq!(
            (sent(&mut link), link.state()),
            (vec![sabme.to_vec()], State::AwaitingEstablishment)
        );
        // The other side begins at the same moment (5.5.5.1).
        let theirs = if side == Side::User { [0x02, 0x01, 0x7F] } else { [0x00, 0x01, 0x7F] };
        link.handle_frame(at(1), &theirs);
        assert_eq!(sent(&mut link), [ua]);
        assert_eq!(link.state(), State::AwaitingEstablishment);
        let confirmed = if side == Side::User { [0x00, 0x01, 0x73] } else { [0x02, 0x01, 0x73] };
        link.handle_frame(at(2), &confirmed);
        assert_eq!(link.state(), State::MultipleFrameEstablished);
        assert_eq!(events(&mut link), [LinkEvent::Established]);
    }
}

#[test]
fn establishment_is_tried_for_ever() {
    let mut link = Link::new(Settings::primary_rate(Side::User));
    link.establish(at(0));
    let mut sabmes = sent(&mut link).len();
    for _ in 0..100 {
        let due = link.poll_timeout().expect("it is tried again");
        link.handle_timeout(due);
        sabmes += sent(&mut link).len();
    }
    assert!(sabmes > 75, "{sabmes} tries");
    assert_eq!(link.counters().establishments_failed, 20);
    assert_eq!(events(&mut link), [], "layer 3 never heard that it was up");
}

#[test]
fn messages_are_numbered_acknowledged_and_kept_within_the_window() {
    let mut link = up();
    for n in 0..10 {
        link.send(at(0), &[n]).unwrap();
    }
    let first: Vec<_> = (0..7).map(|n| vec![0x00, 0x01, n << 1, 0x00, n]).collect();
    assert_eq!(sent(&mut link), first);
    link.handle_frame(at(1), &[0x00, 0x01, 0x01, 3 << 1]);
    let next: Vec<_> = (7..10).map(|n| vec![0x00, 0x01, n << 1, 0x00, n]).collect();
    assert_eq!(sent(&mut link), next);
    link.handle_frame(at(2), &[0x00, 0x01, 0x01, 10 << 1]);
    assert_eq!(link.poll_timeout(), Some(at(2) + 10_000 * MS), "only T203 runs");
}

#[test]
fn a_message_is_acknowledged_and_given_up() {
    let mut link = up();
    link.handle_frame(at(0), &[0x02, 0x01, 0x00, 0x00, 0xAA]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x01, 0x02]]);
    let LinkEvent::Data(data) = &events(&mut link)[0] else { panic!("data comes") };
    assert_eq!(data.as_slice(), [0xAA]);
    // With P = 1 the answer has F = 1.
    link.handle_frame(at(0), &[0x02, 0x01, 0x02, 0x01, 0xBB]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x01, 0x05]]);
}

#[test]
fn a_missing_message_is_asked_for_once() {
    let mut link = up();
    link.handle_frame(at(0), &[0x02, 0x01, 0x02, 0x00, 1]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x09, 0x00]], "REJ");
    link.handle_frame(at(0), &[0x02, 0x01, 0x04, 0x00, 2]);
    assert!(sent(&mut link).is_empty());
    link.handle_frame(at(0), &[0x02, 0x01, 0x00, 0x00, 0]);
    link.handle_frame(at(0), &[0x02, 0x01, 0x02, 0x00, 1]);
    assert_eq!(events(&mut link).len(), 2);
    assert_eq!(link.counters().rejects_sent, 1);
    sent(&mut link);
    link.handle_frame(at(0), &[0x02, 0x01, 0x06, 0x00, 3]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x09, 0x04]], "the next gap is asked for too");
}

#[test]
fn a_rejected_message_is_sent_again() {
    let mut link = up();
    for n in 0..3 {
        link.send(at(0), &[n]).unwrap();
    }
    assert_eq!(sent(&mut link).len(), 3);
    link.handle_frame(at(1), &[0x00, 0x01, 0x09, 1 << 1]);
    assert_eq!(sent(&mut link), [[0x00, 0x01, 2, 0, 1], [0x00, 0x01, 4, 0, 2]]);
    assert_eq!(link.counters().retransmissions, 2);
}

#[test]
fn an_overdue_acknowledgement_leads_to_timer_recovery() {
    let mut link = up();
    link.send(at(0), &[7]).unwrap();
    assert_eq!(sent(&mut link).len(), 1);
    link.handle_timeout(at(1000));
    assert_eq!(
        (sent(&mut link), link.state()),
        (vec![vec![0x00, 0x01, 0x01, 0x01]], State::TimerRecovery)
    );
    // Nothing new is sent while the answer is awaited.
    link.send(at(1000), &[8]).unwrap();
    assert!(sent(&mut link).is_empty());
    link.handle_frame(at(1001), &[0x00, 0x01, 0x01, 0x01]);
    assert_eq!(link.state(), State::MultipleFrameEstablished);
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0, 0, 7], [0x00, 0x01, 2, 0, 8]]);
}

#[test]
fn a_silent_peer_is_asked_and_then_the_link_begins_anew() {
    let mut link = up();
    link.handle_timeout(at(10_000));
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0x01, 0x01]], "T203");
    for second in 11..14 {
        link.handle_timeout(at(second * 1000));
    }
    assert_eq!(sent(&mut link).len(), 3, "N200 repetitions");
    link.handle_timeout(at(14_000));
    assert_eq!(
        (sent(&mut link), link.state()),
        (vec![vec![0, 1, 0x7F]], State::AwaitingEstablishment)
    );
    assert_eq!(events(&mut link), [], "calls are not bothered yet");
    for second in 15..19 {
        link.handle_timeout(at(second * 1000));
    }
    assert_eq!(events(&mut link), [LinkEvent::Released]);
    assert!(link.poll_timeout().is_some(), "and it goes on");
}

#[test]
fn a_busy_peer_is_left_in_peace() {
    let mut link = up();
    link.handle_frame(at(0), &[0x02, 0x01, 0x05, 0x01]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x01, 0x01]], "the poll is answered");
    link.send(at(0), &[1]).unwrap();
    assert!(sent(&mut link).is_empty());
    link.handle_timeout(at(1000));
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0x01, 0x01]], "it is asked whether it still is");
    link.handle_frame(at(1001), &[0x00, 0x01, 0x01, 0x01]);
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0, 0, 1]]);
}

#[test]
fn we_are_busy_while_our_messages_are_not_taken() {
    let mut link = up();
    for n in 0..57u8 {
        link.handle_frame(at(0), &[0x02, 0x01, n << 1, 0x00, n]);
    }
    let last = sent(&mut link).pop().unwrap();
    assert_eq!(last, [0x02, 0x01, 0x05, 56 << 1], "RNR, the 57th not acknowledged");
    assert_eq!(events(&mut link).len(), 56);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x01, 56 << 1]], "RR");
    link.handle_frame(at(0), &[0x02, 0x01, 56 << 1, 0x00, 56]);
    assert_eq!(events(&mut link).len(), 1);
}

#[test]
fn an_impossible_acknowledgement_begins_the_link_anew() {
    for frame in
        [&[0x02, 0x01, 0x01, 0x0A][..], &[0x02, 0x01, 0x00, 0x0A, 1], &[0x02, 0x01, 0x09, 0x0A]]
    {
        let mut link = up();
        link.handle_frame(at(0), frame);
        assert_eq!(link.state(), State::AwaitingEstablishment);
        assert_eq!(link.counters().sequence_errors, 1);
    }
}

#[test]
fn what_the_peer_ends_or_begins_anew_is_told() {
    let mut link = up();
    link.handle_frame(at(0), &[0x02, 0x01, 0x7F]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x73]]);
    assert_eq!(events(&mut link), [LinkEvent::Reset]);
    link.handle_frame(at(0), &[0x02, 0x01, 0x53]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x73]]);
    assert_eq!((events(&mut link), link.state()), (vec![LinkEvent::Released], State::TeiAssigned));
    link.handle_timeout(at(1000));
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0x7F]], "it is tried again");
}

#[test]
fn what_was_not_acknowledged_before_a_reset_is_not_sent_after_it() {
    let mut link = up();
    link.send(at(0), &[7]).unwrap();
    sent(&mut link);
    link.handle_frame(at(1), &[0x02, 0x01, 0x7F]);
    link.send(at(1), &[8]).unwrap();
    assert_eq!(sent(&mut link), [vec![0x02, 0x01, 0x73], vec![0x00, 0x01, 0, 0, 8]]);
}

#[test]
fn a_peer_without_the_link_is_joined_again() {
    for frame in [[0x00, 0x01, 0x0F], [0x00, 0x01, 0x87]] {
        let mut link = up();
        link.handle_frame(at(0), &frame);
        assert_eq!(sent(&mut link), [[0x00, 0x01, 0x7F]]);
        link.handle_frame(at(1), &[0x00, 0x01, 0x73]);
        assert_eq!(events(&mut link), [LinkEvent::Reset]);
    }
}

#[test]
fn a_link_without_wire_is_down_at_once_and_back_with_it() {
    let mut link = up();
    link.set_physical(at(5), false);
    assert_eq!(events(&mut link), [LinkEvent::Released]);
    assert_eq!(link.poll_timeout(), None);
    link.set_physical(at(9), true);
    assert_eq!(sent(&mut link), [[0x00, 0x01, 0x7F]]);
}

#[test]
fn release_is_sent_and_confirmed() {
    let mut link = up();
    link.release(at(0));
    assert_eq!((sent(&mut link), link.state()), (vec![vec![0, 1, 0x53]], State::AwaitingRelease));
    link.handle_frame(at(1), &[0x02, 0x01, 0x7F]);
    assert_eq!(sent(&mut link), [[0x02, 0x01, 0x1F]], "DM");
    link.handle_frame(at(2), &[0x00, 0x01, 0x73]);
    assert_eq!((events(&mut link), link.poll_timeout()), (vec![LinkEvent::Released], None));
    // The peer may still begin.
    link.handle_frame(at(3), &[0x02, 0x01, 0x7F]);
    assert_eq!(link.state(), State::MultipleFrameEstablished);
}

#[test]
fn a_peer_set_to_our_own_side_is_noticed() {
    let mut link = Link::new(Settings::primary_rate(Side::User));
    link.establish(at(0));
    for n in 0..3 {
        assert!(!link.same_side_suspected());
        link.handle_frame(at(n), &[0x00, 0x01, 0x7F]);
    }
    assert!(link.same_side_suspected());
    assert_eq!(link.counters().same_side, 3);
}

#[test]
fn a_full_queue_says_so() {
    let mut link = up();
    let taken = (0..1000).take_while(|_| link.send(at(0), &[0]).is_ok()).count();
    assert_eq!(taken, 128);
    assert!(up().send(at(0), &[0; 261]).is_err());
}
