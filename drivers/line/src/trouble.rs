//! What is wrong with an E1 span, and what to change: one line, in either language.
//!
//! A span that is connected wrongly shows it in few ways: an alarm, counters that grow, a D-channel
//! on which nobody answers. [`SpanWatch`] looks at all of them over time and names the cause that
//! explains most.

use core::time::Duration;

use tipring_clock::Instant;

use crate::{SpanAlarms, SpanErrors, SpanEvent};

/// The language of words for people.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Language {
    /// Simplified Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The text in this language.
    pub const fn pick(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// How a span is framed and clocked, as somebody describes it or as it runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SpanFraming {
    /// Timeslot 16 carries the signalling bits of the others (CAS: R2), or is like them (CCS: ISDN).
    pub cas: bool,
    /// With CRC-4 multiframes (G.704, clause 2.3.3).
    pub crc4: bool,
    /// It takes its clock from the far side; otherwise it gives its own.
    pub takes_clock: bool,
}

/// What a D-channel's data link shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LinkSight {
    /// It is established.
    pub up: bool,
    /// Frames that arrived whole since it was made.
    pub frames: u64,
    /// Those of them whose sender takes itself for the side that we are.
    pub same_side: u64,
}

/// What is wrong with a span.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SpanTrouble {
    /// Its driver has taken it away.
    Gone,
    /// It runs with CAS and is described without.
    RunsCas,
    /// It runs without CAS and is described with it.
    RunsCcs,
    /// It runs with CRC-4 and is described without.
    RunsCrc4,
    /// It runs without CRC-4 and is described with it.
    RunsWithoutCrc4,
    /// No signal.
    NoSignal,
    /// No CRC-4 multiframe: the far side sends none.
    NoCrc4Multiframe,
    /// No CAS multiframe: the far side sends ISDN.
    NoCasMultiframe,
    /// No frames.
    NoFrame,
    /// The far side sends AIS.
    Ais,
    /// The far side does not receive us, and we send no CRC-4.
    RaiWithoutCrc4,
    /// The far side does not receive us.
    Rai,
    /// It has just come back.
    Recovering,
    /// A test's loop is closed.
    Looped,
    /// It is to take its clock from the far side, and takes it from nobody.
    NoClock,
    /// Octets are lost or repeated: the ends do not have one clock.
    Slips,
    /// Both ends are the same side of the D-channel.
    SameSide,
    /// Nothing at all arrives on the D-channel.
    SilentDChannel,
    /// What arrives on the D-channel is no frames.
    NoisyDChannel,
    /// The far side sends frames, but does not let the link come up.
    LinkRefused,
    /// The far side does not restart channels, which stay out of service.
    NotRestarted,
    /// It cannot be opened: whoever tells so says why.
    CannotOpen,
}

