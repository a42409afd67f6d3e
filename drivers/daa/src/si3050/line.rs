//! Battery and polarity, told from the measured line voltage.

use tipring_clock::{Duration, Instant};
use tipring_line::{LinePolarity, PortEvent};

/// Below this there is no battery.
const BATTERY_V_MIN: i16 = 3;
/// A change must last this long to be believed.
const DEBOUNCE: Duration = Duration::from_millis(64);
/// The voltage must be steady for this long, with the line at rest, before its sign is taken for
/// the line's idle polarity.
const LEARN: Duration = Duration::from_secs(1);
/// What the line does right after the loop closes is no loss of battery.
const OFF_HOOK_SETTLE: Duration = Duration::from_millis(650);

/// What the voltage says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    None,
    Positive,
    Negative,
}

/// Whether this voltage is a battery's.
pub(super) fn is_battery(voltage_v: i16) -> bool {
    Seen::of(voltage_v) != Seen::None
}

impl Seen {
    fn of(voltage_v: i16) -> Self {
        match voltage_v {
            v if v >= BATTERY_V_MIN => Seen::Positive,
            v if v <= -BATTERY_V_MIN => Seen::Negative,
            _ => Seen::None,
        }
    }
}

/// Watches the line voltage.
///
/// Installers swap tip and ring as they please, so the sign of an idle line says nothing; the
/// first steady one counts as forward, and only changes are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineWatch {
    seen: Option<(Seen, Instant)>,
    battery: bool,
    /// The sign of the idle line.
    forward: Option<Seen>,
    polarity: LinePolarity,
    quiet_until: Instant,
}

impl LineWatch {
    pub(super) fn new() -> Self {
        LineWatch {
            seen: None,
            battery: true,
            forward: None,
            polarity: LinePolarity::Forward,
            quiet_until: Instant::ZERO,
        }
    }

    /// The chip has started again. What was told still stands until the line says otherwise.
    pub(super) fn on_restart(&mut self) {
        self.seen = None;
    }

    /// The loop was closed: the line settles.
    pub(super) fn on_off_hook(&mut self, now: Instant) {
        self.quiet_until = now + OFF_HOOK_SETTLE;
        self.seen = None;
    }

    /// Ringing current makes the measured voltage meaningless; what was seen is forgotten.
    pub(super) fn on_ringing(&mut self) {
        self.seen = None;
    }

    /// Takes a measurement; gives what is new.
    pub(super) fn look(&mut self, now: Instant, voltage_v: i16) -> Option<PortEvent> {
        let sees = Seen::of(voltage_v);
        let since = match self.seen {
            Some((seen, since)) if seen == sees => since,
            _ => {
                self.seen = Some((sees, now));
                now
            }
        };
        if now - since < DEBOUNCE || (sees == Seen::None && now < self.quiet_until) {
            return None;
        }
        if self.battery != (sees != Seen::None) {
            self.battery = !self.battery;
            return Some(PortEvent::Battery(self.battery));
        }
        if sees == Seen::None {
            return None;
        }
        self.judge_polarity(now, since, sees)
    }

    fn judge_polarity(&mut self, now: Instant, since: Instant, sees: Seen) -> Option<PortEvent> {
        let Some(forward) = self.forward else {
            if now - since >= LEARN {
                self.forward = Some(sees);
            }
            return None;
        };
        let polarity = if sees == forward { LinePolarity::Forward } else { LinePolarity::Reverse };
        if polarity == self.polarity {
            return None;
        }
        self.polarity = polarity;
        Some(PortEvent::Polarity(polarity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a voltage for so long, and gives what was told.
    fn feed(watch: &mut LineWatch, now: &mut Instant, voltage_v: i16, ms: u64) -> Vec<PortEvent> {
        let mut told = vec![];
        for _ in 0..ms / 16 {
            told.extend(watch.look(*now, voltage_v));
            *now += Duration::from_millis(16);
        }
        told
    }

    #[test]
    fn a_cut_of_64_ms_is_told_and_a_shorter_one_not() {
        let (mut watch, mut now) = (LineWatch::new(), Instant::ZERO);
        assert_eq!(feed(&mut watch, &mut now, 48, 2000), []);
        assert_eq!(feed(&mut watch, &mut now, 0, 64), []);
        assert_eq!(feed(&mut watch, &mut now, 48, 500), []);
        assert_eq!(feed(&mut watch, &mut now, 2, 96), [PortEvent::Battery(false)]);
        assert_eq!(feed(&mut watch, &mut now, 48, 500), [PortEvent::Battery(true)]);
    }

    #[test]
    fn the_idle_sign_is_forward_whichever_it_is() {
        let (mut watch, mut now) = (LineWatch::new(), Instant::ZERO);
        assert_eq!(feed(&mut watch, &mut now, -48, 2000), []);
        let reversed = [PortEvent::Polarity(LinePolarity::Reverse)];
        assert_eq!(feed(&mut watch, &mut now, 48, 96), reversed);
        assert_eq!(feed(&mut watch, &mut now, -48, 48), [], "not yet");
        let back = [PortEvent::Polarity(LinePolarity::Forward)];
        assert_eq!(feed(&mut watch, &mut now, -48, 96), back);
    }

    #[test]
    fn the_gap_while_the_loop_closes_is_no_loss() {
        let (mut watch, mut now) = (LineWatch::new(), Instant::ZERO);
        feed(&mut watch, &mut now, 48, 2000);
        watch.on_off_hook(now);
        assert_eq!(feed(&mut watch, &mut now, 0, 600), []);
        assert_eq!(feed(&mut watch, &mut now, 8, 600), []);
        assert_eq!(feed(&mut watch, &mut now, 0, 96), [PortEvent::Battery(false)]);
    }

    #[test]
    fn a_line_dead_from_the_start_is_told() {
        let (mut watch, mut now) = (LineWatch::new(), Instant::ZERO);
        assert_eq!(feed(&mut watch, &mut now, 0, 160), [PortEvent::Battery(false)]);
    }
}
