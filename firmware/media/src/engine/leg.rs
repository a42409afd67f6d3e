//! One party's audio: a packet leg or a frame channel, and what is done with it.

use std::net::SocketAddr;

use arrayvec::ArrayVec;
use tipring_clock::Instant;
use tipring_line::{ChannelId, FRAME_SAMPLES, Frame, FrameChannel, RtpSession, SILENCE};

use crate::digits::DigitSender;
use crate::engine::LegSlot;
use crate::event::RtpStatistics;
use crate::play::Player;
use crate::ports::SocketPair;
use crate::rtp::incoming::Incoming;
use crate::rtp::jitter::{JitterBuffer, Popped};
use crate::rtp::outgoing::OutgoingStream;
use crate::rtp::rtcp::PeerReports;
use crate::rtp::telephone_event::EventReceiver;
use crate::tap::dtmf::{DigitFilter, DtmfTap};
use crate::tap::record::RecordTap;

/// Whose audio a leg hears.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Route {
    /// Nobody's.
    #[default]
    None,
    /// The other leg's, which hears this one.
    Bridge(LegSlot),
    /// All other members', by the conference's index.
    Conference(usize),
    /// The leg's and what that leg hears, unheard.
    Monitor(LegSlot),
}

/// How a leg's audio travels.
#[expect(clippy::large_enum_variant, reason = "nearly all legs are packet legs")]
pub(crate) enum Wire {
    Packets(PacketLeg),
    Frames(Box<dyn FrameChannel>),
}

/// The packet side of a leg.
pub(crate) struct PacketLeg {
    pub(crate) session: RtpSession,
    pub(crate) sockets: Option<SocketPair>,
    /// The source of the peer's RTP, once known (RFC 4961).
    pub(crate) latched: Option<SocketAddr>,
    pub(crate) rtcp_latched: Option<SocketAddr>,
    pub(crate) incoming: Incoming,
    pub(crate) ssrc_in: Option<u32>,
    /// Timestamp after the newest sample received.
    pub(crate) incoming_end: u32,
    pub(crate) outgoing: OutgoingStream,
    pub(crate) jitter: JitterBuffer,
    pub(crate) events: EventReceiver,
    pub(crate) reports: PeerReports,
    pub(crate) strangers: u32,
    pub(crate) opened: Option<Instant>,
    pub(crate) report_due: Option<Instant>,
    /// Whether `RtpStarted` was the last told.
    pub(crate) started: bool,
    /// Whether `RtpStopped` was the last told.
    pub(crate) stopped: bool,
    /// The frame of the coming tick has been sent already.
    pub(crate) ahead: bool,
    /// Codes that do not make a packet yet, when packets are longer than a frame.
    pub(crate) unsent: [u8; MAX_PACKET_SAMPLES],
    pub(crate) unsent_count: usize,
}

/// The longest packet sent: 60 ms.
pub(crate) const MAX_PACKET_SAMPLES: usize = 3 * FRAME_SAMPLES;

/// Legs that whisper to one leg at most.
const WHISPERERS_MAX: usize = 4;

/// One leg.
pub(crate) struct Leg {
    pub(crate) channel: ChannelId,
    pub(crate) wire: Wire,
    pub(crate) route: Route,
    pub(crate) player: Option<Box<Player>>,
    /// What it hears beside everything else.
    pub(crate) beep: Option<Box<Player>>,
    pub(crate) digits: DigitSender,
    pub(crate) dtmf: Option<Box<DtmfTap>>,
    pub(crate) filter: DigitFilter,
    pub(crate) record: Option<RecordTap>,
    /// Legs that monitor this one.
    pub(crate) monitors: u16,
    /// Those of them that it hears.
    pub(crate) whisperers: ArrayVec<LegSlot, WHISPERERS_MAX>,
    /// Silence stands in the place of what it says.
    pub(crate) muted: bool,
    /// What it hears is made of frames.
    pub(crate) frames_out: bool,
    /// What it says is wanted as frames.
    pub(crate) frames_in: bool,
    /// Where it stands among the legs that the tick serves.
    pub(crate) framed_at: Option<usize>,
    /// What it said in the last 20 ms, where wanted as frames.
    pub(crate) said: Frame,
    pub(crate) said_kind: Popped,
}

impl Leg {
    pub(crate) fn new(channel: ChannelId, wire: Wire) -> Self {
        Leg {
            channel,
            wire,
            route: Route::None,
            player: None,
            beep: None,
            digits: DigitSender::default(),
            dtmf: None,
            filter: DigitFilter::default(),
            record: None,
            monitors: 0,
            whisperers: ArrayVec::new(),
            muted: false,
            frames_out: false,
            frames_in: false,
            framed_at: None,
            said: SILENCE,
            said_kind: Popped::Nothing,
        }
    }

    pub(crate) fn packets(&self) -> Option<&PacketLeg> {
        match &self.wire {
            Wire::Packets(packets) => Some(packets),
            Wire::Frames(_) => None,
        }
    }

    pub(crate) fn packets_mut(&mut self) -> Option<&mut PacketLeg> {
        match &mut self.wire {
            Wire::Packets(packets) => Some(packets),
            Wire::Frames(_) => None,
        }
    }

    /// Whether something else than the route decides what it hears.
    pub(crate) fn is_overridden(&self) -> bool {
        self.player.is_some() || self.digits.is_sending()
    }
}

impl PacketLeg {
    pub(crate) fn new(
        session: RtpSession,
        sockets: Option<SocketPair>,
        outgoing: OutgoingStream,
    ) -> Self {
        PacketLeg {
            session,
            sockets,
            latched: None,
            rtcp_latched: None,
            incoming: Incoming::default(),
            ssrc_in: None,
            incoming_end: 0,
            outgoing,
            jitter: JitterBuffer::new(),
            events: EventReceiver::default(),
            reports: PeerReports::default(),
            strangers: 0,
            opened: None,
            report_due: None,
            started: false,
            stopped: false,
            ahead: false,
            unsent: [0; MAX_PACKET_SAMPLES],
            unsent_count: 0,
        }
    }

    /// Where RTP goes to.
    pub(crate) fn remote(&self) -> SocketAddr {
        self.latched.unwrap_or(self.session.remote)
    }

    /// Where RTCP goes to (RFC 3550, section 11; RFC 5761).
    pub(crate) fn rtcp_remote(&self) -> SocketAddr {
        let mut remote = self.remote();
        if !self.session.rtcp_mux {
            if let Some(latched) = self.rtcp_latched {
                return latched;
            }
            remote.set_port(remote.port().saturating_add(1));
        }
        remote
    }

    pub(crate) fn statistics(&self) -> RtpStatistics {
        RtpStatistics {
            received: self.incoming.total,
            sent: self.outgoing.packets,
            lost: self.incoming.lost(),
            jitter_us: self.incoming.jitter().saturating_mul(125),
            peer_lost: self.reports.lost,
            round_trip_us: self.reports.round_trip_us,
            strangers: self.strangers,
        }
    }
}
