//! The load: two phones for every call, each sending 20 ms of A-law speech 50 times a second, and
//! timing what comes back out of the box.
//!
//! The box sends on under sequence numbers of its own, at a fixed distance from the sender's. The
//! first packets of a leg carry their own number in the payload, which tells that distance; from
//! then on the payload is speech.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use std::os::fd::AsFd;
use tipring_clock::{Clock, Instant, RealClock};

use super::child::LOCAL;

const FRAME_US: u64 = 20_000;
const FRAME_SAMPLES: usize = 160;
/// Sent packets remembered for each leg: 5 s.
const REMEMBERED: usize = 256;
/// Marks a payload that carries its sequence number.
const MARK: [u8; 6] = *b"tipbch";
/// How long is waited for the last packets of a window.
const DRAIN: Duration = Duration::from_millis(200);
/// How long it rests when there is nothing to do: so much is added to transit at most.
const REST: Duration = Duration::from_micros(100);
/// A pause of the load's own loop (1 ms) that makes it a suspect.
const STALL: Duration = Duration::from_millis(1);

/// Times in classes of 20 µs, up to 200 ms.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    classes: Vec<u32>,
    count: u64,
    max_us: u64,
}

const CLASS_US: u64 = 20;

impl Histogram {
    fn new() -> Self {
        Histogram { classes: vec![0; 10_000], count: 0, max_us: 0 }
    }

    fn add(&mut self, time: Duration) {
        let us = time.as_micros() as u64;
        let class = ((us / CLASS_US) as usize).min(self.classes.len() - 1);
        self.classes[class] += 1;
        self.count += 1;
        self.max_us = self.max_us.max(us);
    }

    /// The upper end of the class that holds this part of all.
    pub(super) fn quantile(&self, part: f64) -> Duration {
        let wanted = (self.count as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (i, count) in self.classes.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return Duration::from_micros((i as u64 + 1) * CLASS_US);
            }
        }
        self.max()
    }

    pub(super) fn max(&self) -> Duration {
        Duration::from_micros(self.max_us)
    }
}

/// What one stretch of load has shown.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) seconds: f64,
    pub(super) sent: u64,
    pub(super) lost: u64,
    pub(super) transit: Histogram,
    /// How late the load itself sent.
    pub(super) own_lateness: Histogram,
    /// How often the load's own loop was held up.
    pub(super) stalls: u64,
}

struct Leg {
    socket: UdpSocket,
    sequence: u16,
    timestamp: u32,
    due: Instant,
    /// Our sequence number minus the box's, of what the other leg sends and this one receives.
    distance: Option<u16>,
    sent_at: [Instant; REMEMBERED],
    /// Which of the remembered have come, as bits by sequence.
    came: [bool; REMEMBERED],
    talk: usize,
    connected: bool,
}

pub(super) struct Load {
    clock: RealClock,
    epoll: Epoll,
    legs: Vec<Leg>,
    /// Legs in the order of their sending within a frame.
    next: usize,
    speech: Vec<u8>,
    /// When it last stopped sending.
    stopped: Instant,
}

impl Load {
    pub(super) fn new(calls_max: usize) -> Result<Self> {
        let speech = speech()?;
        Ok(Load {
            clock: RealClock::start(),
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            legs: Vec::with_capacity(2 * calls_max),
            next: 0,
            speech,
            stopped: Instant::ZERO,
        })
    }

