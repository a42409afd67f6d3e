//! What can happen, and how likely it is.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_clock::Instant;
use tipring_events::{AgentId, Command};
use tipring_line::{
    CallId, CallerId, Cause, Digit, Notice, Presentation, RedirectReason, Redirection,
};
use tipring_sim::{CallPlan, CalledOutcome, CalledPlan, SpanFault};
use tipring_test_scenarios::{Phone, SpanStreet, World, number};
use tipring_tipringd::spans::FarWords;

use crate::records::Told;
use crate::street::{FORWARDED, PHONES, R2, world};

const SECOND: Duration = Duration::from_secs(1);

/// A world and the hand of chance.
pub(crate) struct Storm {
    pub(crate) world: World<SpanStreet>,
    rng: ChaCha8Rng,
    /// Until when a wire is out of order.
    broken: BTreeMap<usize, Instant>,
    restarts: u32,
    busy_outs: u32,
}

/// What has come to pass.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) answered: usize,
    pub(crate) out: usize,
    pub(crate) r2: usize,
    pub(crate) refused: usize,
    /// Calls ended because their D-channel did not come back.
    pub(crate) by_t309: usize,
    /// Calls ended by an alarm, or begun in one.
    pub(crate) by_alarm: usize,
    pub(crate) glares: u64,
    pub(crate) restarts: u32,
    pub(crate) busy_outs: u32,
}

