//! The data-link message: Telcordia GR-30 (SDMF, MDMF), ETSI EN 300 659-3; China YDN 069-1997.
//!
//! `type | length | payload | checksum`; the checksum makes the sum of all octets 0 modulo 256.

use arrayvec::{ArrayString, ArrayVec};
use encoding_rs::{DecoderResult, EncoderResult, GBK};
use tipring_line::{CallerId, Name, Number, Presentation};

/// Message types.
const SDMF_CALLER: u8 = 0x04;
const SDMF_WAITING: u8 = 0x06;
const MDMF_CALL_SETUP: u8 = 0x80;
const MDMF_WAITING: u8 = 0x82;
const MDMF_CHARGE: u8 = 0x86;
const MDMF_SMS: u8 = 0x89;

/// Parameter types of MDMF.
const DATE_TIME: u8 = 0x01;
const CALLING_NUMBER: u8 = 0x02;
const NUMBER_ABSENT: u8 = 0x04;
const NAME: u8 = 0x07;
const NAME_ABSENT: u8 = 0x08;
const VISUAL_INDICATOR: u8 = 0x0B;

/// Whether this octet can begin a message.
pub(super) fn is_message_type(octet: u8) -> bool {
    matches!(
        octet,
        SDMF_CALLER | SDMF_WAITING | MDMF_CALL_SETUP | MDMF_WAITING | MDMF_CHARGE | MDMF_SMS
    )
}

/// Which of the two forms a caller is told in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MessageForm {
    /// Multiple data message format: number, name, reasons.
    #[default]
    Mdmf,
    /// Single data message format: the number only.
    Sdmf,
}

/// How names are written. Chinese exchanges send GBK bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NameEncoding {
    /// GBK, of which ASCII and GB2312 are parts.
    #[default]
    Gbk,
    /// UTF-8, as some VoIP adapters do.
    Utf8,
}

/// Local time as exchanges send it: no year, no seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallTime {
    /// Month, 1–12.
    pub month: u8,
    /// Day, 1–31.
    pub day: u8,
    /// Hour, 0–23.
    pub hour: u8,
    /// Minute, 0–59.
    pub minute: u8,
}

/// A whole message, checksum included: 3 to 258 octets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message(ArrayVec<u8, { Message::OCTETS_MAX }>);

/// What a message says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageContent {
    /// A call comes in.
    Call {
        /// Who calls.
        caller: CallerId,
        /// When, if the message says so and the time exists.
        time: Option<CallTime>,
    },
    /// Messages wait (`true`) or no more.
    MessageWaiting(bool),
    /// Another kind of message, by its type octet.
    Other(u8),
}

/// Why octets are no message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageError {
    /// The length octet and the number of octets do not agree.
    Length,
    /// The octets do not add up to 0 modulo 256.
    Checksum,
}

impl Message {
    /// The longest message: 255 octets of payload, type, length and checksum.
    pub const OCTETS_MAX: usize = 258;

    /// Checks octets as they came.
    ///
    /// # Errors
    /// [`MessageError`] if they are no message.
    pub fn new_checked(octets: &[u8]) -> Result<Self, MessageError> {
        if octets.len() < 3 || octets.len() != usize::from(octets[1]) + 3 {
            return Err(MessageError::Length);
        }
        if octets.iter().fold(0u8, |sum, o| sum.wrapping_add(*o)) != 0 {
            return Err(MessageError::Checksum);
        }
        Ok(Message(octets.iter().copied().collect()))
    }

    /// A message that tells of a call. What does not fit (a name in SDMF) is left out.
    pub fn call(
        form: MessageForm,
        encoding: NameEncoding,
        time: CallTime,
        caller: &CallerId,
    ) -> Self {
        match form {
            MessageForm::Mdmf => Self::mdmf(encoding, time, caller),
            MessageForm::Sdmf => Self::sdmf(time, caller),
        }
    }

    /// A message that tells whether messages wait: MDMF 82 with the visual indicator, or SDMF 06
    /// with three times `B` (on) or `o` (off).
    pub fn message_waiting(form: MessageForm, waiting: bool) -> Self {
        match form {
            MessageForm::Mdmf => {
                let mut message = Builder::new(MDMF_WAITING);
                message.parameter(VISUAL_INDICATOR, &[if waiting { 0xFF } else { 0 }]);
                message.finish()
            }
            MessageForm::Sdmf => {
                let mut message = Builder::new(SDMF_WAITING);
                message.put(if waiting { b"BBB" } else { b"ooo" });
                message.finish()
            }
        }
    }

