//! Whose audio goes to which recording.

use tipring_clock::Instant;

use super::{Engine, LegSlot, Recording};
use crate::command::Members;
use crate::metrics::Metrics;
use crate::rtp::samples_in;
use crate::tap::record::{Chunk, ChunkKind, RecordTap, RecordingSlot, Side};

impl Engine {
    pub(super) fn record(&mut self, now: Instant, slot: RecordingSlot) {
        let recording = Recording { began: now, left: None, right: Members::new(), ended: None };
        self.recordings[usize::from(slot.0)] = Some(recording);
    }

    /// Sets who is on either side. Whoever stays on the same side keeps the place in time.
    pub(super) fn record_sides(
        &mut self,
        slot: RecordingSlot,
        left: Option<LegSlot>,
        right: Members,
    ) {
        let Some(Some(recording)) = self.recordings.get_mut(usize::from(slot.0)) else { return };
        let began = recording.began;
        let was_left = std::mem::replace(&mut recording.left, left);
        let was_right = std::mem::replace(&mut recording.right, right.clone());
        for leg in was_left.into_iter().chain(was_right) {
            if left != Some(leg) && !right.contains(&leg) {
                self.untap(slot, leg);
            }
        }
        let mixed = right.len() > 1;
        for leg in right {
            self.tap(slot, Side::Right, leg, began, mixed);
        }
        if let Some(leg) = left {
            self.tap(slot, Side::Left, leg, began, false);
        }
    }

    fn tap(&mut self, slot: RecordingSlot, side: Side, leg: LegSlot, began: Instant, mixed: bool) {
        let Some(leg) = self.leg_mut(leg) else { return };
        match &mut leg.record {
            Some(tap) if tap.recording == slot && tap.side == side => tap.mixed = mixed,
            tap => *tap = Some(RecordTap::new(slot, side, began, mixed)),
        }
    }

    fn untap(&mut self, slot: RecordingSlot, leg: LegSlot) {
        if let Some(leg) = self.leg_mut(leg)
            && leg.record.is_some_and(|tap| tap.recording == slot)
        {
            leg.record = None;
        }
    }

    /// The leg goes; its recordings go on without it.
    pub(super) fn stop_recording_leg(&mut self, slot: LegSlot) {
        let Some(tap) = self.leg_mut(slot).and_then(|leg| leg.record.take()) else { return };
        if let Some(Some(recording)) = self.recordings.get_mut(usize::from(tap.recording.0)) {
            recording.left.take_if(|left| *left == slot);
            recording.right.retain(|right| *right != slot);
        }
    }

    pub(super) fn record_stop(&mut self, now: Instant, slot: RecordingSlot) {
        let place = usize::from(slot.0);
        let Some(Some(recording)) = self.recordings.get_mut(place) else { return };
        if recording.ended.is_some() {
            return;
        }
        recording.ended = Some(samples_in(now - recording.began) as u32);
        let left = recording.left.take();
        let right = std::mem::take(&mut recording.right);
        for leg in left.into_iter().chain(right) {
            self.untap(slot, leg);
        }
        self.ending.push(slot);
        self.tell_ends();
    }

    /// Tells the recorder of recordings that have ended, as far as there is room in the ring.
    pub(super) fn tell_ends(&mut self) {
        while let Some(slot) = self.ending.last().copied() {
            let place = usize::from(slot.0);
            let ended = self.recordings[place].as_ref().and_then(|r| r.ended);
            let end = Chunk {
                position: ended.unwrap_or(0),
                recording: slot,
                kind: ChunkKind::End,
                length: 0,
                codes: [0; tipring_line::FRAME_SAMPLES],
            };
            if self.ends.chunks.push(end).is_err() {
                return;
            }
            self.ending.pop();
            self.recordings[place] = None;
        }
    }

    pub(super) fn record_chunk(ends: &mut super::EngineEnds, metrics: &Metrics, chunk: Chunk) {
        if ends.chunks.push(chunk).is_err() {
            Metrics::bump(&metrics.recorder_chunks_lost);
        }
    }
}
