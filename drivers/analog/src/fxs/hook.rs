//! The hook contact: what openings and closings of the loop mean.
//!
//! ```text
//!         closed             stays closed
//! OnHook ────────▶ Closing ───────────────▶ Closed ⇄ Open ──stays open──▶ OnHook
//! ```
//! An opening is, by its length, a disturbance, a dial pulse, a flash, or the handset put back.
//! The port tells openings in steps of a frame, so a length is known to 20 ms; contacts bounce,
//! and what they add is shorter than a frame. A pulse train ends when the loop has stayed closed
//! for the time between digits; a flash is believed when the loop has stayed closed after it, so
//! that the clatter of a handset put back is none.

use tipring_clock::{Duration, Instant};

/// Times of the hook contact. The defaults suit China (GB/T 15279, pulses of 10 ± 2 a second and
/// break to make of 1.3–2.5) and the R keys of most telephones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HookTiming {
    /// A closing shorter than this is a disturbance, not a handset lifted.
    pub off_hook_min: Duration,
    /// An opening shorter than this is a bounce or a disturbance.
    pub break_min: Duration,
    /// An opening up to this can be a dial pulse.
    pub pulse_break_max: Duration,
    /// The loop closed for this long ends a digit's pulses.
    pub inter_digit: Duration,
    /// In a call, fewer pulses than this are no digit, because a disturbance of the line or a
    /// short flash looks like one pulse.
    pub pulses_in_call_min: u8,
    /// An opening of this and more, but no dial pulse, is a flash …
    pub flash_min: Duration,
    /// … and one of this and more is the handset put back.
    pub flash_max: Duration,
    /// The same where no call is, and neither flash nor pulse would mean anything.
    pub on_hook_min: Duration,
}

impl Default for HookTiming {
    fn default() -> Self {
        HookTiming {
            off_hook_min: Duration::from_millis(60),
            break_min: Duration::from_millis(30),
            pulse_break_max: Duration::from_millis(110),
            inter_digit: Duration::from_millis(250),
            pulses_in_call_min: 2,
            flash_min: Duration::from_millis(80),
            flash_max: Duration::from_millis(800),
            on_hook_min: Duration::from_millis(200),
        }
    }
}

/// Between two pulses the loop is closed for less than this: 54 ms at 8 a second and a ratio of
/// 1.3, and what bounces and the port's steps add.
const PULSE_MAKE_MAX: Duration = Duration::from_millis(100);
/// An opening that begins so soon after lifting is the handset's clatter: no dial turns so fast.
const LIFT_SETTLE: Duration = Duration::from_millis(200);
/// After a flash the loop stays closed for this long.
const FLASH_SETTLE: Duration = Duration::from_millis(100);

/// What openings of the loop are for at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HookUse {
    /// A number is being dialled.
    Dialling,
    /// A call is on.
    InCall,
    /// Neither: the handset is to be put back.
    Idle,
}

/// What the handset did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HookEvent {
    /// It was lifted.
    Lifted,
    /// It dialled so many pulses.
    Pulses(u8),
    /// It flashed its hook.
    Flash,
    /// It was put back.
    HungUp,
}

/// Where the contact stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Contact {
    OnHook,
    /// Closed, perhaps only for a moment.
    Closing {
        since: Instant,
    },
    /// Off-hook and closed; `flash` is when an opening began that looks like a flash.
    Closed {
        since: Instant,
        flash: Option<Instant>,
    },
    /// Off-hook and open.
    Open {
        since: Instant,
    },
    /// The battery is away, so that the loop tells nothing.
    Blind {
        closed: bool,
    },
}

/// Follows one hook contact.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    timing: HookTiming,
    contact: Contact,
    pulses: u8,
    last_break: Duration,
    lifted_at: Instant,
    disturbances: u32,
    /// The port counts dial pulses itself; openings are then not counted here too.
    port_counts: bool,
}

