//! What networks tell of calls beyond their numbers: who answered, who led a call on, components
//! of services, and what the other party does.

use tipring_events::{Command, ForwardWhen, SegmentKind};
use tipring_line::{
    CallerId, ChannelCommand, ChannelId, Components, Notice, Number, Presentation, RedirectReason,
    Redirection,
};
use tipring_sim::SpanFaults;
use tipring_test_scenarios::Phone;
use tipring_tipringd::spans::FarWords;

use super::*;

/// Charged so far: an invoke component of AOC-D (ETS 300 182), as exchanges send it.
const CHARGE: [u8; 12] = [0x91, 0xA1, 0x09, 0x02, 0x01, 0x05, 0x02, 0x01, 0x22, 0x30, 0x01, 0x00];

fn components() -> Components {
    CHARGE.into_iter().collect()
}

fn hidden(number_text: &str) -> CallerId {
    CallerId {
        presentation: Presentation::Restricted,
        ..CallerId::from_number(number(number_text))
    }
}

fn redirected(by: &str, reason: RedirectReason) -> Redirection {
    let number = Some(number(by));
    Redirection { number, reason, ..Redirection::default() }
}

/// What the box told one of its phones of who answered.
fn shown(world: &World<SpanStreet>, channel: ChannelId) -> Vec<CallerId> {
    let told = world.around.scripted.told.iter().filter(|(ch, _)| *ch == channel);
    told.filter_map(|(_, command)| match command {
        ChannelCommand::Connected(party) => Some(*party),
        _ => None,
    })
    .collect()
}

/// What an exchange was told of the last call besides its ringing, its answer and its end.
fn words(world: &World<SpanStreet>, span: usize) -> Vec<FarEvent> {
    let plain = |event: &FarEvent| {
        matches!(event, FarEvent::Ringing | FarEvent::Answered | FarEvent::Ended(_))
            || matches!(event, FarEvent::Called(_))
    };
    world.around.far_events(span).into_iter().filter(|event| !plain(event)).collect()
}

/// Two spans: calls for extension 8003 are led on, when it is told to, out by the second.
fn tromboned(first: &str, second: &str, forwarding: ForwardWhen) -> World<SpanStreet> {
    let mut first = span_entry(&format!("direction = \"in\"\n{first}"));
    first.name = "e1-in".to_owned();
    let mut second = span_entry(second);
    second.name = "e1-out".to_owned();
    let mut world = World::with_spans(&[first, second]);
    let answers = CalledOutcome::Answers { after_ms: 2000 };
    world.around.far[1].set_called_party(CalledPlan { outcome: answers, ..CalledPlan::default() });
    let (extension, to) = (number("8003"), Some(number("888889999")));
    world.command(Command::Forward { extension, when: forwarding, to }).unwrap();
    world
}

#[test]
fn who_answered_is_recorded_and_shown_to_the_phone_that_calls() {
    let mut world = world("");
    let party = CallerId::from_number(number("88889990"));
    world.around.far[0].set_words(FarWords { connected: Some(party), ..FarWords::default() });
    let phone = world.phone_dials("8001", "888889999");
    world.run(10 * SECOND);
    let logged = world.find(|event| match event {
        EventKind::PartyConnected { number, hidden, .. } => Some((*number, *hidden)),
        _ => None,
    });
    assert_eq!(logged, Some((Some(number("88889990")), false)));
    assert_eq!(shown(&world, phone), [party]);
    let parties = &world.live().calls[0].parties;
    assert_eq!(parties[1].number, Some(number("88889990")), "not the number dialled");
    close(world);
}

#[test]
fn who_answers_and_hides_is_not_shown() {
    let mut world = world("");
    let words = FarWords { connected: Some(hidden("88889990")), ..FarWords::default() };
    world.around.far[0].set_words(words);
    world.phone_dials("8001", "888889999");
    world.run(10 * SECOND);
    let logged = world.find(|event| match event {
        EventKind::PartyConnected { number, hidden, .. } => Some((*number, *hidden)),
        _ => None,
    });
    assert_eq!(logged, Some((None, true)));
    assert_eq!(world.live().calls[0].parties[1].number, None);
    close(world);
}

