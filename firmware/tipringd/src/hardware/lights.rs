//! The lights beside the sockets, and the relay for times without power.
//!
//! A light shows what its socket does, in the pattern the board gives to that state. The relay is
//! held while the box is well, and only then: when the box stops, hangs or loses power it falls
//! back, and connects a line with a handset so that somebody can call for help.

use std::collections::BTreeMap;

use tipring_board::{Blink, Board, Lights};
use tipring_clock::{Duration, Instant};
use tipring_events::LineState;

use super::output::{Output, open_light, open_pin};

/// How often the sockets' states are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// One light.
struct Lamp {
    label: String,
    output: Box<dyn Output>,
    /// What it shows, and since when.
    shown: Option<(LineState, Instant)>,
    lit: Option<bool>,
}

/// All lights, and the relay.
#[derive(Default)]
pub(super) struct Panel {
    lamps: Vec<Lamp>,
    patterns: Lights,
    relay: Option<Box<dyn Output>>,
    held: Option<bool>,
}

impl Panel {
    /// Opens the board's lights and its relay; what cannot be opened is told by its label.
    pub(super) fn open(board: &Board) -> (Self, BTreeMap<String, String>) {
        let mut panel = Panel { patterns: board.lights.clone(), ..Panel::default() };
        let mut problems = BTreeMap::new();
        for (label, light) in board.sockets_with_lights() {
            match open_light(light) {
                Ok(output) => panel.add(label, output),
                Err(why) => drop(problems.insert(light_of(label), why)),
            }
        }
        match board.power_fail.as_ref().map(|relay| open_pin(&relay.pin, "tipring power-fail")) {
            Some(Ok(relay)) => panel.relay = Some(relay),
            Some(Err(why)) => drop(problems.insert(RELAY.to_owned(), why)),
            None => {}
        }
        (panel, problems)
    }

    fn add(&mut self, label: &str, output: Box<dyn Output>) {
        self.lamps.push(Lamp { label: label.to_owned(), output, shown: None, lit: None });
    }

    /// Whether there is anything to be switched.
    pub(super) fn is_empty(&self) -> bool {
        self.lamps.is_empty() && self.relay.is_none()
    }

    /// Switches what is due. `state` says what a socket does, `well` whether the box is; gives when
    /// to come again, and what could not be switched, told once.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        well: bool,
        state: impl Fn(&str) -> LineState,
    ) -> (Instant, Vec<String>) {
        let mut troubles = Vec::new();
        if self.held != Some(well) {
            self.held = Some(well);
            if let Some(Err(why)) = self.relay.as_mut().map(|relay| relay.set(well)) {
                troubles.push(format!("{RELAY}: {why}"));
            }
        }
        let mut next = now + LOOK;
        for lamp in &mut self.lamps {
            let state = state(&lamp.label);
            let since = match lamp.shown {
                Some((shown, since)) if shown == state => since,
                _ => now,
            };
            lamp.shown = Some((state, since));
            let blink = pattern(&self.patterns, state);
            let (lit, change_ms) = blink.after((now - since).as_millis() as u64);
            if let Some(ms) = change_ms {
                next = next.min(now + Duration::from_millis(ms));
            }
            if lamp.lit != Some(lit) {
                lamp.lit = Some(lit);
                if let Err(why) = lamp.output.set(lit) {
                    troubles.push(format!("{}: {why}", light_of(&lamp.label)));
                }
            }
        }
        (next, troubles)
    }

    /// The box stops: all dark, and the relay falls back.
    pub(super) fn end(&mut self) {
        // What cannot be switched any more is switched by the kernel when the lines are closed.
        for lamp in &mut self.lamps {
            let _ = lamp.output.set(false);
        }
        if let Some(relay) = &mut self.relay {
            let _ = relay.set(false);
        }
    }
}

/// What the relay is called where something is wrong with it.
pub(crate) const RELAY: &str = "power-fail relay";

/// What a socket's light is called where something is wrong with it.
pub(crate) fn light_of(label: &str) -> String {
    format!("light of {label}")
}

