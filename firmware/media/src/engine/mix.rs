//! The mixer: what a leg hears by its route.
//!
//! A conference is summed once for all its members, who each hear the sum less what they said
//! themselves; only those who said anything are added. Sums have 32 bits and saturate at the end
//! alone, so that nobody's place in the order is heard.

use tipring_line::{FRAME_SAMPLES, Frame};

use super::{Engine, LegSlot, Route};
use crate::command::Members;
use crate::rtp::jitter::Popped;

/// Legs that all hear each other, and the sum of what they say.
#[derive(Clone, Debug)]
pub(super) struct Conference {
    pub(super) members: Members,
    sum: [i32; FRAME_SAMPLES],
    /// Members that have said something in it.
    speakers: usize,
    /// The moment it was summed at.
    summed: Option<u64>,
}

impl Default for Conference {
    fn default() -> Self {
        Conference { members: Members::new(), sum: [0; FRAME_SAMPLES], speakers: 0, summed: None }
    }
}

impl Conference {
    pub(super) fn set(&mut self, members: Members) {
        self.members = members;
        self.summed = None;
    }

    pub(super) fn remove(&mut self, slot: LegSlot) {
        self.members.retain(|member| *member != slot);
        self.summed = None;
    }
}

/// What is being added up for one leg.
struct Sum {
    samples: [i32; FRAME_SAMPLES],
    speakers: usize,
}

impl Sum {
    fn add(&mut self, said: &Frame) {
        self.samples.iter_mut().zip(said).for_each(|(sum, s)| *sum += i32::from(*s));
        self.speakers += 1;
    }

    fn put(&self, frame: &mut Frame) -> bool {
        for (out, sum) in frame.iter_mut().zip(&self.samples) {
            *out = (*sum).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
        self.speakers > 0
    }
}

impl Engine {
    /// What a leg is to hear by its route. Says whether there is anything.
    pub(super) fn mix(&mut self, slot: LegSlot, frame: &mut Frame) -> bool {
        let mut sum = Sum { samples: [0; FRAME_SAMPLES], speakers: 0 };
        self.add_route(slot, &mut sum);
        if let Some(leg) = self.leg(slot) {
            for whisperer in &leg.whisperers {
                self.add_said(*whisperer, &mut sum);
            }
        }
        if let Route::Monitor(target) = self.route(slot) {
            self.add_said(target, &mut sum);
            self.add_route(target, &mut sum);
        }
        sum.put(frame)
    }

    /// What the others of its bridge or conference say.
    fn add_route(&mut self, slot: LegSlot, sum: &mut Sum) {
        match self.route(slot) {
            Route::None | Route::Monitor(_) => {}
            Route::Bridge(other) => self.add_said(other, sum),
            Route::Conference(index) => self.add_others(index, slot, sum),
        }
    }

    fn add_said(&self, slot: LegSlot, sum: &mut Sum) {
        if let Some(leg) = self.leg(slot).filter(|leg| leg.said_kind != Popped::Nothing) {
            sum.add(&leg.said);
        }
    }

    /// A conference's sum less what one of its members said.
    fn add_others(&mut self, index: usize, slot: LegSlot, sum: &mut Sum) {
        if self.conferences[index].summed != Some(self.moment) {
            self.sum_up(index);
        }
        let conference = &self.conferences[index];
        let (total, speakers) = (&conference.sum, conference.speakers);
        sum.samples.iter_mut().zip(total).for_each(|(sum, all)| *sum += all);
        sum.speakers += speakers;
        if let Some(leg) = self.leg(slot).filter(|leg| leg.said_kind != Popped::Nothing) {
            sum.samples.iter_mut().zip(&leg.said).for_each(|(sum, own)| *sum -= i32::from(*own));
            sum.speakers -= 1;
        }
    }

    fn sum_up(&mut self, index: usize) {
        let mut sum = Sum { samples: [0; FRAME_SAMPLES], speakers: 0 };
        for at in 0..self.conferences[index].members.len() {
            self.add_said(self.conferences[index].members[at], &mut sum);
        }
        let conference = &mut self.conferences[index];
        conference.sum = sum.samples;
        conference.speakers = sum.speakers;
        conference.summed = Some(self.moment);
    }
}
