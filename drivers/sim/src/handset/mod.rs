//! The simulated handset: the far end of one of the box's FXS lines.

mod contacts;
mod control;
mod display;
mod port;
mod telephone;

pub use control::{HandsetControl, HandsetEvent, HandsetPlan};
pub use port::SimFxsPort;
pub use telephone::{Dialling, Display, Disturbances, EndsOn, Telephone};

use crate::link::link;
use crate::model::LineModel;

/// A push-button telephone on a line of the box: the box's port, and the control of whoever sits
/// at it. Of the model, loss, echoes and noise count.
pub fn handset(seed: u64, model: LineModel) -> (SimFxsPort, HandsetControl) {
    telephone(seed, model, Telephone::default())
}

/// The same with this telephone.
pub fn telephone(
    seed: u64,
    model: LineModel,
    telephone: Telephone,
) -> (SimFxsPort, HandsetControl) {
    let (port_link, control_link) = link();
    let port = SimFxsPort::new(seed, &model, telephone, port_link);
    (port, HandsetControl::new(control_link))
}
