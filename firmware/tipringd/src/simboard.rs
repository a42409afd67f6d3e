//! The simulated board: its ports attached to the media side, its street and handsets at hand.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use tipring_analog::{Fxo, Fxs, LineService};
use tipring_board::{Board, Driver, Kind};
use tipring_line::ChannelId;
use tipring_media::Control;
use tipring_sim::{
    CallPlan, CalledPlan, ControlError, EndReason, ExchangeControl, ExchangeEvent, HandsetControl,
    LineModel, exchange_line, handset,
};
use tokio::sync::{Mutex, mpsc};

use crate::analog::AnalogSettings;
use crate::analog_ports::Links;
use crate::sim_faults::LineFaults;

/// How often the street is asked what has happened: a frame's length.
const LOOK: Duration = Duration::from_millis(20);

/// The street's end of one exchange line.
struct Street {
    control: std::sync::Mutex<Exchange>,
    /// Held while somebody calls.
    caller: Mutex<()>,
}

/// The exchange of one line, and what is wrong with it.
struct Exchange {
    control: ExchangeControl,
    faults: LineFaults,
    /// The seed of the line's noise, unless another is set.
    seed: u64,
}

impl Street {
    /// The exchange; a thread that panicked with it left it whole.
    fn exchange(&self) -> MutexGuard<'_, Exchange> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The street's ends of the exchange lines, and the handsets, by their ports' labels.
#[derive(Clone, Default)]
pub(crate) struct SimBoard {
    lines: Arc<BTreeMap<String, Street>>,
    handsets: Arc<HashMap<String, Mutex<HandsetControl>>>,
}

impl SimBoard {
    /// Makes the board's simulated ports and attaches them.
    ///
    /// # Errors
    /// The board has more ports than the media side has legs.
    pub(crate) fn attach(
        board: &Board,
        seed: u64,
        analog: &AnalogSettings<'_>,
        media: &mut Control,
        services: &mut HashMap<String, LineService>,
        links: &mut Links,
    ) -> anyhow::Result<Self> {
        let (mut lines, mut handsets) = (BTreeMap::new(), HashMap::new());
        for (id, port) in board.numbered_ports().filter(|(_, p)| p.driver == Driver::Sim) {
            let channel = ChannelId::port(id);
            let port_seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(id.0);
            match port.kind {
                Kind::Fxo => {
                    let (wire, control) = exchange_line(port_seed, LineModel::default());
                    let settings = analog.fxo(&port.label);
                    let (line, service, link) = Fxo::with_links(wire, settings.clone());
                    media.attach(channel, Box::new(line))?;
                    links.add_line(&port.label, settings, link);
                    services.insert(port.label.clone(), service);
                    let exchange =
                        Exchange { control, faults: LineFaults::default(), seed: port_seed };
                    let control = std::sync::Mutex::new(exchange);
                    lines.insert(port.label.clone(), Street { control, caller: Mutex::default() });
                }
                Kind::Fxs => {
                    let (wire, control) = handset(port_seed, LineModel::default());
                    let settings = analog.fxs(id, &port.label);
                    let (line, link) = Fxs::with_renewal(wire, settings.clone());
                    media.attach(channel, Box::new(line))?;
                    links.add_handset(&port.label, id, settings, link);
                    handsets.insert(port.label.clone(), Mutex::new(control));
                }
            }
        }
        Ok(SimBoard { lines: Arc::new(lines), handsets: Arc::new(handsets) })
    }

    /// The labels of the exchange lines.
    pub(crate) fn line_labels(&self) -> Vec<&str> {
        self.lines.keys().map(String::as_str).collect()
    }

    /// The labels of the handsets.
    pub(crate) fn handset_labels(&self) -> Vec<&str> {
        let mut labels: Vec<_> = self.handsets.keys().map(String::as_str).collect();
        labels.sort_unstable();
        labels
    }

    /// The handset on this port.
    pub(crate) fn handset(&self, label: &str) -> Option<&Mutex<HandsetControl>> {
        self.handsets.get(label)
    }

