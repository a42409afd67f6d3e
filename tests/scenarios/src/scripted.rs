//! Channels and media played by script: no audio, exact times.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tipring_clock::{Duration, Instant};
use tipring_line::{
    AnswerCertainty, CallId, CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Digit,
    DigitSource, Endpoint, Number, PortId,
};
use tipring_switch::{MediaEvent, MediaRequest, PlayId, Tone};
use tipring_tts::Utterance;

use crate::world::{Stimulus, Surroundings};

/// How a phone, or the far side of a trunk, behaves when it is rung.
#[derive(Clone, Debug)]
pub struct Phone {
    /// How long until it says that it rings.
    pub rings_after: Duration,
    /// How long until it answers, from the ringing command on; `None` for never.
    pub answers_after: Option<Duration>,
    /// It refuses instead, for this cause.
    pub refuses: Option<Cause>,
    /// How long after answering it hangs up; `None` for never.
    pub hangs_up_after: Option<Duration>,
}

impl Default for Phone {
    fn default() -> Self {
        Phone {
            rings_after: Duration::from_millis(50),
            answers_after: Some(Duration::from_secs(3)),
            refuses: None,
            hangs_up_after: None,
        }
    }
}

/// What a channel hears.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Hears {
    /// Nothing.
    #[default]
    Nothing,
    /// A prompt; what is said.
    Prompt(PlayId, Vec<Utterance>),
    /// Music.
    Music,
    /// A tone.
    Tone(Tone),
    /// The other party.
    Party(ChannelId),
    /// All others of a conference, in order.
    Conference(Vec<ChannelId>),
    /// What this channel says and hears; `true` where it is heard there too.
    Monitored(ChannelId, bool),
}

#[derive(Debug)]
struct Channel {
    endpoint: Option<Endpoint>,
    /// Told apart from earlier calls on the same port by this.
    life: u64,
    /// Whether the box has answered it, or it has answered the box.
    up: bool,
    releasing: bool,
}

/// A recording under way.
#[derive(Clone, Debug)]
struct Recording {
    path: String,
    began: Instant,
    /// Who is on its left, and on its right.
    sides: (Option<ChannelId>, Vec<ChannelId>),
}

/// The scripted world.
#[derive(Default)]
pub struct Scripted {
    phones: HashMap<Number, Phone>,
    lines: HashMap<PortId, Phone>,
    /// The far side of the trunks and of the lines.
    pub outside: Phone,
    channels: BTreeMap<ChannelId, Channel>,
    hears: HashMap<ChannelId, Hears>,
    bridges: BTreeSet<(ChannelId, ChannelId)>,
    conferences: Vec<BTreeSet<ChannelId>>,
    muted: BTreeSet<ChannelId>,
    /// The tones heard beside everything else: by whom, and which.
    pub beeps: Vec<(ChannelId, Tone)>,
    recordings: HashMap<CallId, Recording>,
    agenda: BTreeMap<(Instant, u64), (Option<u64>, Stimulus)>,
    count: u64,
    next_in: u32,
    /// What channels were told, oldest first, as far as it matters to scenarios.
    pub told: Vec<(ChannelId, ChannelCommand)>,
    /// How many recordings were closed.
    pub recordings_closed: u64,
    /// Recordings that were removed.
    pub recordings_discarded: u64,
    /// A channel whose last word is lost on the way to the box.
    pub loses_released: Option<ChannelId>,
}

/// How long a channel takes until it is free after it was told to end.
const RELEASE_TIME: Duration = Duration::from_millis(20);
/// How many commands are remembered.
const TOLD_MAX: usize = 1000;

/// How long a prompt lasts: two seconds, and half a second for each value.
fn length(say: &[Utterance]) -> Duration {
    let one = |piece: &Utterance| match piece {
        Utterance::Prompt(_) => 2000,
        Utterance::Template { values, .. } => 2000 + 500 * values.len() as u64,
        _ => 500,
    };
    Duration::from_millis(say.iter().map(one).sum())
}

impl Scripted {
    /// Sets how an extension's phone behaves from now on.
    pub fn set_phone(&mut self, number: Number, phone: Phone) {
        self.phones.insert(number, phone);
    }

    /// Sets how the far side of a line, or the handset at a port, behaves from now on.
    pub fn set_line(&mut self, port: PortId, phone: Phone) {
        self.lines.insert(port, phone);
    }

    /// Where calls were placed, in their order.
    pub fn seized(&self) -> Vec<Endpoint> {
        let seizures = self.told.iter().filter_map(|(_, command)| match command {
            ChannelCommand::Seize(endpoint) => Some(*endpoint),
            _ => None,
        });
        seizures.collect()
    }

