//! The core thread: the one place where SIP, switch, media, store and people meet.
//!
//! It waits for datagrams, media events, mail from other threads and timers; hands each to the
//! machine it is for; carries what the machines say from one to the other until all are silent;
//! sends what has gathered; and waits again. Nothing here decides about calls.

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use tipring_api::Live;
use tipring_clock::{Clock, Duration, Instant, RealClock};
use tipring_events::{Event, Reply};
use tipring_line::{CallId, ChannelCommand, ChannelId, Number};
use tipring_media::{Control, RecordingId};
use tipring_sip::{MediaChange, MediaPorts, Output, Transport, UserAgent};
use tipring_store::Store;
use tipring_switch::{MediaEvent, MediaRequest};
use tokio::sync::{oneshot, watch};

use crate::core::{Core, CoreOutput};
use crate::figures::Figures;
use crate::inbox::{Inbox, Mail};
use crate::journal::{self, Level};
use crate::phones::Phones;
use crate::retention::Storage;
use crate::settings;
use crate::sounds::{Sounds, cadence};
use crate::spans::{Spans, Taken};
use crate::streams::Streams;
use crate::udp::SipSocket;

/// How often the live state is published at most.
const LIVE_INTERVAL: Duration = Duration::from_millis(200);
/// How often it is published even when nothing happens: durations and figures go on.
const IDLE_INTERVAL: Duration = Duration::from_secs(5);
/// Batches of datagrams taken before timers and other inputs get their turn.
const BATCHES_IN_A_ROW: usize = 4;

/// What the core thread publishes.
pub(crate) struct Published {
    /// The box as it is now, and what happens.
    pub live: Live,
    /// The core thread's figures.
    pub figures: watch::Sender<Figures>,
}

/// Everything the core thread owns.
pub(crate) struct Reactor {
    /// The time.
    pub clock: RealClock,
    /// The SIP side.
    pub sip: UserAgent,
    /// Its datagrams.
    pub socket: SipSocket,
    /// Its streams.
    pub streams: Streams,
    /// The media side.
    pub media: Control,
    /// Calls, flows, queues.
    pub core: Core,
    /// The records.
    pub store: Store,
    /// The E1 spans.
    pub spans: Spans,
    /// The prompts.
    pub sounds: Sounds,
    /// Where recordings are kept.
    pub recordings: std::path::PathBuf,
    /// Whether there is room for more.
    pub storage: Storage,
    /// Which phones are registered.
    pub phones: Phones,
    /// What other threads say.
    pub inbox: Inbox,
    /// What other threads see.
    pub published: Published,
    /// The addresses that SIP peers are told.
    pub local: Vec<tipring_sip::LocalAddress>,
    /// Bookkeeping that nobody else needs.
    pub desk: Desk,
}

/// What the core thread remembers between two rounds.
#[derive(Default)]
pub(crate) struct Desk {
    replies: HashMap<u64, oneshot::Sender<Reply>>,
    next_token: u64,
    /// Today's folder of recordings, once it is made.
    recording_folder: std::path::PathBuf,
    recording_paths: HashMap<RecordingId, Arc<str>>,
    changed: bool,
    live_at: Instant,
    stop: bool,
}

/// The media's ports as the SIP side asks for them.
struct Ports<'a>(&'a mut Control);

impl MediaPorts for Ports<'_> {
    fn allocate(&mut self) -> Option<u16> {
        self.0.allocate_port().ok()
    }

    fn release(&mut self, port: u16) {
        // A port whose channel was opened goes back by the channel's closing.
        self.0.release_port(port);
    }
}

