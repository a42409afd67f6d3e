//! A peer with real sockets, and the media side with its threads.

#![allow(unreachable_pub, reason = "shared by several test programs")]
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod rig;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tipring_clock::RealClock;
use tipring_line::{ChannelId, Law, RtpSession};
use tipring_media::recorder::thread::RecorderThread;
use tipring_media::thread::{Backend, MediaThread, ThreadConfig};
use tipring_media::{Control, MediaConfig, MediaEvent};

/// How long to wait for what must come. Long, because it decides nothing when all is well.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A phone.
pub struct Peer {
    pub socket: UdpSocket,
    pub box_port: u16,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// A received RTP packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

impl Peer {
    pub fn new(ssrc: u32) -> Self {
        let socket = UdpSocket::bind((LOCAL, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Peer { socket, box_port: 0, sequence: 0xFFF0, timestamp: 77, ssrc }
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// Opens a leg of `control` towards this peer.
    pub fn open(&mut self, control: &mut Control, channel: ChannelId, law: Law) {
        self.box_port = control.allocate_port().unwrap();
        control.open_rtp(channel, self.session(law)).unwrap();
        control.flush();
    }

    pub fn session(&self, law: Law) -> RtpSession {
        RtpSession {
            local_port: self.box_port,
            remote: self.address(),
            law,
            event_payload_type: Some(101),
            ptime_ms: 20,
            send: true,
            receive: true,
            rtcp_mux: false,
        }
    }

    pub fn send(&mut self, law: Law, payload: &[u8]) {
        self.send_as(law.payload_type(), payload);
        self.timestamp = self.timestamp.wrapping_add(payload.len() as u32);
    }

    pub fn send_as(&mut self, payload_type: u8, payload: &[u8]) {
        let mut packet = vec![0x80, payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        self.socket.send_to(&packet, (LOCAL, self.box_port)).unwrap();
        self.sequence = self.sequence.wrapping_add(1);
    }

    /// The next packet that the box sends.
    pub fn hear(&self) -> Heard {
        let mut bytes = [0; 2000];
        let count = self.socket.recv(&mut bytes).expect("a packet from the box");
        parse(&bytes[..count])
    }

    /// The next packet that is not one colour of silence.
    pub fn hear_sound(&self) -> Heard {
        loop {
            let heard = self.hear();
            if heard.payload.iter().any(|code| *code != Law::A.silence()) {
                return heard;
            }
        }
    }
}

pub fn parse(bytes: &[u8]) -> Heard {
    assert!(bytes.len() >= 12 && bytes[0] == 0x80, "RTP without extras: {bytes:?}");
    Heard {
        payload_type: bytes[1] & 0x7F,
        marker: bytes[1] & 0x80 != 0,
        sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
        timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        ssrc: u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
        payload: bytes[12..].to_vec(),
    }
}

/// The media side with its threads.
pub struct Media {
    pub control: Control,
    pub thread: MediaThread,
    pub recorder: RecorderThread,
    pub dir: PathBuf,
}

impl Media {
    /// `ports`: the first of 64 that this test alone uses.
    pub fn start(backend: Backend, ports: u16, name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("tipring-media-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let config = MediaConfig {
            legs_max: 32,
            recordings_max: 8,
            recorder_chunks: 4096,
            bind: LOCAL,
            rtp_ports: ports..=ports + 63,
            ..MediaConfig::default()
        };
        let clock = Arc::new(RealClock::start());
        let (control, engine, recorder) = tipring_media::open(&config).unwrap();
        let recorder =
            tipring_media::recorder::thread::spawn(recorder, &dir, clock.clone()).unwrap();
        let thread_config =
            ThreadConfig { backend, priority: None, lock_memory: false, ..ThreadConfig::default() };
        let thread = tipring_media::thread::spawn(engine, thread_config, clock).unwrap();
        assert!(backend == Backend::Auto || thread.status().backend == backend);
        Media { control, thread, recorder, dir }
    }

    /// Waits for the first event that fits.
    pub fn wait_for<T>(&mut self, mut fits: impl FnMut(&MediaEvent) -> Option<T>) -> T {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        let mut seen = Vec::new();
        loop {
            self.control.clear_wake();
            while let Some(event) = self.control.poll_event() {
                if let Some(found) = fits(&event) {
                    return found;
                }
                seen.push(event);
            }
            let mut fds = [PollFd::new(self.control.wake_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut fds, PollTimeout::try_from(PATIENCE).unwrap()).unwrap();
            assert!(ready > 0, "the event never came; these did: {seen:?}");
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
