//! Surroundings with E1 spans: the real signalling of the box over simulated spans, an exchange at
//! their far ends, and scripted phones and lines for all the rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tipring_clock::Instant;
use tipring_config::{Document, SpanEntry};
use tipring_line::{CallerId, ChannelCommand, ChannelEvent, ChannelId, FrameChannel, SILENCE};
use tipring_r2::R2;
use tipring_sim::{CallPlan, SpanControl, SpanFaults, span};
use tipring_switch::{
    Class, DialRule, From, GroupConfig, Hunt, MediaRequest, Outside, SpanConfig, Target,
};
use tipring_tipringd::core::CoreConfig;
use tipring_tipringd::spans::{FarEnd, FarEvent, SpanPlan, Spans, Taken, plan, well};

use crate::{Scripted, Stimulus, Surroundings, World, number, site};

const TICK: Duration = Duration::from_millis(20);

/// Spans, their far ends, and scripted phones.
pub struct SpanStreet {
    /// Phones, lines and SIP trunks.
    pub scripted: Scripted,
    /// The box's spans.
    pub spans: Spans,
    /// Their far ends, in the same order.
    pub far: Vec<FarEnd>,
    /// Their wires.
    pub wires: Vec<SpanControl>,
    /// What happened at the far ends: span, timeslot and what.
    pub happened: Vec<(usize, u8, FarEvent)>,
    /// How many calls the spans have offered to the box.
    pub offered: u64,
    /// Who the box said to call, call by call.
    pub callers: Vec<CallerId>,
    /// R2 channels, which the media thread would tick.
    r2: BTreeMap<ChannelId, Box<dyn FrameChannel>>,
    due: Instant,
}

/// A simulated span as the configuration has it: `toml` says what differs from a subscriber's ISDN
/// span of the name `e1`.
pub fn span_entry(toml: &str) -> SpanEntry {
    let base = "[[span]]\nname = \"e1\"\nsimulated = true\n";
    let signalling = if toml.contains("signalling") { "" } else { "signalling = \"pri-user\"\n" };
    let text = format!("{base}{signalling}{toml}");
    let mut document = Document::parse(&text).expect("the scenarios' spans are spans");
    document.spans.remove(0)
}

impl SpanStreet {
    fn new(entries: &[SpanEntry], faults: SpanFaults) -> Self {
        let mut street = SpanStreet {
            scripted: Scripted::default(),
            spans: Spans::new(),
            far: Vec::new(),
            wires: Vec::new(),
            happened: Vec::new(),
            offered: 0,
            callers: Vec::new(),
            r2: BTreeMap::new(),
            due: Instant::ZERO + TICK,
        };
        for (index, entry) in (0u8..).zip(entries) {
            let plan = plan(entry, Path::new("no such folder")).expect("a built-in variant");
            let (near, far, wire) = span(faults, u64::from(index) + 1);
            let isdn = match &plan {
                SpanPlan::Isdn(settings) => Some((**settings).clone()),
                SpanPlan::R2(settings) => {
                    for timeslot in near.timeslots {
                        let number = timeslot.number();
                        if entry.channels() >> number & 1 == 1 {
                            let r2 = Box::new(R2::new(timeslot, (**settings).clone()));
                            street.r2.insert(ChannelId::of_span(index, number), r2);
                        }
                    }
                    None
                }
            };
            let line = well(entry, u16::from(index) + 1);
            street.spans.add(Instant::ZERO, Box::new(near.span), isdn, line);
            street.far.push(FarEnd::new(Instant::ZERO, far, &plan, entry.channels()));
            street.wires.push(wire);
        }
        street
    }

    fn tick(&mut self, now: Instant) {
        self.spans.handle_timeout(now);
        let mut rx = SILENCE;
        for channel in self.r2.values_mut() {
            channel.tick(now, &SILENCE, &mut rx);
        }
        for (index, far) in self.far.iter_mut().enumerate() {
            if self.r2.keys().any(|ch| ch.as_span().is_some_and(|(i, _)| usize::from(i) == index)) {
                far.tick(now);
            } else {
                far.tick_signalling(now);
            }
            while let Some((timeslot, event)) = far.poll_event() {
                self.happened.push((index, timeslot, event));
            }
        }
    }

    fn heard(&mut self, channel: ChannelId, event: ChannelEvent) -> Stimulus {
        match &event {
            ChannelEvent::Offered { .. } => {
                self.offered += u64::from(channel.as_span().is_some());
                self.scripted.appears(channel);
            }
            ChannelEvent::Released(_) => self.scripted.vanishes(channel),
            ChannelEvent::Moved(to) => {
                self.scripted.vanishes(channel);
                self.scripted.appears(*to);
            }
            _ => {}
        }
        Stimulus::Channel(channel, event)
    }

