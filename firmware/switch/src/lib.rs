//! The switch: calls, their legs and bridges, the dial plan, and what is recorded.
//!
//! Sans-IO: [`ChannelEvent`](tipring_line::ChannelEvent)s, [`MediaEvent`]s and the applications'
//! commands go in with the time; channel commands, [`MediaRequest`]s, events for the log and
//! inputs for the applications come out. A flow (`ivr`) or a queue (`acd`) owns a caller's leg
//! for a while and hands it back; the switch knows at every moment who does.
//!
//! Left out on purpose: which agent gets a call (`acd`), what a caller hears in a flow (`ivr`),
//! sockets, sounds and files. Causes are those of ITU-T Q.850, mapped in one table
//! ([`tipring_line::Cause`]).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod apps;
mod call;
mod command;
mod config;
mod dial;
mod digits;
mod ending;
mod extensions;
mod feature;
mod flash;
mod hunt;
mod incoming;
mod live;
mod media;
mod messages;
mod moment;
mod monitor;
mod outgoing;
mod output;
mod own_call;
mod park;
mod places;
mod queue_side;
mod record;
mod replace;
mod ringing;
mod span_config;
mod spans;
mod supplementary;
mod switch;
mod talk;
mod transfer;
mod waiting;

pub use config::{
    Class, Direction, EmergencyConfig, ExtensionConfig, ExtensionFeatures, FeatureCodes,
    GroupConfig, Hunt, LineConfig, ParkingConfig, RecordingRule, RecordingRules, SpeedDial,
    SwitchConfig, TellAgent, TrunkConfig,
};
pub use dial::{DialRule, Feature, From, Outside, Pattern, PatternError, Target};
pub use feature::FeatureResult;
pub use media::{MediaEvent, MediaRequest, PlayId, Tone};
pub use moment::Moment;
pub use output::{App, AppInput, FeatureRequest, SwitchOutput};
pub use places::Seat;
pub use ringing::{LineNumber, RingingRules};
pub use span_config::{ConnectedNumber, SpanConfig};
pub use switch::{Switch, SwitchCounters};