    /// What a channel hears.
    pub fn hears(&self, channel: ChannelId) -> Hears {
        self.hears.get(&channel).cloned().unwrap_or_default()
    }

    /// Who is on the left and on the right of a call's recording.
    pub fn recorded(&self, call: u64) -> (Option<ChannelId>, Vec<ChannelId>) {
        self.recordings.get(&CallId(call)).map(|r| r.sides.clone()).unwrap_or_default()
    }

    /// Whether what a channel says is heard by nobody.
    pub fn is_muted(&self, channel: ChannelId) -> bool {
        self.muted.contains(&channel)
    }

    /// Whether a channel is there, and its call answered.
    pub fn is_up(&self, channel: ChannelId) -> bool {
        self.channels.get(&channel).is_some_and(|c| c.up && !c.releasing)
    }

    /// Whether a channel carries a call at all.
    pub fn is_there(&self, channel: ChannelId) -> bool {
        self.channels.contains_key(&channel)
    }

    /// The channel that rings, or talks, at an extension.
    pub fn channel_at(&self, number: Number) -> Option<ChannelId> {
        let at = Some(Endpoint::SipPhone(number));
        self.channels.iter().find(|(_, c)| c.endpoint == at && !c.releasing).map(|(id, _)| *id)
    }

    /// Whether an extension carries any leg, one that is just being released included.
    pub fn is_occupied(&self, number: Number) -> bool {
        self.channels.values().any(|c| c.endpoint == Some(Endpoint::SipPhone(number)))
    }

    /// Channels whose far side can still do something, in order.
    pub fn live_channels(&self) -> Vec<ChannelId> {
        self.channels.iter().filter(|(_, c)| !c.releasing).map(|(id, _)| *id).collect()
    }

    /// Everything is over: no channel, bridge, sound or recording is left.
    pub fn close(&self) {
        assert!(self.channels.is_empty(), "channels left: {:?}", self.channels);
        assert!(self.bridges.is_empty(), "bridges left: {:?}", self.bridges);
        assert!(self.conferences.is_empty(), "conferences left: {:?}", self.conferences);
        assert!(self.muted.is_empty(), "muted: {:?}", self.muted);
        assert!(self.recordings.is_empty(), "recordings left: {:?}", self.recordings);
    }

    /// The far side of a new SIP call.
    pub fn new_sip_channel(&mut self) -> ChannelId {
        let channel = ChannelId::sip_in(self.next_in);
        self.next_in += 1;
        channel
    }

    /// A call comes in on a channel now.
    pub fn offer(
        &mut self,
        now: Instant,
        channel: ChannelId,
        called: Option<Number>,
        caller: CallerId,
        trunk: Option<u16>,
        extension: Option<Number>,
    ) {
        self.begin(channel, extension.map(Endpoint::SipPhone));
        let event = ChannelEvent::Offered { called, caller, trunk, extension, redirection: None };
        self.soon(now, channel, Duration::ZERO, event);
    }

    /// A phone wants the place of another leg (INVITE with Replaces).
    pub fn replace(&mut self, now: Instant, channel: ChannelId, leg: ChannelId, extension: Number) {
        self.begin(channel, Some(Endpoint::SipPhone(extension)));
        self.soon(now, channel, Duration::ZERO, ChannelEvent::Replaces { leg, extension });
    }

    /// Something happens on a channel, if its call still goes on then.
    pub fn soon(&mut self, now: Instant, channel: ChannelId, after: Duration, event: ChannelEvent) {
        if let Some(life) = self.channels.get(&channel).map(|c| c.life) {
            self.schedule(now + after, Some(life), Stimulus::Channel(channel, event));
        }
    }

    /// The far side presses a key.
    pub fn press(&mut self, now: Instant, channel: ChannelId, digit: Digit) {
        let event = ChannelEvent::Digit { digit, source: DigitSource::Rfc4733 };
        self.soon(now, channel, Duration::ZERO, event);
    }

    /// The far side hangs up.
    pub fn hang_up(&mut self, now: Instant, channel: ChannelId, cause: Cause) {
        let Some(c) = self.channels.get_mut(&channel).filter(|c| !c.releasing) else { return };
        c.releasing = true;
        c.life = self.count + 1;
        self.soon(now, channel, Duration::ZERO, ChannelEvent::Released(cause));
    }

    /// A channel that somebody else plays carries a call from now on, so that the media knows it.
    pub fn appears(&mut self, channel: ChannelId) {
        if !self.channels.contains_key(&channel) {
            self.begin(channel, None);
        }
    }

    /// A channel that somebody else plays is free.
    pub fn vanishes(&mut self, channel: ChannelId) {
        self.channels.remove(&channel);
        self.hears.remove(&channel);
    }

