//! The board's own line hardware, attached to the media side: DAHDI channels and line chips.
//!
//! A port that cannot be opened is one line in the journal and an alarm on its channel; the other
//! ports work.

mod dahdi;
mod line_chips;
mod missing;
mod watch;

use std::collections::HashMap;
use std::fmt::Display;

use tipring_analog::{Fxo, Fxs, LineService};
use tipring_board::{Board, Driver, Kind, Port};
use tipring_clock::RealClock;
use tipring_line::{AnalogPort, ChannelId, PortId};
use tipring_media::Control;

use crate::analog::AnalogSettings;
use crate::journal::{Level, note};
pub(crate) use line_chips::framing;
use missing::MissingPort;
use watch::Watch;

/// The running drivers; dropping it stops them.
pub(crate) struct Hardware {
    _watch: Watch,
}

/// What every driver needs to attach its ports.
struct Attaching<'a> {
    analog: &'a AnalogSettings<'a>,
    media: &'a mut Control,
    services: &'a mut HashMap<String, LineService>,
    watch: Watch,
}

impl Attaching<'_> {
    /// A line's or handset's channel over this port.
    fn attach<P: AnalogPort + 'static>(
        &mut self,
        id: PortId,
        label: &str,
        port: P,
    ) -> anyhow::Result<()> {
        let channel = ChannelId::port(id);
        match port.kind() {
            tipring_line::PortKind::Fxo => {
                let (line, service) = Fxo::with_service(port, self.analog.fxo(label));
                self.media.attach(channel, Box::new(line))?;
                self.services.insert(label.to_owned(), service);
            }
            tipring_line::PortKind::Fxs => {
                self.media.attach(channel, Box::new(Fxs::new(port, self.analog.fxs(id))))?;
            }
        }
        Ok(())
    }

    /// A channel that is out of order, and why.
    fn missing(&mut self, id: PortId, port: &Port, why: impl Display) -> anyhow::Result<()> {
        note(Level::Error, &format!("{}: {why}", port.label));
        self.attach(id, &port.label, MissingPort::new(port.kind.into()))
    }
}

/// Opens the board's ports that are no simulated ones, and attaches them.
///
/// # Errors
/// The board has more ports than the media side has legs.
pub(crate) fn attach(
    board: &Board,
    analog: &AnalogSettings<'_>,
    media: &mut Control,
    services: &mut HashMap<String, LineService>,
    clock: &RealClock,
) -> anyhow::Result<Hardware> {
    let mut attaching = Attaching { analog, media, services, watch: Watch::default() };
    for (id, port) in board.numbered_ports() {
        if let Driver::Dahdi { channel } = port.driver {
            dahdi::attach(&mut attaching, id, port, channel)?;
        }
    }
    line_chips::attach(&mut attaching, board, clock)?;
    let mut watch = attaching.watch;
    watch.start()?;
    Ok(Hardware { _watch: watch })
}

/// What is written for a port's kind.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Fxo => "FXO",
        Kind::Fxs => "FXS",
    }
}
