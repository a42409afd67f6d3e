//! What a frame of the D-channel says, in a line of words.

use core::fmt::{self, Write as _};

use tipring_line::{Language, Notice, Number, Presentation};

use crate::q921::{Control, Repr, Side};
use crate::q931::element::{
    ChannelIdentification, ChannelSelection, Element, PartyNumber, ProgressDescription,
    RestartClass, Transfer, decode_text,
};
use crate::q931::{Message, MessageType};

/// Says in one line what a frame sent by `sender` means. A frame that carries no message is told
/// by its name alone.
pub fn describe(sender: Side, frame: &[u8], language: Language) -> String {
    let mut line = String::new();
    // Writing into a string does not fail.
    let _ = write_line(&mut line, sender, frame, language);
    line
}

/// Whether a frame carries a message of call control, and is not the data link's alone.
pub fn carries_message(frame: &[u8]) -> bool {
    Repr::parse(frame).is_ok_and(|repr| is_message(&repr))
}

fn is_message(repr: &Repr<'_>) -> bool {
    matches!(repr.control, Control::I { .. } | Control::Ui { .. }) && !repr.info.is_empty()
}

fn write_line(out: &mut String, sender: Side, frame: &[u8], l: Language) -> fmt::Result {
    out.push_str(match sender {
        Side::User => l.pick("用户 → 网络：", "user → network: "),
        Side::Network => l.pick("网络 → 用户：", "network → user: "),
    });
    let repr = match Repr::parse(frame) {
        Ok(repr) => repr,
        Err(error) => return write!(out, "{} ({error})", l.pick("不是 LAPD 帧", "no LAPD frame")),
    };
    if !is_message(&repr) {
        return link_frame(out, repr.control, l);
    }
    match Message::parse(repr.info) {
        Ok(message) => message_line(out, &message, l),
        Err(error) => {
            write!(out, "{} ({error})", l.pick("不是 Q.931 消息", "no Q.931 message"))
        }
    }
}

fn link_frame(out: &mut String, control: Control, l: Language) -> fmt::Result {
    let meaning = match control {
        Control::I { .. } | Control::Ui { .. } => l.pick("空信息帧", "empty information"),
        Control::Rr { .. } => l.pick("可以接收", "ready"),
        Control::Rnr { .. } => l.pick("暂不能接收", "busy"),
        Control::Rej { .. } => l.pick("请求重发", "asks for repetition"),
        Control::Sabme { .. } => l.pick("请求建立链路", "asks for the link"),
        Control::Ua { .. } => l.pick("确认", "confirms"),
        Control::Dm { .. } => l.pick("链路未建立", "has no link"),
        Control::Disc { .. } => l.pick("请求拆除链路", "ends the link"),
        Control::Frmr { .. } => l.pick("拒绝帧", "rejects a frame"),
        Control::Xid { .. } => l.pick("交换标识", "identification"),
        Control::UnknownUnnumbered(_) | Control::UnknownSupervisory(..) => {
            l.pick("未知帧", "unknown frame")
        }
    };
    write!(out, "{} {meaning}", control.name())
}

fn message_line(out: &mut String, message: &Message<'_>, l: Language) -> fmt::Result {
    write!(out, "{} {}", message.kind.name(), meaning(message.kind, l))?;
    if message.reference.is_global() {
        out.push_str(l.pick("，整个接口", ", whole interface"));
    } else {
        write!(out, "{} {}", l.pick("，呼叫", ", call"), message.reference.value)?;
    }
    for raw in message.elements() {
        let Ok(raw) = raw else {
            out.push_str(l.pick("，（消息不完整）", ", (cut off)"));
            break;
        };
        match Element::read(raw) {
            Ok(element) => {
                let before = out.len();
                out.push_str(l.pick("，", ", "));
                let bare = out.len();
                element_words(out, &element, l)?;
                if out.len() == bare {
                    // An element without words.
                    out.truncate(before);
                }
            }
            Err(error) => {
                write!(out, "{}{:#04x}: {error}", l.pick("，", ", "), raw.id)?;
            }
        }
    }
    Ok(())
}

pub(super) fn meaning(kind: MessageType, l: Language) -> &'static str {
    match kind {
        MessageType::Setup => l.pick("发起呼叫", "a call begins"),
        MessageType::SetupAcknowledge => l.pick("请续发号码", "send more digits"),
        MessageType::CallProceeding => l.pick("呼叫进行中", "the call is on its way"),
        MessageType::Progress => l.pick("呼叫进展", "progress"),
        MessageType::Alerting => l.pick("被叫振铃", "the called party is rung"),
        MessageType::Connect => l.pick("被叫应答", "answered"),
        MessageType::ConnectAcknowledge => l.pick("应答确认", "the answer is confirmed"),
        MessageType::Disconnect => l.pick("挂断", "hangs up"),
        MessageType::Release => l.pick("释放", "releases"),
        MessageType::ReleaseComplete => l.pick("释放完成", "released"),
        MessageType::Information => l.pick("续发信息", "more information"),
        MessageType::Notify => l.pick("通知", "notification"),
        MessageType::Facility => l.pick("补充业务", "supplementary service"),
        MessageType::Status => l.pick("状态报告", "reports its state"),
        MessageType::StatusEnquiry => l.pick("询问状态", "asks for the state"),
        MessageType::Restart => l.pick("重启通道", "restarts channels"),
        MessageType::RestartAcknowledge => l.pick("重启确认", "has restarted channels"),
        MessageType::Unknown(_) => l.pick("未知消息", "unknown message"),
        _ => l.pick("其他消息", "other message"),
    }
}