    /// What happened on a far end's channels, without their timeslots.
    pub fn far_events(&self, span: usize) -> Vec<FarEvent> {
        let of_span = self.happened.iter().filter(|(index, ..)| *index == span);
        of_span.map(|(_, _, event)| event.clone()).collect()
    }
}

impl Surroundings for SpanStreet {
    fn channel(&mut self, now: Instant, channel: ChannelId, command: &ChannelCommand) {
        if channel.as_span().is_none() {
            return self.scripted.channel(now, channel, command);
        }
        if matches!(command, ChannelCommand::Seize(_)) {
            self.scripted.appears(channel);
        }
        if let ChannelCommand::Dial { caller, .. } = command {
            self.callers.push(*caller);
        }
        match self.spans.command(now, channel, command) {
            Taken::Done | Taken::Tones(_) => {}
            Taken::ByChannel => {
                if let Some(r2) = self.r2.get_mut(&channel) {
                    r2.command(now, command);
                }
            }
        }
    }

    fn media(&mut self, now: Instant, request: &MediaRequest) {
        self.scripted.media(now, request);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.scripted.poll_timeout(), Some(self.due)].into_iter().flatten().min()
    }

    fn poll(&mut self, now: Instant) -> Option<Stimulus> {
        if self.due <= now {
            self.due += TICK;
            self.tick(now);
        }
        if let Some((channel, event)) = self.spans.poll_output() {
            return Some(self.heard(channel, event));
        }
        let by_r2 = self.r2.iter_mut().find_map(|(ch, r2)| Some((*ch, r2.poll_event()?)));
        if let Some((channel, event)) = by_r2 {
            return Some(self.heard(channel, event));
        }
        self.scripted.poll(now)
    }
}

/// The usual site with spans: 8 and a number leads outside by the group `out`, the spans first,
/// then `fxo-2`, then the SIP trunk `city`. Emergency calls go out over the first span. A number
/// called is cut to its last four digits.
fn site_with(entries: &[SpanEntry]) -> CoreConfig {
    let mut config = site();
    let spans: Vec<SpanConfig> = Document { spans: entries.to_vec(), ..Document::default() }
        .resolve(tipring_config::Site::default())
        .expect("the scenarios' spans are right")
        .switch
        .spans;
    config.switch.emergency.via = spans[0].name.clone();
    let mut members: Vec<String> = spans.iter().map(|span| span.name.clone()).collect();
    members.extend(["fxo-2".to_owned(), "city".to_owned()]);
    config.switch.spans = spans;
    config.switch.groups.push(GroupConfig { name: "out".into(), members, hunt: Hunt::Ascending });
    config.switch.dial.push(DialRule {
        number: "8.".parse().expect("a pattern"),
        from: From::Extension,
        to: Target::Trunk(Outside {
            name: "out".into(),
            strip: 1,
            prepend: String::new(),
            class: Class::Local,
        }),
        ringing: None,
    });
    config
}

impl World<SpanStreet> {
    /// The usual site with these spans, their D-channels up and its SIP phones registered.
    pub fn with_spans(entries: &[SpanEntry]) -> Self {
        Self::with_spans_and(entries, SpanFaults::default(), |_| {})
    }

    /// The same over wires with these faults, with what `change` makes of the site.
    pub fn with_spans_and(
        entries: &[SpanEntry],
        faults: SpanFaults,
        change: impl FnOnce(&mut CoreConfig),
    ) -> Self {
        let mut config = site_with(entries);
        change(&mut config);
        let mut world = World::with(config, SpanStreet::new(entries, faults));
        for extension in ["8001", "8002", "8003", "8004"] {
            world.set_registered(extension, true);
        }
        world.run(Duration::from_secs(3));
        assert!(world.around.far.iter().all(FarEnd::is_up), "the spans come up");
        world
    }

    /// A SIP phone dials.
    pub fn phone_dials(&mut self, extension: &str, to: &str) -> ChannelId {
        let channel = self.around.scripted.new_sip_channel();
        let (from, to) = (number(extension), Some(number(to)));
        let caller = CallerId::from_number(from);
        self.around.scripted.offer(self.now(), channel, to, caller, None, Some(from));
        self.settle();
        channel
    }

    /// A call comes in over a span; its timeslot.
    pub fn span_call(&mut self, span: usize, to: &str, plan: CallPlan) -> u8 {
        let now = self.now();
        let timeslot = self.around.far[span].call(now, number(to), plan);
        timeslot.expect("the span has a free channel")
    }
}