impl Storm {
    pub(crate) fn new(seed: u64) -> Self {
        Storm {
            world: world(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            broken: BTreeMap::new(),
            restarts: 0,
            busy_outs: 0,
        }
    }

    /// One thing happens, and some time passes.
    pub(crate) fn step(&mut self) {
        match self.rng.random_range(0..1000) {
            0..420 => self.call_in(),
            420..620 => self.call_out(),
            620..640 => self.meet(),
            640..700 => self.hang_up_inside(),
            700..760 => self.hang_up_outside(),
            760..820 => self.call_in(),
            820..860 => self.press_a_key(),
            860..890 => self.change_a_party(),
            890..915 => self.say_a_word(),
            915..940 => self.busy_out(),
            940..950 => self.restart_a_channel(),
            950..956 => self.break_a_wire(),
            956..970 => self.end_a_call(),
            970..985 => self.hold_somewhere(),
            _ => self.registration_flips(),
        }
        self.mend_wires();
        // Mostly little time passes, so that things cross each other on their way.
        let ms = match self.rng.random_range(0..10) {
            0..5 => 0,
            5..9 => self.rng.random_range(1..60),
            _ => self.rng.random_range(60..300),
        };
        self.world.run(Duration::from_millis(ms));
    }

    /// How many channels of spans carry a call.
    pub(crate) fn channels_in_use(&mut self) -> usize {
        let live = self.world.around.scripted.live_channels();
        live.iter().filter(|channel| channel.as_span().is_some()).count()
    }

    fn some_span(&mut self) -> usize {
        self.rng.random_range(0..self.world.around.far.len())
    }

    fn some_phone(&mut self) -> String {
        self.rng.random_range(8001..8001 + PHONES).to_string()
    }

    fn plan(&mut self) -> CallPlan {
        let mut caller = CallerId::from_number(number("13800138000"));
        if self.rng.random_bool(0.1) {
            caller.presentation = Presentation::Restricted;
        }
        let some = |rng: &mut ChaCha8Rng, chance, ms| {
            rng.random_bool(chance).then(|| rng.random_range(0..ms))
        };
        CallPlan {
            caller,
            talk_ms: some(&mut self.rng, 0.8, 60_000),
            patience_ms: some(&mut self.rng, 0.9, 90_000),
            ..CallPlan::default()
        }
    }

    /// The number called, as an exchange sends it to this span.
    fn number_called(&mut self, span: usize) -> String {
        let inside = match self.rng.random_range(0..20) {
            0..7 => "5588".to_owned(),
            7..11 => "0600".to_owned(),
            11..13 => FORWARDED.to_string(),
            13 => "7001".to_owned(),
            _ => self.some_phone(),
        };
        let prefix = if self.rng.random_ratio(1, 30) { "7777" } else { "8888" };
        if span == R2 { inside } else { format!("{prefix}{inside}") }
    }

    fn call_in(&mut self) {
        let span = self.some_span();
        let (to, plan) = (self.number_called(span), self.plan());
        let now = self.world.now();
        let far = &mut self.world.around.far[span];
        let redirection = self.rng.random_ratio(1, 8).then(|| Redirection {
            number: Some(number("88888007")),
            reason: RedirectReason::Busy,
            ..Redirection::default()
        });
        let connected = self.rng.random_ratio(1, 4).then(|| CallerId::from_number(number("1")));
        far.set_words(FarWords { redirection, connected });
        // A span without a free channel carries no more.
        far.call(now, number(&to), plan);
        self.world.settle();
    }

    fn call_out(&mut self) {
        let (from, to) =
            (self.some_phone(), format!("8{}", self.rng.random_range(80_000_000..88_000_000)));
        self.world.phone_dials(&from, &to);
    }

    /// Both ends want a channel at once.
    fn meet(&mut self) {
        let (span, plan) = (self.some_span(), self.plan());
        let to = self.number_called(span);
        let now = self.world.now();
        let far = &mut self.world.around.far[span];
        if let Some(timeslot) = (1..32).rev().find(|t| *t != 16 && !far.has_call(*t)) {
            far.call_on(now, timeslot, number(&to), plan);
        }
        self.call_out();
    }

    fn hang_up_inside(&mut self) {
        let mut channels = self.world.around.scripted.live_channels();
        channels.retain(|channel| channel.as_span().is_none());
        if !channels.is_empty() {
            let channel = channels[self.rng.random_range(0..channels.len())];
            let now = self.world.now();
            self.world.around.scripted.hang_up(now, channel, Cause::NormalClearing);
            self.world.settle();
        }
    }

    /// A span's channel with a call, as its exchange sees it.
    fn some_far_call(&mut self) -> Option<(usize, u8)> {
        let span = self.some_span();
        let far = &self.world.around.far[span];
        let calls: Vec<u8> = (1..32).filter(|timeslot| far.has_call(*timeslot)).collect();
        let at = (!calls.is_empty()).then(|| self.rng.random_range(0..calls.len()))?;
        Some((span, calls[at]))
    }

    fn hang_up_outside(&mut self) {
        let Some((span, timeslot)) = self.some_far_call() else { return };
        let causes = [Cause::NormalClearing, Cause::UserBusy, Cause::Congestion, Cause::NoAnswer];
        let cause = causes[self.rng.random_range(0..causes.len())];
        let now = self.world.now();
        self.world.around.far[span].hang_up(now, timeslot, cause);
        self.world.settle();
    }

    fn press_a_key(&mut self) {
        let channels = self.world.around.scripted.live_channels();
        if channels.is_empty() {
            return;
        }
        let channel = channels[self.rng.random_range(0..channels.len())];
        let key = ['1', '1', '*', '#'][self.rng.random_range(0..4)];
        let now = self.world.now();
        self.world.around.scripted.press(now, channel, Digit::from_char(key).expect("a key"));
        self.world.settle();
    }

    /// Whoever is called, inside or outside, behaves in another way from now on.
    fn change_a_party(&mut self) {
        let ms = self.rng.random_range(0..20_000);
        let phone = match self.rng.random_range(0..5) {
            0 => Phone { refuses: Some(Cause::UserBusy), ..Phone::default() },
            1 => Phone { answers_after: None, ..Phone::default() },
            2 => {
                Phone { hangs_up_after: Some(Duration::from_millis(ms.into())), ..Phone::default() }
            }
            _ => Phone::default(),
        };
        let extension = self.some_phone();
        self.world.around.scripted.set_phone(number(&extension), phone);
        let outcome = match self.rng.random_range(0..8) {
            0 => CalledOutcome::Busy,
            1 => CalledOutcome::Vacant,
            2 => CalledOutcome::NoAnswer,
            3 => CalledOutcome::Silence,
            4 => CalledOutcome::Congestion,
            _ => CalledOutcome::Answers { after_ms: ms / 4 },
        };
        let span = self.some_span();
        let talk_ms = Some(ms * 2);
        let plan = CalledPlan { outcome, talk_ms, ..CalledPlan::default() };
        self.world.around.far[span].set_called_party(plan);
    }

    /// An exchange says something about a call.
    fn say_a_word(&mut self) {
        let Some((span, timeslot)) = self.some_far_call() else { return };
        let now = self.world.now();
        let far = &mut self.world.around.far[span];
        match self.rng.random_range(0..3) {
            0 => far.notify(now, timeslot, Notice::RemoteHold),
            1 => far.notify(now, timeslot, Notice::RemoteRetrieval),
            _ => far.send_components(now, timeslot, [0x91, 0xA1, 0x00].into_iter().collect()),
        }
    }

    /// Somebody takes channels out of service in mid-storm, or back.
    fn busy_out(&mut self) {
        let span = format!("e1-{}", self.some_span());
        let first = self.rng.random_range(1..12);
        let timeslots = (first..first + 4).filter(|timeslot| *timeslot != 16).collect();
        let in_service = self.rng.random_bool(0.6);
        let order = if self.rng.random_ratio(1, 6) {
            Command::SpanService { span, timeslots: Vec::new(), in_service: true }
        } else {
            Command::SpanService { span, timeslots, in_service }
        };
        self.busy_outs += u32::from(self.world.command(order).is_ok());
    }

    fn restart_a_channel(&mut self) {
        let Some((span, timeslot)) = self.some_far_call() else { return };
        let now = self.world.now();
        self.world.around.far[span].restart(now, timeslot);
        self.restarts += u32::from(span != R2);
        self.world.settle();
    }

    /// A wire fails: with an alarm or without, one way or both, for less than calls bear or longer.
    fn break_a_wire(&mut self) {
        let span = self.some_span();
        let faults = [SpanFault::NoSignal, SpanFault::NoHdlc, SpanFault::Ais, SpanFault::NoFrame];
        let fault = faults[self.rng.random_range(0..faults.len())];
        let wire = &self.world.around.wires[span];
        match self.rng.random_range(0..4) {
            0 => wire.fault_at_first(fault),
            1 => wire.fault_at_second(fault),
            _ => {
                wire.fault_at_first(fault);
                wire.fault_at_second(fault);
            }
        }
        let lasts = Duration::from_millis(self.rng.random_range(200..15_000));
        self.broken.insert(span, self.world.now() + lasts);
    }

    fn mend_wires(&mut self) {
        let now = self.world.now();
        let wires = &self.world.around.wires;
        self.broken.retain(|span, until| {
            let mended = *until <= now;
            if mended {
                wires[*span].fault_at_first(SpanFault::None);
                wires[*span].fault_at_second(SpanFault::None);
            }
            !mended
        });
    }

    fn end_a_call(&mut self) {
        let live = self.world.live();
        if !live.calls.is_empty() {
            let CallId(call) = live.calls[self.rng.random_range(0..live.calls.len())].call;
            // It may be one that nobody may end.
            let _ = self.world.command(Command::HangUp { call: CallId(call), by: "boss".into() });
        }
    }

    fn hold_somewhere(&mut self) {
        let extension = number(&self.some_phone());
        let held = self.rng.random_bool(0.5);
        // Who does not talk cannot hold.
        let _ = self.world.command(Command::Hold { extension, held });
        let agent = AgentId(self.rng.random_range(1..13));
        let _ = self.world.command(Command::AgentReady { agent });
    }

    fn registration_flips(&mut self) {
        let phone = self.some_phone();
        let there = self.rng.random_bool(0.8);
        self.world.set_registered(&phone, there);
    }

    /// The wires are good again, everybody hangs up, and time passes: nothing may be left.
    pub(crate) fn wind_up(&mut self) {
        for wire in &self.world.around.wires {
            wire.fault_at_first(SpanFault::None);
            wire.fault_at_second(SpanFault::None);
        }
        for _ in 0..4 {
            let now = self.world.now();
            let street = &mut self.world.around;
            for channel in street.scripted.live_channels() {
                if channel.as_span().is_none() {
                    street.scripted.hang_up(now, channel, Cause::NormalClearing);
                }
            }
            for far in &mut street.far {
                for timeslot in (1..32).filter(|timeslot| *timeslot != 16) {
                    if far.has_call(timeslot) {
                        far.hang_up(now, timeslot, Cause::NormalClearing);
                    }
                }
            }
            self.world.run(100 * SECOND);
        }
        self.world.ledger.close();
        self.world.around.scripted.close();
        let counters = self.world.core.counters();
        assert_eq!((counters.calls, counters.channels, counters.waiting), (0, 0, 0));
        for (index, far) in self.world.around.far.iter().enumerate() {
            assert!(far.is_up(), "span {index} is not up again");
            assert_eq!(far.in_use(), 0, "span {index}: a channel of the exchange is left");
            assert_eq!(far.signalling().map_or(0, |s| s.calls().calls()), 0, "span {index}");
            if let Some(near) = self.world.around.spans.signalling(index) {
                let (calls, channels) = (near.calls().calls(), near.calls().channels_in_use());
                assert_eq!((calls, channels), (0, 0), "span {index}: leaked");
                let (calls, link) = (near.calls().counters(), near.link().counters());
                assert_eq!((calls.overflows, calls.unreadable, link.malformed), (0, 0, 0));
            }
        }
    }

    pub(crate) fn summary(&self, told: &BTreeMap<CallId, Told>) -> Summary {
        let count = |is: &dyn Fn(&Told) -> bool| told.values().filter(|call| is(call)).count();
        let ended_by = |cause: Cause| count(&|call| call.ended.is_some_and(|(_, c, _)| c == cause));
        let spans = &self.world.around.spans;
        let ends = (0..R2).filter_map(|index| {
            Some([spans.signalling(index)?, self.world.around.far[index].signalling()?])
        });
        Summary {
            answered: count(&|call| call.answered),
            out: self.world.around.callers.len(),
            r2: count(&|call| call.source == format!("e1-{R2}")),
            refused: ended_by(Cause::UnallocatedNumber) + ended_by(Cause::Congestion),
            by_t309: ended_by(Cause::DestinationOutOfOrder),
            by_alarm: ended_by(Cause::NetworkOutOfOrder),
            glares: ends.flatten().map(|end| end.calls().counters().glares).sum(),
            restarts: self.restarts,
            busy_outs: self.busy_outs,
        }
    }
}
