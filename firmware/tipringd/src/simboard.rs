//! The simulated board: its ports attached to the media side, its street and handsets at hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tipring_analog::{Fxo, Fxs, LineService};
use tipring_board::{Board, Driver, Kind};
use tipring_line::ChannelId;
use tipring_media::Control;
use tipring_sim::{
    CallPlan, EndReason, ExchangeControl, ExchangeEvent, HandsetControl, LineModel, exchange_line,
    handset,
};
use tokio::sync::{Mutex, mpsc};

use crate::analog::AnalogSettings;

/// How often the street is asked what has happened: a frame's length.
const LOOK: Duration = Duration::from_millis(20);

/// The street's ends of the exchange lines, and the handsets, by their ports' labels.
#[derive(Clone, Default)]
pub(crate) struct SimBoard {
    lines: Arc<HashMap<String, Mutex<ExchangeControl>>>,
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
    ) -> anyhow::Result<Self> {
        let (mut lines, mut handsets) = (HashMap::new(), HashMap::new());
        for (id, port) in board.numbered_ports().filter(|(_, p)| p.driver == Driver::Sim) {
            let channel = ChannelId::port(id);
            let port_seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(id.0);
            match port.kind {
                Kind::Fxo => {
                    let (wire, control) = exchange_line(port_seed, LineModel::default());
                    let (line, service) = Fxo::with_service(wire, analog.fxo(&port.label));
                    media.attach(channel, Box::new(line))?;
                    services.insert(port.label.clone(), service);
                    lines.insert(port.label.clone(), Mutex::new(control));
                }
                Kind::Fxs => {
                    let (wire, control) = handset(port_seed, LineModel::default());
                    media.attach(channel, Box::new(Fxs::new(wire, analog.fxs(id))))?;
                    handsets.insert(port.label.clone(), Mutex::new(control));
                }
            }
        }
        Ok(SimBoard { lines: Arc::new(lines), handsets: Arc::new(handsets) })
    }

    /// The labels of the exchange lines.
    pub(crate) fn line_labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = self.lines.keys().map(String::as_str).collect();
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
        let line = self.lines.get(label).with_context(|| {
            format!(
                "the board has no exchange line `{label}`; it has {}",
                self.line_labels().join(", ")
            )
        })?;
        let in_use =
            || format!("line {label} is in use; wait for its call to end, or take another");
        let mut line = line.try_lock().ok().with_context(in_use)?;
        // What an earlier call left over is not this one's.
        while line.poll_event().is_some() {}
        line.take_heard(&mut Vec::new());
        line.place_call(plan)?;
        let mut heard = Vec::new();
        let mut look = tokio::time::interval(LOOK);
        let mut ended = false;
        loop {
            look.tick().await;
            line.take_heard(&mut heard);
            while let Some(event) = line.poll_event() {
                if matches!(event, ExchangeEvent::LineBusy) {
                    bail!(in_use());
                }
                if let (Some(progress), Some(text)) = (&progress, in_words(label, event)) {
                    // The call goes on even when nobody watches any more.
                    let _ = progress.send(text).await;
                }
                ended |= matches!(event, ExchangeEvent::Ended { .. });
                if ended && matches!(event, ExchangeEvent::Idle { .. }) {
                    line.take_heard(&mut heard);
                    return Ok(heard);
                }
            }
        }
    }
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
