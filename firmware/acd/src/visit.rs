//! One wait in one queue.

use tipring_events::{AgentId, QueueId};
use tipring_line::Number;
use tipring_switch::Moment;

use crate::queue::WaitKey;
use crate::stage::{Pool, Wants};

/// One wait in one queue.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) queue: QueueId,
    pub(crate) key: WaitKey,
    pub(crate) priority: u32,
    pub(crate) entered: Moment,
    pub(crate) caller: Option<Number>,
    pub(crate) wants: Wants,
    /// To whom the caller may be offered now.
    pub(crate) pool: Pool,
    /// The agents who are being rung for this caller.
    pub(crate) offers: Vec<AgentId>,
    /// The agent last offered this caller.
    pub(crate) last: Option<AgentId>,
    pub(crate) first_position: u32,
    /// The place last announced or logged.
    pub(crate) position: u32,
    /// The place at which an expected wait was last told, and that wait in milliseconds.
    pub(crate) told: Option<(u32, u64)>,
}
