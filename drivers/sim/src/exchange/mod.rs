//! The simulated exchange: the far end of one of the box's FXO lines.
//!
//! `port` is the wire and the state, `calling` the calls that the street makes to the box,
//! `called` those that the box makes, `ending` how both end.

mod called;
mod calling;
mod control;
mod ending;
mod port;
mod pulses;
mod signals;

pub(crate) use control::NewLine;
pub use control::{CallPlan, CalledOutcome, CalledPlan, EndReason, ExchangeControl, ExchangeEvent};
pub use port::SimFxoPort;

use crate::link::link;
use crate::model::LineModel;

/// A line of the simulated exchange: the box's port on it, and the street's control of it.
pub fn exchange_line(seed: u64, model: LineModel) -> (SimFxoPort, ExchangeControl) {
    let (port_link, control_link) = link();
    let control = ExchangeControl::new(control_link, model.clone());
    (SimFxoPort::new(seed, model, port_link), control)
}
