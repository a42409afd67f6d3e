//! What calls come from and go to: lines, trunks and extensions as they are now.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_clock::Duration;
use tipring_events::AgentId;
use tipring_line::{Alarm, ChannelId, Number, PortId};

use crate::call::Place;
use crate::config::{Class, Direction, ExtensionConfig, LineConfig, SwitchConfig, TrunkConfig};
use crate::dial::DialPlan;
use crate::output::AppInput;
use crate::ringing::LineNumber;
use crate::switch::Switch;

/// An exchange line.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: Arc<str>,
    pub(crate) number: Option<Number>,
    pub(crate) flow: Option<Arc<str>>,
    pub(crate) caller_id_wait: Duration,
    pub(crate) direction: Direction,
    pub(crate) ringing: Option<u8>,
    pub(crate) numbers: Vec<LineNumber>,
    /// For whom the messages are that the exchange tells of on it.
    pub(crate) messages: Option<Number>,
    pub(crate) alarm: Option<Alarm>,
}

/// A SIP trunk.
#[derive(Debug)]
pub(crate) struct Trunk {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<str>,
    pub(crate) flow: Option<Arc<str>>,
    pub(crate) caller: Option<Number>,
}

/// An agent who is logged in at an extension.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Who.
    pub agent: AgentId,
    /// Under which work number.
    pub work_number: Number,
}

/// An extension.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) source: Arc<str>,
    pub(crate) name: tipring_line::Name,
    pub(crate) class: Class,
    pub(crate) port: Option<PortId>,
    pub(crate) registered: bool,
    pub(crate) alarm: Option<Alarm>,
    /// How many channels carry a leg of it, those still being released included.
    pub(crate) legs: u32,
    pub(crate) pick_up_group: Arc<str>,
    pub(crate) call_waiting: bool,
    pub(crate) supervisor: bool,
    /// Whether its number is hidden outside.
    pub(crate) hidden: bool,
    /// Where calls go by configuration, in the order of `ForwardWhen`.
    pub(crate) configured: [Option<Number>; 3],
    /// Where they go instead, as set at the phone or by the web.
    pub(crate) forwards: [Option<Number>; 3],
    pub(crate) do_not_disturb: bool,
    /// Whether messages wait for it.
    pub(crate) messages: bool,
    /// The last number dialled.
    pub(crate) dialled: Option<Number>,
}

impl Extension {
    /// Whether it can be rung: a phone is registered, or a handset's port is in order.
    pub(crate) fn reachable(&self) -> bool {
        if self.port.is_some() { self.alarm.is_none() } else { self.registered }
    }
}

impl Switch {
    /// Takes a new configuration. Calls in progress go on as they are.
    pub fn reconfigure(&mut self, config: SwitchConfig) {
        self.plan = DialPlan::new(&config);
        self.trunks = config.trunks.iter().map(trunk).collect();
        self.reconfigure_spans(&config.spans);
        let old_lines = core::mem::take(&mut self.lines);
        for line in &config.lines {
            let alarm = old_lines.get(&line.port).and_then(|l| l.alarm);
            self.lines.insert(line.port, new_line(line, alarm));
        }
        self.handsets =
            config.extensions.iter().filter_map(|e| Some((e.port?, e.number))).collect();
        self.reconfigure_extensions(&config.extensions);
        self.config = config;
    }

    fn reconfigure_extensions(&mut self, extensions: &[ExtensionConfig]) {
        let mut old = core::mem::take(&mut self.extensions);
        let mut legs: FxHashMap<Number, u32> = FxHashMap::default();
        for leg in self.legs.values() {
            if let Place::Extension(number) = leg.place {
                *legs.entry(number).or_default() += 1;
            }
        }
        for config in extensions {
            let before = old.remove(&config.number);
            let legs = legs.get(&config.number).copied().unwrap_or(0);
            let was_reachable = before.as_ref().is_some_and(Extension::reachable);
            let extension = new_extension(config, before.as_ref(), legs);
            let (reachable, number) = (extension.reachable(), config.number);
            self.extensions.insert(number, extension);
            if reachable != was_reachable {
                self.app(AppInput::ExtensionReachable { extension: number, reachable });
            }
        }
        let mut gone: Vec<_> =
            old.iter().filter(|(_, e)| e.reachable()).map(|(number, _)| *number).collect();
        gone.sort_unstable();
        for extension in gone {
            self.app(AppInput::ExtensionReachable { extension, reachable: false });
        }
    }

    /// A SIP phone has registered (`true`), or its registration has ended.
    pub fn set_registered(&mut self, number: Number, registered: bool) {
        let Some(extension) = self.extensions.get_mut(&number) else { return };
        let before = extension.reachable();
        extension.registered = registered;
        let reachable = extension.reachable();
        if reachable != before {
            self.app(AppInput::ExtensionReachable { extension: number, reachable });
        }
    }

    /// Whether this extension exists and can be rung.
    pub fn is_reachable(&self, extension: Number) -> bool {
        self.extensions.get(&extension).is_some_and(Extension::reachable)
    }

    pub(crate) fn alarm(&mut self, channel: ChannelId, alarm: Option<Alarm>) {
        self.span_alarm(channel, alarm);
        let Some(port) = channel.as_port() else { return };
        if let Some(line) = self.lines.get_mut(&port) {
            line.alarm = alarm;
        }
        let Some(number) = self.handsets.get(&port).copied() else { return };
        let Some(extension) = self.extensions.get_mut(&number) else { return };
        let before = extension.reachable();
        extension.alarm = alarm;
        let reachable = extension.reachable();
        if reachable != before {
            self.app(AppInput::ExtensionReachable { extension: number, reachable });
        }
    }
}

fn trunk(config: &TrunkConfig) -> Trunk {
    Trunk {
        name: config.name.as_str().into(),
        source: format!("sip:{}", config.name).into(),
        flow: config.flow.as_deref().map(Arc::from),
        caller: config.caller,
    }
}

fn new_line(config: &LineConfig, alarm: Option<Alarm>) -> Line {
    Line {
        name: config.name.as_str().into(),
        number: config.number,
        flow: config.flow.as_deref().map(Arc::from),
        caller_id_wait: Duration::from_millis(config.caller_id_ms.into()),
        direction: config.direction,
        ringing: config.ringing,
        numbers: config.numbers.clone(),
        messages: config.messages,
        alarm,
    }
}

fn new_extension(config: &ExtensionConfig, before: Option<&Extension>, legs: u32) -> Extension {
    let features = &config.features;
    let wire = if config.port.is_some() { "fxs" } else { "sip" };
    Extension {
        source: format!("{wire}:{}", config.number).into(),
        name: short_name(&config.name),
        class: config.class,
        port: config.port,
        registered: before.is_some_and(|e| e.registered),
        alarm: before.and_then(|e| e.alarm),
        legs,
        pick_up_group: features.pick_up_group.as_str().into(),
        call_waiting: features.call_waiting,
        supervisor: features.supervisor,
        hidden: features.hide_number,
        configured: [features.forward_always, features.forward_busy, features.forward_no_answer],
        forwards: before.map(|e| e.forwards).unwrap_or_default(),
        do_not_disturb: before.is_some_and(|e| e.do_not_disturb),
        messages: before.is_some_and(|e| e.messages),
        dialled: before.and_then(|e| e.dialled),
    }
}

/// As much of a name as a channel can carry, cut between characters.
fn short_name(name: &str) -> tipring_line::Name {
    let mut short = tipring_line::Name::new();
    for c in name.chars() {
        if short.try_push(c).is_err() {
            break;
        }
    }
    short
}