    /// Makes phones until there are so many; gives the new ones' ports.
    pub(super) fn make_room(&mut self, legs: usize) -> Result<Vec<u16>> {
        let mut ports = Vec::new();
        while self.legs.len() < legs {
            let socket = UdpSocket::bind((LOCAL, 0))?;
            socket.set_nonblocking(true)?;
            ports.push(socket.local_addr()?.port());
            let place = self.legs.len();
            self.epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, place as u64))?;
            self.legs.push(Leg {
                socket,
                sequence: (place * 977) as u16,
                timestamp: (place * 7919) as u32,
                due: Instant::ZERO,
                distance: None,
                sent_at: [Instant::ZERO; REMEMBERED],
                came: [true; REMEMBERED],
                talk: place * 4801 % self.speech.len() / FRAME_SAMPLES * FRAME_SAMPLES,
                connected: false,
            });
        }
        Ok(ports)
    }

    /// Lets the new phones send to these ports of the box.
    pub(super) fn connect(&mut self, ports: &[u16]) -> Result<()> {
        let new = self.legs.iter_mut().filter(|leg| !leg.connected);
        for (leg, port) in new.zip(ports) {
            leg.socket.connect((LOCAL, *port))?;
            leg.connected = true;
        }
        match self.legs.iter().all(|leg| leg.connected) {
            true => Ok(()),
            false => bail!("the measured process gave too few ports"),
        }
    }

    /// Sends and receives for so long, then waits for what is still under way.
    pub(super) fn run(&mut self, time: Duration) -> Result<Window> {
        let start = self.clock.now();
        let count = self.legs.len() as u64;
        let silent = ((start - self.stopped).as_micros() as u64 / FRAME_US) as u32;
        for (i, leg) in self.legs.iter_mut().enumerate() {
            leg.due = start + Duration::from_micros(1000 + i as u64 * FRAME_US / count);
            leg.came = [true; REMEMBERED];
            // A phone's clock runs on while it does not send.
            leg.timestamp = leg.timestamp.wrapping_add(silent * FRAME_SAMPLES as u32);
        }
        self.next = 0;
        let mut window = Window {
            seconds: time.as_secs_f64(),
            sent: 0,
            lost: 0,
            transit: Histogram::new(),
            own_lateness: Histogram::new(),
            stalls: 0,
        };
        let mut events = vec![EpollEvent::empty(); 64];
        let mut before = start;
        loop {
            let now = self.clock.now();
            window.stalls += u64::from(now - before > STALL);
            before = now;
            if now - start >= time {
                break;
            }
            let idle = self.send_due(now, &mut window)?;
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
            for event in &events[..count] {
                self.receive(event.data() as usize, &mut window);
            }
            if count < events.len() && idle {
                Self::rest();
                before = self.clock.now();
            }
        }
        self.stopped = self.clock.now();
        self.drain(&mut window)?;
        Ok(window)
    }

    /// Lets others run. A load that spun would be stopped for 50 ms in every second by the
    /// kernel's guard against real-time threads that take all.
    fn rest() {
        let _ = ppoll(&mut [], Some(TimeSpec::from_duration(REST)), None);
    }

    fn pause(&self, time: Duration) -> Result<()> {
        let mut fds = [PollFd::new(self.epoll.0.as_fd(), PollFlags::POLLIN)];
        // Interrupted or not: the loop looks at the clock again.
        let _ = ppoll(&mut fds, Some(TimeSpec::from_duration(time)), None);
        Ok(())
    }

    /// Sends what is due; says whether that was all.
    fn send_due(&mut self, now: Instant, window: &mut Window) -> Result<bool> {
        // A few at a time, so that receiving is not held up.
        for _ in 0..32 {
            let place = self.next;
            if self.legs[place].due > now {
                return Ok(true);
            }
            self.send(place, window)?;
            self.next = (place + 1) % self.legs.len();
        }
        Ok(false)
    }

    fn send(&mut self, place: usize, window: &mut Window) -> Result<()> {
        let known = self.legs[place ^ 1].distance.is_some();
        let leg = &mut self.legs[place];
        let mut packet = [0; 12 + FRAME_SAMPLES];
        packet[..2].copy_from_slice(&[0x80, 8]);
        packet[2..4].copy_from_slice(&leg.sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&leg.timestamp.to_be_bytes());
        packet[8..12].copy_from_slice(&(place as u32 + 1).to_be_bytes());
        packet[12..].copy_from_slice(&self.speech[leg.talk..leg.talk + FRAME_SAMPLES]);
        if !known {
            packet[12..18].copy_from_slice(&MARK);
            packet[18..20].copy_from_slice(&leg.sequence.to_be_bytes());
        }
        leg.talk = (leg.talk + FRAME_SAMPLES) % self.speech.len();
        let now = self.clock.now();
        let slot = usize::from(leg.sequence) % REMEMBERED;
        // Its bit has had five seconds to be set.
        window.lost += u64::from(!leg.came[slot]);
        leg.sent_at[slot] = now;
        leg.came[slot] = false;
        leg.socket.send(&packet).context("the load cannot send")?;
        window.own_lateness.add(now - leg.due);
        window.sent += 1;
        leg.sequence = leg.sequence.wrapping_add(1);
        leg.timestamp = leg.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        leg.due += Duration::from_micros(FRAME_US);
        Ok(())
    }

    fn receive(&mut self, place: usize, window: &mut Window) {
        let mut bytes = [0; 512];
        loop {
            match self.legs[place].socket.recv(&mut bytes) {
                Ok(count) if count >= 20 && bytes[1] & 0x7F == 8 => {
                    self.received(place, &bytes[..count], window);
                }
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return,
            }
            // One packet at a time is the rule; a second look would only find nothing.
            if self.legs[place].distance.is_some() {
                return;
            }
        }
    }

    fn received(&mut self, place: usize, packet: &[u8], window: &mut Window) {
        let now = self.clock.now();
        let theirs = u16::from_be_bytes([packet[2], packet[3]]);
        if packet[12..18] == MARK {
            let ours = u16::from_be_bytes([packet[18], packet[19]]);
            self.legs[place].distance = Some(ours.wrapping_sub(theirs));
        }
        // What the box sent before the call was bridged has no distance yet.
        let Some(distance) = self.legs[place].distance else { return };
        let sender = &mut self.legs[place ^ 1];
        let slot = usize::from(theirs.wrapping_add(distance)) % REMEMBERED;
        if !std::mem::replace(&mut sender.came[slot], true) {
            window.transit.add(now - sender.sent_at[slot]);
        }
    }

    /// Takes what is still under way and counts what is not.
    fn drain(&mut self, window: &mut Window) -> Result<()> {
        let end = self.clock.now() + DRAIN;
        let mut events = vec![EpollEvent::empty(); 64];
        loop {
            let now = self.clock.now();
            if now >= end {
                break;
            }
            self.pause(end - now)?;
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
            for event in &events[..count] {
                self.receive(event.data() as usize, window);
            }
        }
        let missing = |leg: &Leg| leg.came.iter().filter(|came| !**came).count() as u64;
        window.lost += self.legs.iter().map(missing).sum::<u64>();
        Ok(())
    }
}

/// The demonstration's talks, one side after the other, with their pauses.
fn speech() -> Result<Vec<u8>> {
    let mut speech = Vec::new();
    for name in tipring_tts::Catalogue::shipped_names("demo") {
        let sound = tipring_tts::Catalogue::shipped(&name);
        speech.extend_from_slice(&sound.context("a shipped sound")?.samples);
    }
    if speech.len() < FRAME_SAMPLES {
        bail!("the demonstration's talks are missing");
    }
    speech.truncate(speech.len() / FRAME_SAMPLES * FRAME_SAMPLES);
    Ok(speech)
}
