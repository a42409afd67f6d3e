//! Channels that do not open: one clear line each.

use anyhow::{Result, bail};
use tipring_dahdi::{ChannelSettings, Control, open};
use tipring_line::PortKind;

use crate::rig::{FXO, FXS, opened};
use crate::{Trial, report};

/// The line said about a channel that does not open.
pub(crate) fn refused(channel: u16, kind: PortKind) -> Trial {
    match open(ChannelSettings { channel, kind, law: None, pulses: false }) {
        Ok(_) => bail!("channel {channel} opened"),
        Err(error) => Ok(error.to_string()),
    }
}

fn in_use() -> Trial {
    let _held = opened(FXO, PortKind::Fxo, false)?;
    refused(FXO, PortKind::Fxo)
}

fn listed() -> Result<String> {
    let control = Control::open()?;
    let version = control.version()?;
    let spans = control.spans();
    let channels = control.channels();
    let of = |kind| channels.iter().filter(|c| c.kind == Some(kind)).count();
    let names: Vec<_> = spans.iter().map(|s| format!("{} ({})", s.name, s.channels)).collect();
    Ok(format!(
        "version {version}; spans {}; {} FXO, {} FXS, {} not configured",
        names.join(", "),
        of(PortKind::Fxo),
        of(PortKind::Fxs),
        channels.iter().filter(|c| !c.configured).count()
    ))
}

pub(crate) fn trials() -> bool {
    let trials = [
        ("list", listed()),
        ("no-channel", refused(99, PortKind::Fxo)),
        ("not-configured", refused(4, PortKind::Fxo)),
        ("other-signalling", refused(FXS, PortKind::Fxo)),
        ("in-use", in_use()),
    ];
    trials.into_iter().fold(true, |fine, (name, result)| report(name, result) && fine)
}
