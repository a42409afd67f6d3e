//! Somebody at a simulated handset, as `tipring sim handset` says: dials, or answers when it rings,
//! speaks, presses keys and the hook at given times, and puts it back.

use core::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use tipring_line::{Digit, Digits};
use tipring_sim::{HandsetControl, HandsetEvent, HandsetPlan, KeyPlan, Speech};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::control::Acts;
use crate::options::parse_ms;
use crate::simboard::SimBoard;

/// How often the handset is looked at: a frame's length.
const LOOK: Duration = Duration::from_millis(20);
/// How long somebody waits to be rung, and then how long they let it ring: until its display shows
/// who calls, as it does between the first two rings.
const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER_AFTER_MS: u32 = 4_000;
/// How long a press of the hook is: a flash in every country's plan.
const FLASH_MS: u16 = 300;

/// What is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pressed {
    Key(Digit),
    Hook,
}

/// Keys and presses of the hook by their times: `1@4s,R@6s,8003@8s`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct HandsetKeys(Vec<(Duration, Pressed)>);

impl FromStr for HandsetKeys {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for part in text.split(',').map(str::trim) {
            if let Some(time) = part.strip_prefix("R@") {
                let at = Duration::from_millis(parse_ms(time).map_err(anyhow::Error::msg)?);
                all.push((at, Pressed::Hook));
                continue;
            }
            let keys: KeyPlan = part.parse()?;
            let press = |key: &tipring_sim::KeyPress| {
                (Duration::from_millis(key.at_ms.into()), Pressed::Key(key.digit))
            };
            all.extend(keys.presses().iter().map(press));
        }
        // The sort is stable: keys of one part stay in order.
        all.sort_by_key(|(at, _)| *at);
        Ok(HandsetKeys(all))
    }
}

/// What is done at a handset.
#[derive(Clone, Debug)]
pub(crate) struct HandsetVisit {
    dial: Option<Digits>,
    say: Option<Speech>,
    keys: HandsetKeys,
    duration: Duration,
}

impl HandsetVisit {
    /// Dials this number, or waits to be rung without one.
    ///
    /// # Errors
    /// What cannot be dialled or pressed.
    pub(crate) fn new(
        dial: Option<String>,
        say: Option<Speech>,
        acts: &Acts,
    ) -> anyhow::Result<Self> {
        let dial = dial.map(|number| digits(&number)).transpose()?;
        let duration = Duration::from_millis(acts.duration_ms);
        Ok(HandsetVisit { dial, say, keys: acts.keys.parse()?, duration })
    }
}

fn digits(number: &str) -> anyhow::Result<Digits> {
    let mut digits = Digits::new();
    for c in number.chars() {
        let digit = Digit::from_char(c)
            .with_context(|| format!("`{c}` of `{number}` is no key of a telephone"))?;
        digits.try_push(digit).ok().with_context(|| format!("`{number}` is too long to dial"))?;
    }
    Ok(digits)
}

impl SimBoard {
    /// Has somebody use a handset until it is put back; tells `progress` what happens and returns
    /// what was heard.
    ///
    /// # Errors
    /// There is no such handset, it is in use, or nobody rings it.
    pub(crate) async fn sit_at(
        &self,
        label: &str,
        visit: HandsetVisit,
        progress: mpsc::Sender<String>,
    ) -> anyhow::Result<Vec<i16>> {
        let handset = self.handset(label).with_context(|| {
            let known = self.handset_labels().join(", ");
            format!("the board has no simulated handset `{label}`; it has {known}")
        })?;
        let mut handset = handset.try_lock().ok().with_context(|| {
            format!("the handset at {label} is in use; wait for its call to end, or take another")
        })?;
        let heard = use_handset(label, &mut handset, visit, progress).await;
        // Whoever comes next finds it as it was.
        handset.set_plan(HandsetPlan::default())?;
        heard
    }
}

