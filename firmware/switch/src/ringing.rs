//! How a phone rings, so that an ear tells what kind of call it is.

use serde::{Deserialize, Serialize};
use tipring_line::{CallId, Number};

use crate::call::Call;
use crate::dial::{Dialler, From};
use crate::places::Line;
use crate::switch::Switch;

/// Which ringing calls have that neither their line nor their dial rule gives one: 0 is the
/// phone's ordinary ringing, *n* its *n*-th distinctive one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RingingRules {
    /// Calls from another extension.
    pub internal: u8,
    /// Calls from outside.
    pub external: u8,
}

/// A further number of an exchange line, told apart by how the exchange rings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineNumber {
    /// The number.
    pub number: Number,
    /// The flow that takes its calls; without one the dial rules decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// How phones ring for its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing: Option<u8>,
}

impl Line {
    /// The further number of this line that was called, if it was one.
    pub(crate) fn further(&self, called: Option<Number>) -> Option<&LineNumber> {
        self.numbers.iter().find(|further| Some(further.number) == called)
    }
}

impl Switch {
    /// How phones ring for this call: its line says it, or its dial rule, or whether it comes from
    /// inside.
    pub(crate) fn ringing(&self, id: CallId) -> u8 {
        let Some(call) = self.calls.get(&id) else { return 0 };
        let by_rule = || {
            let dialler = Dialler { from: call.from, class: crate::Class::Internal };
            self.plan.ringing(dialler, call.called?)
        };
        let rules = self.config.ringing;
        let usual = if call.from == From::Extension { rules.internal } else { rules.external };
        self.line_ringing(call).or_else(by_rule).unwrap_or(usual)
    }

    fn line_ringing(&self, call: &Call) -> Option<u8> {
        let line = self.lines.get(&call.caller_leg.as_port()?)?;
        line.further(call.called).and_then(|number| number.ringing).or(line.ringing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_clock::{Instant, WallTime};
    use tipring_line::{CallerId, ChannelCommand, ChannelEvent, ChannelId, PortId};

    use crate::config::{
        Class, Direction, ExtensionConfig, ExtensionFeatures, LineConfig, SwitchConfig,
    };
    use crate::dial::{DialRule, Target};
    use crate::{AppInput, Moment, SwitchOutput};

    const LINE: PortId = PortId(0);
    const HANDSET: PortId = PortId(9);

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    fn rule(pattern: &str, ringing: Option<u8>) -> DialRule {
        let to = Target::Extension(number("8001"));
        DialRule { number: pattern.parse().unwrap(), from: From::Any, to, ringing }
    }

    fn config() -> SwitchConfig {
        let extension = |n: &str, port| ExtensionConfig {
            number: number(n),
            name: String::new(),
            class: Class::Local,
            port: Some(port),
            features: ExtensionFeatures::default(),
        };
        let further = |n: &str, flow: Option<&str>, ringing| LineNumber {
            number: number(n),
            flow: flow.map(str::to_owned),
            ringing,
        };
        SwitchConfig {
            ringing: RingingRules { internal: 1, external: 2 },
            extensions: vec![extension("8001", HANDSET), extension("8002", PortId(8))],
            lines: vec![LineConfig {
                port: LINE,
                name: "fxo-1".into(),
                number: Some(number("5551000")),
                flow: None,
                caller_id_ms: 0,
                direction: Direction::Both,
                ringing: None,
                numbers: vec![
                    further("5552000", None, Some(5)),
                    further("5553000", Some("night"), None),
                    further("5554000", None, None),
                ],
                messages: None,
            }],
            dial: vec![rule("5551000", None), rule("555.", Some(4))],
            ..SwitchConfig::default()
        }
    }

    fn outputs(config: SwitchConfig, port: PortId, called: &str) -> Vec<SwitchOutput> {
        let mut switch = Switch::new(config, 1);
        let m = Moment { now: Instant::ZERO, wall: WallTime::from_unix_micros(0) };
        let offered = ChannelEvent::Offered {
            called: Some(number(called)),
            caller: CallerId::default(),
            trunk: None,
            extension: None,
            redirection: None,
        };
        switch.channel_event(m, ChannelId::port(port), offered);
        std::iter::from_fn(|| switch.poll_output()).collect()
    }

    fn rung(config: SwitchConfig, port: PortId, called: &str) -> Option<u8> {
        outputs(config, port, called).into_iter().find_map(|output| match output {
            SwitchOutput::Channel(_, ChannelCommand::Ring { pattern, .. }) => Some(pattern),
            _ => None,
        })
    }

    #[test]
    fn the_line_goes_before_the_rule_and_the_rule_before_inside_and_outside() {
        for (port, called, pattern) in [
            (LINE, "5551000", 2),
            (LINE, "5552000", 5),
            (LINE, "5554000", 4),
            (PortId(8), "8001", 1),
            (PortId(8), "5559999", 4),
        ] {
            assert_eq!(rung(config(), port, called), Some(pattern), "{called}");
        }
        let mut with_line = config();
        with_line.lines[0].ringing = Some(3);
        assert_eq!(rung(with_line, LINE, "5551000"), Some(3));
    }

    #[test]
    fn a_further_number_has_its_own_flow() {
        let flows: Vec<_> = ["5551000", "5553000"]
            .map(|called| {
                outputs(config(), LINE, called).into_iter().find_map(|output| match output {
                    SwitchOutput::App(AppInput::StartFlow { flow, .. }) => Some(flow.to_string()),
                    _ => None,
                })
            })
            .into();
        assert_eq!(flows, [None, Some("night".to_owned())]);
    }
}
