//! From layers to the board: entries laid over each other, names led to what they name.

use toml::Spanned;

use crate::layer::{
    BusLayer, DaaLayer, Entry, Layer, LightsLayer, PcmLayer, PinLayer, PortLayer, SpanLayer,
};
use crate::load::Source;
use crate::{
    Blink, Board, BoardError, Chip, Daa, Driver, Light, Lights, PORTS_MAX, Pcm, Pin, Port,
    PowerFail, SpanPort,
};

const SPEED_HZ_DEFAULT: u32 = 4_000_000;

/// An entry with the place where it was last changed.
#[derive(Debug)]
struct Placed<T> {
    entry: T,
    file: String,
    line: usize,
}

impl<T> Placed<T> {
    fn wrong(&self, message: impl std::fmt::Display) -> BoardError {
        let message = format!("line {}: {message}", self.line);
        BoardError::Invalid { file: self.file.clone(), message }
    }
}

/// Lays the entries of all layers over each other.
fn laid<T: Entry + Clone>(
    sources: &[Source],
    pick: impl Fn(&Layer) -> &Vec<Spanned<T>>,
) -> Result<Vec<Placed<T>>, BoardError> {
    let mut all: Vec<Placed<T>> = Vec::new();
    for source in sources {
        let first = all.len();
        let mut seen: Vec<&str> = Vec::new();
        for spanned in pick(&source.layer) {
            let entry = spanned.get_ref();
            let place = Placed {
                entry: entry.clone(),
                file: source.file.clone(),
                line: source.line(spanned.span().start),
            };
            if seen.contains(&entry.key()) {
                return Err(place.wrong(format!("`{}` stands twice in this file", entry.key())));
            }
            seen.push(entry.key());
            match all[..first].iter_mut().find(|below| below.entry.key() == entry.key()) {
                Some(below) => {
                    below.entry.overlay(place.entry);
                    (below.file, below.line) = (place.file, place.line);
                }
                None => all.push(place),
            }
        }
    }
    Ok(all)
}

/// What the ports may name.
struct Parts {
    buses: Vec<Placed<BusLayer>>,
    pcms: Vec<Placed<PcmLayer>>,
    pins: Vec<Placed<PinLayer>>,
}

/// The entry of this name, or why there is none.
fn named<'a, T: Entry, U>(
    all: &'a [Placed<T>],
    name: &str,
    what: &str,
    by: &Placed<U>,
) -> Result<(usize, &'a Placed<T>), BoardError> {
    all.iter().enumerate().find(|(_, placed)| placed.entry.key() == name).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|placed| placed.entry.key()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        by.wrong(format!("there is no {what} `{name}`; the board has {known}"))
    })
}

/// What an entry has to say itself.
fn needed<T: Clone, U: Entry>(
    value: &Option<T>,
    key: &str,
    placed: &Placed<U>,
) -> Result<T, BoardError> {
    value
        .clone()
        .ok_or_else(|| placed.wrong(format!("`{}` does not say its `{key}`", placed.entry.key())))
}

pub(crate) fn resolve(sources: Vec<Source>) -> Result<Board, BoardError> {
    let parts = Parts {
        buses: laid(&sources, |l| &l.buses)?,
        pcms: laid(&sources, |l| &l.pcms)?,
        pins: laid(&sources, |l| &l.pins)?,
    };
    let pcms = parts.pcms.iter().map(pcm).collect::<Result<Vec<_>, _>>()?;
    let mut ports = laid(&sources, |l| &l.ports)?;
    ports.retain(|port| port.entry.absent != Some(true));
    let top = sources.last().map(|s| s.file.clone()).unwrap_or_default();
    let at_top = |message: String| BoardError::Invalid { file: top.clone(), message };
    if ports.len() > PORTS_MAX {
        let count = ports.len();
        return Err(at_top(format!("{count} ports, but a board has at most {PORTS_MAX}")));
    }
    let mut board = Board {
        name: said(&sources, |l| l.name.clone()).ok_or_else(|| at_top("no `name`".into()))?,
        revision: said(&sources, |l| l.revision).ok_or_else(|| at_top("no `revision`".into()))?,
        ports: ports.iter().map(|p| port(p, &parts, &pcms)).collect::<Result<_, _>>()?,
        spans: spans(&sources, &parts)?,
        pcms,
        power_fail: None,
        lights: lights(&sources),
    };
    taken_once(&board, &ports)?;
    board.power_fail = power_fail(&sources, &board, &parts)?;
    Ok(board)
}

