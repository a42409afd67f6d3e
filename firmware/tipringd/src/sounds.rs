//! From what is to be said to the sounds that say it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tipring_dsp::ToneCadence;
use tipring_media::Playlist;
use tipring_switch::{PlayId, Tone};
use tipring_tts::{Catalogue, Lang, Piece, Utterance};

/// Texts nobody recorded that are kept once synthesised.
const SYNTHESISED_MAX: usize = 256;
/// Texts that wait to be synthesised.
const WAITING_MAX: usize = 16;

/// Music never ends by itself, so nobody waits for its end; the switch counts plays from below.
const MUSIC: tipring_media::PlayId = tipring_media::PlayId(u64::MAX);

/// A text nobody recorded.
type Text = (Lang, String);
/// What the last resort made of it; nothing if it could not.
type Made = (Text, Option<Arc<[u8]>>);

/// The prompts, and what the last resort has made of texts without a recording.
pub(crate) struct Sounds {
    catalogue: Arc<Catalogue>,
    music: Arc<[u8]>,
    synthesised: HashMap<Text, Option<Arc<[u8]>>>,
    wanted: SyncSender<Text>,
    made: Receiver<Made>,
}

impl Sounds {
    /// Prompts from the catalogue; starts the thread that runs the last resort.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn new(catalogue: Arc<Catalogue>) -> std::io::Result<Self> {
        let (wanted, orders) = sync_channel::<Text>(WAITING_MAX);
        let (results, made) = sync_channel(WAITING_MAX);
        std::thread::Builder::new().name("espeak".to_owned()).spawn(move || {
            for (lang, text) in orders {
                let sound = tipring_tts::espeak(&text, lang).ok().map(|s| s.samples);
                if results.send(((lang, text), sound)).is_err() {
                    return;
                }
            }
        })?;
        let music = Catalogue::shipped("music/hold").map_or_else(|| Arc::from([]), |s| s.samples);
        Ok(Sounds { catalogue, music, synthesised: HashMap::new(), wanted, made })
    }

    /// The sounds for an utterance. A text that nobody recorded is silent the first time, while
    /// the last resort makes a sound of it, and said from then on.
    pub(crate) fn playlist(
        &mut self,
        lang: Lang,
        say: &[Utterance],
        repeat: bool,
        id: PlayId,
    ) -> Playlist {
        self.collect();
        let catalogue = Arc::clone(&self.catalogue);
        let sounds = catalogue
            .say(lang, say)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Sound(sound) => Some(sound.samples),
                Piece::Missing { text, .. } => self.synthesise(lang, text),
            })
            .collect();
        Playlist { sounds, repeat, id: tipring_media::PlayId(id.0) }
    }

    /// Music on hold, for as long as it takes.
    pub(crate) fn music(&self) -> Playlist {
        Playlist { sounds: vec![Arc::clone(&self.music)], repeat: true, id: MUSIC }
    }

    /// A tone of the country's plan.
    pub(crate) fn tone(&self, tone: Tone) -> ToneCadence {
        match tone {
            Tone::Ringback => tipring_dsp::tones::china::RINGBACK,
            Tone::Busy => tipring_dsp::tones::china::BUSY,
            Tone::Congestion => tipring_dsp::tones::china::CONGESTION,
        }
    }

    fn collect(&mut self) {
        while let Ok((text, sound)) = self.made.try_recv() {
            self.synthesised.insert(text, sound);
        }
    }

    fn synthesise(&mut self, lang: Lang, text: String) -> Option<Arc<[u8]>> {
        let key = (lang, text);
        if let Some(known) = self.synthesised.get(&key) {
            return known.clone();
        }
        if self.synthesised.len() < SYNTHESISED_MAX && self.wanted.try_send(key.clone()).is_ok() {
            self.synthesised.insert(key, None);
        }
        None
    }
}
