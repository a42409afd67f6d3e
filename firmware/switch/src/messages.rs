//! Messages that wait for extensions: whoever says so (a person, other software, the exchange on a
//! line) and whom it is shown to. A handset's lamp and dial tone say it; SIP phones are told by
//! `message-summary` (RFC 3842).

use tipring_events::{EventKind, Refusal, Reply};
use tipring_line::{ChannelCommand, ChannelId, Number};

use crate::output::SwitchOutput;
use crate::switch::Switch;

impl Switch {
    /// Messages wait for this extension, or no more; `line` has said so.
    pub(crate) fn message_waiting(&mut self, number: Number, waiting: bool, line: &str) -> Reply {
        let extension = self.extensions.get_mut(&number).ok_or(Refusal::NoSuchExtension)?;
        if core::mem::replace(&mut extension.messages, waiting) != waiting {
            let line = line.to_owned();
            self.event(EventKind::MessageWaitingChanged { extension: number, waiting, line });
            self.show_messages(number);
        }
        Ok(())
    }

    /// The exchange tells on a line that messages wait: those of the extension that the line's
    /// messages are for.
    pub(crate) fn line_tells_messages(&mut self, channel: ChannelId, waiting: bool) {
        let line = channel.as_port().and_then(|port| self.lines.get(&port));
        let Some((extension, line)) = line.and_then(|l| Some((l.messages?, l.name.clone()))) else {
            return;
        };
        // A line whose extension went out of the configuration tells nobody.
        let _ = self.message_waiting(extension, waiting, &line);
    }

    pub(crate) fn show_messages(&mut self, number: Number) {
        let Some(extension) = self.extensions.get(&number) else { return };
        let (port, waiting) = (extension.port, extension.messages);
        match port {
            Some(port) => {
                self.channel(ChannelId::port(port), ChannelCommand::MessageWaiting(waiting));
            }
            None => self.out.push_back(SwitchOutput::MessageWaiting { extension: number, waiting }),
        }
    }
}
