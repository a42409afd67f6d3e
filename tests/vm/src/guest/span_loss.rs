//! A span that is taken away in a call and comes back, configured anew by the box itself.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use tipring_dahdi::{ChannelUse, Control, DahdiSpan, SpanKeeper, Tended};
use tipring_line::{Alarm, Cause, ChannelEvent, Span, SpanAlarms, SpanEvent};

use crate::rig::SECOND;
use crate::span::{CAS, D_CHANNEL, FIRST, SPANS, Trunk, whole};
use crate::{Trial, report};

/// The kernel's folder of the device that carries the second span.
pub(crate) fn device() -> Result<PathBuf> {
    device_of("DYN/loc/2:1")
}

/// The kernel's folder of the device of this name.
pub(crate) fn device_of(name: &str) -> Result<PathBuf> {
    for entry in std::fs::read_dir("/sys/bus/dahdi_devices/devices")? {
        let folder = entry?.path();
        if std::fs::read_to_string(folder.join("hardware_id"))?.trim() == name {
            return Ok(folder);
        }
    }
    bail!("no device {name}")
}

/// The span's alarms now, as far as it told them.
fn alarms(span: &mut DahdiSpan, known: &mut SpanAlarms) -> SpanAlarms {
    while let Some(event) = span.poll_event() {
        if let SpanEvent::Alarms(alarms) = event {
            *known = alarms;
        }
    }
    *known
}

struct Loss {
    trunk: Trunk,
    near: DahdiSpan,
    far: DahdiSpan,
    far_keeper: SpanKeeper,
    near_alarms: SpanAlarms,
    far_alarms: SpanAlarms,
}

fn taken_away(loss: &mut Loss) -> Trial {
    let answered = loss.trunk.talk()?;
    let file = device()?.join("unassign_span");
    let taking = std::thread::spawn(move || std::fs::write(file, "1"));
    let released = ChannelEvent::Released(Cause::NetworkOutOfOrder);
    let far = loss.trunk.await_event(1, |event| *event == released)?;
    let far_alarm = ChannelEvent::Alarm(Some(Alarm::DeviceLost));
    loss.trunk.await_event(1, |event| *event == far_alarm)?;
    let near = loss.trunk.await_event(0, |event| *event == released)?;
    let near_alarm = ChannelEvent::Alarm(Some(Alarm::Red));
    loss.trunk.await_event(0, |event| *event == near_alarm)?;
    ensure!(alarms(&mut loss.near, &mut loss.near_alarms).red, "{:?}", loss.near_alarms);
    ensure!(alarms(&mut loss.far, &mut loss.far_alarms).gone, "{:?}", loss.far_alarms);
    let Tended::Gone(kept) = loss.trunk.keepers[1].tend() else { bail!("its keeper opened it") };
    let Tended::Gone(_) = loss.far_keeper.tend() else { bail!("its D-channel opened") };
    taking.join().ok().context("the span's taker failed")?.context("unassign_span")?;
    Ok(format!(
        "answered after {answered} frames; released at the lost end after {far}, at the other by \
         RED after {near} more; its keeper: {kept}"
    ))
}

fn brought_back(loss: &mut Loss) -> Trial {
    let first = FIRST[1];
    std::fs::write(device()?.join("assign_span"), format!("1:{}:{first}", SPANS[1]))
        .context("assign_span")?;
    let control = Control::open()?;
    control.configure_channel(first + D_CHANNEL - 1, ChannelUse::Hdlc)?;
    control.configure_channel(first + CAS - 1, ChannelUse::Cas { idle: 0b1101 })?;
    let mut frames = 0;
    while !matches!(loss.trunk.keepers[1].tend(), Tended::Returned) {
        loss.trunk.frame()?;
        frames += 1;
        ensure!(frames < 5 * SECOND, "the keeper: {:?}", loss.trunk.keepers[1].tend());
    }
    loss.trunk.await_idle()?;
    let Tended::Returned = loss.far_keeper.tend() else { bail!("its D-channel stays gone") };
    ensure!(!alarms(&mut loss.far, &mut loss.far_alarms).gone, "{:?}", loss.far_alarms);
    ensure!(alarms(&mut loss.near, &mut loss.near_alarms).gravest().is_none(), "the alarm stays");
    let answered = loss.trunk.talk()?;
    let mut received = [0; 16];
    let mut arrived = false;
    for _ in 0..SECOND {
        loss.near.send_hdlc(&[2, 1, 0x7F])?;
        loss.trunk.frame()?;
        arrived |= loss.far.receive_hdlc(&mut received) == Some(3);
    }
    ensure!(arrived, "no D-channel frame after the return");
    Ok(format!("a call was answered after {answered} frames, D-channel frames come through"))
}

fn ready() -> Result<Loss> {
    let (far, far_keeper) = whole(1)?;
    Ok(Loss {
        trunk: Trunk::open()?,
        near: whole(0)?.0,
        far,
        far_keeper,
        near_alarms: SpanAlarms::default(),
        far_alarms: SpanAlarms::default(),
    })
}

pub(crate) fn trials() -> bool {
    type Step = fn(&mut Loss) -> Trial;
    let steps: [(&str, Step); 2] =
        [("span-taken-away", taken_away), ("span-brought-back", brought_back)];
    match ready() {
        Ok(mut loss) => steps.iter().all(|(name, step)| report(name, step(&mut loss))),
        Err(why) => report("span-open", Err(why)),
    }
}