fn pattern(patterns: &Lights, state: LineState) -> &Blink {
    match state {
        LineState::Idle => &patterns.idle,
        LineState::Ringing => &patterns.ringing,
        LineState::Busy => &patterns.in_use,
        LineState::Unreachable | LineState::Alarm => &patterns.alarm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A stand-in for a wire: it notes when it was switched, and may be broken.
    #[derive(Clone, Default)]
    struct FakeOutput {
        levels: Arc<Mutex<Vec<bool>>>,
        broken: bool,
    }

    impl FakeOutput {
        fn levels(&self) -> Vec<bool> {
            self.levels.lock().unwrap().clone()
        }
    }

    impl Output for FakeOutput {
        fn set(&mut self, on: bool) -> Result<(), String> {
            if self.broken {
                return Err("/dev/gpiochip0 line 5: gone".to_owned());
            }
            self.levels.lock().unwrap().push(on);
            Ok(())
        }
    }

    /// Runs a panel for so long; gives what could not be switched.
    fn run(panel: &mut Panel, from_ms: u64, ms: u64, well: bool, state: LineState) -> Vec<String> {
        let (mut now, end) = (Instant::from_millis(from_ms), Instant::from_millis(from_ms + ms));
        let mut troubles = Vec::new();
        while now < end {
            let (next, told) = panel.poll(now, well, |_| state);
            assert!(next > now);
            troubles.extend(told);
            now = next;
        }
        troubles
    }

    #[test]
    fn each_state_has_its_pattern() {
        for (state, ms, expected) in [
            (LineState::Idle, 1000, vec![false]),
            (LineState::Busy, 1000, vec![true]),
            (LineState::Ringing, 1000, vec![true, false, true, false]),
            (LineState::Alarm, 2000, vec![true, false, true, false]),
            (LineState::Unreachable, 1000, vec![true, false]),
        ] {
            let light = FakeOutput::default();
            let mut panel = Panel::default();
            panel.add("fxo-1", Box::new(light.clone()));
            assert_eq!(run(&mut panel, 0, ms, true, state), [""; 0]);
            assert_eq!(light.levels(), expected, "{state:?}");
        }
    }

    #[test]
    fn a_pattern_begins_with_its_state() {
        let light = FakeOutput::default();
        let mut panel = Panel::default();
        panel.add("fxo-1", Box::new(light.clone()));
        run(&mut panel, 0, 430, true, LineState::Idle);
        run(&mut panel, 600, 100, true, LineState::Ringing);
        assert_eq!(light.levels(), [false, true]);
        panel.end();
        assert_eq!(light.levels(), [false, true, false]);
    }

    #[test]
    fn the_relay_is_held_only_while_the_box_is_well() {
        let relay = FakeOutput::default();
        let mut panel = Panel { relay: Some(Box::new(relay.clone())), ..Panel::default() };
        run(&mut panel, 0, 1000, false, LineState::Idle);
        run(&mut panel, 1000, 1000, true, LineState::Idle);
        run(&mut panel, 2000, 1000, false, LineState::Idle);
        run(&mut panel, 3000, 1000, true, LineState::Idle);
        panel.end();
        assert_eq!(relay.levels(), [false, true, false, true, false]);
    }

    #[test]
    fn a_wire_that_breaks_is_told_and_the_others_work() {
        let (broken, whole) =
            (FakeOutput { broken: true, ..FakeOutput::default() }, FakeOutput::default());
        let mut panel = Panel::default();
        panel.add("fxo-1", Box::new(broken));
        panel.add("fxo-2", Box::new(whole.clone()));
        let troubles = run(&mut panel, 0, 1000, true, LineState::Busy);
        assert_eq!(troubles, ["light of fxo-1: /dev/gpiochip0 line 5: gone"], "once");
        assert_eq!(whole.levels(), [true]);
    }

    #[test]
    fn pins_that_are_not_there_are_one_line_each() {
        let text = "name = \"x\"\nrevision = 1\n\
            [[pin]]\nname = \"a\"\nchip = \"/dev/gpiochip99\"\nline = 5\n\
            [[pin]]\nname = \"b\"\nled_class = \"no-such-led\"\n\
            [[port]]\nlabel = \"fxo-1\"\nkind = \"fxo\"\nsim = true\nled = \"a\"\n\
            [[port]]\nlabel = \"fxs-1\"\nkind = \"fxs\"\nsim = true\nled = \"b\"\n\
            [[span]]\nlabel = \"e1-1\"\ndahdi = 2\nled = \"a\"\n\
            [power_fail]\npin = \"a\"\nfxo = \"fxo-1\"\nfxs = \"fxs-1\"\n";
        let (panel, problems) = Panel::open(&Board::parse("b.toml", text).unwrap());
        assert!(panel.is_empty());
        let labels: Vec<&str> = problems.keys().map(String::as_str).collect();
        assert_eq!(labels, ["light of e1-1", "light of fxo-1", "light of fxs-1", RELAY]);
        assert!(problems[RELAY].starts_with("/dev/gpiochip99 line 5: "), "{problems:?}");
    }
}