    fn begin(&mut self, channel: ChannelId, endpoint: Option<Endpoint>) {
        self.count += 1;
        let new = Channel { endpoint, life: self.count, up: false, releasing: false };
        let old = self.channels.insert(channel, new);
        assert!(old.is_none(), "{channel} is seized twice");
    }

    fn schedule(&mut self, at: Instant, life: Option<u64>, stimulus: Stimulus) {
        self.count += 1;
        self.agenda.insert((at, self.count), (life, stimulus));
    }

    fn ring(&mut self, now: Instant, channel: ChannelId) {
        let phone = match self.channels.get(&channel).and_then(|c| c.endpoint) {
            Some(Endpoint::SipPhone(number)) => self.phones.get(&number).cloned(),
            // Handsets and lines behave as a phone that nobody has set up otherwise.
            Some(Endpoint::Port(port)) => self.lines.get(&port).cloned(),
            _ => Some(self.outside.clone()),
        };
        let phone = phone.unwrap_or_default();
        if let Some(cause) = phone.refuses {
            let event = ChannelEvent::Released(cause);
            return self.soon(now, channel, phone.rings_after, event);
        }
        self.soon(now, channel, phone.rings_after, ChannelEvent::Ringing);
        let Some(answer) = phone.answers_after else { return };
        self.soon(now, channel, answer, ChannelEvent::Answered(AnswerCertainty::Signalled));
        if let Some(talk) = phone.hangs_up_after {
            let event = ChannelEvent::Released(Cause::NormalClearing);
            self.soon(now, channel, answer + talk, event);
        }
    }

    fn set_hears(&mut self, channel: ChannelId, hears: Hears) {
        assert!(self.channels.contains_key(&channel), "{channel} is no more, but {hears:?}");
        assert!(!self.is_bridged(channel), "{channel} is bridged, but {hears:?}");
        self.hears.insert(channel, hears);
    }

    fn is_bridged(&self, channel: ChannelId) -> bool {
        self.bridges.iter().any(|(a, b)| *a == channel || *b == channel)
            || self.conferences.iter().any(|members| members.contains(&channel))
    }

    fn bridge(&mut self, a: ChannelId, b: ChannelId) {
        for channel in [a, b] {
            assert!(self.channels.contains_key(&channel), "{channel} is bridged, but no more");
            self.part(channel);
        }
        self.bridges.insert((a, b));
        self.hears.insert(a, Hears::Party(b));
        self.hears.insert(b, Hears::Party(a));
    }

    /// Takes a channel out of its conference. What stays alone is none.
    fn part(&mut self, channel: ChannelId) {
        let paired = self.bridges.iter().any(|(a, b)| *a == channel || *b == channel);
        assert!(!paired, "{channel} is bridged twice");
        for members in &mut self.conferences {
            members.remove(&channel);
        }
        self.hears.remove(&channel);
        self.hear_conferences();
    }

    fn hear_conferences(&mut self) {
        self.conferences.retain(|members| !members.is_empty());
        for members in &self.conferences {
            for member in members {
                let others = members.iter().copied().filter(|other| other != member);
                self.hears.insert(*member, Hears::Conference(others.collect()));
            }
        }
    }

    fn confer(&mut self, members: &[ChannelId]) {
        assert!(members.len() > 2, "a conference of {members:?}");
        for channel in members {
            assert!(self.channels.contains_key(channel), "{channel} confers, but is no more");
            // A pair becomes a conference without being taken apart first.
            self.bridges.retain(|(a, b)| a != channel && b != channel);
            self.part(*channel);
        }
        self.conferences.push(members.iter().copied().collect());
        self.hear_conferences();
    }
}

impl Surroundings for Scripted {
    fn channel(&mut self, now: Instant, channel: ChannelId, command: &ChannelCommand) {
        if self.told.len() < TOLD_MAX {
            self.told.push((channel, command.clone()));
        }
        match command {
            ChannelCommand::Seize(endpoint) => self.begin(channel, Some(*endpoint)),
            ChannelCommand::Ring { .. } | ChannelCommand::Dial { .. } => self.ring(now, channel),
            ChannelCommand::Answer => {
                let c = self.channels.get_mut(&channel).expect("answers a channel that is there");
                assert!(!core::mem::replace(&mut c.up, true), "{channel} is answered twice");
            }
            ChannelCommand::Release(cause) => {
                let Some(c) = self.channels.get_mut(&channel) else { return };
                // Who has hung up already says so anyway.
                if !core::mem::replace(&mut c.releasing, true) {
                    c.life = self.count + 1;
                    self.count += 1;
                    self.soon(now, channel, RELEASE_TIME, ChannelEvent::Released(*cause));
                }
            }
            ChannelCommand::MessageWaiting(_)
            | ChannelCommand::Forwarded(_)
            | ChannelCommand::Block(_) => {}
            ChannelCommand::Alert
            | ChannelCommand::Redirected(_)
            | ChannelCommand::Connected(_)
            | ChannelCommand::Facility(_)
            | ChannelCommand::Notify(_)
            | ChannelCommand::OpenEarlyAudio
            | ChannelCommand::CallWaiting { .. }
            | ChannelCommand::CallWaitingEnd
            | ChannelCommand::SendDigits(_)
            | ChannelCommand::Transferred(_)
            | ChannelCommand::Flash => {
                assert!(self.channels.contains_key(&channel), "{command:?} for no channel");
            }
        }
    }