    /// The same as a bad line delivers it: these bits turned over, each counted from the first
    /// octet's lowest, beyond the end from the beginning again. For simulated lines; what comes of
    /// it need not pass [`Self::new_checked`].
    pub fn with_bit_errors(mut self, bits: &[u16]) -> Self {
        let octets = self.0.len();
        for bit in bits.iter().map(|b| usize::from(*b) % (octets * 8)) {
            self.0[bit / 8] ^= 1 << (bit % 8);
        }
        self
    }

    /// The octets in the order of the wire.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// What the message says. Unknown parameters are skipped; a number with something in it that
    /// no number has is none.
    pub fn content(&self) -> MessageContent {
        let payload = &self.0[2..self.0.len() - 1];
        match self.0[0] {
            SDMF_CALLER => read_sdmf(payload),
            MDMF_CALL_SETUP => read_mdmf(payload),
            SDMF_WAITING => match payload.first() {
                Some(b'B') => MessageContent::MessageWaiting(true),
                Some(b'o') => MessageContent::MessageWaiting(false),
                _ => MessageContent::Other(SDMF_WAITING),
            },
            MDMF_WAITING => parameters(payload)
                .find(|(kind, body)| *kind == VISUAL_INDICATOR && !body.is_empty())
                .map_or(MessageContent::Other(MDMF_WAITING), |(_, body)| {
                    MessageContent::MessageWaiting(body[0] != 0)
                }),
            other => MessageContent::Other(other),
        }
    }

    fn sdmf(time: CallTime, caller: &CallerId) -> Self {
        let mut message = Builder::new(SDMF_CALLER);
        message.put(&time.digits());
        match (&caller.number, caller.presentation) {
            (Some(number), Presentation::Allowed) => message.put(number.as_str().as_bytes()),
            (_, Presentation::Restricted) => message.put(b"P"),
            _ => message.put(b"O"),
        }
        message.finish()
    }

    fn mdmf(encoding: NameEncoding, time: CallTime, caller: &CallerId) -> Self {
        let mut message = Builder::new(MDMF_CALL_SETUP);
        message.parameter(DATE_TIME, &time.digits());
        let absent: &[u8] =
            if caller.presentation == Presentation::Restricted { b"P" } else { b"O" };
        match (&caller.number, caller.presentation) {
            (Some(number), Presentation::Allowed) => {
                message.parameter(CALLING_NUMBER, number.as_str().as_bytes());
            }
            _ => message.parameter(NUMBER_ABSENT, absent),
        }
        if caller.presentation != Presentation::Allowed {
            message.parameter(NAME_ABSENT, absent);
        } else if !caller.name.is_empty() {
            message.parameter(NAME, &encode_name(encoding, &caller.name));
        }
        message.finish()
    }
}

/// Puts octets together; what would not fit into 255 octets of payload is left out whole.
struct Builder(ArrayVec<u8, { Message::OCTETS_MAX }>);

impl Builder {
    fn new(kind: u8) -> Self {
        let mut octets = ArrayVec::new();
        octets.push(kind);
        octets.push(0);
        Builder(octets)
    }

    fn put(&mut self, octets: &[u8]) {
        if self.0.len() + octets.len() < Message::OCTETS_MAX {
            self.0.extend(octets.iter().copied());
        }
    }

    fn parameter(&mut self, kind: u8, body: &[u8]) {
        if self.0.len() + 2 + body.len() < Message::OCTETS_MAX {
            self.put(&[kind, body.len() as u8]);
            self.put(body);
        }
    }

    fn finish(mut self) -> Message {
        self.0[1] = (self.0.len() - 2) as u8;
        let sum = self.0.iter().fold(0u8, |sum, o| sum.wrapping_add(*o));
        self.0.push(sum.wrapping_neg());
        Message(self.0)
    }
}