pub(super) fn element_words(out: &mut String, element: &Element<'_>, l: Language) -> fmt::Result {
    match element {
        Element::CallingNumber(number) => party(out, l.pick("主叫", "from"), number, l),
        Element::CalledNumber(number) => party(out, l.pick("被叫", "to"), number, l),
        Element::ConnectedNumber(number) => party(out, l.pick("接通号码", "connected"), number, l),
        Element::RedirectingNumber(number) => {
            party(out, l.pick("转移自", "diverted by"), number, l)
        }
        Element::OriginalCalledNumber(number) => {
            party(out, l.pick("原被叫", "first called"), number, l)
        }
        Element::ChannelIdentification(channel) => channel_words(out, channel, l),
        Element::Cause(cause) => {
            write!(out, "{} {}", l.pick("原因", "cause"), cause.value)?;
            write!(out, " ({})", cause_words(cause.value, l))
        }
        Element::CallState(state) => write!(out, "{} {state}", l.pick("状态", "state")),
        Element::Display(text) => write!(out, "“{}”", decode_text(text)),
        Element::Keypad(keys) => {
            write!(out, "{} {}", l.pick("按键", "keys"), keys.escape_ascii())
        }
        other => {
            out.push_str(fixed_words(other, l));
            Ok(())
        }
    }
}

