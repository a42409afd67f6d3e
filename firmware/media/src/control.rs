//! The core's end of the media side.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rtrb::{Consumer, Producer, RingBuffer};
use rustc_hash::FxHashMap;
use tipring_dsp::ToneCadence;
use tipring_line::{ChannelCommand, ChannelId, Digits, FrameChannel, RtpSession};

use crate::command::{CONFERENCE_MAX, Command, Garbage, Members};
use crate::engine::{Engine, EngineEnds, Leg, LegSlot, PacketLeg, Wire};
use crate::event::RecordingId;
use crate::metrics::Metrics;
use crate::play::Player;
use crate::recorder::{Recorder, RecorderEnds, RecordingOrder};
use crate::rtp::outgoing::OutgoingStream;
use crate::tap::dtmf::DtmfTap;
use crate::tap::record::RecordingSlot;
use crate::wake::Wake;
use crate::{MediaConfig, MediaError, MediaEvent, Playlist, PortPool};

/// Makes the three ends of the media side: the core's, the real-time thread's and the disk's.
///
/// # Errors
/// [`MediaError::System`] if the system has no file descriptor left for waking each other.
pub fn open(config: &MediaConfig) -> Result<(Control, Engine, Recorder), MediaError> {
    let (commands, engine_commands) = RingBuffer::new(config.ring_slots);
    let (engine_events, events) = RingBuffer::new(config.ring_slots);
    // Every leg and every command may come back as garbage at once.
    let (engine_garbage, garbage) =
        RingBuffer::new(2 * config.ring_slots + 8 * usize::from(config.legs_max));
    let (engine_chunks, chunks) = RingBuffer::new(config.recorder_chunks);
    let (orders, recorder_orders) = RingBuffer::new(usize::from(config.recordings_max));
    // A recording starts, and closes or fails: three events each at most.
    let (recorder_events, recorded) = RingBuffer::new(4 * usize::from(config.recordings_max));
    let metrics = Arc::new(Metrics::default());
    let engine_wake = Arc::new(Wake::new()?);
    let core_wake = Arc::new(Wake::new()?);
    let ends = EngineEnds {
        commands: engine_commands,
        events: engine_events,
        garbage: engine_garbage,
        chunks: engine_chunks,
        wake: Arc::clone(&engine_wake),
        core_wake: Arc::clone(&core_wake),
    };
    let recorder = Recorder::new(
        RecorderEnds {
            chunks,
            orders: recorder_orders,
            events: recorder_events,
            core_wake: Arc::clone(&core_wake),
        },
        Arc::clone(&metrics),
        config.recordings_max,
    );
    let control = Control {
        commands,
        events,
        garbage,
        orders,
        recorded,
        ports: PortPool::new(config.bind, config.rtp_ports.clone()),
        random: StdRng::seed_from_u64(config.seed),
        channels: FxHashMap::default(),
        free: (0..config.legs_max).rev().map(LegSlot).collect(),
        recordings: FxHashMap::default(),
        free_recordings: (0..config.recordings_max).rev().map(RecordingSlot).collect(),
        legs_max: config.legs_max,
        recordings_max: config.recordings_max,
        metrics: Arc::clone(&metrics),
        engine_wake,
        core_wake,
        unsent: false,
    };
    Ok((control, Engine::new(config, ends, metrics), recorder))
}

/// The core's end: owns what is allocated, names channels, sends commands, gets events.
///
/// Commands take effect in their order once [`Control::flush`] or [`Control::poll_event`] has
/// woken the engine, or at its next tick, 20 ms later at most.
pub struct Control {
    commands: Producer<Command>,
    events: Consumer<MediaEvent>,
    garbage: Consumer<Garbage>,
    orders: Producer<RecordingOrder>,
    recorded: Consumer<MediaEvent>,
    ports: PortPool,
    random: StdRng,
    channels: FxHashMap<ChannelId, LegSlot>,
    free: Vec<LegSlot>,
    recordings: FxHashMap<RecordingId, RecordingSlot>,
    free_recordings: Vec<RecordingSlot>,
    legs_max: u16,
    recordings_max: u16,
    metrics: Arc<Metrics>,
    engine_wake: Arc<Wake>,
    core_wake: Arc<Wake>,
    /// Commands have been sent since the engine was last woken.
    unsent: bool,
}

impl Control {
    /// Hands out an RTP port for the session description of a channel to be opened.
    ///
    /// # Errors
    /// [`MediaError::NoPort`] when the range is used up.
    pub fn allocate_port(&mut self) -> Result<u16, MediaError> {
        self.collect_garbage();
        self.ports.allocate()
    }

    /// Takes back a port of a call that ended before its channel was opened.
    pub fn release_port(&mut self, port: u16) {
        self.ports.release(port);
    }