async fn use_handset(
    label: &str,
    handset: &mut HandsetControl,
    visit: HandsetVisit,
    progress: mpsc::Sender<String>,
) -> anyhow::Result<Vec<i16>> {
    while handset.poll_event().is_some() {}
    handset.take_heard(&mut Vec::new());
    let answer_after_ms = visit.dial.is_none().then_some(ANSWER_AFTER_MS);
    let plan = HandsetPlan { answer_after_ms, say: visit.say, repeat: true, talk_ms: None };
    handset.set_plan(plan)?;
    if let Some(number) = visit.dial {
        handset.dial(number)?;
    }
    let mut keys = visit.keys.0.into_iter().peekable();
    let mut heard = Vec::new();
    let (asked, mut began, mut put_back) = (Instant::now(), None, false);
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        handset.take_heard(&mut heard);
        while let Some(event) = handset.poll_event() {
            if let Some(text) = in_words(label, event) {
                // The call goes on even when nobody watches any more.
                let _ = progress.send(text).await;
            }
            match event {
                HandsetEvent::Answered { .. } | HandsetEvent::Dialled => {
                    began = began.or(Some(Instant::now()));
                }
                HandsetEvent::HungUp { .. } => return Ok(heard),
                _ => {}
            }
        }
        let Some(began) = began else {
            if asked.elapsed() > PATIENCE {
                let _ = handset.hang_up();
                bail!("nothing came to {label} for {} s", PATIENCE.as_secs());
            }
            continue;
        };
        while let Some((_, pressed)) = keys.next_if(|(at, _)| *at <= began.elapsed()) {
            match pressed {
                Pressed::Key(digit) => handset.press([digit].into_iter().collect())?,
                Pressed::Hook => handset.flash(FLASH_MS)?,
            }
        }
        if !put_back && began.elapsed() >= visit.duration {
            handset.hang_up()?;
            put_back = true;
        }
    }
}

fn in_words(label: &str, event: HandsetEvent) -> Option<String> {
    Some(match event {
        HandsetEvent::Ringing => format!("{label} rings"),
        HandsetEvent::Caller(caller) => match caller.number {
            Some(number) => format!("its display shows {number}"),
            None => "its display shows a caller without a number".to_owned(),
        },
        HandsetEvent::RingingStopped => format!("{label} rings no more"),
        HandsetEvent::Answered { .. } => "answered".to_owned(),
        HandsetEvent::DialTone => "dial tone".to_owned(),
        HandsetEvent::Dialled => "dialled".to_owned(),
        HandsetEvent::Ringback => "ringback tone".to_owned(),
        HandsetEvent::Busy => "busy tone".to_owned(),
        HandsetEvent::HungUp { .. } => format!("{label} was put back"),
        HandsetEvent::MessageLamp(true) => "its message lamp is lit".to_owned(),
        HandsetEvent::MessageLamp(false) => "its message lamp is dark".to_owned(),
        HandsetEvent::MessagesWait(true) => "its display says that messages wait".to_owned(),
        HandsetEvent::MessagesWait(false) => "its display says that no messages wait".to_owned(),
        HandsetEvent::SecondCaller(caller) => match caller.number {
            Some(number) => format!("its display shows {number}, who waits"),
            None => "its display shows that somebody waits".to_owned(),
        },
        HandsetEvent::Howler => "howler".to_owned(),
        HandsetEvent::Acknowledged
        | HandsetEvent::Polarity(_)
        | HandsetEvent::LoopDropped { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_the_hook_by_their_times() {
        let keys: HandsetKeys = "8@3s,R@2s,12@2.5s".parse().unwrap();
        let at: Vec<_> = keys.0.iter().map(|(at, _)| at.as_millis()).collect();
        assert_eq!(at, [2000, 2500, 2500, 3000]);
        assert_eq!(keys.0[0].1, Pressed::Hook);
        assert_eq!("".parse::<HandsetKeys>().unwrap(), HandsetKeys::default());
        for wrong in ["R", "R@x", "Q@1s", "1@"] {
            assert!(wrong.parse::<HandsetKeys>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_named() {
        let acts = Acts { keys: String::new(), duration_ms: 1000, hear: false };
        let dial = |number: &str| HandsetVisit::new(Some(number.to_owned()), None, &acts);
        assert!(dial("*618001#").is_ok());
        assert_eq!(dial("80x1").unwrap_err().to_string(), "`x` of `80x1` is no key of a telephone");
        assert!(dial(&"1".repeat(99)).unwrap_err().to_string().ends_with("too long to dial"));
    }
}