impl SpanTrouble {
    /// What it is and what to change, in one line without the span's name.
    pub const fn text(self, language: Language) -> &'static str {
        let (chinese, english) = self.texts();
        language.pick(chinese, english)
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            SpanTrouble::Gone => (
                "设备不见了：驱动已把它移除，请检查板卡并查看 dmesg。",
                "the device is gone: its driver has taken it away; check the card and see `dmesg`",
            ),
            SpanTrouble::RunsCas => (
                "按 CAS 运行，配置却是 CCS：ISDN 用 CCS，R2 用 CAS；请按局方提供的方式改配置，再重启设备，由它设置。",
                "runs as CAS but is described as CCS: describe it as the exchange provides it \
                 (ISDN: CCS, R2: CAS), and restart the box, which sets it so",
            ),
            SpanTrouble::RunsCcs => (
                "按 CCS 运行，配置却是 CAS：ISDN 用 CCS，R2 用 CAS；请按局方提供的方式改配置，再重启设备，由它设置。",
                "runs as CCS but is described as CAS: describe it as the exchange provides it \
                 (ISDN: CCS, R2: CAS), and restart the box, which sets it so",
            ),
            SpanTrouble::RunsCrc4 => (
                "运行时开了 CRC-4，配置却没有：请按局方提供的方式改配置，再重启设备，由它设置。",
                "runs with CRC-4 but is described without: describe it as the exchange has it, and \
                 restart the box, which sets it so",
            ),
            SpanTrouble::RunsWithoutCrc4 => (
                "运行时没有开 CRC-4，配置却开了：请按局方提供的方式改配置，再重启设备，由它设置。",
                "runs without CRC-4 but is described with it: describe it as the exchange has it, \
                 and restart the box, which sets it so",
            ),
            _ => self.alarm_texts(),
        }
    }

    const fn alarm_texts(self) -> (&'static str, &'static str) {
        match self {
            SpanTrouble::NoSignal => (
                "没有信号（LOS）：请插好电缆，或对调收发线对。",
                "no signal (LOS): plug the cable in, or swap its pairs",
            ),
            SpanTrouble::NoCrc4Multiframe => (
                "找不到 CRC-4 复帧（LMFA）：请在本端关闭 CRC-4，或请对端打开。",
                "no CRC-4 multiframe (LMFA): switch CRC-4 off here, or on at the far side",
            ),
            SpanTrouble::NoCasMultiframe => (
                "找不到 CAS 复帧（LMFA）：对端送来的是 ISDN（CCS），或 16 时隙没有信令；请把本端改为 PRI，或请对端开通 R2。",
                "no CAS multiframe (LMFA): the far side sends ISDN (CCS), or nothing in timeslot \
                 16; describe the span as PRI, or have R2 switched on there",
            ),
            SpanTrouble::NoFrame => (
                "找不到帧（LFA）：对端的帧格式或线路码不同，通常用 HDB3。",
                "no frames (LFA): the far side's framing or line code is another; HDB3 is usual",
            ),
            SpanTrouble::Ais => (
                "收到 AIS：对端或中间传输设备故障，请报局方。",
                "AIS arrives: the far side, or the equipment between, is out of order; tell the \
                 exchange",
            ),
            SpanTrouble::RaiWithoutCrc4 => (
                "对端收不到本端（RAI）：请检查发送线对，并问对端是否要求 CRC-4。",
                "the far side does not receive us (RAI): check the pair we send on, and whether \
                 the far side wants CRC-4",
            ),
            SpanTrouble::Rai => (
                "对端收不到本端（RAI）：请检查发送线对，并问对端是否开了 CRC-4。",
                "the far side does not receive us (RAI): check the pair we send on, and whether \
                 the far side has CRC-4",
            ),
            SpanTrouble::Recovering => (
                "刚刚恢复，几秒后可以通话。",
                "has just come back, and carries calls again in a few seconds",
            ),
            SpanTrouble::Looped => (
                "正在环回测试：请结束测试后再通话。",
                "a test's loop is closed: end the test to carry calls",
            ),
            _ => self.other_texts(),
        }
    }

    const fn other_texts(self) -> (&'static str, &'static str) {
        match self {
            SpanTrouble::NoClock => (
                "应从对端取时钟，却没有时钟源，会有咔嗒声，传真失败：请重启设备，由它设置；仍然如此请查看 dmesg。",
                "should take its clock from the far side and takes none, so that there are clicks \
                 and failing faxes: restart the box, which sets it, and if it stays so see `dmesg`",
            ),
            SpanTrouble::Slips => (
                "不断滑码：两端时钟不同步；只能一端给时钟，面向局方的本端应取对端时钟（clock 设为 far-side）。",
                "octets slip: the ends have two clocks; one end alone gives it, and here towards \
                 an exchange `clock` is `far-side`",
            ),
            SpanTrouble::SameSide => (
                "两端的 ISDN 角色相同：一端须为用户侧，另一端须为网络侧；请改本端的 side。",
                "both ends are the same side of ISDN: one is the user, the other the network; \
                 change the side here",
            ),
            SpanTrouble::SilentDChannel => (
                "D 信道收不到任何帧：请核对 D 信道时隙（通常是 16），并确认对端是 PRI 而不是 R2。",
                "nothing arrives on the D-channel: check its timeslot (16 is usual), and that the \
                 far side has PRI and not R2",
            ),
            SpanTrouble::NoisyDChannel => (
                "D 信道收到的不是 HDLC 帧：请核对 D 信道时隙（通常是 16），并确认对端是 PRI 而不是 R2。",
                "what arrives on the D-channel is no HDLC frame: check its timeslot (16 is \
                 usual), and that the far side has PRI and not R2",
            ),
            SpanTrouble::NotRestarted => (
                "对端不应答通道重启（RESTART），这些时隙停用：请改用不重启的 profile（china）。",
                "the far side does not restart channels, which stay out of service: a profile \
                 without restarts (`china`) may suit it better",
            ),
            SpanTrouble::CannotOpen => (
                "中继打不开：请核对配置里的端口，检查板卡和驱动。",
                "cannot be opened: check where the configuration says it is, the card and its \
                 driver",
            ),
            _ => (
                "对端有帧来，但不建立链路：请局方检查对端是否已开通此 PRI。",
                "the far side sends frames but does not let the link come up: have the exchange \
                 check that this PRI is in service",
            ),
        }
    }
}