    /// Opens a channel's packet leg on the port `session.local_port` of
    /// [`Control::allocate_port`]. A channel that is open already is updated.
    ///
    /// # Errors
    /// [`MediaError::NoLeg`], or [`MediaError::PortNotAllocated`].
    pub fn open_rtp(&mut self, channel: ChannelId, session: RtpSession) -> Result<(), MediaError> {
        if self.channels.contains_key(&channel) {
            self.update_rtp(channel, session);
            return Ok(());
        }
        self.collect_garbage();
        if self.free.is_empty() {
            return Err(MediaError::NoLeg(self.legs_max));
        }
        let sockets = self.ports.take(session.local_port)?;
        let stream =
            OutgoingStream::new(self.random.random(), self.random.random(), self.random.random());
        let packets = PacketLeg::new(session, Some(sockets), stream);
        self.open(channel, Wire::Packets(packets))
    }

    /// Changes an open packet leg: another remote address, direction or event payload type. If the
    /// address changed, the next valid source is taken as the peer.
    pub fn update_rtp(&mut self, channel: ChannelId, session: RtpSession) {
        self.with(channel, |slot| Command::Update(slot, session));
    }

    /// Attaches a channel whose audio comes in frames. It stays for ever.
    ///
    /// # Errors
    /// [`MediaError::NoLeg`], or [`MediaError::AlreadyOpen`].
    pub fn attach(
        &mut self,
        channel: ChannelId,
        frames: Box<dyn FrameChannel>,
    ) -> Result<(), MediaError> {
        if self.channels.contains_key(&channel) {
            return Err(MediaError::AlreadyOpen(channel));
        }
        self.open(channel, Wire::Frames(frames))
    }

    fn open(&mut self, channel: ChannelId, wire: Wire) -> Result<(), MediaError> {
        let slot = self.free.pop().ok_or(MediaError::NoLeg(self.legs_max))?;
        self.channels.insert(channel, slot);
        self.send(Command::Open(slot, Box::new(Leg::new(channel, wire))));
        Ok(())
    }

    /// Tells a frame channel what to do.
    pub fn line_command(&mut self, channel: ChannelId, command: ChannelCommand) {
        self.with(channel, |slot| Command::Line(slot, Box::new(command)));
    }

    /// Ends a packet leg: it leaves its bridge, and its port goes back to the pool. A frame
    /// channel leaves its bridge and falls silent.
    pub fn close(&mut self, channel: ChannelId) {
        self.with(channel, Command::Close);
        if channel.is_sip() {
            self.channels.remove(&channel);
        }
    }

    /// Lets two channels hear each other, and nobody else.
    pub fn bridge(&mut self, a: ChannelId, b: ChannelId) {
        self.with_both(a, b, Command::Bridge);
    }

    /// Parts two channels that are bridged to each other; otherwise nothing changes.
    pub fn unbridge(&mut self, a: ChannelId, b: ChannelId) {
        self.with_both(a, b, Command::Unbridge);
    }

    /// Lets each of these channels hear all others. They leave whatever they were in before;
    /// bridging a member, or another conference of some of them, takes it out again.
    ///
    /// # Errors
    /// [`MediaError::TooManyMembers`], or [`MediaError::NotOpen`] for one of them.
    pub fn conference(&mut self, channels: &[ChannelId]) -> Result<(), MediaError> {
        if channels.len() > CONFERENCE_MAX {
            let asked = channels.len();
            return Err(MediaError::TooManyMembers { most: CONFERENCE_MAX, asked });
        }
        let mut members = Members::new();
        for channel in channels {
            let slot = self.channels.get(channel).ok_or(MediaError::NotOpen(*channel))?;
            if !members.contains(slot) {
                members.push(*slot);
            }
        }
        self.send(Command::Conference(members));
        Ok(())
    }

    /// Takes a channel out of its bridge or conference, or from what it monitors.
    pub fn leave(&mut self, channel: ChannelId) {
        self.with(channel, Command::Leave);
    }

    /// Lets `listener` hear what `target` says and hears, unheard by both; with `whisper` the
    /// target, and nobody else, hears the listener.
    pub fn monitor(&mut self, listener: ChannelId, target: ChannelId, whisper: bool) {
        self.with_both(listener, target, |listener, target| {
            Command::Monitor(listener, target, whisper)
        });
    }

    /// Puts silence in the place of what a channel says (`true`), for whoever hears it and in
    /// recordings. Its keys are still heard.
    pub fn mute(&mut self, channel: ChannelId, muted: bool) {
        self.with(channel, |slot| Command::Mute(slot, muted));
    }

    /// Plays sounds to a channel, in place of what it would hear; what plays already stops
    /// without a `PlayDone`.
    pub fn play(&mut self, channel: ChannelId, list: Playlist) {
        self.with(channel, |slot| Command::Play(slot, Box::new(Player::sounds(list))));
    }

    /// Plays a tone to a channel, in place of what it would hear.
    pub fn tone(&mut self, channel: ChannelId, cadence: ToneCadence) {
        self.with(channel, |slot| Command::Play(slot, Box::new(Player::tone(cadence))));
    }

