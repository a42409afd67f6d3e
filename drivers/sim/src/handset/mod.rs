//! The simulated handset: the far end of one of the box's FXS lines.

mod control;
mod port;

pub use control::{HandsetControl, HandsetEvent, HandsetPlan};
pub use port::SimFxsPort;

use crate::link::link;
use crate::model::LineModel;

/// A telephone on a line of the box: the box's port, and the control of whoever sits at it. Of
/// the model, loss, echoes and noise count.
pub fn handset(seed: u64, model: LineModel) -> (SimFxsPort, HandsetControl) {
    let (port_link, control_link) = link();
    (SimFxsPort::new(seed, &model, port_link), HandsetControl::new(control_link))
}
