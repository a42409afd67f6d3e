//! The exchange or subscriber on top of libpri: answers, rejects and hangs up, as it is told by a
//! seeded generator, and does what libpri wants of its user at the end of a call.

use std::collections::BTreeMap;

use rand::Rng;
use tipring_isdn::q921::Side;

use crate::peer::{Event, LibPri};

/// What libpri's side does with a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Rings, answers, and waits for us to hang up.
    AnswerAndWait,
    /// Rings, answers, and hangs up.
    AnswerAndHangUp,
    /// Rings and never answers.
    RingForEver,
    /// Refuses at once with this cause.
    Refuse(u8),
    /// Rings, then refuses with this cause.
    RingAndRefuse(u8),
    /// Takes the call and says nothing more.
    ProceedOnly,
}

impl Manner {
    /// One by chance.
    pub fn by_chance(rng: &mut impl Rng) -> Self {
        const CAUSES: [u8; 8] = [1, 16, 17, 18, 19, 21, 27, 34];
        let cause = CAUSES[rng.random_range(0..CAUSES.len())];
        match rng.random_range(0..6) {
            0 => Manner::AnswerAndWait,
            1 => Manner::AnswerAndHangUp,
            2 => Manner::RingForEver,
            3 => Manner::Refuse(cause),
            4 => Manner::RingAndRefuse(cause),
            _ => Manner::ProceedOnly,
        }
    }
}

/// A call as libpri's side knows it.
#[derive(Clone, Debug)]
pub struct PeerCall {
    /// Its timeslot.
    pub channel: i32,
    /// What is to become of it.
    pub manner: Manner,
    /// What libpri told of it at the beginning.
    pub ring: Event,
    /// It was answered.
    pub answered: bool,
    /// The cause it ended with, once it has.
    pub ended: Option<i32>,
}

/// Plays libpri's side.
#[derive(Debug, Default)]
pub struct Desk {
    /// Calls that came in, by libpri's id.
    pub calls: BTreeMap<i32, PeerCall>,
    /// Calls that libpri began and that are not over, with their timeslots.
    pub outgoing: BTreeMap<i32, u8>,
}

impl Desk {
    /// Whether libpri's side has a call on this timeslot.
    pub fn is_busy(&self, timeslot: u8) -> bool {
        let incoming = self
            .calls
            .values()
            .any(|call| call.channel == i32::from(timeslot) && call.ended.is_none());
        incoming || self.outgoing.values().any(|other| *other == timeslot)
    }

    /// Does with every event of libpri's what its user must; new calls get a manner by `choose`.
    pub fn serve(&mut self, theirs: &mut LibPri, mut choose: impl FnMut(&Event) -> Manner) {
        while let Some(event) = theirs.events.pop_front() {
            match event.name.as_str() {
                "ring" => self.on_ring(theirs, event, &mut choose),
                "hangup-req" | "hangup" => self.on_hangup(theirs, &event),
                "gone" => self.end(event.number("id"), 0),
                _ => {}
            }
        }
    }

    fn on_ring(
        &mut self,
        theirs: &mut LibPri,
        event: Event,
        choose: &mut impl FnMut(&Event) -> Manner,
    ) {
        let (id, channel) = (event.number("id"), event.number("channel"));
        // In a glare the network's call goes on, so an exchange refuses the other; a subscriber
        // takes the exchange's call, and its own is refused there.
        let glare = self.outgoing.values().any(|timeslot| i32::from(*timeslot) == channel);
        let is_network = theirs.side() == Side::Network;
        let manner = if glare && is_network { Manner::Refuse(44) } else { choose(&event) };
        let mut call = PeerCall { channel, manner, ring: event, answered: false, ended: None };
        let mut tell = |text: String| theirs.command(&text);
        match manner {
            Manner::Refuse(cause) => {
                // libpri refuses with RELEASE COMPLETE by these causes alone; before any other
                // it must have taken the call.
                if ![1, 34, 44, 82, 88].contains(&cause) {
                    tell(format!("proceed {id} {channel} 0"));
                }
                tell(format!("hangup {id} {cause}"));
            }
            Manner::ProceedOnly => tell(format!("proceed {id} {channel} 0")),
            Manner::RingForEver | Manner::RingAndRefuse(_) => {
                tell(format!("proceed {id} {channel} 0"));
                tell(format!("alert {id} {channel} 1"));
                if let Manner::RingAndRefuse(cause) = manner {
                    tell(format!("hangup {id} {cause}"));
                }
            }
            Manner::AnswerAndWait | Manner::AnswerAndHangUp => {
                tell(format!("proceed {id} {channel} 0"));
                tell(format!("alert {id} {channel} 0"));
                tell(format!("answer {id} {channel}"));
                call.answered = true;
                if manner == Manner::AnswerAndHangUp {
                    tell(format!("hangup {id} 16"));
                }
            }
        }
        self.calls.insert(id, call);
    }

    /// libpri wants its user to confirm every end.
    fn on_hangup(&mut self, theirs: &mut LibPri, event: &Event) {
        let (id, cause) = (event.number("id"), event.number("cause"));
        self.end(id, cause);
        theirs.command(&format!("hangup {id} {cause}"));
    }

    fn end(&mut self, id: i32, cause: i32) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.ended.get_or_insert(cause);
        }
        self.outgoing.remove(&id);
    }
}
