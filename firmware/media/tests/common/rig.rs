//! The engine without sockets and threads, under virtual time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tipring_clock::{Duration, Instant};
use tipring_line::{ChannelId, Law, RtpSession};
use tipring_media::{
    Control, Engine, IoChange, LegSlot, MediaConfig, MediaEvent, Recorder, Stream,
};

use super::{Heard, LOCAL, parse};

/// The core's and the real-time end, driven by hand.
pub struct Rig {
    pub control: Control,
    pub engine: Engine,
    pub recorder: Recorder,
    pub now: Instant,
    /// What the engine has sent since it was last taken: when, from which leg, what.
    pub sent: Vec<(Instant, LegSlot, Heard)>,
    pub reports: usize,
    pub events: Vec<MediaEvent>,
    legs: u16,
}

/// A leg of the rig with its peer.
#[derive(Clone, Copy, Debug)]
pub struct RigLeg {
    pub channel: ChannelId,
    pub slot: LegSlot,
    pub session: RtpSession,
}

impl Rig {
    pub fn new(ports: u16) -> Self {
        let config = MediaConfig {
            legs_max: 32,
            recordings_max: 8,
            recorder_chunks: 8192,
            ring_slots: 256,
            bind: LOCAL,
            rtp_ports: ports..=ports + 63,
            seed: 1,
            ..MediaConfig::default()
        };
        let (control, engine, recorder) = tipring_media::open(&config).unwrap();
        let now = Instant::from_millis(1000);
        let (sent, events) = (Vec::new(), Vec::new());
        Rig { control, engine, recorder, now, sent, reports: 0, events, legs: 0 }
    }

    /// Opens a packet leg whose peer is 192.0.2.n:4000.
    pub fn open(&mut self, law: Law) -> RigLeg {
        let session = RtpSession {
            local_port: self.control.allocate_port().unwrap(),
            remote: peer(self.legs),
            law,
            event_payload_type: Some(101),
            ptime_ms: 20,
            send: true,
            receive: true,
            rtcp_mux: false,
        };
        self.open_session(session)
    }

    pub fn open_session(&mut self, session: RtpSession) -> RigLeg {
        let channel = ChannelId::sip_in(u32::from(self.legs));
        self.legs += 1;
        self.control.open_rtp(channel, session).unwrap();
        self.commands();
        let slot = (0..32).map(LegSlot).find(|s| self.engine.channel(*s) == Some(channel));
        RigLeg { channel, slot: slot.expect("the leg has a slot"), session }
    }

    /// Every leg is closed: slots are given from the first again, the last freed first.
    pub fn with_legs_from_start(mut self) -> Self {
        self.legs = 0;
        self
    }

    /// Lets the engine carry out what the core has asked for.
    pub fn commands(&mut self) {
        self.engine.handle_commands(self.now);
        while let Some(change) = self.engine.poll_io() {
            if let IoChange::Close(slot) = change {
                self.engine.io_closed(slot);
            }
        }
        self.collect();
    }

    pub fn tick(&mut self) {
        self.commands();
        self.engine.tick(self.now);
        while self.engine.continue_tick(self.now) {
            self.collect();
        }
        self.collect();
    }

    /// A packet of the leg's peer reaches the box.
    pub fn packet(&mut self, leg: &RigLeg, packet: &[u8]) {
        self.packet_from(leg, leg.session.remote, packet);
    }

    pub fn packet_from(&mut self, leg: &RigLeg, source: SocketAddr, packet: &[u8]) {
        self.engine.handle_rtp(leg.slot, self.now, source, packet);
        self.collect();
    }

    pub fn advance(&mut self, time: Duration) {
        self.now += time;
    }

    fn collect(&mut self) {
        for outgoing in self.engine.outgoing() {
            match outgoing.stream {
                Stream::Rtp => self.sent.push((self.now, outgoing.slot, parse(outgoing.bytes()))),
                Stream::Rtcp => self.reports += 1,
            }
        }
        self.engine.clear_outgoing();
        while let Some(event) = self.control.poll_event() {
            self.events.push(event);
        }
    }

    /// What was sent from a leg since last asked.
    pub fn heard_at(&mut self, leg: &RigLeg) -> Vec<Heard> {
        let slot = leg.slot;
        let (here, elsewhere) = self.sent.drain(..).partition(|(_, from, _)| *from == slot);
        self.sent = elsewhere;
        here.into_iter().map(|(_, _, heard)| heard).collect()
    }
}

pub fn peer(n: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n as u8 + 1)), 4000)
}

/// An RTP packet.
pub fn rtp(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}
