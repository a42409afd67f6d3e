//! The sound of a party whose signalling is sipp's: speaks, presses keys, and keeps what it hears.
#![allow(clippy::disallowed_methods, reason = "packets leave in real time")]

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::rtp::{PACKET_SAMPLES, PCMA, Packet, TELEPHONE_EVENT, event};
use crate::wait::wait_until;
use crate::{g711, ports, speech};

const PACKET_TIME: Duration = Duration::from_millis(20);
/// How often a key's event is repeated while it lasts, and its end (RFC 4733, section 2.5.1.4).
const EVENT_PACKETS: u16 = 5;
const EVENT_ENDS: u16 = 3;
/// The longest hole in what is heard that is kept as silence: longer ones are another stream.
const HOLE_SAMPLES_MAX: u32 = 30 * 8000;

#[derive(Default)]
struct Shared {
    /// Where packets go: told, or where the first one came from.
    peer: Option<SocketAddr>,
    /// What is still to be said; silence is sent when there is nothing.
    to_say: VecDeque<i16>,
    to_press: VecDeque<char>,
    heard: Vec<i16>,
    /// Source, timestamp and place in `heard` of the stream being heard.
    stream: Option<(u32, u32, usize)>,
    /// Keys that came as telephone-events.
    keys: String,
    last_event: Option<u32>,
}

/// One end of a stream of A-law.
pub struct RtpPeer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RtpPeer {
    /// Opens a port of its own and begins to speak, silence at first, as soon as it knows to whom.
    pub fn open() -> Self {
        let port = ports::one();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).expect("the port was free");
        let (shared, stop) = (Arc::<Mutex<Shared>>::default(), Arc::<AtomicBool>::default());
        let thread = std::thread::spawn({
            let (shared, stop) = (Arc::clone(&shared), Arc::clone(&stop));
            move || talk(&socket, &shared, &stop, u32::from(port))
        });
        RtpPeer { port, shared, stop, thread: Some(thread) }
    }

    /// The port to write into the session description.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends to this port of the box from now on.
    pub fn talk_to(&self, port: u16) {
        self.shared().peer = Some((Ipv4Addr::LOCALHOST, port).into());
    }

    /// Says this after what is still to be said.
    pub fn say(&self, sound: &[i16]) {
        self.shared().to_say.extend(sound);
    }

    /// Says it, and returns when all of it has been sent.
    ///
    /// # Panics
    /// Nobody is there to be told.
    #[track_caller]
    pub fn say_all(&self, sound: &[i16]) {
        self.say(sound);
        let seconds = sound.len() as u64 / 8000 + 10;
        wait_until("what is to be said is said", seconds, || {
            self.shared().to_say.is_empty().then_some(())
        });
    }

    /// Presses a key, sent as a telephone-event.
    pub fn press(&self, key: char) {
        self.shared().to_press.push_back(key);
    }

    /// Presses a key, sent as tones.
    pub fn press_in_band(&self, key: char) {
        self.say(&speech::key_tones(key));
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<i16> {
        self.shared().heard.clone()
    }

    /// What was heard after the first so many samples.
    pub fn heard_from(&self, sample: usize) -> Vec<i16> {
        self.shared().heard.get(sample..).unwrap_or_default().to_vec()
    }

    /// How many samples have been heard.
    pub fn heard_length(&self) -> usize {
        self.shared().heard.len()
    }

    /// Keys heard as telephone-events.
    pub fn keys(&self) -> String {
        self.shared().keys.clone()
    }

    /// Where it sends.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.shared().peer
    }
}

impl Drop for RtpPeer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn talk(socket: &UdpSocket, shared: &Mutex<Shared>, stop: &AtomicBool, ssrc: u32) {
    let mut speaker = Speaker { ssrc, sequence: 1000, timestamp: 5000, event: None };
    let mut buffer = [0; 2048];
    let mut due = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(peer) = shared.peer {
                for packet in speaker.next(&mut shared) {
                    // A far end that has gone is seen by other means.
                    let _ = socket.send_to(&packet.to_bytes(), peer);
                }
            }
            due += PACKET_TIME;
            continue;
        }
        let _ = socket.set_read_timeout(Some(left));
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.peer.get_or_insert(from);
            if let Some(packet) = Packet::from_bytes(&buffer[..length]) {
                hear(&mut shared, &packet);
            }
        }
    }
}

