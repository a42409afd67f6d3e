//! The real core, media engine and handset signalling with simulated handsets, under virtual time,
//! frame by frame.

use std::f32::consts::TAU;
use std::sync::Arc;

use tipring_analog::{Fxs, FxsSettings};
use tipring_clock::{Duration, Instant, WallTime};
use tipring_events::EventKind;
use tipring_line::{ChannelId, Digit, Digits, PortId};
use tipring_media::{Control, Engine, MediaConfig, MediaEvent, PlayId, Playlist, Recorder};
use tipring_sim::{EndsOn, HandsetControl, HandsetPlan, LineModel, Speech, Telephone, telephone};
use tipring_switch::MediaRequest;
use tipring_test_scenarios::{number, site};
use tipring_tipringd::core::{Core, CoreOutput};
use tipring_tipringd::sounds::cadence;
use tipring_tts::Catalogue;

/// What the handset at 8102, 8103 and 8104 says once it has answered, in hertz. The one at 8101
/// only calls, and is silent.
pub(crate) const VOICES_HZ: [f32; 4] = [0.0, 560.0, 1060.0, 1760.0];
const EPOCH: WallTime = WallTime::from_unix_micros(1_795_222_800_000_000);
/// Music has no name of a play.
const MUSIC: PlayId = PlayId(u64::MAX);

/// Four handsets, 8101 to 8104, on a box.
pub(crate) struct Rig {
    core: Core,
    control: Control,
    engine: Engine,
    _recorder: Recorder,
    handsets: Vec<HandsetControl>,
    heard: Vec<Vec<i16>>,
    pub(crate) log: Vec<EventKind>,
    music: Arc<[u8]>,
    now: Instant,
}

impl Rig {
    pub(crate) fn new(ports: u16) -> Self {
        let config = MediaConfig { rtp_ports: ports..=ports + 1, ..MediaConfig::default() };
        let (mut control, engine, recorder) = tipring_media::open(&config).expect("a media side");
        let mut box_config = site();
        let one = box_config.switch.extensions.pop().expect("the handset of the site");
        let mut handsets = Vec::new();
        for (n, hz) in (0u16..).zip(VOICES_HZ) {
            let port = PortId(8 + n);
            let extension = number(&format!("810{}", n + 1));
            let entry = tipring_switch::ExtensionConfig {
                number: extension,
                port: Some(port),
                ..one.clone()
            };
            box_config.switch.extensions.push(entry);
            let set = Telephone { ends_on: EndsOn::Nothing, ..Telephone::default() };
            let (wire, mut handset) = telephone(u64::from(n) + 1, LineModel::default(), set);
            let settings = FxsSettings { extension: Some(extension), ..FxsSettings::default() };
            control
                .attach(ChannelId::port(port), Box::new(Fxs::new(wire, settings)))
                .expect("a leg for each");
            let plan = HandsetPlan {
                answer_after_ms: Some(500),
                say: (hz > 0.0).then(|| voice(hz)),
                repeat: true,
                talk_ms: None,
            };
            handset.set_plan(plan).expect("the handset takes a plan");
            handsets.push(handset);
        }
        let heard = vec![Vec::new(); handsets.len()];
        let music = Catalogue::shipped("music/hold").expect("the music is shipped").samples;
        let core = Core::new(Instant::ZERO, EPOCH, box_config, 1);
        let (log, now) = (Vec::new(), Instant::ZERO);
        Rig { core, control, engine, _recorder: recorder, handsets, heard, log, music, now }
    }

    fn wall(&self) -> WallTime {
        EPOCH.plus(self.now - Instant::ZERO)
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn run(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            self.frame();
        }
    }

    fn frame(&mut self) {
        self.now += Duration::from_millis(20);
        self.engine.handle_commands(self.now);
        self.engine.tick(self.now);
        while self.engine.continue_tick(self.now) {
            self.engine.clear_outgoing();
        }
        self.engine.clear_outgoing();
        while let Some(event) = self.control.poll_event() {
            let wall = self.wall();
            match event {
                MediaEvent::Channel(channel, event) => {
                    self.core.channel_event(self.now, wall, channel, event);
                }
                MediaEvent::PlayDone { channel, id } => {
                    let id = tipring_switch::PlayId(id.0);
                    let done = tipring_switch::MediaEvent::PlayDone { ch: channel, id };
                    self.core.media_event(self.now, wall, done);
                }
                _ => {}
            }
            self.carry();
        }
        if self.core.poll_timeout().is_some_and(|due| due <= self.now) {
            let wall = self.wall();
            self.core.handle_timeout(self.now, wall);
        }
        self.carry();
        for (handset, heard) in self.handsets.iter_mut().zip(&mut self.heard) {
            handset.take_heard(heard);
            while handset.poll_event().is_some() {}
        }
    }

