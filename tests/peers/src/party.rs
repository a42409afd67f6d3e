//! A party at a sipp, whose ears are open while the call goes on.

use crate::alike::{assert_not_heard, find};
use crate::rtp_peer::RtpPeer;
use crate::sipp::{Scenario, Sipp};
use crate::speech::recorded;
use crate::tipring::TestBox;
use crate::wait::{Deadline, look_again, wait_until};
use crate::wav;

/// How much of a sound is enough to know it by.
const PHRASE: usize = 9600;
/// How long something is listened for.
const LISTENS_S: u64 = 12;

/// The first 1.2 s of a recorded sentence: enough to know it by.
///
/// # Panics
/// It is not installed.
pub fn phrase(name: &str) -> Vec<i16> {
    let mut said = recorded(name);
    said.truncate(PHRASE);
    said
}

/// One who calls, and hears what comes as it comes.
pub struct Party {
    /// Its sound.
    pub sound: RtpPeer,
    sipp: Option<Sipp>,
}

impl Party {
    /// The ears alone: somebody else signals.
    pub fn at(sound: RtpPeer) -> Self {
        Party { sound, sipp: None }
    }

    /// An extension that calls a number, and is not answered yet.
    #[track_caller]
    pub fn dials(tipring: &TestBox, extension: &str, number: &str) -> Self {
        let sound = RtpPeer::open();
        let scenario = Scenario::new("caller", tipring.sip());
        let sipp = scenario.extension(extension).key("number", number).sound(&sound).start();
        Party { sound, sipp: Some(sipp) }
    }

    /// Waits for the answer.
    ///
    /// # Panics
    /// It does not come.
    #[track_caller]
    pub fn answered(&mut self) {
        self.sipp.as_mut().expect("it has not hung up").answered(&self.sound);
    }

    /// Waits until it hears this, said anew from now on.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn hears(&self, what: &str, said: &[i16]) {
        self.hears_at_least(what, said, 0.9);
    }

    /// Waits until it hears this among as many other voices, each as loud.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn hears_among(&self, others: u8, what: &str, said: &[i16]) {
        // Of n voices that have nothing to do with each other each correlates with the sum by
        // 1/√n; here they differ in loudness too.
        self.hears_at_least(what, said, 0.7 / (1.0 + f64::from(others)).sqrt());
    }

    #[track_caller]
    fn hears_at_least(&self, what: &str, said: &[i16], least: f64) {
        let since = self.sound.heard_length();
        let mut best = 0.0;
        let heard = Deadline::seconds(LISTENS_S);
        while best < least {
            best = find(said, &self.sound.heard_from(since)).correlation;
            assert!(best >= least || !heard.passed(), "{what}: correlation {best:.3}");
            look_again();
        }
        println!("{what}: correlation {best:.4}");
    }

    /// Waits until it hears music on hold.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn hears_music(&self) {
        let music = music();
        let since = self.sound.heard_length();
        wait_until("music is heard", LISTENS_S, || {
            let heard = self.sound.heard_from(since);
            let last = &heard[heard.len().checked_sub(PHRASE)?..];
            (find(last, &music).correlation > 0.9).then_some(())
        });
    }

    /// Listens for as long as a phrase and a half take, and checks that it is not heard.
    ///
    /// # Panics
    /// It is.
    #[track_caller]
    pub fn does_not_hear(&self, what: &str, said: &[i16]) {
        // What was on its way may still come.
        let since = self.sound.heard_length() + 2400;
        wait_until("time goes by", LISTENS_S, || {
            (self.sound.heard_length() > since + 2 * PHRASE).then_some(())
        });
        assert_not_heard(what, said, &self.sound.heard_from(since));
    }

    /// Hangs up.
    ///
    /// # Panics
    /// The call did not go as it should.
    #[track_caller]
    pub fn hang_up(mut self) {
        if let Some(sipp) = self.sipp.take() {
            sipp.hang_up();
        }
    }

    /// Waits until the other side has hung up.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn ended(mut self) {
        if let Some(sipp) = self.sipp.take() {
            sipp.finish();
        }
    }
}

/// The music on hold, twice, so that no stretch of it is cut.
fn music() -> Vec<i16> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/tts/sounds/music/hold.wav");
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut music = wav::read(&bytes).expect("a WAV").swap_remove(0);
    music.extend_from_within(..);
    music
}
