//! What a frame of the D-channel says, field by field.

use core::fmt::Write as _;

use tipring_line::{Language, Law};

use super::words::{element_words, meaning};
use crate::q921::{Control, Repr, SAPI_CALL_CONTROL, SAPI_MANAGEMENT, Side};
use crate::q931::element::{
    BearerCapability, CauseElement, Element, Location, NumberType, NumberingPlan, PartyNumber,
    RedirectionReason, Screening, Transfer, UserLayer1, id,
};
use crate::q931::{Message, RawElement};

/// One field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detail {
    /// What it is.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// The fields of a frame sent by `sender`, in their order on the wire: address, control, message,
/// information elements. What cannot be read is shown in octets, with the reason.
pub fn details(sender: Side, frame: &[u8], language: Language) -> Vec<Detail> {
    let mut out = Fields { fields: Vec::new(), l: language };
    match Repr::parse(frame) {
        Ok(repr) => out.frame(sender, &repr),
        Err(error) => out.add(("帧", "frame"), format!("{} ({error})", hex(frame))),
    }
    out.fields
}

fn hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(3 * octets.len());
    for (place, octet) in octets.iter().enumerate() {
        // Writing into a string does not fail.
        let _ = write!(text, "{}{octet:02X}", if place == 0 { "" } else { " " });
    }
    text
}

struct Fields {
    fields: Vec<Detail>,
    l: Language,
}