/// What the uppermost layer that says it says.
fn said<T>(sources: &[Source], pick: impl Fn(&Layer) -> Option<T>) -> Option<T> {
    sources.iter().rev().find_map(|source| pick(&source.layer))
}

fn pcm(placed: &Placed<PcmLayer>) -> Result<Pcm, BoardError> {
    let slots = needed(&placed.entry.slots, "slots", placed)?;
    if !(1..=128).contains(&slots) {
        return Err(placed.wrong(format!("a highway has 1 to 128 slots, not {slots}")));
    }
    let device = needed(&placed.entry.device, "device", placed)?;
    Ok(Pcm { name: placed.entry.name.clone(), device, slots })
}

fn pin<U>(parts: &Parts, name: &str, by: &Placed<U>) -> Result<Pin, BoardError> {
    let (_, placed) = named(&parts.pins, name, "pin", by)?;
    Ok(Pin {
        chip: needed(&placed.entry.chip, "chip", placed)?,
        line: needed(&placed.entry.line, "line", placed)?,
        active_low: placed.entry.active_low.unwrap_or(false),
    })
}

fn light<U>(parts: &Parts, name: &str, by: &Placed<U>) -> Result<Light, BoardError> {
    let (_, placed) = named(&parts.pins, name, "pin", by)?;
    match &placed.entry.led_class {
        Some(_) if placed.entry.chip.is_some() => {
            Err(placed.wrong(format!("`{name}` has a `chip` and a `led_class`; it may have one")))
        }
        Some(class) if class.contains('/') || class.starts_with('.') => Err(placed.wrong(format!(
            "`led_class` is `{class}`; write the LED's name as /sys/class/leds has it"
        ))),
        Some(class) => Ok(Light::Class(class.clone())),
        None => Ok(Light::Pin(pin(parts, name, by)?)),
    }
}

/// How lights show states: what the uppermost layer that says it says, or what is usual.
fn lights(sources: &[Source]) -> Lights {
    let usual = Lights::default();
    let of = |pick: fn(&LightsLayer) -> &Option<Blink>, usual: Blink| {
        said(sources, |layer| pick(&layer.lights).clone()).unwrap_or(usual)
    };
    Lights {
        idle: of(|l| &l.idle, usual.idle),
        ringing: of(|l| &l.ringing, usual.ringing),
        in_use: of(|l| &l.in_use, usual.in_use),
        alarm: of(|l| &l.alarm, usual.alarm),
    }
}

fn port(placed: &Placed<PortLayer>, parts: &Parts, pcms: &[Pcm]) -> Result<Port, BoardError> {
    let entry = &placed.entry;
    let driver = match (entry.sim == Some(true), entry.dahdi, &entry.daa) {
        (true, None, None) => Driver::Sim,
        (false, Some(0), None) => {
            return Err(placed.wrong("DAHDI channels are counted from 1"));
        }
        (false, Some(channel), None) => Driver::Dahdi { channel },
        (false, None, Some(daa)) => Driver::Daa(line_chip(daa, placed, parts, pcms)?),
        (false, None, None) => {
            return Err(placed.wrong(format!(
                "`{}` does not say what drives it; write `dahdi = 1`, `daa = {{ … }}` or `sim = true`",
                entry.label
            )));
        }
        _ => {
            return Err(placed.wrong(format!(
                "`{}` has more than one of `sim`, `dahdi` and `daa`",
                entry.label
            )));
        }
    };
    let kind = needed(&entry.kind, "kind", placed)?;
    if let Driver::Daa(daa) = &driver
        && daa.chip.kind() != kind
    {
        let message = format!("`{}` is said to be {kind:?}, but its chip is none", entry.label);
        return Err(placed.wrong(message));
    }
    let led = entry.led.as_ref().map(|name| light(parts, name, placed)).transpose()?;
    Ok(Port { label: entry.label.clone(), kind, driver, led })
}

