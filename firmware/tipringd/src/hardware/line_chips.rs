//! Ports that are line chips on SPI, their audio on PCM highways: one card for each highway.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Once;

use linux_embedded_hal::{CdevPin, SpidevDevice};
use tipring_board::{Board, Chip, Daa, Driver, Pin, Port};
use tipring_clock::RealClock;
use tipring_daa::pcm::{AlsaPcm, AudioLink, Pace};
use tipring_daa::si3050::DaaSettings;
use tipring_daa::si3210::SlicSettings;
use tipring_daa::{
    Card, ChipSelect, Country, DaaPort, Framing, PcmHighway, PcmSettings, Slot, SpiNumber,
    open_reset_line, open_spi,
};
use tipring_line::PortId;

use super::Attaching;
use crate::journal::{Level, note};

pub(super) fn attach(
    attaching: &mut Attaching<'_>,
    board: &Board,
    clock: &RealClock,
) -> anyhow::Result<()> {
    for (at, pcm) in board.pcms.iter().enumerate() {
        let chips: Vec<_> = board
            .numbered_ports()
            .filter_map(|(id, port)| match &port.driver {
                Driver::Daa(daa) if daa.pcm == at => Some((id, port, daa)),
                _ => None,
            })
            .collect();
        if !chips.is_empty() {
            let settings =
                PcmSettings { pcm: pcm.device.clone(), slots: pcm.slots, pace: Pace::Device };
            attach_card(attaching, &chips, PcmHighway::alsa(&settings), clock)?;
        }
    }
    Ok(())
}

fn attach_card(
    attaching: &mut Attaching<'_>,
    chips: &[(PortId, &Port, &Daa)],
    mut highway: PcmHighway<AlsaPcm>,
    clock: &RealClock,
) -> anyhow::Result<()> {
    let reset = match chips.iter().find_map(|(_, _, daa)| daa.reset.as_ref()).map(reset_line) {
        Some(Err(e)) => return all_missing(attaching, chips, &e),
        Some(Ok(line)) => Some(line),
        None => None,
    };
    let mut card: Card<SpidevDevice, CdevPin> = Card::new(reset);
    let mut devices: BTreeMap<&str, SpiNumber> = BTreeMap::new();
    for (id, port, daa) in chips {
        let spi = match devices.get(daa.device.as_str()) {
            Some(spi) => *spi,
            None => match open_spi(Path::new(&daa.device), Some(daa.speed_hz)) {
                Ok(device) => *devices.entry(&daa.device).or_insert(card.add_spi(device)),
                Err(e) => {
                    attaching.missing(*id, port, e)?;
                    continue;
                }
            },
        };
        let link = match highway.connect(daa.slot) {
            Ok(link) => link,
            Err(e) => {
                attaching.missing(*id, port, e)?;
                continue;
            }
        };
        match add(&mut card, port, daa, spi, link, &attaching.analog.plan().code) {
            Ok(wire) => attaching.attach(*id, &port.label, wire)?,
            Err(e) => attaching.missing(*id, port, e)?,
        }
    }
    let driver = tipring_daa::Driver::start(card, highway, clock.clone(), ask_for_priority)?;
    attaching.watch.report(driver);
    Ok(())
}

/// Below the media thread's priority, which the card's samples go to.
const PRIORITY: u8 = 40;

/// Asks for real-time priority; where it is refused, says so once for all cards.
fn ask_for_priority() {
    static SAID: Once = Once::new();
    if let Some(why) = tipring_media::thread::set_priority(PRIORITY) {
        SAID.call_once(|| {
            note(
                Level::Notice,
                &format!(
                    "the line cards' threads have no real-time priority ({why}): run the box as a \
                     service, or as root, or grant it CAP_SYS_NICE"
                ),
            );
        });
    }
}

fn reset_line(pin: &Pin) -> Result<CdevPin, String> {
    if !pin.active_low {
        return Err(format!(
            "{} line {}: a reset line is active low; write `active_low = true`",
            pin.chip, pin.line
        ));
    }
    open_reset_line(Path::new(&pin.chip), pin.line).map_err(|e| e.to_string())
}

/// Without its reset line no chip of the card can be trusted to be in a known state.
fn all_missing(
    attaching: &mut Attaching<'_>,
    chips: &[(PortId, &Port, &Daa)],
    why: &str,
) -> anyhow::Result<()> {
    chips.iter().try_for_each(|(id, port, _)| attaching.missing(*id, port, why))
}

fn add(
    card: &mut Card<SpidevDevice, CdevPin>,
    port: &Port,
    daa: &Daa,
    spi: SpiNumber,
    link: AudioLink,
    country: &str,
) -> Result<DaaPort, tipring_daa::UnknownCountry> {
    let slot = Slot { number: daa.slot, ..Slot::default() };
    Ok(match daa.chip {
        Chip::Si3050 => {
            let settings = DaaSettings::new(framing(daa), slot, Country::find(country)?);
            card.add_fxo(&port.label, spi, settings, link)
        }
        Chip::Si3210 => card.add_fxs(&port.label, spi, SlicSettings::new(framing(daa), slot), link),
    })
}

/// How the chip is spoken to.
pub(crate) fn framing(daa: &Daa) -> Framing {
    match (daa.chip, daa.chain) {
        (Chip::Si3050, place) => {
            Framing::Daa { place: place.unwrap_or(0), select: ChipSelect::PerAccess }
        }
        (Chip::Si3210, None) => Framing::SLIC,
        (Chip::Si3210, Some(place)) => Framing::SlicChain { place, select: ChipSelect::PerAccess },
    }
}