/// The elements whose meaning is one of a few.
fn fixed_words(element: &Element<'_>, l: Language) -> &'static str {
    match element {
        Element::BearerCapability(bearer) => match bearer.transfer {
            Transfer::Speech => l.pick("话音", "speech"),
            Transfer::Audio3100Hz => l.pick("3.1 kHz 音频", "3.1 kHz audio"),
            Transfer::UnrestrictedDigital => l.pick("64 kbit/s 数据", "64 kbit/s data"),
            Transfer::Other(_) => l.pick("其他承载", "another bearer"),
        },
        Element::ProgressIndicator(progress) => match progress.description {
            ProgressDescription::InBand => l.pick("带内有提示音", "tones in the channel"),
            ProgressDescription::NotEndToEndIsdn => l.pick("并非全程 ISDN", "not ISDN all the way"),
            ProgressDescription::DestinationNotIsdn => {
                l.pick("被叫非 ISDN", "called party not on ISDN")
            }
            ProgressDescription::OriginNotIsdn => l.pick("主叫非 ISDN", "caller not on ISDN"),
            ProgressDescription::ReturnedToIsdn => l.pick("回到 ISDN", "back on ISDN"),
            ProgressDescription::Interworking => l.pick("网间互通", "interworking"),
            ProgressDescription::Other(_) => l.pick("其他进展", "other progress"),
        },
        Element::Notification(notice) => match notice {
            Notice::RemoteHold => l.pick("对方保持", "held"),
            Notice::RemoteRetrieval => l.pick("对方恢复", "taken back"),
            Notice::UserSuspended => l.pick("对方暂停", "suspended"),
            Notice::UserResumed => l.pick("对方继续", "resumed"),
            Notice::Other(_) => l.pick("其他通知", "other notification"),
        },
        Element::Restart(class) => match class {
            RestartClass::IndicatedChannels => l.pick("所列通道", "the channels named"),
            RestartClass::SingleInterface => l.pick("本接口", "this interface"),
            RestartClass::AllInterfaces => l.pick("全部接口", "all interfaces"),
        },
        Element::SendingComplete => l.pick("号码已发全", "number complete"),
        Element::Facility(_) => l.pick("补充业务成分", "components"),
        _ => "",
    }
}

fn party(out: &mut String, role: &str, number: &PartyNumber<'_>, l: Language) -> fmt::Result {
    let text = number.number();
    let text = text.as_ref().map_or_else(|| l.pick("（无号码）", "(no number)"), Number::as_str);
    write!(out, "{role} {text}")?;
    match number.presentation() {
        Presentation::Allowed => Ok(()),
        Presentation::Restricted => out.write_str(l.pick("（不显示）", " (hidden)")),
        Presentation::Unavailable => out.write_str(l.pick("（不可用）", " (unavailable)")),
    }
}

fn channel_words(out: &mut String, channel: &ChannelIdentification, l: Language) -> fmt::Result {
    match channel.selection {
        ChannelSelection::None => out.write_str(l.pick("无通道", "no channel")),
        ChannelSelection::Any => out.write_str(l.pick("任意通道", "any channel")),
        ChannelSelection::Map(_) => {
            write!(out, "{}", l.pick("通道", "channels"))?;
            let map = channel.timeslots();
            (0..32).filter(|n| map >> n & 1 == 1).try_for_each(|n| write!(out, " {n}"))
        }
        ChannelSelection::Timeslot(timeslot) => {
            let firmly = if channel.exclusive {
                l.pick("（指定）", " (no other)")
            } else {
                l.pick("（优选）", " (preferred)")
            };
            write!(out, "{} {timeslot}{firmly}", l.pick("通道", "channel"))
        }
    }
}

/// The names of Q.850, in the words of daily work.
fn cause_words(value: u8, l: Language) -> &'static str {
    match value {
        1 => l.pick("空号", "no such number"),
        2 | 3 => l.pick("无路由", "no route"),
        6 => l.pick("通道不可接受", "channel not acceptable"),
        16 => l.pick("正常拆线", "normal clearing"),
        17 => l.pick("用户忙", "busy"),
        18 => l.pick("用户无响应", "no response"),
        19 => l.pick("无人应答", "no answer"),
        20 => l.pick("用户不在", "absent"),
        21 => l.pick("拒绝", "rejected"),
        22 => l.pick("号码已改", "number changed"),
        26 => l.pick("他处已接", "answered elsewhere"),
        27 => l.pick("终点故障", "destination out of order"),
        28 => l.pick("号码不全或格式错", "number incomplete"),
        29 => l.pick("业务被拒", "facility rejected"),
        30 => l.pick("应询问而答", "answer to an enquiry"),
        31 => l.pick("正常，未指明", "normal, unspecified"),
        34 => l.pick("无可用通道", "no channel free"),
        38 => l.pick("网络故障", "network out of order"),
        41 => l.pick("临时故障", "temporary failure"),
        42 => l.pick("设备拥塞", "congestion"),
        44 => l.pick("所请求通道不可用", "requested channel not available"),
        47 => l.pick("资源不可用", "no resources"),
        50 => l.pick("业务未登记", "not subscribed"),
        57 | 58 => l.pick("承载不可用", "bearer not available"),
        65 | 66 | 69 | 70 | 79 => l.pick("未实现", "not implemented"),
        81 => l.pick("无此呼叫", "no such call"),
        82 => l.pick("无此通道", "no such channel"),
        88 => l.pick("终点不兼容", "incompatible destination"),
        95..=101 | 103 | 111 => l.pick("协议错误", "protocol error"),
        102 => l.pick("定时器超时", "a timer ran out"),
        127 => l.pick("网间互通", "interworking"),
        _ => l.pick("见 Q.850", "see Q.850"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETUP: &[u8] = &[
        0x00, 0x01, 0x00, 0x00, 0x08, 0x02, 0x00, 0x01, 0x05, 0x04, 0x03, 0x80, 0x90, 0xA3, 0x18,
        0x03, 0xA9, 0x83, 0x81, 0x28, 0x04, 0xCD, 0xF5, 0xB8, 0xD5, 0x6C, 0x04, 0x21, 0xA0, b'1',
        b'0', 0x70, 0x04, 0x81, b'1', b'3', b'8', 0xA1,
    ];

    #[test]
    fn a_call_reads_like_a_sentence() {
        assert_eq!(
            describe(Side::User, SETUP, Language::English),
            "user → network: SETUP a call begins, call 1, speech, channel 1 (no other), “王刚”, \
             from 10 (hidden), to 138, number complete"
        );
        assert_eq!(
            describe(Side::User, SETUP, Language::Chinese),
            "用户 → 网络：SETUP 发起呼叫，呼叫 1，话音，通道 1（指定），“王刚”，\
             主叫 10（不显示），被叫 138，号码已发全"
        );
    }

    #[test]
    fn ends_and_link_frames_read_too() {
        let end = [0, 1, 2, 2, 8, 2, 0x80, 1, 0x45, 8, 2, 0x82, 0x91];
        assert_eq!(
            describe(Side::Network, &end, Language::English),
            "network → user: DISCONNECT hangs up, call 1, cause 17 (busy)"
        );
        let sabme = describe(Side::User, &[0, 1, 0x7F], Language::Chinese);
        assert_eq!(sabme, "用户 → 网络：SABME 请求建立链路");
        for bytes in [&[][..], &[0], &[0, 1, 0, 0, 8], &[0, 1, 0, 0, 8, 2, 0, 1, 5, 4, 9]] {
            assert!(!describe(Side::User, bytes, Language::English).is_empty());
        }
    }
}
