//! What the test found, and what to do about it.

use arrayvec::ArrayVec;
use tipring_dsp::{Noise, ToneReading};
use tipring_line::Language;

use super::BALANCES_MAX;
use super::echo::EchoReading;
use crate::plans::CallerIdKind;

/// The dial tone that was heard.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DialToneReading {
    /// Its frequencies and level; `None` if its breaks left no time to measure it.
    pub tone: Option<ToneReading>,
    /// From going off-hook to its beginning, in milliseconds.
    pub after_ms: u32,
    /// Whether it is one of the country's plan.
    pub known: bool,
    /// Whether it ended with the first digit.
    pub broken: bool,
}

/// From where on a figure is bad.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LineLimits {
    /// Below this many volts on-hook there is no battery.
    pub battery_v_min: u16,
    /// Below this many volts on-hook another set on the pair is off-hook.
    pub idle_v_min: u16,
    /// Sound on an idle line above this, in dBm0, is another set's call.
    pub idle_sound_dbm0_max: f32,
    /// Below this many milliamperes the loop is not closed.
    pub loop_ma_min: u16,
    /// Below this many milliamperes sets and modems get unreliable (GB/T: 18).
    pub good_loop_ma_min: u16,
    /// The weakest dial tone, in dBm0.
    pub dial_tone_dbm0_min: f32,
    /// The strongest noise, in dBm0p.
    pub noise_dbm0p_max: f32,
    /// The strongest mains hum, in dBm0.
    pub hum_dbm0_max: f32,
    /// The least echo return loss, in dB.
    pub echo_loss_db_min: f32,
}

impl Default for LineLimits {
    fn default() -> Self {
        LineLimits {
            battery_v_min: 3,
            idle_v_min: 26,
            idle_sound_dbm0_max: -40.0,
            loop_ma_min: 5,
            good_loop_ma_min: 18,
            dial_tone_dbm0_min: -25.0,
            noise_dbm0p_max: -50.0,
            hum_dbm0_max: -40.0,
            echo_loss_db_min: 8.0,
        }
    }
}

/// What was measured, and the verdict.
#[derive(Clone, PartialEq, Debug)]
pub struct LineReport {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether there is battery on the line.
    pub battery: bool,
    /// Tip to ring on-hook, in volts, where the hardware measures it.
    pub idle_voltage_v: Option<i16>,
    /// The same off-hook.
    pub loop_voltage_v: Option<i16>,
    /// Loop current, in milliamperes, where the hardware measures it.
    pub loop_current_ma: Option<u16>,
    /// Noise on-hook.
    pub idle_noise: Option<Noise>,
    /// Dial tone, if there was any.
    pub dial_tone: Option<DialToneReading>,
    /// Noise off-hook, after dial tone.
    pub noise: Option<Noise>,
    /// Echo with each balance.
    pub echoes: ArrayVec<EchoReading, BALANCES_MAX>,
    /// The balance with the least echo, which the line has been left with.
    pub balance: Option<u8>,
    /// Which caller id came with the last calls; told by whoever keeps them.
    pub caller_id: Option<CallerIdKind>,
}

impl LineReport {
    pub(super) fn new(battery: bool) -> Self {
        LineReport {
            verdict: Verdict::Cancelled,
            battery,
            idle_voltage_v: None,
            loop_voltage_v: None,
            loop_current_ma: None,
            idle_noise: None,
            dial_tone: None,
            noise: None,
            echoes: ArrayVec::new(),
            balance: None,
            caller_id: None,
        }
    }

    /// The echo with the balance chosen.
    pub fn best_echo(&self) -> Option<&EchoReading> {
        self.echoes.iter().max_by(|a, b| a.loss_db.total_cmp(&b.loss_db))
    }

    /// Why the line cannot even be seized.
    pub(super) fn on_hook_fault(&self, limits: &LineLimits) -> Option<Verdict> {
        let volts = self.idle_voltage_v.map(i16::unsigned_abs);
        if !self.battery || volts.is_some_and(|v| v < limits.battery_v_min) {
            return Some(Verdict::NoBattery);
        }
        let sound = self.idle_noise.is_some_and(|n| n.dbm0p > limits.idle_sound_dbm0_max);
        let in_use = volts.map_or(sound, |v| v < limits.idle_v_min);
        in_use.then_some(Verdict::OtherSetOffHook)
    }