impl Fields {
    fn pick(&self, (chinese, english): (&'static str, &'static str)) -> &'static str {
        self.l.pick(chinese, english)
    }

    fn add(&mut self, name: (&'static str, &'static str), value: String) {
        self.fields.push(Detail { name: self.pick(name).to_owned(), value });
    }

    fn frame(&mut self, sender: Side, repr: &Repr<'_>) {
        // A network's commands and a user's responses have the bit (Q.921, table 1).
        let is_command = repr.cr == (sender == Side::Network);
        let point = match repr.sapi {
            SAPI_CALL_CONTROL => self.pick(("（呼叫控制）", " (call control)")),
            SAPI_MANAGEMENT => self.pick(("（管理）", " (management)")),
            _ => "",
        };
        let kind =
            self.pick(if is_command { ("命令", "command") } else { ("响应", "response") });
        self.add(
            ("地址", "address"),
            format!("SAPI {}{point}, TEI {}, {kind}", repr.sapi, repr.tei),
        );
        self.add(("控制", "control"), control(repr.control));
        if repr.info.is_empty() {
            return;
        }
        match Message::parse(repr.info) {
            Ok(message) if matches!(repr.control, Control::I { .. } | Control::Ui { .. }) => {
                self.message(&message);
            }
            Err(error) if matches!(repr.control, Control::I { .. } | Control::Ui { .. }) => {
                self.add(("信息", "information"), format!("{} ({error})", hex(repr.info)));
            }
            _ => self.add(("信息", "information"), hex(repr.info)),
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        let reference = message.reference;
        let whose = if reference.is_global() {
            self.pick(("（全局）", " (global)"))
        } else if reference.flag {
            self.pick(("（对方选定）", " (chosen by the receiver)"))
        } else {
            self.pick(("（发送方选定）", " (chosen by the sender)"))
        };
        self.add(("呼叫参考", "call reference"), format!("{}{whose}", reference.value));
        let meaning = meaning(message.kind, self.l);
        self.add(("消息", "message"), format!("{} {meaning}", message.kind.name()));
        for element in message.elements() {
            match element {
                Ok(raw) => self.element(raw),
                Err(error) => self.add(("消息不完整", "cut off"), error.to_string()),
            }
        }
    }

    fn element(&mut self, raw: RawElement<'_>) {
        let octets = hex(raw.content.unwrap_or_default());
        let named = if raw.codeset == 0 { element_name(raw.id) } else { None };
        let name = match named {
            Some(name) => self.pick(name).to_owned(),
            None => {
                let unknown = self.pick(("信息单元", "element"));
                let codeset = self.pick(("码组", "codeset"));
                match raw.codeset {
                    0 => format!("{unknown} {:#04x}", raw.id),
                    set => format!("{unknown} {:#04x} ({codeset} {set})", raw.id),
                }
            }
        };
        let value = match Element::read(raw) {
            Ok(element) => {
                let mut words = String::new();
                // Writing into a string does not fail.
                let _ = element_words(&mut words, &element, self.l);
                words.push_str(&self.more(&element));
                match (words.is_empty(), octets.is_empty()) {
                    (true, _) => octets,
                    (false, true) => words,
                    (false, false) => format!("{words} [{octets}]"),
                }
            }
            Err(error) => format!("{octets} ({error})"),
        };
        self.fields.push(Detail { name, value });
    }

    /// What the line of words leaves out.
    fn more(&self, element: &Element<'_>) -> String {
        match element {
            Element::BearerCapability(bearer) => self.bearer(bearer),
            Element::Cause(cause) => self.location(cause),
            Element::ConnectedNumber(number)
            | Element::CallingNumber(number)
            | Element::CalledNumber(number)
            | Element::OriginalCalledNumber(number)
            | Element::RedirectingNumber(number) => self.number(number),
            _ => String::new(),
        }
    }

    fn bearer(&self, bearer: &BearerCapability) -> String {
        let law = match bearer.layer1 {
            Some(UserLayer1::G711(Law::A)) => self.pick(("，A 律", ", A-law")),
            Some(UserLayer1::G711(Law::Mu)) => self.pick(("，µ 律", ", µ-law")),
            Some(UserLayer1::Other(_)) | None => "",
        };
        let other = match bearer.transfer {
            Transfer::Other(bits) => format!(" {bits}"),
            _ => String::new(),
        };
        format!("{other}{law}")
    }

    fn location(&self, cause: &CauseElement<'_>) -> String {
        let place = match cause.location {
            Location::User => ("用户", "user"),
            Location::PrivateLocal => ("本地专网", "local private network"),
            Location::PublicLocal => ("本地公网", "local public network"),
            Location::Transit => ("转接网", "transit network"),
            Location::PublicRemote => ("远端公网", "remote public network"),
            Location::PrivateRemote => ("远端专网", "remote private network"),
            Location::International => ("国际网", "international network"),
            Location::BeyondInterworking => ("互通点之外", "beyond the interworking point"),
            Location::Other(_) => ("其他", "elsewhere"),
        };
        format!("{}{}", self.pick(("，位置：", ", at: ")), self.pick(place))
    }

    fn number(&self, number: &PartyNumber<'_>) -> String {
        let kind = match number.number_type {
            NumberType::Unknown => ("类型未知", "unknown type"),
            NumberType::International => ("国际号码", "international"),
            NumberType::National => ("国内号码", "national"),
            NumberType::NetworkSpecific => ("网络专用", "network specific"),
            NumberType::Subscriber => ("用户号码", "subscriber"),
            NumberType::Abbreviated => ("缩位号码", "abbreviated"),
            NumberType::Other(_) => ("其他类型", "another type"),
        };
        let plan = match number.plan {
            NumberingPlan::Unknown => ("编号计划未知", "unknown plan"),
            NumberingPlan::Isdn => ("ISDN 编号", "ISDN plan"),
            NumberingPlan::National => ("国内编号", "national plan"),
            NumberingPlan::Private => ("专用编号", "private plan"),
            NumberingPlan::Other(_) => ("其他编号", "another plan"),
        };
        let comma = self.pick(("，", ", "));
        let mut text = format!("{comma}{}{comma}{}", self.pick(kind), self.pick(plan));
        if let Some((_, screening)) = number.shown {
            let screening = match screening {
                Screening::UserNotScreened => ("未核实", "not screened"),
                Screening::UserPassed => ("已核实", "verified"),
                Screening::UserFailed => ("核实不符", "failed verification"),
                Screening::Network => ("网络提供", "provided by the network"),
            };
            text.push_str(comma);
            text.push_str(self.pick(screening));
        }
        if let Some(reason) = number.reason {
            let reason = match reason {
                RedirectionReason::Unknown => ("原因未知", "reason unknown"),
                RedirectionReason::Busy => ("遇忙转移", "on busy"),
                RedirectionReason::NoReply => ("无应答转移", "on no reply"),
                RedirectionReason::Unconditional => ("无条件转移", "unconditional"),
                RedirectionReason::Other(_) => ("其他原因", "another reason"),
            };
            text.push_str(comma);
            text.push_str(self.pick(reason));
        }
        text
    }
}

/// The control field in the standard's letters.
fn control(control: Control) -> String {
    let name = control.name();
    let bit = |bit: bool| u8::from(bit);
    match control {
        Control::I { ns, nr, p } => format!("{name}, N(S) {ns}, N(R) {nr}, P {}", bit(p)),
        Control::Rr { nr, pf } | Control::Rnr { nr, pf } | Control::Rej { nr, pf } => {
            format!("{name}, N(R) {nr}, P/F {}", bit(pf))
        }
        Control::Sabme { p } | Control::Disc { p } => format!("{name}, P {}", bit(p)),
        Control::Ua { f } | Control::Dm { f } => format!("{name}, F {}", bit(f)),
        other => name.replace('?', &format!("{other:?}")),
    }
}

