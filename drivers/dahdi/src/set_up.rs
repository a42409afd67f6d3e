//! Setting a span up: how its line is framed and clocked and what its channels are used for, which
//! otherwise `dahdi_cfg` takes from `/etc/dahdi/system.conf`.
//!
//! Only what is not as it is described is set, and what no description names (the code of the
//! pulses, the build-out of the line) stays as it was found. A channel that another program has
//! open is never set: the kernel would change it under that program without a word.

use core::ffi::c_int;
use core::fmt;
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;

use crate::abi;
use crate::layout::{LineConfig, SpanInfo, line_config};
use crate::open::{DEVICES, OpenError, open_device, params_of};
use crate::spans::{ChannelUse, Control, LineCoding, SpanLine, coding_of, line_of};

/// What a span is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanPlan {
    /// The span's number.
    pub span: u16,
    /// Its line.
    pub line: SpanLine,
    /// Its channels that are used, by their numbers, and for what. The others stay as they are.
    pub channels: Vec<(u16, ChannelUse)>,
}

/// What of a span was set because it was not so already.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SetUp {
    /// The line as it was set; `None` where it was so already.
    pub line: Option<SpanLine>,
    /// The code of its pulses; `None` if its driver keeps none, as a span's without a line.
    pub coding: Option<LineCoding>,
    /// The channels that were set.
    pub channels: Vec<(u16, ChannelUse)>,
}

impl SetUp {
    /// Whether all was as it is described.
    pub fn is_nothing(&self) -> bool {
        self.line.is_none() && self.channels.is_empty()
    }
}

impl fmt::Display for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (self.line, self.coding) {
            (Some(line), Some(coding)) => parts.push(format!("{line}, {coding}")),
            (Some(_), None) => parts.push("no line, as its driver has none".to_owned()),
            (None, _) => {}
        }
        for (usage, numbers) in grouped(&self.channels) {
            let (word, kind) = if numbers.contains([',', '-']) {
                ("channels", usage.many())
            } else {
                ("channel", usage.words())
            };
            parts.push(format!("{word} {numbers} {kind}"));
        }
        f.write_str(&parts.join("; "))
    }
}

/// Channels of one use together, their numbers written as in `1-15,17`.
fn grouped(channels: &[(u16, ChannelUse)]) -> Vec<(ChannelUse, String)> {
    let mut uses: Vec<ChannelUse> = Vec::new();
    for (_, usage) in channels {
        if !uses.contains(usage) {
            uses.push(*usage);
        }
    }
    let of = |wanted: ChannelUse| {
        let mut runs: Vec<(u16, u16)> = Vec::new();
        for (number, _) in channels.iter().filter(|(_, usage)| *usage == wanted) {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == *number => *last = *number,
                _ => runs.push((*number, *number)),
            }
        }
        let written = runs.iter().map(|(first, last)| match last - first {
            0 => first.to_string(),
            _ => format!("{first}-{last}"),
        });
        written.collect::<Vec<_>>().join(",")
    };
    uses.into_iter().map(|usage| (usage, of(usage))).collect()
}

impl Control {
    /// Makes a span what it is to be, and starts it. One that is so already is left alone.
    ///
    /// # Errors
    /// [`OpenError::NoSpan`] and [`OpenError::NotInSpan`] if it is not there or has not these
    /// channels; [`OpenError::SpanInUse`] and [`OpenError::NotSet`] if it stays as it was found.
    pub fn set_up(&self, plan: &SpanPlan) -> Result<SetUp, OpenError> {
        let info = self.info(plan.span).ok_or(OpenError::NoSpan(plan.span))?;
        let channels = self.other_than(plan)?;
        // A driver that keeps no coding has no line, or one that was never set: then its channels
        // were not either.
        let found = coding_of(&info);
        let is_other = match found {
            Some(_) => !line_of(&info).is_as(plan.line),
            None => !channels.is_empty(),
        };
        let touched: Vec<u16> = match is_other {
            true => self.all_channels(plan, &info).collect(),
            false => channels.iter().map(|(number, _)| *number).collect(),
        };
        for number in touched {
            self.ensure_free(plan.span, number)?;
        }
        if is_other {
            self.set_line(plan.span, plan.line, &info)?;
        }
        for (number, usage) in &channels {
            self.configure_channel(*number, *usage)?;
        }
        self.start(plan.span)?;
        let coding = self.info(plan.span).as_ref().and_then(coding_of);
        Ok(SetUp { line: is_other.then_some(plan.line), coding, channels })
    }

    /// Whether a span has a channel that is to be used and is configured for nothing: as when it has
    /// just come back.
    pub(crate) fn is_bare(&self, plan: &SpanPlan) -> bool {
        let usage = |number| params_of(self.file(), number).map(|p| ChannelUse::of(p.sigtype));
        plan.channels.iter().any(|(number, _)| usage(*number) == Some(ChannelUse::Unused))
    }

