//! From a key to the prompt it leads to: by telephone-event, and by tones in the audio.
//!
//! Some callers sit in a menu without a prompt. Each sends silence, presses key 1 at a random
//! moment, and watches for the first loud packet: the prompt is loud from its first sample.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::{DtmfGenerator, g711};
use tipring_line::{Digit, FRAME_SAMPLES, Law};

use super::Delays;
use super::process::{BoxUnderTest, DIGITS};
use super::sip::{Caller, call_number, header, sdp, status};

/// How keys are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// As telephone-events: timed from the key's end.
    Rfc4733,
    /// As tones: timed from the key's beginning.
    InBand,
}

const CALLERS: usize = 8;
const FRAME: Duration = Duration::from_millis(20);
/// A key lasts five packets, 100 ms, and its end is said three times.
const EVENT_PACKETS: u32 = 5;
const END_PACKETS: u32 = 3;
/// From the last prompt's end to the next key, at least.
const PAUSE: Duration = Duration::from_millis(250);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

struct MenuCaller {
    socket: UdpSocket,
    remote: SocketAddr,
    next_frame: Instant,
    sequence: u16,
    timestamp: u32,
    /// Packets of the key sent so far; `None` between keys.
    key: Option<u32>,
    key_timestamp: u32,
    tone: DtmfGenerator,
    /// Since when the delay is counted.
    pressed: Option<Instant>,
    /// The prompt came before the moment from which the delay is counted.
    early: Option<Instant>,
    next_key: Instant,
}

pub(super) fn run(tested: &mut BoxUnderTest, sort: Sort, duration: Duration) -> Result<Delays> {
    let mut random = SmallRng::seed_from_u64(1);
    let mut callers = Vec::new();
    for number in 1..=CALLERS {
        callers.push(enter(tested, number, sort, &mut random)?);
    }
    let mut delays = Vec::new();
    let end = now() + duration;
    while now() < end {
        for caller in &mut callers {
            caller.send(sort, &mut delays)?;
            caller.receive(&mut random, &mut delays);
        }
    }
    if delays.is_empty() {
        bail!("no key led to a prompt");
    }
    Ok(Delays(delays))
}

/// Calls into the menu.
fn enter(
    tested: &BoxUnderTest,
    number: usize,
    sort: Sort,
    random: &mut SmallRng,
) -> Result<MenuCaller> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    let what = if sort == Sort::InBand { "tones" } else { "events" };
    let (local, remote) = (tested.trunk.local_addr()?, tested.sip);
    let caller = Caller { number, what, user: "13800138000", called: DIGITS, local, remote };
    let offer = sdp(socket.local_addr()?, sort == Sort::Rfc4733);
    tested.trunk.send_to(caller.invite(&offer, 1, "").as_bytes(), remote)?;
    let answered = answer_of(tested, number, what)?;
    tested.trunk.send_to(caller.within("ACK", 1, &answered).as_bytes(), remote)?;
    let media = answered.split("m=audio ").nth(1).and_then(|m| m.split(' ').next());
    let port: u16 = media.context("the answer has audio")?.parse()?;
    let start = now() + Duration::from_micros(random.random_range(0..20_000));
    Ok(MenuCaller {
        socket,
        remote: SocketAddr::new(remote.ip(), port),
        next_frame: start,
        sequence: 0,
        timestamp: 0,
        key: None,
        key_timestamp: 0,
        tone: DtmfGenerator::new(),
        pressed: None,
        early: None,
        next_key: start + Duration::from_millis(random.random_range(500..1000)),
    })
}

fn answer_of(tested: &BoxUnderTest, number: usize, what: &str) -> Result<String> {
    let mut buffer = [0; 4096];
    let end = now() + Duration::from_secs(5);
    while now() < end {
        let Ok((length, _)) = tested.trunk.recv_from(&mut buffer) else { continue };
        let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let ours = call_number(&message) == Some(number)
            && header(&message, "Call-ID").is_some_and(|id| id.ends_with(what));
        match status(&message) {
            Some(200) if ours => return Ok(message),
            Some(300..) if ours => bail!("{}", message.lines().next().unwrap_or("")),
            _ => {}
        }
    }
    bail!("the box did not answer")
}

impl MenuCaller {
    fn send(&mut self, sort: Sort, delays: &mut Vec<f64>) -> Result<()> {
        let at = now();
        if at < self.next_frame {
            return Ok(());
        }
        self.next_frame += FRAME;
        if self.key.is_none() && self.pressed.is_none() && at >= self.next_key {
            self.key = Some(0);
            self.key_timestamp = self.timestamp;
            self.early = None;
            if sort == Sort::InBand {
                let digit = Digit::from_char('1').context("a key")?;
                self.tone.push(digit);
                self.pressed = Some(at);
            }
        }
        match sort {
            Sort::Rfc4733 if self.key.is_some() => self.send_event(at, delays)?,
            _ => self.send_audio()?,
        }
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        Ok(())
    }

    /// The next packet of the key, in the numbering of RFC 4733, section 2.5.
    fn send_event(&mut self, at: Instant, delays: &mut Vec<f64>) -> Result<()> {
        let sent = self.key.unwrap_or(0) + 1;
        let ended = sent >= EVENT_PACKETS;
        let duration = (sent.min(EVENT_PACKETS) * FRAME_SAMPLES as u32) as u16;
        let [high, low] = duration.to_be_bytes();
        let payload = [1, if ended { 0x8A } else { 0x0A }, high, low];
        let packet = self.packet(101, sent == 1, self.key_timestamp, &payload);
        self.socket.send_to(&packet, self.remote)?;
        if sent == EVENT_PACKETS {
            match self.early.take() {
                // The box acted on the key's beginning: the wait after its end is none.
                Some(_) => {
                    delays.push(0.0);
                    self.next_key = at + Duration::from_millis(700);
                }
                None => self.pressed = Some(at),
            }
        }
        self.key = (sent < EVENT_PACKETS + END_PACKETS - 1).then_some(sent);
        Ok(())
    }

    fn send_audio(&mut self) -> Result<()> {
        let mut frame = [0; FRAME_SAMPLES];
        self.tone.tx(&mut frame);
        self.key = None;
        let mut codes = [0; FRAME_SAMPLES];
        g711::encode(Law::A, &frame, &mut codes);
        let packet = self.packet(8, false, self.timestamp, &codes);
        self.socket.send_to(&packet, self.remote)?;
        Ok(())
    }

    fn packet(
        &mut self,
        payload_type: u8,
        marker: bool,
        timestamp: u32,
        payload: &[u8],
    ) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0x80, payload_type | u8::from(marker) << 7];
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&0x1234_5678u32.to_be_bytes());
        packet.extend_from_slice(payload);
        packet
    }

    fn receive(&mut self, random: &mut SmallRng, delays: &mut Vec<f64>) {
        let mut buffer = [0; 512];
        while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            let at = now();
            if length < 13 || buffer[1] & 0x7F != 8 || !is_loud(&buffer[12..length]) {
                continue;
            }
            if let Some(pressed) = self.pressed.take() {
                delays.push((at - pressed).as_secs_f64() * 1000.0);
            } else if self.key.is_some() && self.early.is_none() {
                self.early = Some(at);
            }
            // While the prompt lasts, the next key moves on.
            let pause = PAUSE + Duration::from_micros(random.random_range(0..20_000));
            self.next_key = self.next_key.max(at + pause);
        }
    }
}

fn is_loud(codes: &[u8]) -> bool {
    codes.iter().any(|code| g711::decode_sample(Law::A, *code).unsigned_abs() > 1000)
}