/// Names of Q.931's table 4-3.
fn element_name(code: u8) -> Option<(&'static str, &'static str)> {
    Some(match code {
        id::BEARER_CAPABILITY => ("承载能力", "bearer capability"),
        id::CAUSE => ("原因", "cause"),
        id::CALL_STATE => ("呼叫状态", "call state"),
        id::CHANNEL_IDENTIFICATION => ("通道标识", "channel identification"),
        id::FACILITY => ("设施", "facility"),
        id::PROGRESS_INDICATOR => ("进展指示", "progress indicator"),
        id::NOTIFICATION_INDICATOR => ("通知指示", "notification indicator"),
        id::DISPLAY => ("显示", "display"),
        id::DATE_TIME => ("日期时间", "date/time"),
        id::KEYPAD_FACILITY => ("键盘设施", "keypad facility"),
        id::SIGNAL => ("信号", "signal"),
        id::CONNECTED_NUMBER => ("接通号码", "connected number"),
        id::CALLING_NUMBER => ("主叫号码", "calling party number"),
        id::CALLED_NUMBER => ("被叫号码", "called party number"),
        id::ORIGINAL_CALLED_NUMBER => ("原被叫号码", "original called number"),
        id::REDIRECTING_NUMBER => ("改发号码", "redirecting number"),
        id::RESTART_INDICATOR => ("重启指示", "restart indicator"),
        id::HIGH_LAYER_COMPATIBILITY => ("高层兼容性", "high layer compatibility"),
        id::USER_USER => ("用户间信息", "user-user"),
        id::SENDING_COMPLETE => ("发送完毕", "sending complete"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(sender: Side, frame: &[u8], language: Language) -> Vec<String> {
        let fields = details(sender, frame, language);
        fields.into_iter().map(|field| format!("{}: {}", field.name, field.value)).collect()
    }

    #[test]
    fn a_setup_field_by_field() {
        let setup = [
            0x00, 0x01, 0x02, 0x06, 0x08, 0x02, 0x00, 0x05, 0x05, 0x04, 0x03, 0x80, 0x90, 0xA3,
            0x18, 0x03, 0xA9, 0x83, 0x81, 0x6C, 0x04, 0x21, 0x83, b'1', b'0', 0x70, 0x04, 0x81,
            b'1', b'3', b'8', 0x7D, 0x02, 0x91, 0x81, 0xA1,
        ];
        assert_eq!(
            lines(Side::User, &setup, Language::English),
            [
                "address: SAPI 0 (call control), TEI 0, command",
                "control: I, N(S) 1, N(R) 3, P 0",
                "call reference: 5 (chosen by the sender)",
                "message: SETUP a call begins",
                "bearer capability: speech, A-law [80 90 A3]",
                "channel identification: channel 1 (no other) [A9 83 81]",
                "calling party number: from 10, national, ISDN plan, provided by the network \
                 [21 83 31 30]",
                "called party number: to 138, unknown type, ISDN plan [81 31 33 38]",
                "high layer compatibility: 91 81",
                "sending complete: number complete",
            ]
        );
        let chinese = lines(Side::User, &setup, Language::Chinese);
        assert_eq!(chinese[0], "地址: SAPI 0（呼叫控制）, TEI 0, 命令");
        assert_eq!(chinese[7], "被叫号码: 被叫 138，类型未知，ISDN 编号 [81 31 33 38]");
    }

    #[test]
    fn what_is_wrong_is_shown_with_its_octets() {
        let english = |frame: &[u8]| lines(Side::Network, frame, Language::English);
        let release = [2, 1, 2, 2, 8, 2, 0x80, 1, 0x4D, 8, 2, 0x82, 0x91, 0x18, 9, 1];
        assert_eq!(
            english(&release)[2..],
            [
                "call reference: 1 (chosen by the receiver)",
                "message: RELEASE releases",
                "cause: cause 17 (busy), at: local public network [82 91]",
                "cut off: the element 0x18 says it has 9 octets, 1 are left",
            ]
        );
        assert_eq!(english(&[1, 2, 3])[0].split(' ').next(), Some("frame:"));
        assert_eq!(english(&[2, 1, 0x7F])[1], "control: SABME, P 1");
        assert_eq!(english(&[0, 1, 1, 8])[0], "address: SAPI 0 (call control), TEI 0, response");
        assert!(english(&[2, 1, 0, 0, 0x41, 1])[2].starts_with("information: 41 01 ("));
        let frmr = [2, 1, 0x87, 1, 2, 3, 4, 5];
        assert_eq!(english(&frmr)[2], "information: 01 02 03 04 05");
    }
}