impl Reactor {
    /// Runs until told to stop.
    ///
    /// # Errors
    /// The system refuses to wait.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        while !self.desk.stop {
            self.wait()?;
            self.take_datagrams();
            self.take_media();
            self.take_mail();
            self.take_timeouts();
            self.carry();
            self.socket.send();
            for buffer in self.socket.take_sent() {
                self.sip.recycle(buffer);
            }
            self.media.flush();
            self.publish();
        }
        Ok(())
    }

    fn wait(&self) -> anyhow::Result<()> {
        let now = self.clock.now();
        let next_live = if self.desk.changed { LIVE_INTERVAL } else { IDLE_INTERVAL };
        let due = [
            self.sip.poll_timeout(),
            self.core.poll_timeout(),
            self.spans.poll_timeout(),
            Some(self.desk.live_at + next_live),
        ];
        let due = due.into_iter().flatten().min().unwrap_or(now);
        let mut fds = [
            PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.media.wake_fd(), PollFlags::POLLIN),
            PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN),
        ];
        match ppoll(&mut fds, Some(TimeSpec::from_duration(due - now)), None) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn take_datagrams(&mut self) {
        for _ in 0..BATCHES_IN_A_ROW {
            let now = self.clock.now();
            let (sip, media) = (&mut self.sip, &mut self.media);
            let more = self.socket.receive(|source, bytes| {
                sip.handle_datagram(now, source, bytes, &mut Ports(media));
            });
            self.carry();
            if !more {
                return;
            }
        }
    }

    fn take_media(&mut self) {
        self.media.clear_wake();
        while let Some(event) = self.media.poll_event() {
            self.media_event(event);
            self.carry();
        }
    }

    fn take_mail(&mut self) {
        self.inbox.clear_wake();
        while let Some(mail) = self.inbox.receive() {
            self.mail(mail);
            self.carry();
        }
    }

    fn take_timeouts(&mut self) {
        let now = self.clock.now();
        if self.sip.poll_timeout().is_some_and(|at| at <= now) {
            self.sip.handle_timeout(now, &mut Ports(&mut self.media));
            self.carry();
        }
        if self.spans.poll_timeout().is_some_and(|at| at <= now) {
            self.spans.handle_timeout(now);
            while let Some(text) = self.spans.poll_note() {
                journal::limited(now, Level::Notice, "span", || text);
            }
            self.carry();
        }
        if self.core.poll_timeout().is_some_and(|at| at <= now) {
            self.core.handle_timeout(now, self.clock.wall());
        }
    }

    fn mail(&mut self, mail: Mail) {
        let now = self.clock.now();
        match mail {
            Mail::StreamBytes { connection, peer, bytes } => {
                let ports = &mut Ports(&mut self.media);
                self.sip.handle_stream(now, connection, Transport::Tcp, peer, &bytes, ports);
            }
            Mail::StreamClosed(connection) => {
                self.sip.handle_stream_closed(now, connection, &mut Ports(&mut self.media));
            }
            Mail::StreamRefused(peer) => {
                let ports = &mut Ports(&mut self.media);
                self.sip.handle_unreachable(now, Transport::Tcp, peer, ports);
            }
            Mail::Command { command, reply } => {
                self.desk.next_token += 1;
                self.desk.replies.insert(self.desk.next_token, reply);
                let token = self.desk.next_token;
                self.core.command(now, self.clock.wall(), token, command);
            }
            Mail::Configure(new) => {
                self.configure(now, &new);
            }
            Mail::Stop => self.desk.stop = true,
        }
        self.desk.changed = true;
    }

    fn configure(&mut self, now: Instant, new: &tipring_config::Resolved) {
        match settings::sip_config(new, self.local.clone()) {
            Ok(config) => self.sip.reconfigure(now, config),
            // Whoever sent it has checked it; if not, SIP stays as it is.
            Err(e) => journal::note(Level::Error, &e.to_string()),
        }
        self.sounds.configure(&new.prompts);
        self.phones.trunk_names = new.trunks.iter().map(|t| t.name.clone()).collect();
        let mut core = settings::core_config(new);
        core.switch.spans = self.spans.in_force(&new.spans);
        self.core.reconfigure(now, self.clock.wall(), core);
    }

    /// Carries outputs between the machines until none has any left.
    fn carry(&mut self) {
        loop {
            self.carry_sip();
            self.carry_spans();
            let Some(output) = self.core.poll_output() else { return };
            match output {
                CoreOutput::Channel(channel, command) => self.channel_command(channel, command),
                CoreOutput::Media(request) => self.media_request(request),
                CoreOutput::MessageWaiting { extension, waiting } => {
                    let now = self.clock.now();
                    let ports = &mut Ports(&mut self.media);
                    self.sip.message_waiting(now, extension, waiting, ports);
                }
                CoreOutput::Event(at, kind) => self.log(Event { at, kind }),
                CoreOutput::Reply(token, reply) => {
                    if let Some(waiting) = self.desk.replies.remove(&token) {
                        // Whoever asked may have gone away.
                        let _ = waiting.send(reply);
                    }
                }
            }
        }
    }

    fn carry_sip(&mut self) {
        while let Some(output) = self.sip.poll_output() {
            let now = self.clock.now();
            match output {
                Output::Transmit { transport: Transport::Udp, to, bytes, .. } => {
                    self.socket.queue(to, bytes);
                }
                Output::Transmit { to, connection, bytes, .. } => {
                    self.streams.send(connection, to, bytes);
                }
                Output::CloseStream(connection) => self.streams.close(connection),
                Output::Channel(channel, event) => {
                    self.core.channel_event(now, self.clock.wall(), channel, event);
                    self.desk.changed = true;
                }
                Output::Media(channel, change) => self.media_change(channel, change),
                Output::SendEvents(channel, digits) | Output::SendTones(channel, digits) => {
                    self.media.send_digits(channel, digits);
                }
                Output::Registered(phone) => {
                    if self.phones.registered(phone.extension, &phone.contact) {
                        self.set_registered(now, phone.extension, true);
                    }
                }
                Output::Unregistered { extension, contact } => {
                    if self.phones.unregistered(extension, &contact) {
                        self.set_registered(now, extension, false);
                    }
                }
                Output::Trunk { index, state } => self.phones.trunk(index, state),
                Output::Refused { source, why } => {
                    journal::limited(now, Level::Notice, "sip-refused", || {
                        format!("SIP from {source} refused: {why:?}")
                    });
                }
            }
        }
    }

    fn carry_spans(&mut self) {
        while let Some((channel, event)) = self.spans.poll_output() {
            self.core.channel_event(self.clock.now(), self.clock.wall(), channel, event);
            self.desk.changed = true;
        }
    }

    fn set_registered(&mut self, now: Instant, extension: Number, registered: bool) {
        self.core.set_registered(now, self.clock.wall(), extension, registered);
        self.desk.changed = true;
    }

    fn channel_command(&mut self, channel: ChannelId, command: ChannelCommand) {
        let now = self.clock.now();
        if channel.is_sip() {
            self.sip.command(now, channel, &command, &mut Ports(&mut self.media));
            return;
        }
        let taken = match channel.as_span() {
            Some(_) => self.spans.command(now, channel, &command),
            None => Taken::ByChannel,
        };
        match taken {
            Taken::Done => {}
            Taken::ByChannel => self.media.line_command(channel, command),
            Taken::Tones(digits) => self.media.send_digits(channel, digits),
        }
    }

    fn media_change(&mut self, channel: ChannelId, change: MediaChange) {
        match change {
            MediaChange::Open(session) => {
                if let Err(e) = self.media.open_rtp(channel, session) {
                    let now = self.clock.now();
                    journal::limited(now, Level::Error, "media-open", || format!("{channel}: {e}"));
                }
            }
            MediaChange::Update(session) => self.media.update_rtp(channel, session),
            MediaChange::Close => self.media.close(channel),
        }
    }

    fn media_request(&mut self, request: MediaRequest) {
        match request {
            MediaRequest::Bridge(a, b) => self.media.bridge(a, b),
            MediaRequest::Unbridge(a, b) => self.media.unbridge(a, b),
            MediaRequest::Play { ch, say, lang, repeat, id } => {
                let list = self.sounds.playlist(lang, &say, repeat, id);
                self.media.play(ch, list);
            }
            MediaRequest::Music { ch } => self.media.play(ch, self.sounds.music()),
            MediaRequest::Beep { ch, tone } => self.media.beep(ch, cadence(tone)),
            MediaRequest::Tone { ch, tone } => self.media.tone(ch, cadence(tone)),
            MediaRequest::Stop { ch } => self.media.stop(ch),
            MediaRequest::Detect { ch, dtmf } => self.media.detect(ch, dtmf),
            MediaRequest::Conference { members } => {
                if let Err(e) = self.media.conference(&members) {
                    let now = self.clock.now();
                    journal::limited(now, Level::Error, "conference", || e.to_string());
                }
            }
            MediaRequest::Leave { ch } => self.media.leave(ch),
            MediaRequest::Monitor { listener, target, whisper } => {
                self.media.monitor(listener, target, whisper);
            }
            MediaRequest::Mute { ch, muted } => self.media.mute(ch, muted),
            MediaRequest::RecordStart { call, path } => self.record(call, path),
            MediaRequest::RecordSides { call, left, right } => {
                self.media.record_sides(RecordingId(call.0), left, &right);
            }
            MediaRequest::RecordDiscard { path } => {
                // A file that is gone already is as good as removed.
                let _ = std::fs::remove_file(self.recordings.join(&*path));
            }
            MediaRequest::RecordStop { call } => self.media.record_stop(RecordingId(call.0)),
        }
    }

    fn record(&mut self, call: CallId, path: Arc<str>) {
        let id = RecordingId(call.0);
        if !self.storage.may_record() {
            return self.not_recorded(call, &path);
        }
        let file = self.recordings.join(&*path);
        if let Some(folder) = file.parent().filter(|f| self.desk.recording_folder != *f) {
            self.desk.recording_folder = folder.to_owned();
            // A folder that cannot be made is told by the recorder, which cannot make the file.
            let _ = std::fs::create_dir_all(folder);
        }
        match self.media.record(id, file) {
            Ok(()) => {
                self.desk.recording_paths.insert(id, path);
            }
            Err(e) => {
                let now = self.clock.now();
                journal::limited(now, Level::Error, "record", || format!("call {call}: {e}"));
                self.not_recorded(call, &path);
            }
        }
    }

    /// A recording that could not begin is over, and empty.
    fn not_recorded(&mut self, call: CallId, path: &str) {
        let (path, now, wall) = (path.to_owned(), self.clock.now(), self.clock.wall());
        let closed = MediaEvent::RecordingClosed { call, path, duration_ms: 0, bytes: 0 };
        self.core.media_event(now, wall, closed);
    }

    fn media_event(&mut self, event: tipring_media::MediaEvent) {
        use tipring_media::MediaEvent as From;
        let (now, wall) = (self.clock.now(), self.clock.wall());
        match event {
            From::Channel(channel, event) => {
                self.core.channel_event(now, wall, channel, event);
                self.desk.changed = true;
            }
            From::PlayDone { channel, id } => {
                let id = tipring_switch::PlayId(id.0);
                self.core.media_event(now, wall, MediaEvent::PlayDone { ch: channel, id });
            }
            From::RtpStopped(ch) => {
                self.core.media_event(now, wall, MediaEvent::RtpStopped { ch });
            }
            From::RecordingClosed { id, duration_ms, bytes, .. } => {
                if let Some(path) = self.desk.recording_paths.remove(&id) {
                    let (call, path) = (CallId(id.0), path.to_string());
                    let closed = MediaEvent::RecordingClosed { call, path, duration_ms, bytes };
                    self.core.media_event(now, wall, closed);
                }
            }
            From::RecordingFailed { id, reason } => {
                self.desk.recording_paths.remove(&id);
                journal::limited(now, Level::Error, "recording-failed", || {
                    format!("the recording of call {} failed: {reason}", id.0)
                });
            }
            From::DigitsSent(_)
            | From::RtpStarted(_)
            | From::Closed(..)
            | From::RecordingStarted(_) => {}
        }
    }

    fn log(&mut self, event: Event) {
        self.desk.changed = true;
        self.published.live.publish_events([&event]);
        if self.store.log(event).is_err() {
            journal::limited(self.clock.now(), Level::Error, "store-full", || {
                "the database does not keep up: an event was not recorded".to_owned()
            });
        }
    }

    fn publish(&mut self) {
        let now = self.clock.now();
        let interval = if self.desk.changed { LIVE_INTERVAL } else { IDLE_INTERVAL };
        if now < self.desk.live_at + interval {
            return;
        }
        self.desk.live_at = now;
        self.desk.changed = false;
        if !self.storage.may_record() {
            // What is left of the disk is for the records.
            self.desk.recording_paths.keys().for_each(|id| self.media.record_stop(*id));
        }
        let wall = self.clock.wall();
        let mut live = self.core.live(now, wall);
        self.phones.annotate(&mut live);
        self.spans.annotate(&mut live);
        self.published.live.publish_state(wall, live);
        self.published.figures.send_replace(Figures {
            sip: *self.sip.counters(),
            sip_lost: self.socket.lost,
            core: self.core.counters(),
        });
    }
}