    /// The verdict of a test that went through: the worst finding.
    pub(super) fn judge(&self, limits: &LineLimits) -> Verdict {
        if let Some(fault) = self.on_hook_fault(limits) {
            return fault;
        }
        if self.loop_current_ma.is_some_and(|ma| ma < limits.loop_ma_min) {
            return Verdict::NoLoopCurrent;
        }
        let Some(dial_tone) = self.dial_tone else { return Verdict::NoDialTone };
        if !dial_tone.broken {
            return Verdict::DialToneStays;
        }
        if let Some(noise) = self.noise {
            if noise.hum_dbm0 > limits.hum_dbm0_max {
                return Verdict::Hum;
            }
            if noise.dbm0p > limits.noise_dbm0p_max {
                return Verdict::Noise;
            }
        }
        if self.best_echo().is_some_and(|echo| echo.loss_db < limits.echo_loss_db_min) {
            return Verdict::Echo;
        }
        if self.loop_current_ma.is_some_and(|ma| ma < limits.good_loop_ma_min) {
            return Verdict::LowLoopCurrent;
        }
        if dial_tone.tone.is_some_and(|tone| tone.level_dbm0 < limits.dial_tone_dbm0_min) {
            return Verdict::WeakDialTone;
        }
        if dial_tone.known { Verdict::Good } else { Verdict::ForeignDialTone }
    }
}