/// Parameters one after the other; a length that runs past the end ends the list.
fn parameters(payload: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = payload;
    core::iter::from_fn(move || {
        let (&[kind, len], body) = rest.split_first_chunk::<2>()?;
        let body = body.get(..usize::from(len))?;
        rest = &rest[2 + body.len()..];
        Some((kind, body))
    })
}

fn read_sdmf(payload: &[u8]) -> MessageContent {
    let (time, number) = payload.split_at(payload.len().min(8));
    let caller = match number {
        b"P" => CallerId { presentation: Presentation::Restricted, ..CallerId::default() },
        _ => number_or_unavailable(number),
    };
    MessageContent::Call { caller, time: CallTime::parse(time) }
}

fn read_mdmf(payload: &[u8]) -> MessageContent {
    let mut caller = CallerId { presentation: Presentation::Unavailable, ..CallerId::default() };
    let mut time = None;
    for (kind, body) in parameters(payload) {
        match kind {
            DATE_TIME => time = CallTime::parse(body),
            CALLING_NUMBER => {
                caller = CallerId { name: caller.name, ..number_or_unavailable(body) }
            }
            NUMBER_ABSENT if body == b"P" => caller.presentation = Presentation::Restricted,
            NAME => caller.name = decode_name(body),
            _ => {}
        }
    }
    MessageContent::Call { caller, time }
}

/// What exchanges put between digits; anything else among them is an error that the checksum did
/// not show, and then no digit can be trusted.
const BETWEEN_DIGITS: &[u8] = b" -.()/";

fn number_or_unavailable(octets: &[u8]) -> CallerId {
    let is_digit = |o: &u8| o.is_ascii_digit() || b"+*#".contains(o);
    let is_number = octets.iter().all(|o| is_digit(o) || BETWEEN_DIGITS.contains(o));
    let digits: ArrayString<40> = octets
        .iter()
        .filter(|o| is_number && is_digit(o))
        .take(40)
        .map(|o| char::from(*o))
        .collect::<ArrayVec<char, 40>>()
        .into_iter()
        .fold(ArrayString::new(), |mut text, c| {
            text.push(c);
            text
        });
    let number: Option<Number> = digits.parse().ok();
    let presentation =
        if number.is_some() { Presentation::Allowed } else { Presentation::Unavailable };
    CallerId { number, name: Name::new(), presentation }
}

/// Names are UTF-8 if they can be, otherwise GBK, of which ASCII and GB2312 are parts. Bytes that
/// are neither, and control characters, are left out.
fn decode_name(octets: &[u8]) -> Name {
    let mut name = Name::new();
    let mut put = |c: char| {
        if !c.is_control() && c != char::REPLACEMENT_CHARACTER {
            // What does not fit into 64 bytes is cut off.
            let _ = name.try_push(c);
        }
    };
    if let Ok(text) = core::str::from_utf8(octets) {
        text.chars().for_each(put);
        return Name::from(name.trim()).unwrap_or_default();
    }
    let mut decoder = GBK.new_decoder_without_bom_handling();
    let mut utf8 = [0u8; 1024];
    let mut rest = octets;
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut utf8, true);
        core::str::from_utf8(&utf8[..written]).unwrap_or_default().chars().for_each(&mut put);
        rest = &rest[read..];
        if !matches!(result, DecoderResult::Malformed(..)) || rest.is_empty() {
            return Name::from(name.trim()).unwrap_or_default();
        }
    }
}

fn encode_name(encoding: NameEncoding, name: &Name) -> ArrayVec<u8, 64> {
    if encoding == NameEncoding::Utf8 {
        return name.bytes().collect();
    }
    let mut octets = ArrayVec::new();
    let mut encoder = GBK.new_encoder();
    for c in name.chars() {
        let mut utf8 = [0u8; 4];
        let mut gbk = [0u8; 8];
        let text = c.encode_utf8(&mut utf8);
        let (result, _, written) =
            encoder.encode_from_utf8_without_replacement(text, &mut gbk, false);
        // A character GBK lacks is left out.
        if result == EncoderResult::InputEmpty {
            let _ = octets.try_extend_from_slice(&gbk[..written]);
        }
    }
    octets
}