    fn carry(&mut self) {
        while let Some(output) = self.core.poll_output() {
            match output {
                CoreOutput::Channel(channel, command) => {
                    self.control.line_command(channel, command)
                }
                CoreOutput::Media(request) => self.media(request),
                CoreOutput::Event(_, event) => self.log.push(event),
                CoreOutput::Reply(..) | CoreOutput::MessageWaiting { .. } => {}
            }
        }
    }

    fn media(&mut self, request: MediaRequest) {
        let control = &mut self.control;
        match request {
            MediaRequest::Bridge(a, b) => control.bridge(a, b),
            MediaRequest::Unbridge(a, b) => control.unbridge(a, b),
            MediaRequest::Conference { members } => {
                control.conference(&members).expect("the members are attached");
            }
            MediaRequest::Leave { ch } => control.leave(ch),
            MediaRequest::Monitor { listener, target, whisper } => {
                control.monitor(listener, target, whisper);
            }
            MediaRequest::Mute { ch, muted } => control.mute(ch, muted),
            // Prompts are not what is looked at: half a second of silence stands for each.
            MediaRequest::Play { ch, id, .. } => {
                let (sounds, id) = (vec![Arc::from([0xD5; 4000])], PlayId(id.0));
                control.play(ch, Playlist { sounds, repeat: false, id });
            }
            MediaRequest::Music { ch } => {
                let sounds = vec![self.music.clone()];
                control.play(ch, Playlist { sounds, repeat: true, id: MUSIC });
            }
            MediaRequest::Tone { ch, tone: which } => control.tone(ch, cadence(which)),
            MediaRequest::Beep { ch, tone: which } => control.beep(ch, cadence(which)),
            MediaRequest::Stop { ch } => control.stop(ch),
            MediaRequest::Detect { .. }
            | MediaRequest::RecordStart { .. }
            | MediaRequest::RecordSides { .. }
            | MediaRequest::RecordDiscard { .. }
            | MediaRequest::RecordStop { .. } => {}
        }
    }

    /// The handset is lifted and dials; 0 is 8101's.
    pub(crate) fn dial(&mut self, handset: usize, keys: &str) {
        self.handsets[handset].dial(digits(keys)).expect("the handset dials");
    }

    /// The handset flashes its hook and, if there are any, presses keys a second later.
    pub(crate) fn flash(&mut self, handset: usize, keys: &str) {
        self.handsets[handset].flash(90).expect("the handset flashes");
        self.run(1000);
        if !keys.is_empty() {
            self.handsets[handset].press(digits(keys)).expect("the handset presses keys");
        }
    }

    /// The handset is put back.
    pub(crate) fn hang_up(&mut self, handset: usize) {
        self.handsets[handset].hang_up().expect("the handset is put back");
        self.run(2000);
    }

    /// What a handset hears in the next half second.
    pub(crate) fn listen(&mut self, handset: usize) -> Vec<i16> {
        self.heard.iter_mut().for_each(Vec::clear);
        self.run(500);
        core::mem::take(&mut self.heard[handset])
    }

    /// Which other handsets a handset hears now.
    pub(crate) fn voices(&mut self, handset: usize) -> Vec<usize> {
        let heard = self.listen(handset);
        let audible = |hz: f32| hz > 0.0 && level_dbm0(&heard, hz) > -40.0;
        (0..VOICES_HZ.len()).filter(|n| *n != handset && audible(VOICES_HZ[*n])).collect()
    }

    /// Whether a handset hears music: sound that is none of the voices'.
    pub(crate) fn hears_music(&mut self, handset: usize) -> bool {
        let heard = self.listen(handset);
        let voices = VOICES_HZ.iter().filter(|hz| **hz > 0.0 && level_dbm0(&heard, **hz) > -30.0);
        let power = heard.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>();
        let rms = (power / heard.len().max(1) as f32).sqrt();
        let dial_tone = level_dbm0(&heard, 450.0) > -25.0;
        tipring_dsp::rms_to_dbm0(rms) > -40.0 && voices.count() == 0 && !dial_tone
    }
}

fn digits(keys: &str) -> Digits {
    keys.chars().filter_map(Digit::from_char).collect()
}

/// A steady tone, a whole number of turns long.
fn voice(hz: f32) -> Speech {
    let mut samples = vec![0i16; 8000];
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample = ((n as f32 * TAU * hz / 8000.0).sin() * 3000.0) as i16;
    }
    Speech::from_samples(&samples)
}

/// The level of one frequency in a sound.
fn level_dbm0(sound: &[i16], hz: f32) -> f32 {
    let (mut re, mut im) = (0.0f32, 0.0f32);
    for (n, sample) in sound.iter().enumerate() {
        let angle = n as f32 * TAU * hz / 8000.0;
        re += f32::from(*sample) * angle.cos();
        im += f32::from(*sample) * angle.sin();
    }
    let amplitude = 2.0 * (re * re + im * im).sqrt() / sound.len().max(1) as f32;
    tipring_dsp::rms_to_dbm0(amplitude / core::f32::consts::SQRT_2)
}
