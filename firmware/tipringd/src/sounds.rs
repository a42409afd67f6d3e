//! From what is to be said to the sounds that say it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tipring_config::PromptEntry;
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
    /// The catalogue without the site's own texts.
    base: Arc<Catalogue>,
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
        let base = Arc::clone(&catalogue);
        Ok(Sounds { base, catalogue, music, synthesised: HashMap::new(), wanted, made })
    }

    /// Takes over the site's own prompts.
    pub(crate) fn configure(&mut self, prompts: &[PromptEntry]) {
        self.catalogue = Arc::new(with_texts(&self.base, prompts));
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

/// The catalogue with the site's own texts.
fn with_texts(base: &Catalogue, prompts: &[PromptEntry]) -> Catalogue {
    let mut catalogue = base.clone();
    for prompt in prompts {
        for lang in Lang::ALL {
            if let Some(text) = prompt.text(lang) {
                catalogue.set_text(lang, &prompt.key, text);
            }
        }
    }
    catalogue
}

/// The site's own prompts that nobody has recorded yet, with their languages.
pub(crate) fn unrecorded(base: &Catalogue, prompts: &[PromptEntry]) -> Vec<(String, Lang)> {
    let catalogue = with_texts(base, prompts);
    let of_prompt = |prompt: &PromptEntry| {
        let languages = Lang::ALL.into_iter().filter(|lang| prompt.text(*lang).is_some());
        languages.map(|lang| (prompt.key.clone(), lang)).collect::<Vec<_>>()
    };
    prompts
        .iter()
        .flat_map(of_prompt)
        .filter(|(key, lang)| !catalogue.is_recorded(key, *lang))
        .collect()
}

/// A tone of the country's plan.
pub fn cadence(tone: Tone) -> ToneCadence {
    use tipring_dsp::tones::china;
    match tone {
        Tone::Ringback => china::RINGBACK,
        Tone::Dial => china::DIAL,
        Tone::Busy => china::BUSY,
        Tone::Congestion => china::CONGESTION,
        Tone::CallersWait => china::CALLERS_WAIT,
        Tone::Supervised => china::REMINDER.once(),
        Tone::Confirmation => china::CONFIRMATION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_prompt_is_said_by_the_makeshift_voice_until_somebody_records_it() {
        let base = Arc::new(Catalogue::embedded());
        let own =
            PromptEntry { key: "holiday".into(), zh_cn: None, en: Some("Closed today.".into()) };
        let mut sounds = Sounds::new(Arc::clone(&base)).unwrap();
        sounds.configure(std::slice::from_ref(&own));
        assert_eq!(unrecorded(&base, std::slice::from_ref(&own)), [("holiday".into(), Lang::En)]);
        let say = [Utterance::Prompt("holiday".into())];
        assert!(sounds.playlist(Lang::En, &say, false, PlayId(1)).sounds.is_empty());
        // The voice answers on its own thread; what it made is taken at the next play.
        let (text, sound) = sounds.made.recv().unwrap();
        sounds.synthesised.insert(text, sound);
        let list = sounds.playlist(Lang::En, &say, false, PlayId(2));
        assert!(list.sounds[0].len() > 4000, "half a second of speech at least");
    }
}