impl Hook {
    pub(super) fn new(timing: HookTiming) -> Self {
        Hook {
            timing,
            contact: Contact::OnHook,
            pulses: 0,
            last_break: Duration::ZERO,
            lifted_at: Instant::ZERO,
            disturbances: 0,
            port_counts: false,
        }
    }

    /// Whether the handset is lifted, the moments of pulses and flashes included.
    pub(super) fn is_off_hook(&self) -> bool {
        !matches!(self.contact, Contact::OnHook | Contact::Closing { .. })
    }

    /// Whether the loop is closed now, be it only for a moment.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.contact, Contact::Closing { .. } | Contact::Closed { .. })
    }

    /// Whether pulses of a digit have begun.
    pub(super) fn is_pulsing(&self) -> bool {
        self.pulses > 0
    }

    /// Openings and closings that meant nothing.
    pub(super) fn disturbances(&self) -> u32 {
        self.disturbances
    }

    /// Takes other times, of a hook at rest.
    pub(super) fn set_timing(&mut self, timing: HookTiming) {
        self.timing = timing;
    }

    /// Forgets all: on-hook until the port says otherwise.
    pub(super) fn reset(&mut self) {
        self.contact = Contact::OnHook;
        self.pulses = 0;
    }

    /// The port has told a digit it counted itself: from now on its count alone is believed.
    pub(super) fn leave_counting_to_port(&mut self) {
        self.port_counts = true;
        self.pulses = 0;
    }

    /// Whether these pulses, which the port counted, are enough to be a digit in a call.
    pub(super) fn is_enough_in_call(&self, pulses: u8) -> bool {
        pulses >= self.timing.pulses_in_call_min
    }

    /// The battery goes away, and the loop's current with it, whatever the handset does.
    pub(super) fn battery_gone(&mut self) {
        if self.is_off_hook() {
            self.pulses = 0;
            self.contact = Contact::Blind { closed: self.is_closed() };
        }
    }

    /// The battery is back, and the loop has had time to tell.
    pub(super) fn battery_back(&mut self, now: Instant) -> Option<HookEvent> {
        let Contact::Blind { closed } = self.contact else { return None };
        if closed {
            self.contact = Contact::Closed { since: now, flash: None };
            return None;
        }
        self.contact = Contact::OnHook;
        Some(HookEvent::HungUp)
    }

    /// The loop was closed or opened.
    pub(super) fn on_loop(
        &mut self,
        now: Instant,
        closed: bool,
        used: HookUse,
    ) -> Option<HookEvent> {
        match (self.contact, closed) {
            (Contact::OnHook, true) => self.contact = Contact::Closing { since: now },
            (Contact::Closing { .. }, false) => {
                self.disturb();
                self.contact = Contact::OnHook;
            }
            (Contact::Closed { since, flash }, false) => {
                // What opens again at once was open all along.
                self.contact = Contact::Open { since: flash.unwrap_or(now) };
                // What comes later than the next pulse would is another matter.
                let apart = used == HookUse::InCall && now - since > PULSE_MAKE_MAX;
                if self.pulses > 0 && apart {
                    return self.end_of_digit(used);
                }
            }
            (Contact::Open { since }, true) => return self.closed_again(now, since, used),
            (Contact::Blind { .. }, closed) => self.contact = Contact::Blind { closed },
            _ => {}
        }
        None
    }

    fn closed_again(&mut self, now: Instant, since: Instant, used: HookUse) -> Option<HookEvent> {
        let open_for = now - since;
        let mut flash = None;
        if open_for >= self.hang_up_after(used) {
            self.pulses = 0;
            self.contact = Contact::Closing { since: now };
            return Some(HookEvent::HungUp);
        }
        let lifting = since < self.lifted_at + LIFT_SETTLE;
        if open_for < self.timing.break_min || used == HookUse::Idle || lifting {
            self.disturb();
        } else if open_for <= self.timing.pulse_break_max {
            self.pulses = self.pulses.saturating_add(1);
            self.last_break = open_for;
        } else if open_for >= self.timing.flash_min {
            self.pulses = 0;
            flash = Some(since);
        } else {
            self.disturb();
        }
        self.contact = Contact::Closed { since: now, flash };
        None
    }

    /// Time goes on; to be called once a frame.
    pub(super) fn advance(&mut self, now: Instant, used: HookUse) -> Option<HookEvent> {
        match self.contact {
            Contact::Closing { since } if now - since >= self.timing.off_hook_min => {
                self.contact = Contact::Closed { since, flash: None };
                self.lifted_at = since;
                Some(HookEvent::Lifted)
            }
            Contact::Closed { since, flash: Some(_) } if now - since >= FLASH_SETTLE => {
                self.contact = Contact::Closed { since, flash: None };
                Some(HookEvent::Flash)
            }
            Contact::Closed { since, flash: None }
                if self.pulses > 0 && now - since >= self.timing.inter_digit =>
            {
                self.end_of_digit(used)
            }
            Contact::Open { since } if now - since >= self.hang_up_after(used) => {
                self.reset();
                Some(HookEvent::HungUp)
            }
            _ => None,
        }
    }

    fn end_of_digit(&mut self, used: HookUse) -> Option<HookEvent> {
        let pulses = core::mem::take(&mut self.pulses);
        let enough = match used {
            HookUse::Dialling => 1,
            HookUse::InCall => self.timing.pulses_in_call_min,
            HookUse::Idle => u8::MAX,
        };
        if pulses >= enough && !self.port_counts {
            return Some(HookEvent::Pulses(pulses));
        }
        // One opening as long as the shortest flash, and no pulse followed: a flash.
        let flash = pulses == 1 && used == HookUse::InCall;
        if flash && self.last_break >= self.timing.flash_min {
            return Some(HookEvent::Flash);
        }
        self.disturb();
        None
    }

    fn hang_up_after(&self, used: HookUse) -> Duration {
        if used == HookUse::Idle { self.timing.on_hook_min } else { self.timing.flash_max }
    }

    fn disturb(&mut self) {
        self.disturbances = self.disturbances.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a hook over times of its loop, closed and open in turn, told a frame late as ports
    /// do; gives what it told, with the times.
    fn told(used: HookUse, times_ms: &[u64]) -> Vec<(u64, HookEvent)> {
        let mut hook = Hook::new(HookTiming::default());
        let mut changes = vec![];
        let mut at = 0;
        for (i, ms) in times_ms.iter().enumerate() {
            changes.push((at, i % 2 == 0));
            at += ms;
        }
        let mut events = vec![];
        let mut next = 0;
        for frame in 0..at / 20 + 1 {
            let now = Instant::from_millis(frame * 20);
            while let Some((_, closed)) = changes.get(next).filter(|(at, _)| *at < frame * 20) {
                events.extend(hook.on_loop(now, *closed, used).map(|e| (now.as_millis(), e)));
                next += 1;
            }
            events.extend(hook.advance(now, used).map(|e| (now.as_millis(), e)));
        }
        events
    }

    fn kinds(used: HookUse, times_ms: &[u64]) -> Vec<HookEvent> {
        told(used, times_ms).into_iter().map(|(_, e)| e).collect()
    }

    #[test]
    fn pulses_at_every_rate_and_ratio_are_counted() {
        for tenths_pps in [80u64, 90, 100, 110, 120] {
            for ratio_tenths in [13u64, 16, 20, 25] {
                let period = 10_000 / tenths_pps;
                let open = period * ratio_tenths / (10 + ratio_tenths);
                for pulses in 1..=10u8 {
                    for offset in 0..20 {
                        let mut times = vec![300 + offset];
                        for _ in 0..pulses {
                            times.extend([open, period - open]);
                        }
                        *times.last_mut().unwrap() += 400;
                        let heard = kinds(HookUse::Dialling, &times);
                        let expected = [HookEvent::Lifted, HookEvent::Pulses(pulses)];
                        assert_eq!(heard, expected, "{open} of {period} ms, {pulses}, {offset}");
                    }
                }
            }
        }
    }

    #[test]
    fn openings_in_a_call_by_their_length() {
        for (ms, expected) in [
            (20, None),
            (40, None),
            (60, None),
            (100, Some(HookEvent::Flash)),
            (120, Some(HookEvent::Flash)),
            (300, Some(HookEvent::Flash)),
            (760, Some(HookEvent::Flash)),
            (860, Some(HookEvent::HungUp)),
        ] {
            let heard = kinds(HookUse::InCall, &[300, ms, 700]);
            let expected: Vec<_> =
                [Some(HookEvent::Lifted), expected].into_iter().flatten().collect();
            assert_eq!(heard[..expected.len().min(heard.len())], expected, "{ms} ms");
            assert!(heard.len() == expected.len() || ms == 860, "{ms} ms: {heard:?}");
        }
    }

    #[test]
    fn the_clatter_of_lifting_is_no_digit() {
        for used in [HookUse::Dialling, HookUse::InCall] {
            assert_eq!(kinds(used, &[90, 50, 30, 40, 600]), [HookEvent::Lifted]);
        }
    }

    #[test]
    fn two_disturbances_in_a_call_are_no_digit() {
        assert_eq!(kinds(HookUse::InCall, &[300, 50, 160, 50, 600]), [HookEvent::Lifted]);
        let heard = kinds(HookUse::InCall, &[300, 50, 50, 50, 600]);
        assert_eq!(heard, [HookEvent::Lifted, HookEvent::Pulses(2)]);
        let heard = kinds(HookUse::InCall, &[300, 100, 180, 50, 600]);
        assert_eq!(heard, [HookEvent::Lifted, HookEvent::Flash]);
    }

    #[test]
    fn the_clatter_of_a_handset_put_back_is_no_flash() {
        let heard = told(HookUse::InCall, &[300, 150, 30, 200, 10, 2000]);
        // The last "2000" is open: five changes, the loop ends open.
        assert_eq!(heard.last().map(|(_, e)| *e), Some(HookEvent::HungUp), "{heard:?}");
        assert!(heard.iter().all(|(_, e)| *e != HookEvent::Flash), "{heard:?}");
    }

    #[test]
    fn a_short_closing_is_no_lifting() {
        assert_eq!(kinds(HookUse::Idle, &[40, 500, 30, 500]), []);
        assert_eq!(kinds(HookUse::Idle, &[100, 500]), [HookEvent::Lifted, HookEvent::HungUp]);
    }

    #[test]
    fn where_no_call_is_only_putting_back_counts() {
        let heard = kinds(HookUse::Idle, &[300, 60, 40, 60, 400, 150, 400, 230, 100]);
        let expected = [HookEvent::Lifted, HookEvent::HungUp, HookEvent::Lifted];
        assert_eq!(heard, expected);
    }

    #[test]
    fn battery_away_tells_nothing_until_it_is_back() {
        for (closed_again, expected) in [(true, None), (false, Some(HookEvent::HungUp))] {
            let mut hook = Hook::new(HookTiming::default());
            let at = Instant::from_millis;
            hook.on_loop(at(0), true, HookUse::Idle);
            assert_eq!(hook.advance(at(100), HookUse::Idle), Some(HookEvent::Lifted));
            hook.battery_gone();
            hook.on_loop(at(120), false, HookUse::InCall);
            assert_eq!(hook.advance(at(5000), HookUse::InCall), None);
            if closed_again {
                hook.on_loop(at(5020), true, HookUse::InCall);
            }
            assert_eq!(hook.battery_back(at(5200)), expected);
            assert_eq!(hook.is_off_hook(), closed_again);
        }
    }

    #[test]
    fn a_loop_open_when_the_battery_goes_stays_open_unless_told() {
        let mut hook = Hook::new(HookTiming::default());
        let at = Instant::from_millis;
        hook.on_loop(at(0), true, HookUse::Idle);
        hook.advance(at(100), HookUse::Idle);
        hook.on_loop(at(200), false, HookUse::InCall);
        hook.battery_gone();
        assert_eq!(hook.battery_back(at(900)), Some(HookEvent::HungUp));
    }
}