/// How long a link may take to come up on a sound span: N200 repetitions of SABME, a second apart,
/// with some to spare.
const LINK_WAIT: Duration = Duration::from_secs(10);
/// How long counters are looked at together.
const WINDOW: Duration = Duration::from_secs(60);
/// Slips in a window that are no accident.
const SLIPS_MIN: u32 = 3;

/// Watches a span; sans-IO.
#[derive(Clone, Debug)]
pub struct SpanWatch {
    described: SpanFraming,
    runs: Option<SpanFraming>,
    alarms: SpanAlarms,
    errors: SpanErrors,
    now: Instant,
    /// The counters when the window began, and when that was: at first when the watch did.
    window: Option<(Instant, SpanErrors)>,
    /// The last window had slips.
    slipped: bool,
    /// The link, if the span has one, and since when the span is sound without it.
    link: Option<LinkSight>,
    waiting: Option<(Instant, LinkSight, SpanErrors)>,
    /// The timeslots that the far side did not restart: bit *n* stands for timeslot *n*.
    not_restarted: u32,
}

impl SpanWatch {
    /// Watches a span that is described so.
    pub fn new(described: SpanFraming) -> Self {
        let (now, errors) = (Instant::ZERO, SpanErrors::default());
        SpanWatch {
            described,
            runs: None,
            alarms: SpanAlarms::default(),
            errors,
            now,
            window: None,
            slipped: false,
            link: None,
            waiting: None,
            not_restarted: 0,
        }
    }

    /// Takes what the span told.
    pub fn on_event(&mut self, event: SpanEvent) {
        match event {
            SpanEvent::Alarms(alarms) => self.alarms = alarms,
            SpanEvent::Errors(errors) => self.errors = errors,
            SpanEvent::Framing(runs) => self.runs = Some(runs),
        }
    }

    /// Takes the timeslots that the far side did not restart.
    pub fn on_restart_failed(&mut self, timeslots: u32) {
        self.not_restarted |= timeslots;
    }

    /// The timeslots that the far side did not restart: bit *n* stands for timeslot *n*.
    pub const fn not_restarted(&self) -> u32 {
        self.not_restarted
    }

    /// Takes the state of the D-channel's link, and the time. To be called about once a second.
    pub fn on_link(&mut self, now: Instant, link: Option<LinkSight>) {
        self.link = link;
        self.now = now;
        if link.is_none_or(|sight| !sight.up) {
            // Once it is up again, the channels are restarted anew.
            self.not_restarted = 0;
        }
        if self.window.is_none_or(|(began, _)| now.saturating_since(began) >= WINDOW) {
            self.slipped = self.slips() >= SLIPS_MIN;
            self.window = Some((now, self.errors));
        }
        let is_sound = self.alarms.gravest().is_none() && !self.alarms.looped;
        self.waiting = match (link, self.waiting) {
            (Some(sight), before) if is_sound && !sight.up => {
                before.or(Some((now, sight, self.errors)))
            }
            _ => None,
        };
    }

    /// The slips of this window.
    fn slips(&self) -> u32 {
        let before = self.window.map_or(self.errors, |(_, errors)| errors);
        self.errors.slips.saturating_sub(before.slips)
    }

    /// What is wrong as far as was told; the cause of the rest first.
    pub fn trouble(&self) -> Option<SpanTrouble> {
        self.of_driver()
            .or_else(|| self.of_alarms())
            .or_else(|| self.of_clock())
            .or_else(|| self.of_link())
            .or((self.not_restarted != 0).then_some(SpanTrouble::NotRestarted))
    }

    fn of_driver(&self) -> Option<SpanTrouble> {
        if self.alarms.gone {
            return Some(SpanTrouble::Gone);
        }
        let (runs, described) = (self.runs?, self.described);
        match (runs.cas, described.cas, runs.crc4, described.crc4) {
            (true, false, ..) => Some(SpanTrouble::RunsCas),
            (false, true, ..) => Some(SpanTrouble::RunsCcs),
            (.., true, false) => Some(SpanTrouble::RunsCrc4),
            (.., false, true) => Some(SpanTrouble::RunsWithoutCrc4),
            _ => None,
        }
    }

    fn of_alarms(&self) -> Option<SpanTrouble> {
        let (alarms, described) = (self.alarms, self.described);
        let held = [
            (alarms.no_signal, SpanTrouble::NoSignal),
            (alarms.no_multiframe && described.crc4, SpanTrouble::NoCrc4Multiframe),
            (alarms.no_multiframe, SpanTrouble::NoCasMultiframe),
            (alarms.no_frame || alarms.red, SpanTrouble::NoFrame),
            (alarms.ais, SpanTrouble::Ais),
            (alarms.rai && !described.crc4, SpanTrouble::RaiWithoutCrc4),
            (alarms.rai, SpanTrouble::Rai),
            (alarms.recovering, SpanTrouble::Recovering),
            (alarms.looped, SpanTrouble::Looped),
        ];
        held.into_iter().find_map(|(holds, trouble)| holds.then_some(trouble))
    }