fn line_chip(
    daa: &DaaLayer,
    placed: &Placed<PortLayer>,
    parts: &Parts,
    pcms: &[Pcm],
) -> Result<Daa, BoardError> {
    let (_, bus) = named(&parts.buses, &daa.bus, "bus", placed)?;
    let (pcm, _) = named(&parts.pcms, &daa.pcm, "pcm", placed)?;
    let slots = pcms[pcm].slots;
    if daa.slot >= slots {
        return Err(placed.wrong(format!(
            "slot {} of `{}`: it has slots 0 to {}",
            daa.slot,
            daa.pcm,
            slots - 1
        )));
    }
    let chain_max = if daa.chip == Chip::Si3050 { 16 } else { 8 };
    if let Some(place) = daa.chain.filter(|place| *place >= chain_max) {
        return Err(placed.wrong(format!("place {place} in a chain of at most {chain_max} chips")));
    }
    Ok(Daa {
        chip: daa.chip,
        device: needed(&bus.entry.device, "device", bus)?,
        speed_hz: bus.entry.speed_hz.unwrap_or(SPEED_HZ_DEFAULT),
        chain: daa.chain,
        pcm,
        slot: daa.slot,
        reset: daa.reset.as_ref().map(|name| pin(parts, name, placed)).transpose()?,
    })
}

fn spans(sources: &[Source], parts: &Parts) -> Result<Vec<SpanPort>, BoardError> {
    let mut spans = laid(sources, |l: &Layer| &l.spans)?;
    spans.retain(|span| span.entry.absent != Some(true));
    spans.iter().map(|placed| span(placed, parts)).collect()
}

fn span(placed: &Placed<SpanLayer>, parts: &Parts) -> Result<SpanPort, BoardError> {
    let entry = &placed.entry;
    let led = entry.led.as_ref().map(|name| light(parts, name, placed)).transpose()?;
    Ok(SpanPort { label: entry.label.clone(), dahdi: needed(&entry.dahdi, "dahdi", placed)?, led })
}

/// No slot, place in a chain or DAHDI channel belongs to two ports.
fn taken_once(board: &Board, placed: &[Placed<PortLayer>]) -> Result<(), BoardError> {
    for (i, port) in board.ports.iter().enumerate() {
        for other in &board.ports[..i] {
            let twice = match (&port.driver, &other.driver) {
                (Driver::Dahdi { channel: a }, Driver::Dahdi { channel: b }) if a == b => {
                    Some(format!("DAHDI channel {a}"))
                }
                (Driver::Daa(a), Driver::Daa(b)) if (a.pcm, a.slot) == (b.pcm, b.slot) => {
                    Some(format!("slot {} of `{}`", a.slot, board.pcms[a.pcm].name))
                }
                (Driver::Daa(a), Driver::Daa(b))
                    if a.device == b.device && !chained_apart(a, b) =>
                {
                    let place = a.chain.map_or("all".to_owned(), |n| format!("place {n}"));
                    Some(format!("{place} of the chain on {}", a.device))
                }
                _ => None,
            };
            if let Some(what) = twice {
                let message = format!("{what} belongs to `{}` and `{}`", other.label, port.label);
                return Err(placed[i].wrong(message));
            }
        }
    }
    Ok(())
}

/// Whether two chips on one device are of one kind and stand at different places of its chain.
fn chained_apart(a: &Daa, b: &Daa) -> bool {
    a.chip == b.chip && a.chain.is_some() && b.chain.is_some() && a.chain != b.chain
}

fn power_fail(
    sources: &[Source],
    board: &Board,
    parts: &Parts,
) -> Result<Option<PowerFail>, BoardError> {
    let said = |s: &Source| {
        let spanned = s.layer.power_fail.as_ref()?;
        let line = s.line(spanned.span().start);
        Some(Placed { entry: spanned.get_ref().clone(), file: s.file.clone(), line })
    };
    let Some(placed) = sources.iter().rev().find_map(said) else { return Ok(None) };
    let find = |label: &str, kind: crate::Kind| {
        let at = board.numbered_ports().find(|(_, p)| p.label == label && p.kind == kind);
        at.map(|(id, _)| id)
            .ok_or_else(|| placed.wrong(format!("there is no {kind:?} port `{label}`")))
    };
    Ok(Some(PowerFail {
        pin: pin(parts, &placed.entry.pin, &placed)?,
        fxo: find(&placed.entry.fxo, crate::Kind::Fxo)?,
        fxs: find(&placed.entry.fxs, crate::Kind::Fxs)?,
    }))
}
