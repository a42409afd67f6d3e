//! The signalling behind a span's hardware: frames and alarms through seam 1, channels through
//! seam 2.

mod common;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{NETWORK, Pair, SECOND, USER};
use tipring_clock::Instant;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Name, PortError, PortId, Span,
    SpanAlarms, SpanEvent, SpanTest,
};

/// One end of a cable; the other end has the same two queues crossed.
struct Cable {
    receive: Arc<Mutex<VecDeque<Vec<u8>>>>,
    send: Arc<Mutex<VecDeque<Vec<u8>>>>,
    events: VecDeque<SpanEvent>,
}

impl Span for Cable {
    fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize> {
        let octets = self.receive.lock().unwrap().pop_front()?;
        frame[..octets.len()].copy_from_slice(&octets);
        Some(octets.len())
    }

    fn send_hdlc(&mut self, frame: &[u8]) -> Result<(), PortError> {
        let mut queue = self.send.lock().unwrap();
        if queue.len() >= 32 {
            return Err(PortError::Failed { what: "write", code: 11 });
        }
        queue.push_back(frame.to_vec());
        Ok(())
    }

    fn test(&mut self, _test: SpanTest) -> Result<(), PortError> {
        Err(PortError::Unsupported("test"))
    }

    fn poll_event(&mut self) -> Option<SpanEvent> {
        self.events.pop_front()
    }
}

struct End {
    cable: Cable,
    signalling: SpanSignalling,
    outputs: Rc<RefCell<Vec<Output>>>,
}

fn two_ends() -> [End; 2] {
    let (a, b) = (Arc::<Mutex<VecDeque<Vec<u8>>>>::default(), Arc::default());
    let end = |side, receive, send| End {
        cable: Cable { receive, send, events: VecDeque::new() },
        signalling: SpanSignalling::new(SpanSettings::new(side, Profile::china())),
        outputs: Rc::default(),
    };
    [end(Side::User, Arc::clone(&a), Arc::clone(&b)), end(Side::Network, b, a)]
}

/// Drives both ends frame by frame of audio, as the hardware's thread does.
fn drive(ends: &mut [End; 2], now: &mut Instant, time: Duration) {
    let end_at = *now + time;
    while *now < end_at {
        *now += Duration::from_millis(20);
        for end in ends.iter_mut() {
            end.signalling.drive(*now, &mut end.cable);
            while let Some(output) = end.signalling.poll_output() {
                end.outputs.borrow_mut().push(output);
            }
        }
    }
}

fn events(end: &End) -> Vec<(u8, ChannelEvent)> {
    let outputs = core::mem::take(&mut *end.outputs.borrow_mut());
    let channel = |output| match output {
        Output::Channel { timeslot, event } => Some((timeslot, event)),
        _ => None,
    };
    outputs.into_iter().filter_map(channel).collect()
}

#[test]
fn a_call_goes_over_two_spans_and_a_cable() {
    let mut ends = two_ends();
    let mut now = Instant::ZERO;
    ends.iter_mut().for_each(|end| end.signalling.start(now));
    drive(&mut ends, &mut now, SECOND);
    assert!(ends.iter().all(|end| end.signalling.is_up()));
    let caller = CallerId {
        number: Some("88886666".parse().unwrap()),
        name: Name::from("王刚").unwrap(),
        ..CallerId::default()
    };
    let number = "8001".parse().unwrap();
    for command in
        [ChannelCommand::Seize(Endpoint::Port(PortId(0))), ChannelCommand::Dial { number, caller }]
    {
        ends[0].signalling.command(now, 31, &command);
    }
    drive(&mut ends, &mut now, SECOND);
    let offered = events(&ends[1]);
    assert_eq!(
        offered,
        [(
            31,
            ChannelEvent::Offered {
                called: Some(number),
                caller,
                trunk: None,
                extension: None,
                redirection: None,
            }
        )],
        "number and Chinese name arrive as they were sent"
    );
    ends[1].signalling.command(now, 31, &ChannelCommand::Answer);
    drive(&mut ends, &mut now, SECOND);
    assert!(matches!(events(&ends[0])[..], [(31, ChannelEvent::Answered(_))]));
    // The cable is pulled: the alarm comes before any timer of the link.
    let alarms = SpanAlarms { red: true, no_signal: true, ..SpanAlarms::default() };
    ends.iter_mut().for_each(|end| end.cable.events.push_back(SpanEvent::Alarms(alarms)));
    drive(&mut ends, &mut now, SECOND);
    for end in &ends {
        let told = events(end);
        assert_eq!(told.len(), 30, "every channel");
        assert!(told.iter().all(|(_, e)| *e == ChannelEvent::Alarm(Some(Alarm::Red))));
        assert!(!end.signalling.is_up());
    }
    drive(&mut ends, &mut now, 6 * SECOND);
    for end in &ends {
        let ended = ChannelEvent::Released(Cause::DestinationOutOfOrder);
        assert_eq!(events(end), [(31, ended)], "T309");
    }
    let well = SpanEvent::Alarms(SpanAlarms::default());
    ends.iter_mut().for_each(|end| end.cable.events.push_back(well));
    drive(&mut ends, &mut now, 2 * SECOND);
    assert!(ends.iter().all(|end| end.signalling.is_up() && events(end).len() == 30));
}

#[test]
fn a_yellow_alarm_leaves_the_link_to_itself() {
    let mut pair = Pair::up(&Profile::china());
    pair.alarm(Some(Alarm::Yellow));
    assert!(pair.ends.iter().all(SpanSignalling::is_up));
    assert_eq!(pair.events(USER).len(), 30);
}

#[test]
fn both_ends_of_ours_agree_who_wins_a_glare() {
    let mut pair = Pair::up(&Profile::china());
    pair.dial(USER, 9, "8001", CallerId::default());
    pair.dial(NETWORK, 9, "8002", CallerId::default());
    pair.run(SECOND);
    let user = pair.events(USER);
    assert_eq!(user[0], (9, ChannelEvent::Released(Cause::NoChannel)));
    assert!(matches!(user[1], (9, ChannelEvent::Offered { .. })));
    assert_eq!((user.len(), pair.events(NETWORK).len()), (2, 0));
    for end in &pair.ends {
        assert_eq!(end.calls().calls(), 1);
    }
    pair.command(USER, 9, &ChannelCommand::Release(Cause::UserBusy));
    pair.run(SECOND);
    assert_eq!(pair.events(NETWORK), [(9, ChannelEvent::Released(Cause::UserBusy))]);
    pair.assert_idle();
}

#[test]
fn two_ends_set_to_one_side_are_told_apart_from_a_dead_line() {
    let mut ends =
        [0, 1].map(|_| SpanSignalling::new(SpanSettings::new(Side::User, Profile::china())));
    let mut now = Instant::ZERO;
    ends.iter_mut().for_each(|end| end.start(now));
    for _ in 0..10 {
        for from in [0, 1] {
            while let Some(frame) = ends[from].poll_frame() {
                ends[1 - from].handle_frame(now, &frame);
            }
        }
        now += SECOND;
        ends.iter_mut().for_each(|end| end.handle_timeout(now));
    }
    assert!(ends.iter().all(|end| end.link().same_side_suspected() && !end.is_up()));
}
