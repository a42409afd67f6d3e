//! What is done in many tests.

use std::time::Duration;

use serde_json::Value;

use crate::api::Api;
use crate::baresip::{Baresip, Phone};
use crate::speech::again_and_again;
use crate::tipring::TestBox;
use crate::wait::speak_for;

/// A registered baresip of this extension with that microphone.
///
/// # Panics
/// It does not register.
#[track_caller]
pub fn phone(tipring: &TestBox, number: &str, microphone: &[i16]) -> Baresip {
    let mut phone = Phone::new(number, tipring.sip()).start(microphone);
    phone.registered();
    phone
}

/// The same, saying a phrase again and again in each call.
///
/// # Panics
/// It does not register.
#[track_caller]
pub fn talker(tipring: &TestBox, number: &str, phrase: &[i16]) -> Baresip {
    phone(tipring, number, &again_and_again(phrase, 0, 60))
}

/// An agent at a baresip.
pub struct Agent {
    /// The phone.
    pub phone: Baresip,
    /// How many calls the agent has answered.
    answered: usize,
}

impl Agent {
    /// Logs an agent in from an extension by the feature code; the agent says `says` in each call.
    ///
    /// # Panics
    /// It does not work.
    #[track_caller]
    pub fn at_baresip(
        tipring: &TestBox,
        api: &Api,
        extension: &str,
        (work_number, password): (&str, &str),
        says: &[i16],
    ) -> Self {
        let mut phone = phone(tipring, extension, says);
        phone.call(&format!("*61{work_number}#{password}#"));
        phone.ended(1);
        api.wait_agent(work_number, "ready");
        Agent { phone, answered: 0 }
    }

    /// Waits for the next offer and answers it; returns who calls.
    ///
    /// # Panics
    /// None comes.
    #[track_caller]
    pub fn answer(&mut self) -> String {
        self.answered += 1;
        self.phone.answer(self.answered)
    }

    /// Lets the call go on for as long as so many samples take.
    pub fn listen(&self, samples: usize) {
        speak_for(Duration::from_millis(samples as u64 / 8));
    }

    /// Waits until the other side has ended the call answered last.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn released(&self) {
        // The log-in was a call too.
        self.phone.ended(1 + self.answered);
    }
}

/// Checks that a call's record is whole: its segments follow one another from its beginning to its
/// end, and every queue visit has an outcome and the length it says.
///
/// # Panics
/// It is not.
#[track_caller]
pub fn check_record(call: &Value) {
    let time = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("no time: {call:#}"));
    let segments = call["segments"].as_array().expect("segments");
    let mut now = time(&call["began_ms"]);
    for segment in segments {
        let began = time(&segment["began_ms"]);
        assert_eq!(began, now, "a hole before {segment}: {call:#}");
        now = time(&segment["ended_ms"]);
        assert!(now >= began, "{segment} runs backwards: {call:#}");
    }
    assert_eq!(now, time(&call["ended_ms"]), "a hole at the end: {call:#}");
    assert!(!call["disposition"].is_null() && !call["cause"].is_null(), "{call:#}");
    for visit in call["visits"].as_array().expect("visits") {
        assert!(visit["outcome"].is_string(), "{visit}");
        let lasted = time(&visit["left_ms"]) - time(&visit["entered_ms"]);
        // Both are rounded to milliseconds.
        assert!((lasted - time(&visit["wait_ms"])).abs() <= 1, "{visit}");
    }
}

/// The kinds of a call's segments, in order.
pub fn segment_kinds(call: &Value) -> Vec<&str> {
    let segments = call["segments"].as_array().into_iter().flatten();
    segments.filter_map(|segment| segment["kind"].as_str()).collect()
}