#[test]
fn an_answer_carries_the_number_that_the_span_is_set_to() {
    let called = Some(CallerId::from_number(number("88888001")));
    let unified = Some(CallerId::from_number(number("88886600")));
    for (toml, expected) in [
        ("profile = \"euro-isdn\"\ncalled_digits = 8\n", called),
        ("profile = \"china\"\n", None),
        ("profile = \"china\"\nconnected = \"called\"\n", called),
        ("profile = \"euro-isdn\"\ncalled_digits = 8\nconnected = \"off\"\n", None),
        ("connected = \"unified\"\ncaller = \"88886600\"\n", unified),
    ] {
        let mut world = world(&format!("did_digits = 4\n{toml}"));
        world.span_call(0, "88888001", CallPlan { talk_ms: Some(5000), ..plan() });
        world.run(20 * SECOND);
        let expected: Vec<_> = expected.into_iter().map(FarEvent::Connected).collect();
        assert_eq!(words(&world, 0), expected, "{toml}");
        close(world);
    }
}

#[test]
fn an_extension_that_hides_its_number_hides_it_both_ways() {
    let entry = span_entry("connected = \"called\"\ndid_digits = 4\n");
    let mut world = World::with_spans_and(&[entry], SpanFaults::default(), |config| {
        config.switch.extensions[0].features.hide_number = true;
    });
    world.span_call(0, "88888001", CallPlan { talk_ms: Some(5000), ..plan() });
    world.run(20 * SECOND);
    assert_eq!(words(&world, 0), [FarEvent::Connected(hidden("88888001"))]);
    world.phone_dials("8001", "888889999");
    world.run(SECOND);
    let shown = world.around.callers.last().copied();
    assert_eq!(shown.map(|caller| caller.presentation), Some(Presentation::Restricted));
    world.phone_dials("8001", "119");
    world.run(SECOND);
    let shown = world.around.callers.last().copied();
    assert_eq!(shown.map(|caller| caller.presentation), Some(Presentation::Allowed));
    close(world);
}

#[test]
fn a_call_led_here_tells_from_where_and_why() {
    for (by_original, rung) in [(false, "8001"), (true, "8002")] {
        let toml = format!("did_digits = 4\ndid_original = {by_original}\n");
        let mut world = world(&toml);
        let redirection = Redirection {
            original: Some(number("88888002")),
            ..redirected("88886603", RedirectReason::NoAnswer)
        };
        let words = FarWords { redirection: Some(redirection), ..FarWords::default() };
        world.around.far[0].set_words(words);
        world.span_call(0, "88888001", CallPlan { talk_ms: Some(5000), ..plan() });
        world.run(2 * SECOND);
        let logged = world.find(|event| match event {
            EventKind::CallRedirected { by, reason, original, .. } => {
                Some((*by, *reason, *original))
            }
            _ => None,
        });
        let expected = (redirection.number, RedirectReason::NoAnswer, redirection.original);
        assert_eq!(logged, Some(expected));
        let shown = world.live().calls[0].redirection.clone().expect("shown while it lasts");
        assert_eq!((shown.by, shown.reason, shown.original), expected);
        assert!(world.around.scripted.channel_at(number(rung)).is_some(), "{rung} is rung");
        world.run(20 * SECOND);
        close(world);
    }
}

#[test]
fn a_call_that_is_forwarded_out_says_by_whom_and_why() {
    for (when, reason) in [
        (ForwardWhen::Always, RedirectReason::Unconditional),
        (ForwardWhen::NoAnswer, RedirectReason::NoAnswer),
        (ForwardWhen::Busy, RedirectReason::Busy),
    ] {
        let mut world = tromboned("did_digits = 4\n", "", when);
        let deaf = Phone { answers_after: None, ..Phone::default() };
        world.around.scripted.set_phone(number("8003"), deaf);
        if when == ForwardWhen::Busy {
            world.phone_dials("8003", "600");
        }
        world.span_call(0, "88888003", CallPlan { talk_ms: Some(60_000), ..plan() });
        world.run(60 * SECOND);
        // The network knows the extension by the number that was called.
        assert_eq!(words(&world, 1), [FarEvent::Redirected(redirected("88888003", reason))]);
        close(world);
    }
    // One that was led here before says who was called first.
    let mut world = tromboned("did_digits = 4\n", "", ForwardWhen::Always);
    let redirection = Some(redirected("88886603", RedirectReason::Busy));
    world.around.far[0].set_words(FarWords { redirection, ..FarWords::default() });
    world.span_call(0, "88888003", CallPlan { talk_ms: Some(20_000), ..plan() });
    world.run(20 * SECOND);
    let expected = Redirection {
        original: Some(number("88886603")),
        ..redirected("88888003", RedirectReason::Unconditional)
    };
    assert_eq!(words(&world, 1), [FarEvent::Redirected(expected)]);
    close(world);
}

