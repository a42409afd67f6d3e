//! Call control alone: messages in, messages and events out.

use std::time::Duration;

use tipring_clock::Instant;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::element::Element;
use tipring_isdn::q931::{CallControl, Message, MessageType, Output, Profile, Settings};
use tipring_line::{CallerId, ChannelCommand, ChannelEvent, Endpoint, PortId};

pub(crate) struct Control {
    pub(crate) now: Instant,
    pub(crate) control: CallControl,
}

/// A message sent: its type, its cause and its octets.
pub(crate) type Sent = (MessageType, Option<u8>, Vec<u8>);

impl Control {
    pub(crate) fn up(side: Side, profile: Profile) -> Self {
        let mut control = CallControl::new(Settings::new(side, profile));
        control.link_established(Instant::ZERO);
        Control { now: Instant::ZERO, control }
    }

    /// Hands it a message without header: reference 1 of the peer's side (`theirs`) or ours.
    pub(crate) fn hear(&mut self, theirs: bool, kind: u8, body: &[u8]) {
        let mut octets = vec![8, 2, if theirs { 0 } else { 0x80 }, 1, kind];
        octets.extend(body);
        self.control.handle_message(self.now, &octets);
    }

    pub(crate) fn hear_raw(&mut self, octets: &[u8]) {
        self.control.handle_message(self.now, octets);
    }

    pub(crate) fn command(&mut self, timeslot: u8, command: &ChannelCommand) {
        self.control.command(self.now, timeslot, command);
    }

    /// Begins a call of ours on this timeslot, and forgets its SETUP.
    pub(crate) fn dial(&mut self, timeslot: u8) {
        self.command(timeslot, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let number = "13800138000".parse().expect("a number");
        self.command(timeslot, &ChannelCommand::Dial { number, caller: CallerId::default() });
        assert_eq!(self.kinds(), [MessageType::Setup]);
    }

    pub(crate) fn sent(&mut self) -> Vec<Sent> {
        let messages = core::iter::from_fn(|| self.control.poll_message());
        messages
            .map(|octets| {
                let message = Message::parse(&octets).expect("we send messages");
                let cause = message.first(|element| match element {
                    Element::Cause(cause) => Some(cause.value),
                    _ => None,
                });
                (message.kind, cause, octets.to_vec())
            })
            .collect()
    }

    pub(crate) fn kinds(&mut self) -> Vec<MessageType> {
        self.sent().into_iter().map(|(kind, _, _)| kind).collect()
    }

    /// What was sent, with causes.
    pub(crate) fn said(&mut self) -> Vec<(MessageType, Option<u8>)> {
        self.sent().into_iter().map(|(kind, cause, _)| (kind, cause)).collect()
    }

    pub(crate) fn outputs(&mut self) -> Vec<Output> {
        core::iter::from_fn(|| self.control.poll_output()).collect()
    }

    pub(crate) fn events(&mut self) -> Vec<(u8, ChannelEvent)> {
        let outputs = self.outputs().into_iter();
        outputs
            .filter_map(|output| match output {
                Output::Channel { timeslot, event } => Some((timeslot, event)),
                _ => None,
            })
            .collect()
    }

    /// Lets the next timer run out, which must be due after just this time.
    pub(crate) fn expire_after(&mut self, time: Duration) {
        let due = self.control.poll_timeout().expect("a timer runs");
        assert_eq!(due, self.now + time, "the timer's length");
        self.now = due;
        self.control.handle_timeout(due);
    }
}
