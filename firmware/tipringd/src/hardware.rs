//! The board's own line hardware, attached to the media side: DAHDI channels and line chips.
//!
//! A port that cannot be opened is one line in the journal and an alarm on its channel; the other
//! ports work.

mod dahdi;
mod light_thread;
mod lights;
mod line_chips;
mod missing;
mod output;
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use tipring_analog::{Fxo, Fxs, LineService};
use tipring_api::Live;
use tipring_board::{Board, Driver, Kind, Port};
use tipring_clock::RealClock;
use tipring_line::{AnalogPort, ChannelId, PortId};
use tipring_media::Control;

use crate::analog::AnalogSettings;
use crate::analog_ports::Links;
use crate::journal::{Level, note};
use crate::socket_names::SocketNames;
use crate::spans::KeptSpan;
use light_thread::LightThread;
pub(crate) use light_thread::Wellness;
use lights::Panel;
pub(crate) use lights::{RELAY, light_of};
pub(crate) use line_chips::framing;
use missing::MissingPort;
use watch::Watch;

/// The running drivers; dropping it stops them.
pub(crate) struct Hardware {
    _watch: Watch,
    span_watch: Watch,
    lights: Option<Panel>,
    light_thread: Option<LightThread>,
    problems: BTreeMap<String, String>,
}

impl Hardware {
    /// Looks after spans too.
    ///
    /// # Errors
    /// The system has no threads left.
    pub(crate) fn keep(&mut self, spans: Vec<KeptSpan>) -> std::io::Result<()> {
        self.span_watch.keep_spans(spans);
        self.span_watch.start()
    }

    /// Begins to show on the lights what the sockets do, and to hold the relay while the box is
    /// well.
    ///
    /// # Errors
    /// The system has no threads left.
    pub(crate) fn light_up(
        &mut self,
        clock: RealClock,
        live: Live,
        names: SocketNames,
        well: Wellness,
    ) -> std::io::Result<()> {
        if let Some(panel) = self.lights.take() {
            self.light_thread = LightThread::start(panel, clock, live, names, well)?;
        }
        Ok(())
    }

    /// What is wrong with the board's sockets and pins, by their labels.
    pub(crate) fn problems(&self) -> &BTreeMap<String, String> {
        &self.problems
    }
}

/// What every driver needs to attach its ports.
struct Attaching<'a> {
    analog: &'a AnalogSettings<'a>,
    media: &'a mut Control,
    services: &'a mut HashMap<String, LineService>,
    links: &'a mut Links,
    watch: Watch,
    problems: BTreeMap<String, String>,
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
                let settings = self.analog.fxo(label);
                let (line, service, link) = Fxo::with_links(port, settings.clone());
                self.media.attach(channel, Box::new(line))?;
                self.services.insert(label.to_owned(), service);
                self.links.add_line(label, settings, link);
            }
            tipring_line::PortKind::Fxs => {
                let settings = self.analog.fxs(id, label);
                let (handset, link) = Fxs::with_renewal(port, settings.clone());
                self.media.attach(channel, Box::new(handset))?;
                self.links.add_handset(label, id, settings, link);
            }
        }
        Ok(())
    }

    /// A channel that is out of order, and why.
    fn missing(&mut self, id: PortId, port: &Port, why: impl Display) -> anyhow::Result<()> {
        note(Level::Error, &format!("{}: {why}", port.label));
        self.problems.insert(port.label.clone(), why.to_string());
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
    links: &mut Links,
    clock: &RealClock,
) -> anyhow::Result<Hardware> {
    let mut attaching = Attaching {
        analog,
        media,
        services,
        links,
        watch: Watch::default(),
        problems: BTreeMap::new(),
    };
    for (id, port) in board.numbered_ports() {
        if let Driver::Dahdi { channel } = port.driver {
            dahdi::attach(&mut attaching, id, port, channel)?;
        }
    }
    line_chips::attach(&mut attaching, board, clock)?;
    let Attaching { mut watch, mut problems, .. } = attaching;
    watch.start()?;
    let (lights, dark) = Panel::open(board);
    for (what, why) in &dark {
        note(Level::Error, &format!("{what}: {why}"));
    }
    problems.extend(dark);
    Ok(Hardware {
        _watch: watch,
        span_watch: Watch::default(),
        lights: Some(lights),
        light_thread: None,
        problems,
    })
}

/// What is written for a port's kind.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Fxo => "FXO",
        Kind::Fxs => "FXS",
    }
}