    fn of_clock(&self) -> Option<SpanTrouble> {
        let has_none = self.runs.is_some_and(|runs| !runs.takes_clock);
        if self.described.takes_clock && has_none {
            return Some(SpanTrouble::NoClock);
        }
        (self.slipped || self.slips() >= SLIPS_MIN).then_some(SpanTrouble::Slips)
    }

    fn of_link(&self) -> Option<SpanTrouble> {
        let (since, before, errors) = self.waiting?;
        let link = self.link?;
        if self.now.saturating_since(since) < LINK_WAIT {
            return None;
        }
        if link.same_side > before.same_side {
            Some(SpanTrouble::SameSide)
        } else if link.frames > before.frames {
            Some(SpanTrouble::LinkRefused)
        } else if self.errors.hdlc > errors.hdlc {
            Some(SpanTrouble::NoisyDChannel)
        } else {
            Some(SpanTrouble::SilentDChannel)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIBED: SpanFraming = SpanFraming { cas: false, crc4: true, takes_clock: true };

    fn of_alarms(change: fn(&mut SpanAlarms)) -> Option<SpanTrouble> {
        let mut alarms = SpanAlarms::default();
        change(&mut alarms);
        let mut watch = SpanWatch::new(DESCRIBED);
        watch.on_event(SpanEvent::Alarms(alarms));
        watch.trouble()
    }

    #[test]
    fn the_cause_is_told_and_not_what_follows_from_it() {
        use SpanTrouble as T;
        assert_eq!(of_alarms(|_| {}), None);
        assert_eq!(of_alarms(|a| (a.red, a.no_signal) = (true, true)), Some(T::NoSignal));
        assert_eq!(
            of_alarms(|a| (a.red, a.no_multiframe) = (true, true)),
            Some(T::NoCrc4Multiframe)
        );
        assert_eq!(of_alarms(|a| a.red = true), Some(T::NoFrame));
        assert_eq!(of_alarms(|a| a.ais = true), Some(T::Ais));
        assert_eq!(of_alarms(|a| (a.rai, a.recovering) = (true, true)), Some(T::Rai));
        assert_eq!(of_alarms(|a| a.recovering = true), Some(T::Recovering));
        assert_eq!(of_alarms(|a| a.looped = true), Some(T::Looped));
        assert_eq!(of_alarms(|a| (a.gone, a.red) = (true, true)), Some(T::Gone));
    }

    #[test]
    fn channels_that_are_not_restarted_are_told_until_the_link_goes() {
        let mut watch = SpanWatch::new(DESCRIBED);
        let (now, up) = (Instant::ZERO, LinkSight { up: true, ..LinkSight::default() });
        watch.on_link(now, Some(up));
        watch.on_restart_failed(1 << 3);
        watch.on_restart_failed(1 << 5);
        watch.on_link(now, Some(up));
        assert_eq!(watch.trouble(), Some(SpanTrouble::NotRestarted));
        assert_eq!(watch.not_restarted(), 1 << 3 | 1 << 5);
        watch.on_link(now, Some(LinkSight { up: false, ..up }));
        assert_eq!((watch.trouble(), watch.not_restarted()), (None, 0));
    }

    #[test]
    fn each_trouble_is_one_line_in_each_language() {
        use SpanTrouble as T;
        let all = [
            T::Gone,
            T::RunsCas,
            T::RunsCcs,
            T::RunsCrc4,
            T::RunsWithoutCrc4,
            T::NoSignal,
            T::NoCrc4Multiframe,
            T::NoCasMultiframe,
            T::NoFrame,
            T::Ais,
            T::RaiWithoutCrc4,
            T::Rai,
            T::Recovering,
            T::Looped,
            T::NoClock,
            T::Slips,
            T::SameSide,
            T::SilentDChannel,
            T::NoisyDChannel,
            T::LinkRefused,
            T::NotRestarted,
            T::CannotOpen,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for trouble in all {
            let (chinese, english) =
                (trouble.text(Language::Chinese), trouble.text(Language::English));
            assert!(chinese.ends_with('。') && !chinese.contains('\n'), "{chinese}");
            assert!(english.is_ascii() && !english.contains('\n'), "{english}");
            assert!(!english.contains("  ") && !english.ends_with('.'), "{english}");
            assert!(seen.insert(english) && seen.insert(chinese), "{trouble:?} is told as another");
        }
    }
}