    /// Has the street call in on a line and waits until the call is over; tells `progress` what
    /// happens and returns what the caller heard.
    ///
    /// # Errors
    /// There is no such line, or it is in use.
    pub(crate) async fn call(
        &self,
        label: &str,
        plan: CallPlan,
        progress: Option<mpsc::Sender<String>>,
    ) -> anyhow::Result<Vec<i16>> {
        let line = self.line(label)?;
        let in_use =
            || format!("line {label} is in use; wait for its call to end, or take another");
        let _caller = line.caller.try_lock().ok().with_context(in_use)?;
        begin(&mut line.exchange().control, plan)?;
        let mut heard = Vec::new();
        let mut look = tokio::time::interval(LOOK);
        let mut ended = false;
        loop {
            look.tick().await;
            for event in look_at(line, &mut heard) {
                if matches!(event, ExchangeEvent::LineBusy) {
                    bail!(in_use());
                }
                if let (Some(progress), Some(text)) = (&progress, in_words(label, event)) {
                    // The call goes on even when nobody watches any more.
                    let _ = progress.send(text).await;
                }
                ended |= matches!(event, ExchangeEvent::Ended { .. });
                if ended && matches!(event, ExchangeEvent::Idle { .. }) {
                    line.exchange().control.take_heard(&mut heard);
                    return Ok(heard);
                }
            }
        }
    }

    fn line(&self, label: &str) -> anyhow::Result<&Street> {
        self.lines.get(label).with_context(|| {
            if self.lines.is_empty() {
                return format!("there is no simulated line `{label}`: the board has none");
            }
            let known = self.line_labels().join(", ");
            format!("the board has no exchange line `{label}`; it has {known}")
        })
    }

    /// What is wrong with each line, in words.
    pub(crate) fn show(&self) -> String {
        self.lines.iter().map(|(label, line)| shown(label, &line.exchange().faults)).collect()
    }

    /// Makes something wrong with a line, or with `all`, or right again; says how it is then.
    ///
    /// # Errors
    /// There is no such line.
    pub(crate) fn set(
        &self,
        label: &str,
        usual: bool,
        faults: &LineFaults,
    ) -> anyhow::Result<String> {
        let labels = if label == "all" { self.line_labels() } else { vec![label] };
        let mut text = String::new();
        for label in labels {
            let line = self.line(label)?;
            let mut exchange = line.exchange();
            if usual {
                exchange.faults = LineFaults::default();
            }
            exchange.faults.take(faults);
            exchange.apply(faults.glare)?;
            text += &shown(label, &exchange.faults);
        }
        Ok(text)
    }
}

fn shown(label: &str, faults: &LineFaults) -> String {
    let words = faults.in_words();
    format!("{label:8} {}\n", if words.is_empty() { "as usual" } else { &words })
}

impl Exchange {
    /// Makes the line what its faults say; `glare` lets a call meet the box's next seizure.
    fn apply(&mut self, glare: bool) -> Result<(), ControlError> {
        let Exchange { control, faults, seed } = self;
        control.set_model(faults.seed.unwrap_or(*seed), faults.model())?;
        control.set_battery(faults.has_battery())?;
        control.set_other_set(faults.has_other_set())?;
        let music = faults.ringback_music();
        control.set_called_party(CalledPlan { music, ..CalledPlan::default() })?;
        if glare {
            control.call_at_seizure(CallPlan::default())?;
        }
        Ok(())
    }
}

/// Places a call; what an earlier one left over is not this one's.
fn begin(control: &mut ExchangeControl, plan: CallPlan) -> Result<(), ControlError> {
    while control.poll_event().is_some() {}
    control.take_heard(&mut Vec::new());
    control.place_call(plan)
}

/// What has happened on the line since it was last looked at.
fn look_at(line: &Street, heard: &mut Vec<i16>) -> Vec<ExchangeEvent> {
    let mut exchange = line.exchange();
    exchange.control.take_heard(heard);
    std::iter::from_fn(|| exchange.control.poll_event()).collect()
}

fn in_words(label: &str, event: ExchangeEvent) -> Option<String> {
    Some(match event {
        ExchangeEvent::Ringing => format!("{label} rings"),
        ExchangeEvent::Answered { .. } => "answered".to_owned(),
        ExchangeEvent::Flash => "the box flashed its hook".to_owned(),
        ExchangeEvent::Ended { reason, .. } => match reason {
            EndReason::FarHungUp => "the caller hung up",
            EndReason::BoxHungUp => "the box hung up: the caller hears busy tone",
            EndReason::GaveUp => "the caller gave up unanswered",
            EndReason::Refused => "refused",
        }
        .to_owned(),
        ExchangeEvent::Idle { .. } => format!("{label} is free again"),
        ExchangeEvent::LineBusy | ExchangeEvent::Dialled(_) | ExchangeEvent::ReleaseTone { .. } => {
            return None;
        }
    })
}