    /// The channels of a plan that are used otherwise, or for nothing.
    fn other_than(&self, plan: &SpanPlan) -> Result<Vec<(u16, ChannelUse)>, OpenError> {
        let mut other = Vec::new();
        for (number, usage) in &plan.channels {
            let params = params_of(self.file(), *number)
                .filter(|params| params.spanno == c_int::from(plan.span))
                .ok_or(OpenError::NotInSpan { span: plan.span, channel: *number })?;
            let idle = params.idlebits as u8 & 0xF;
            if ChannelUse::of(params.sigtype).idle_at(idle) != *usage {
                other.push((*number, *usage));
            }
        }
        Ok(other)
    }

    /// All channels of a plan's span, of which it may name some alone.
    fn all_channels(&self, plan: &SpanPlan, info: &SpanInfo) -> impl Iterator<Item = u16> + use<> {
        let named = plan.channels.first().and_then(|(number, _)| {
            let params = params_of(self.file(), *number)?;
            number.checked_sub(u16::try_from(params.chanpos).ok()?.checked_sub(1)?)
        });
        let count = u16::try_from(info.totalchans).unwrap_or_default();
        named.into_iter().flat_map(move |first| first..first.saturating_add(count))
    }

    /// Makes sure that nobody has a channel open: whoever had would be the one to open it.
    fn ensure_free(&self, span: u16, channel: u16) -> Result<(), OpenError> {
        let file = open_device(Path::new(DEVICES), "channel")?;
        match abi::specify(file.as_fd(), &c_int::from(channel)) {
            Err(code) if code == Errno::EBUSY as c_int => {
                Err(OpenError::SpanInUse { span, channel })
            }
            // One without a signalling cannot be opened by anybody.
            _ => Ok(()),
        }
    }

    fn set_line(&self, span: u16, line: SpanLine, found: &SpanInfo) -> Result<(), OpenError> {
        let coding = match coding_of(found).unwrap_or_default() {
            LineCoding::Hdb3 => line_config::HDB3,
            LineCoding::Ami => line_config::AMI,
        };
        let framing = if line.cas { 0 } else { line_config::CCS };
        let crc4 = if line.crc4 { line_config::CRC4 } else { 0 };
        let config = LineConfig {
            span: c_int::from(span),
            name: [0; 20],
            lbo: found.lbo,
            lineconfig: coding | framing | crc4,
            sync: c_int::from(line.timing_priority),
        };
        abi::configure_span(self.file().as_fd(), &config).map_err(|code| OpenError::NotSet {
            what: format!("the line of span {span} as {line}"),
            request: "DAHDI_SPANCONFIG",
            code,
        })
    }

    fn start(&self, span: u16) -> Result<(), OpenError> {
        abi::start_span(self.file().as_fd(), &c_int::from(span)).map_err(|code| OpenError::NotSet {
            what: format!("span {span} going"),
            request: "DAHDI_STARTUP",
            code,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: SpanLine = SpanLine { cas: false, crc4: false, timing_priority: 1 };

    #[test]
    fn what_was_set_is_one_line() {
        let clear = (1..=15).chain(17..=31).map(|number| (number, ChannelUse::Clear));
        let mut channels: Vec<_> = clear.collect();
        channels.push((16, ChannelUse::Hdlc));
        let mut done = SetUp { line: Some(LINE), coding: Some(LineCoding::Hdb3), channels };
        assert_eq!(
            done.to_string(),
            "CCS, no CRC-4, clock from the far side (priority 1), HDB3; \
             channels 1-15,17-31 clear; channel 16 a D-channel"
        );
        done =
            SetUp { coding: None, channels: vec![(5, ChannelUse::Cas { idle: 0b1101 })], ..done };
        assert_eq!(
            done.to_string(),
            "no line, as its driver has none; channel 5 a channel with signalling bits, as of R2"
        );
        let own = SpanLine { cas: true, crc4: true, timing_priority: 0 };
        done = SetUp { line: Some(own), coding: Some(LineCoding::Ami), channels: Vec::new() };
        assert_eq!(done.to_string(), "CAS, CRC-4, its own clock, AMI");
        assert!(!done.is_nothing() && SetUp::default().is_nothing());
    }

    #[test]
    fn a_line_is_as_described_whatever_its_priority() {
        let second = SpanLine { timing_priority: 2, ..LINE };
        assert!(LINE.is_as(second));
        for other in [
            SpanLine { cas: true, ..LINE },
            SpanLine { crc4: true, ..LINE },
            SpanLine { timing_priority: 0, ..LINE },
        ] {
            assert!(!LINE.is_as(other), "{other}");
        }
    }
}