#[test]
fn one_network_tells_the_other_who_answered_unless_that_one_hides() {
    let shown = CallerId::from_number(number("88889990"));
    let none: Option<Number> = None;
    for (connected, expected) in
        [(shown, shown), (hidden("88889990"), CallerId { number: none, ..hidden("88889990") })]
    {
        let mut world = tromboned("connected = \"called\"\n", "", ForwardWhen::Always);
        let words_out = FarWords { connected: Some(connected), ..FarWords::default() };
        world.around.far[1].set_words(words_out);
        world.span_call(0, "8003", CallPlan { talk_ms: Some(20_000), ..plan() });
        world.run(10 * SECOND);
        assert_eq!(words(&world, 0), [FarEvent::Connected(expected)]);
        world.run(20 * SECOND);
        close(world);
    }
}

#[test]
fn components_and_notices_pass_from_network_to_network() {
    let mut world = tromboned("", "", ForwardWhen::Always);
    let came = world.span_call(0, "8003", CallPlan { talk_ms: Some(60_000), ..plan() });
    world.run(10 * SECOND);
    let went = called_on(&world);
    let now = world.now();
    let [caller, called] = &mut world.around.far[..] else { panic!("two exchanges") };
    called.send_components(now, went, components());
    called.notify(now, went, Notice::RemoteHold);
    caller.send_components(now, came, components());
    world.run(SECOND);
    let [facility, notified] =
        [FarEvent::Facility(components()), FarEvent::Notified(Notice::RemoteHold)];
    assert_eq!(words(&world, 0), [facility.clone(), notified]);
    assert_eq!(words(&world, 1)[1..], [facility]);
    let logged = world.all(|event| match event {
        EventKind::ComponentsReceived { components, passed, line, .. } => {
            Some((components.clone(), *passed, line.clone()))
        }
        _ => None,
    });
    let hex = "91a1090201050201223001 00".replace(' ', "");
    let of = |line: &str| (hex.clone(), true, line.to_owned());
    assert_eq!(logged.len(), 2);
    assert!(logged.contains(&of("e1-in")) && logged.contains(&of("e1-out")), "{logged:?}");
    // The exchange that holds sees to what its party hears: the box does not part the two.
    assert!(!world.log.iter().any(|(_, event)| matches!(
        event,
        EventKind::SegmentBegan { kind: SegmentKind::Hold, .. }
    )));
    world.run(60 * SECOND);
    close(world);
}

#[test]
fn what_cannot_be_passed_on_is_in_the_log_and_not_without_bound() {
    let mut world = world("");
    let phone = world.phone_dials("8001", "888889999");
    world.run(10 * SECOND);
    let went = called_on(&world);
    for notice in [Notice::UserSuspended, Notice::UserResumed, Notice::Other(0x60)] {
        let now = world.now();
        world.around.far[0].notify(now, went, notice);
        world.run(SECOND);
        let held = world.live().calls[0].segments.last().map(|s| s.kind);
        let away = notice == Notice::UserSuspended;
        assert_eq!(held, Some(if away { SegmentKind::Hold } else { SegmentKind::Talk }));
    }
    for _ in 0..300 {
        let now = world.now();
        world.around.far[0].send_components(now, went, components());
        world.run(SECOND);
    }
    let passed = world.all(|event| match event {
        EventKind::ComponentsReceived { passed, .. } | EventKind::PartyNotified { passed, .. } => {
            Some(*passed)
        }
        _ => None,
    });
    assert_eq!(passed, [false; 200]);
    assert_eq!(world.core.counters().network_words_unlogged, 103);
    let now = world.now();
    world.around.scripted.hang_up(now, phone, Cause::NormalClearing);
    close(world);
}