    /// Lets a channel hear a tone beside what it hears anyway. Nobody else hears it, and no
    /// recording holds it. A tone that never ends stays until the next.
    pub fn beep(&mut self, channel: ChannelId, cadence: ToneCadence) {
        self.with(channel, |slot| Command::Beep(slot, Box::new(Player::tone(cadence))));
    }

    /// Stops what plays to a channel.
    pub fn stop(&mut self, channel: ChannelId) {
        self.with(channel, Command::Stop);
    }

    /// Begins a recording to a new file at `path`, silent until [`Control::record_sides`].
    ///
    /// # Errors
    /// [`MediaError::NoRecording`].
    pub fn record(&mut self, id: RecordingId, path: impl AsRef<Path>) -> Result<(), MediaError> {
        if self.recordings.contains_key(&id) {
            return Ok(());
        }
        let refused = MediaError::NoRecording(self.recordings_max);
        let Some(slot) = self.free_recordings.pop() else { return Err(refused) };
        let path: PathBuf = path.as_ref().to_owned();
        if self.orders.push(RecordingOrder { slot, id, path }).is_err() {
            self.free_recordings.push(slot);
            return Err(refused);
        }
        self.recordings.insert(id, slot);
        self.send(Command::Record(slot));
        Ok(())
    }

    /// Sets whom the recording's channels hold from now on: silence for nobody, the sum of several.
    /// Channels that are not open are left out, and so are those past the 32nd.
    pub fn record_sides(&mut self, id: RecordingId, left: Option<ChannelId>, right: &[ChannelId]) {
        let Some(slot) = self.recordings.get(&id).copied() else { return };
        let left = left.and_then(|channel| self.channels.get(&channel).copied());
        let right = right.iter().filter_map(|channel| self.channels.get(channel).copied());
        let right: Members = right.take(CONFERENCE_MAX).collect();
        self.send(Command::RecordSides(slot, left, right));
    }

    /// Ends a recording; `RecordingClosed` follows.
    pub fn record_stop(&mut self, id: RecordingId) {
        if let Some(slot) = self.recordings.get(&id).copied() {
            self.send(Command::RecordStop(slot));
        }
    }

    /// Turns the detection of DTMF in a channel's audio on or off. Telephone-events are always
    /// told.
    pub fn detect(&mut self, channel: ChannelId, dtmf: bool) {
        self.with(channel, |slot| Command::Detect(slot, dtmf.then(|| Box::new(DtmfTap::new()))));
    }

    /// Sends keys to a channel's peer: telephone-events where agreed, else DTMF in the audio.
    pub fn send_digits(&mut self, channel: ChannelId, digits: Digits) {
        self.with(channel, |slot| Command::SendDigits(slot, Box::new(digits)));
    }

    /// The next event, oldest first. Wakes the engine for commands that have been sent before.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.flush();
        self.collect_garbage();
        if let Ok(event) = self.events.pop() {
            return Some(event);
        }
        let event = self.recorded.pop().ok()?;
        if let MediaEvent::RecordingClosed { id, .. } | MediaEvent::RecordingFailed { id, .. } =
            &event
            && let Some(slot) = self.recordings.remove(id)
        {
            self.free_recordings.push(slot);
        }
        Some(event)
    }

    /// Wakes the engine, so that it sees the commands sent so far at once.
    pub fn flush(&mut self) {
        if self.unsent {
            self.unsent = false;
            self.engine_wake.wake();
        }
    }

    /// A descriptor that becomes readable when events wait. [`Control::clear_wake`] makes it wait
    /// again; poll every event after that.
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.core_wake.as_fd()
    }

    /// Takes note of a wake: see [`Control::wake_fd`].
    pub fn clear_wake(&self) {
        self.core_wake.clear();
    }

    /// The figures of the media side, to be read at any time.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    fn with(&mut self, channel: ChannelId, command: impl FnOnce(LegSlot) -> Command) {
        match self.channels.get(&channel).copied() {
            Some(slot) => self.send(command(slot)),
            None => Metrics::bump(&self.metrics.commands_unknown_channel),
        }
    }

    fn with_both(
        &mut self,
        a: ChannelId,
        b: ChannelId,
        command: impl FnOnce(LegSlot, LegSlot) -> Command,
    ) {
        match (self.channels.get(&a).copied(), self.channels.get(&b).copied()) {
            (Some(a), Some(b)) if a != b => self.send(command(a, b)),
            _ => Metrics::bump(&self.metrics.commands_unknown_channel),
        }
    }

    fn send(&mut self, command: Command) {
        self.collect_garbage();
        self.unsent = true;
        if self.commands.push(command).is_err() {
            // The engine has not run for thousands of commands: nothing sent to it would help.
            Metrics::bump(&self.metrics.commands_dropped);
        }
    }

    fn collect_garbage(&mut self) {
        while let Ok(garbage) = self.garbage.pop() {
            if let Garbage::Leg(slot, leg) = garbage {
                if let Wire::Packets(PacketLeg { sockets: Some(sockets), .. }) = leg.wire {
                    self.ports.give_back(sockets);
                }
                self.free.push(slot);
            }
        }
    }
}
