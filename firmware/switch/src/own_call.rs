//! What a phone changes in its own call by a feature code: hold, mute, recording. Each code turns
//! it on and off again.

use tipring_events::{RecordingOrder, Refusal};
use tipring_line::Number;

use crate::dial::Feature;
use crate::moment::Moment;
use crate::switch::Switch;

impl Switch {
    /// Turns something in the extension's own call on or off; says which.
    pub(crate) fn change_own_call(
        &mut self,
        m: Moment,
        extension: Number,
        feature: Feature,
    ) -> Result<bool, Refusal> {
        let (channel, id) = self.talking_leg(extension)?;
        let leg = self.legs.get(&channel).ok_or(Refusal::NoSuchLeg)?;
        let recording = self.calls.get(&id).and_then(|call| call.recording.as_ref());
        let (on, order) = match feature {
            Feature::Hold => {
                let held = !leg.holds;
                self.held(m, channel, id, held);
                return Ok(held);
            }
            Feature::Mute => {
                let muted = !leg.muted;
                return self.mute(extension, muted).map(|()| muted);
            }
            Feature::Record if recording.is_some() => (false, RecordingOrder::Stop),
            Feature::Record => (true, RecordingOrder::Start),
            Feature::RecordPause if recording.is_some_and(|r| r.paused) => {
                (false, RecordingOrder::Resume)
            }
            Feature::RecordPause => (true, RecordingOrder::Pause),
            _ => return Err(Refusal::NotPossible),
        };
        self.order_recording(m, id, order, extension.as_str().to_owned()).map(|()| on)
    }
}
