//! Where sounds begin and end, to the millisecond.

use arrayvec::ArrayVec;

use crate::level::dbm0_to_rms;

/// Samples between two looks at the power: 5 ms.
pub(super) const HOP_SAMPLES: usize = 40;
pub(super) const HOP_MS: f32 = 5.0;
/// Nothing weaker is a sound, in dBm0.
const SOUND_MIN_DBM0: f32 = -43.0;
/// A sound is this much stronger (as a power) than the noise before.
const ABOVE_NOISE: f32 = 8.0;
/// A sound has ended where it is this much weaker (as a power) than it was on average …
const BELOW_SOUND: f32 = 1.0 / 8.0;
/// … for so long: longer than a modulated tone's trough, shorter than any pause.
const END_HOPS: usize = 6;
/// How fast the noise between sounds is followed, a hop.
const NOISE_FOLLOW: f32 = 0.05;
/// The longest sound that is kept: three seconds. What is longer is continuous.
pub(super) const HOPS_MAX: usize = 600;
/// So many hops at each end may be cut by the edge.
const EDGE_HOPS: usize = 2;

/// A sound between two silences.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    /// When it began and ended, in milliseconds of the learner's time.
    pub(super) begin_ms: f64,
    pub(super) end_ms: f64,
    /// Mean square between its edges.
    pub(super) power: f32,
    /// Strongest to weakest 10 ms between its edges, as a power.
    pub(super) swing: f32,
    /// Samples since its last whole hop; for finding it in the buffer.
    pub(super) samples_ago: usize,
    pub(super) samples: usize,
}

/// What a hop brought.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge {
    /// Silence goes on.
    Silence,
    /// A sound goes on, for so many hops.
    Sound(usize),
    /// A sound has ended.
    Ended(Burst),
    /// A sound too long to be kept has ended.
    EndedLong,
}

/// Follows the power.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    noise: f32,
    floor: f32,
    hops: u64,
    /// The hop before the sound, then the sound's.
    powers: ArrayVec<f32, { HOPS_MAX + 1 }>,
    sum: f32,
    /// Hops of the sound, also those that are not kept.
    sounding: usize,
    quiet: usize,
    last_power: f32,
}

impl Edges {
    pub(super) fn new() -> Self {
        Edges {
            noise: 0.0,
            floor: dbm0_to_rms(SOUND_MIN_DBM0).powi(2),
            hops: 0,
            powers: ArrayVec::new(),
            sum: 0.0,
            sounding: 0,
            quiet: 0,
            last_power: 0.0,
        }
    }

    /// Goes on by one hop of this mean square.
    pub(super) fn advance(&mut self, power: f32) -> Edge {
        self.hops += 1;
        let before = core::mem::replace(&mut self.last_power, power);
        if self.sounding == 0 {
            if power < self.floor.max(self.noise * ABOVE_NOISE) {
                self.noise += (power - self.noise) * NOISE_FOLLOW;
                return Edge::Silence;
            }
            self.powers.clear();
            self.powers.push(before);
            self.sum = 0.0;
            self.quiet = 0;
        }
        self.sounding += 1;
        let _ = self.powers.try_push(power);
        self.sum += power;
        // The first hop may hold no more than an edge, so nothing is compared with it alone.
        let mean = self.sum / self.sounding as f32;
        if self.sounding > 1 && power < mean * BELOW_SOUND {
            self.quiet += 1;
        } else {
            self.quiet = 0;
        }
        if self.quiet < END_HOPS {
            return Edge::Sound(self.sounding);
        }
        let sounding = core::mem::take(&mut self.sounding) - self.quiet;
        // One more hop holds the last of the sound.
        let kept = (sounding + 1).min(self.powers.len() - 1);
        if sounding > HOPS_MAX - END_HOPS {
            return Edge::EndedLong;
        }
        self.burst(sounding, kept).map_or(Edge::Silence, Edge::Ended)
    }

    /// The sound of so many hops, `kept` with the hop that holds its end.
    fn burst(&self, sounding: usize, kept: usize) -> Option<Burst> {
        let powers = &self.powers[1..=kept];
        if sounding < 2 * EDGE_HOPS + 2 {
            return None;
        }
        let middle = &powers[EDGE_HOPS..sounding - EDGE_HOPS];
        let power = middle.iter().sum::<f32>() / middle.len() as f32;
        let pairs = middle.chunks_exact(2).map(|pair| pair[0] + pair[1]);
        let (low, high) =
            pairs.fold((f32::MAX, 0.0f32), |(low, high), p| (low.min(p), high.max(p)));
        let part = |powers: &[f32]| powers.iter().map(|p| (p / power).min(1.0)).sum::<f32>();
        let front = part(&self.powers[..1]) + part(&powers[..EDGE_HOPS]);
        let tail = part(&powers[sounding - EDGE_HOPS..]);
        let first_hop = self.hops - (sounding + self.quiet) as u64;
        let at = |hop: u64| hop as f64 * f64::from(HOP_MS);
        let middle_begin = at(first_hop + EDGE_HOPS as u64);
        let middle_end = at(first_hop + (sounding - EDGE_HOPS) as u64);
        Some(Burst {
            begin_ms: middle_begin - f64::from(front * HOP_MS),
            end_ms: middle_end + f64::from(tail * HOP_MS),
            power,
            swing: high / low.max(f32::MIN_POSITIVE),
            samples_ago: (self.quiet + EDGE_HOPS) * HOP_SAMPLES,
            samples: middle.len() * HOP_SAMPLES,
        })
    }
}