struct Speaker {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The key being pressed and how many of its packets are out.
    event: Option<(char, u16)>,
}

impl Speaker {
    /// The packets of the next 20 ms.
    fn next(&mut self, shared: &mut Shared) -> Vec<Packet> {
        if self.event.is_none() {
            self.event = shared.to_press.pop_front().map(|key| (key, 0));
        }
        if let Some((key, sent)) = self.event {
            return self.press(key, sent);
        }
        let length = shared.to_say.len().min(PACKET_SAMPLES);
        let mut payload: Vec<u8> = shared.to_say.drain(..length).map(g711::encode).collect();
        payload.resize(PACKET_SAMPLES, g711::encode(0));
        let packet = self.packet(PCMA, false, payload);
        self.timestamp = self.timestamp.wrapping_add(PACKET_SAMPLES as u32);
        vec![packet]
    }

    /// All packets of an event carry the time at which it began.
    fn press(&mut self, key: char, sent: u16) -> Vec<Packet> {
        let samples = (sent + 1) * PACKET_SAMPLES as u16;
        if sent + 1 < EVENT_PACKETS {
            self.event = Some((key, sent + 1));
            return vec![self.packet(TELEPHONE_EVENT, sent == 0, event(key, false, samples))];
        }
        self.event = None;
        let ends = (0..EVENT_ENDS)
            .map(|_| self.packet(TELEPHONE_EVENT, false, event(key, true, samples)))
            .collect();
        self.timestamp = self.timestamp.wrapping_add(u32::from(samples));
        ends
    }

    fn packet(&mut self, payload_type: u8, marker: bool, payload: Vec<u8>) -> Packet {
        self.sequence = self.sequence.wrapping_add(1);
        let (sequence, timestamp, ssrc) = (self.sequence, self.timestamp, self.ssrc);
        Packet { payload_type, marker, sequence, timestamp, ssrc, payload }
    }
}

/// Puts a packet's sound where its timestamp says, so that a lost or late packet shifts nothing.
fn hear(shared: &mut Shared, packet: &Packet) {
    if packet.payload_type == TELEPHONE_EVENT {
        if let [code, ..] = packet.payload[..]
            && shared.last_event.replace(packet.timestamp) != Some(packet.timestamp)
        {
            shared.keys.extend("0123456789*#ABCD".chars().nth(usize::from(code)));
        }
        return;
    }
    if packet.payload_type != PCMA {
        return;
    }
    let same = shared.stream.filter(|(ssrc, ..)| *ssrc == packet.ssrc);
    let known = same.map(|(_, began, place)| (packet.timestamp.wrapping_sub(began), place));
    let limit = HOLE_SAMPLES_MAX + shared.heard.len() as u32;
    let place = match known {
        Some((offset, place)) if offset < limit => place + offset as usize,
        _ => {
            let end = shared.heard.len();
            shared.stream = Some((packet.ssrc, packet.timestamp, end));
            end
        }
    };
    let end = place + packet.payload.len();
    if shared.heard.len() < end {
        shared.heard.resize(end, 0);
    }
    for (sample, octet) in shared.heard[place..end].iter_mut().zip(&packet.payload) {
        *sample = g711::decode(*octet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alike;

    #[test]
    fn two_hear_each_other_and_each_others_keys() {
        let (a, b) = (RtpPeer::open(), RtpPeer::open());
        let said = &speech::recorded(speech::CALLER)[..8000];
        a.talk_to(b.port());
        a.press('7');
        a.press('#');
        a.say_all(said);
        b.press('D');
        wait_until("both heard the other", 5, || {
            (b.heard_length() >= said.len() && a.keys() == "D").then_some(())
        });
        assert_eq!(b.keys(), "7#");
        alike::assert_heard("a by b", &said[..7000], &b.heard());
    }
}