/// What is to be said of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// Nothing is wrong.
    Good,
    /// The port's hardware has gone.
    DeviceLost,
    /// A call came in while the line was tested.
    IncomingCall,
    /// The test was ended before it was through.
    Cancelled,
    /// No battery: not connected, or cut.
    NoBattery,
    /// Another set on the same pair is in use.
    OtherSetOffHook,
    /// There is battery, but no current when the loop is closed.
    NoLoopCurrent,
    /// The exchange sends no dial tone.
    NoDialTone,
    /// Dial tone does not end with the first digit.
    DialToneStays,
    /// Mains hum.
    Hum,
    /// Too much noise.
    Noise,
    /// Too much echo with every balance.
    Echo,
    /// Little loop current.
    LowLoopCurrent,
    /// Dial tone is weak.
    WeakDialTone,
    /// There is a dial tone that the country's plan does not know.
    ForeignDialTone,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 15] = [
        Verdict::Good,
        Verdict::DeviceLost,
        Verdict::IncomingCall,
        Verdict::Cancelled,
        Verdict::NoBattery,
        Verdict::OtherSetOffHook,
        Verdict::NoLoopCurrent,
        Verdict::NoDialTone,
        Verdict::DialToneStays,
        Verdict::Hum,
        Verdict::Noise,
        Verdict::Echo,
        Verdict::LowLoopCurrent,
        Verdict::WeakDialTone,
        Verdict::ForeignDialTone,
    ];

    /// Whether calls can be made and taken on the line as it is.
    pub const fn is_usable(self) -> bool {
        matches!(
            self,
            Verdict::Good
                | Verdict::Hum
                | Verdict::Noise
                | Verdict::Echo
                | Verdict::LowLoopCurrent
                | Verdict::WeakDialTone
                | Verdict::ForeignDialTone
        )
    }

    /// What it means and what to do, for the technician.
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.text_zh(),
            Language::English => self.text_en(),
        }
    }

    const fn text_zh(self) -> &'static str {
        match self {
            Verdict::Good => "线路正常。",
            Verdict::DeviceLost => {
                "端口硬件无响应：请检查板卡是否插好、驱动是否加载，然后重新启动设备。"
            }
            Verdict::IncomingCall => "测试时有电话呼入，测试已停止：请稍后重新测试。",
            Verdict::Cancelled => "测试未完成：请重新测试。",
            Verdict::NoBattery => {
                "无馈电，线未接或断线：请检查电话线是否插到本端口；仍无馈电则请运营商查线。"
            }
            Verdict::OtherSetOffHook => {
                "线路被其他话机占用：请挂好并接在同一条线上的话机、传真机或报警器，然后重新测试。"
            }
            Verdict::NoLoopCurrent => {
                "有馈电但摘机后无环路电流：请检查接线是否接触不良；若线路可用，则端口可能损坏，请换端口再测。"
            }
            Verdict::NoDialTone => {
                "无拨号音：请用普通话机在此线上听一听；话机也没有拨号音则请运营商检修（线路停机或故障），有则请核对国家设置。"
            }
            Verdict::DialToneStays => {
                "拨号后拨号音不停，交换机收不到号码：请检查线路是否损耗过大，或改用脉冲拨号。"
            }
            Verdict::Hum => {
                "交流声（工频干扰）过大：请检查电话线是否与电源线并行或绝缘破损、设备是否接地，必要时换线对。"
            }
            Verdict::Noise => {
                "噪声过大：请重新压接接头、去掉并接的话机和分线后再测；仍大则请运营商查线。"
            }
            Verdict::Echo => {
                "回声过强：请去掉并接的设备和多余的分线后再测；并核对国家（阻抗）设置。"
            }
            Verdict::LowLoopCurrent => {
                "环路电流偏小：可以通话，但来电显示和拨号可能不稳定；请检查接头，或请运营商测线。"
            }
            Verdict::WeakDialTone => {
                "拨号音偏弱：线路损耗大；可将本线接收增益调高，或请运营商测线。"
            }
            Verdict::ForeignDialTone => {
                "有拨号音，但与所选国家的标准不同：请核对国家设置；若接的是交换机（PBX）分机，请用“学习信号音”功能学习它的忙音。"
            }
        }
    }

    const fn text_en(self) -> &'static str {
        match self {
            Verdict::Good => "The line is in order.",
            Verdict::DeviceLost => {
                "The port's hardware does not answer: check that the card is seated and its driver \
                 loaded, then restart the box."
            }
            Verdict::IncomingCall => "A call came in, so the test was stopped: test again later.",
            Verdict::Cancelled => "The test was not finished: test again.",
            Verdict::NoBattery => {
                "No battery on the line: it is not plugged in or cut. Check the plug at this port; \
                 if there still is none, ask the operator to check the line."
            }
            Verdict::OtherSetOffHook => {
                "Another set on this line is off-hook: hang up every telephone, fax machine or \
                 alarm on the same pair, then test again."
            }
            Verdict::NoLoopCurrent => {
                "There is battery, but no loop current off-hook: check the wiring for a bad \
                 contact; if a telephone works on the line, the port may be damaged: try another."
            }
            Verdict::NoDialTone => {
                "No dial tone: listen with a telephone on this line. If it has none either, ask \
                 the operator (line out of service); if it has one, check the country setting."
            }
            Verdict::DialToneStays => {
                "Dial tone goes on after a digit, so the exchange does not hear it: check the line \
                 for high loss, or dial by pulses."
            }
            Verdict::Hum => {
                "Strong mains hum: look for telephone wires beside power cables, damaged \
                 insulation or a missing earth; use another pair if need be."
            }
            Verdict::Noise => {
                "Too much noise: remake the joints and unplug sets and branches on the line, then \
                 test again; if it stays, ask the operator to check the line."
            }
            Verdict::Echo => {
                "Too much echo: unplug other sets and branches on the line, then test again; check \
                 the country (impedance) setting."
            }
            Verdict::LowLoopCurrent => {
                "Little loop current: calls work, but caller id and dialling may be unreliable. \
                 Check the joints, or ask the operator to measure the line."
            }
            Verdict::WeakDialTone => {
                "Weak dial tone: the line has a high loss. Raise this line's receive gain, or ask \
                 the operator to measure the line."
            }
            Verdict::ForeignDialTone => {
                "There is a dial tone, but not one of the country that is set: check the country \
                 setting; on a PBX's extension, learn its busy tone with the learn function."
            }
        }
    }
}