impl CallTime {
    /// Reads `MMDDhhmm`; a time that does not exist (some exchanges send zeros) is `None`.
    fn parse(octets: &[u8]) -> Option<Self> {
        if octets.len() != 8 || !octets.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let pair = |i: usize| (octets[i] - b'0') * 10 + (octets[i + 1] - b'0');
        let time = CallTime { month: pair(0), day: pair(2), hour: pair(4), minute: pair(6) };
        let exists = (1..=12).contains(&time.month)
            && (1..=31).contains(&time.day)
            && time.hour < 24
            && time.minute < 60;
        exists.then_some(time)
    }

    fn digits(self) -> [u8; 8] {
        let mut digits = [b'0'; 8];
        for (pair, value) in
            digits.chunks_mut(2).zip([self.month, self.day, self.hour, self.minute])
        {
            pair[0] += value / 10 % 10;
            pair[1] += value % 10;
        }
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(month: u8, day: u8, hour: u8, minute: u8) -> CallTime {
        CallTime { month, day, hour, minute }
    }

    fn from(number: &str) -> CallerId {
        CallerId::from_number(number.parse().unwrap())
    }

    fn hidden() -> CallerId {
        CallerId { presentation: Presentation::Restricted, ..CallerId::default() }
    }

    fn mdmf(time: CallTime, caller: &CallerId) -> Message {
        Message::call(MessageForm::Mdmf, NameEncoding::Gbk, time, caller)
    }

    #[test]
    fn worked_mdmf_vectors_byte_for_byte() {
        let message = mdmf(time(3, 17, 16, 56), &from("2156430144"));
        assert_eq!(
            message.octets(),
            [
                0x80, 0x16, 0x01, 0x08, 0x30, 0x33, 0x31, 0x37, 0x31, 0x36, 0x35, 0x36, 0x02, 0x0A,
                0x32, 0x31, 0x35, 0x36, 0x34, 0x33, 0x30, 0x31, 0x34, 0x34, 0xBA
            ]
        );
        let message = mdmf(time(3, 17, 16, 56), &from("13800138000"));
        let expected =
            [b"\x80\x17\x01\x0803171656\x02\x0B13800138000".as_slice(), &[0x8E]].concat();
        assert_eq!(message.octets(), expected);
        assert_eq!(message.octets().len(), 26);
    }

    #[test]
    fn worked_sdmf_vectors_byte_for_byte() {
        let sdmf = |caller| {
            Message::call(MessageForm::Sdmf, NameEncoding::Gbk, time(9, 30, 12, 24), &caller)
        };
        let message = sdmf(from("6095551212"));
        assert_eq!(message.octets(), [b"\x04\x12093012246095551212".as_slice(), &[0x51]].concat());
        let message = sdmf(hidden());
        assert_eq!(message.octets(), [b"\x04\x0909301224P".as_slice(), &[0x0E]].concat());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut named = from("13800138000");
        named.name.push_str("上海燃气 No. 1");
        let when = time(12, 31, 23, 59);
        for caller in [from("02156430144"), named, hidden()] {
            for encoding in [NameEncoding::Gbk, NameEncoding::Utf8] {
                let message = Message::call(MessageForm::Mdmf, encoding, when, &caller);
                let again = Message::new_checked(message.octets()).unwrap();
                assert_eq!(
                    again.content(),
                    MessageContent::Call { caller, time: Some(when) },
                    "{encoding:?}"
                );
            }
        }
    }

    #[test]
    fn names_in_gbk_are_read_and_rubbish_left_out() {
        let gbk = [0xC4, 0xE3, 0xBA, 0xC3];
        assert_eq!(decode_name(&gbk).as_str(), "你好");
        assert_eq!(decode_name(b"JOHN DOE  ").as_str(), "JOHN DOE");
        assert_eq!(decode_name(&[0xFF, b'A', 0x07, 0xFF]).as_str(), "A");
        assert_eq!(decode_name(&[0xC4; 255]).len(), 63);
    }

    #[test]
    fn a_sum_of_exactly_zero_has_checksum_zero() {
        // 0x04 + 0x09 + eight digits + 'P' shifted so that the sum is 0 before the checksum.
        let mut octets = vec![0x04, 0x03, 0, 0, 0];
        octets[4] = 0u8.wrapping_sub(7);
        octets.push(0);
        assert!(Message::new_checked(&octets).is_ok());
    }

    #[test]
    fn broken_messages_are_refused() {
        let good = mdmf(time(3, 17, 16, 56), &from("13800138000"));
        for i in 0..good.octets().len() {
            let mut octets = good.octets().to_vec();
            octets[i] ^= 0x04;
            assert!(Message::new_checked(&octets).is_err(), "octet {i}");
        }
        assert_eq!(Message::new_checked(&good.octets()[..25]), Err(MessageError::Length));
        assert_eq!(Message::new_checked(&[]), Err(MessageError::Length));
    }

    #[test]
    fn bit_errors_show_unless_they_make_up_for_each_other() {
        let good = mdmf(time(3, 17, 16, 56), &from("13800138000"));
        let bits = good.octets().len() as u16 * 8;
        let passes = |errors: &[u16]| {
            let bad = good.clone().with_bit_errors(errors);
            Message::new_checked(bad.octets()).ok().map(|m| m.content())
        };
        assert!((0..bits).all(|bit| passes(&[bit]).is_none()));
        let (mut pairs, mut kept, mut wrong) = (0, 0, 0);
        for one in 0..bits {
            for other in 0..one {
                pairs += 1;
                let Some(content) = passes(&[one, other]) else { continue };
                kept += 1;
                assert_eq!(one % 8, other % 8, "only the same bit of two octets");
                if let MessageContent::Call { caller, .. } = content {
                    let number = caller.number.map(|n| n.to_string());
                    wrong += u32::from(number.is_some_and(|n| n != "13800138000"));
                }
            }
        }
        // About one pair of errors in sixteen keeps the sum, and one in eighty makes another
        // number of it, which no receiver can know.
        assert!((kept * 18..kept * 14).contains(&pairs) || kept * 14 <= pairs, "{kept} of {pairs}");
        assert!(wrong * 60 < pairs, "{wrong} of {pairs}");
        println!("{pairs} pairs, {kept} keep the sum, {wrong} make a wrong number");
    }

    #[test]
    fn a_number_with_a_letter_in_it_is_none() {
        for (octets, number) in [
            (&b"021-6430 1440"[..], Some("02164301440")),
            (b"+8613800138000", Some("+8613800138000")),
            (b"138001;8000", None),
            (b"13800q38000", None),
        ] {
            let caller = number_or_unavailable(octets);
            assert_eq!(caller.number.map(|n| n.to_string()).as_deref(), number);
        }
    }

    #[test]
    fn unknown_parameters_are_skipped_and_overlong_ones_end_the_list() {
        let build = |body: &[u8]| {
            let mut builder = Builder::new(MDMF_CALL_SETUP);
            builder.put(body);
            builder.finish().content()
        };
        let content = build(b"\x55\x03abc\x02\x03110\x01\x0800000000\x02\x20999");
        assert_eq!(content, MessageContent::Call { caller: from("110"), time: None });
        let nothing = CallerId { presentation: Presentation::Unavailable, ..CallerId::default() };
        assert_eq!(build(b"\x02"), MessageContent::Call { caller: nothing, time: None });
    }

    #[test]
    fn message_waiting_in_both_forms() {
        for (form, waiting, octets) in [
            (MessageForm::Sdmf, true, b"\x06\x03BBB\x31".as_slice()),
            (MessageForm::Sdmf, false, b"\x06\x03ooo\xAA"),
            (MessageForm::Mdmf, true, b"\x82\x03\x0B\x01\xFF\x70"),
            (MessageForm::Mdmf, false, b"\x82\x03\x0B\x01\x00\x6F"),
        ] {
            let message = Message::message_waiting(form, waiting);
            assert_eq!(message.octets(), octets, "{form:?} {waiting}");
            assert_eq!(message.content(), MessageContent::MessageWaiting(waiting));
        }
    }

    #[test]
    fn every_payload_of_random_octets_is_survived() {
        use rand::{RngCore, SeedableRng};
        let mut rng = rand::rngs::SmallRng::seed_from_u64(1);
        for _ in 0..20_000 {
            let mut octets = [0u8; 258];
            rng.fill_bytes(&mut octets);
            let mut builder = Builder::new([0x80, 0x82, 0x04, 0x06][octets[0] as usize % 4]);
            builder.put(&octets[2..2 + usize::from(octets[1])]);
            let message = builder.finish();
            let _ = Message::new_checked(message.octets()).unwrap().content();
        }
    }
}