    fn media(&mut self, now: Instant, request: &MediaRequest) {
        match request {
            MediaRequest::Bridge(a, b) => self.bridge(*a, *b),
            MediaRequest::Unbridge(a, b) => {
                assert!(self.bridges.remove(&(*a, *b)), "{a} and {b} are not bridged");
                self.hears.remove(a);
                self.hears.remove(b);
            }
            MediaRequest::Conference { members } => self.confer(members),
            MediaRequest::Leave { ch } => {
                self.part(*ch);
            }
            MediaRequest::Monitor { listener, target, whisper } => {
                self.set_hears(*listener, Hears::Monitored(*target, *whisper));
            }
            MediaRequest::Mute { ch, muted: true } => {
                self.muted.insert(*ch);
            }
            MediaRequest::Mute { ch, muted: false } => {
                self.muted.remove(ch);
            }
            MediaRequest::Play { ch, say, repeat, id, .. } => {
                self.set_hears(*ch, Hears::Prompt(*id, say.to_vec()));
                if !repeat {
                    let done = MediaEvent::PlayDone { ch: *ch, id: *id };
                    self.schedule(now + length(say), None, Stimulus::Media(done));
                }
            }
            MediaRequest::Music { ch } => self.set_hears(*ch, Hears::Music),
            MediaRequest::Beep { ch, tone } => {
                assert!(self.channels.contains_key(ch), "{ch} is no more, but beeps");
                self.beeps.push((*ch, *tone));
            }
            MediaRequest::Tone { ch, tone } => self.set_hears(*ch, Hears::Tone(*tone)),
            MediaRequest::Stop { ch } => self.set_hears(*ch, Hears::Nothing),
            MediaRequest::Detect { .. } => {}
            MediaRequest::RecordStart { call, path } => {
                let path = path.as_ref().to_owned();
                let new = Recording { path, began: now, sides: (None, Vec::new()) };
                let old = self.recordings.insert(*call, new);
                assert!(old.is_none(), "call {call} is recorded twice");
            }
            MediaRequest::RecordSides { call, left, right } => {
                let recording = self.recordings.get_mut(call).expect("a recording that began");
                recording.sides = (*left, right.to_vec());
            }
            MediaRequest::RecordDiscard { .. } => self.recordings_discarded += 1,
            MediaRequest::RecordStop { call } => {
                let recording = self.recordings.remove(call).expect("a recording that began");
                let Recording { path, began, .. } = recording;
                let duration_ms = now.saturating_since(began).as_millis() as u64;
                let bytes = 44 + duration_ms * 32;
                let closed = MediaEvent::RecordingClosed { call: *call, path, duration_ms, bytes };
                self.recordings_closed += 1;
                let at = now + Duration::from_millis(100);
                self.schedule(at, None, Stimulus::Media(closed));
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    fn poll(&mut self, now: Instant) -> Option<Stimulus> {
        loop {
            let entry = self.agenda.first_entry()?;
            if entry.key().0 > now {
                return None;
            }
            let (life, stimulus) = entry.remove();
            let Some(life) = life else {
                let Stimulus::Media(MediaEvent::PlayDone { ch, id }) = &stimulus else {
                    return Some(stimulus);
                };
                // A prompt that was cut short does not come to its end.
                if matches!(self.hears.get(ch), Some(Hears::Prompt(playing, _)) if playing == id) {
                    self.hears.remove(ch);
                    return Some(stimulus);
                }
                continue;
            };
            let Stimulus::Channel(channel, event) = &stimulus else { return Some(stimulus) };
            let Some(c) = self.channels.get_mut(channel).filter(|c| c.life == life) else {
                continue;
            };
            match event {
                ChannelEvent::Answered(_) => c.up = true,
                ChannelEvent::Released(_) => {
                    self.channels.remove(channel);
                    self.hears.remove(channel);
                    if self.loses_released == Some(*channel) {
                        continue;
                    }
                }
                _ => {}
            }
            return Some(stimulus);
        }
    }
}
