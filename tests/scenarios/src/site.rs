//! The box that the scenarios run on: three lines, one trunk, four phones, three agents, one queue.

use tipring_acd::{AcdConfig, AgentConfig, QueueConfig, Secret};
use tipring_events::{AgentId, QueueId};
use tipring_ivr::{Flow, Key, Node, QueueNode, Tries};
use tipring_line::{Digit, Number, PortId};
use tipring_switch::{
    Class, DialRule, Direction, ExtensionConfig, ExtensionFeatures, From, GroupConfig, Hunt,
    LineConfig, Outside, SwitchConfig, Target, TrunkConfig,
};
use tipring_tipringd::core::CoreConfig;

fn number(s: &str) -> Number {
    s.parse().expect("the scenarios' numbers are numbers")
}

/// The configuration. Its numbers: line `fxo-1` and 95588 from the trunk `city` lead to the flow
/// `main`; key 1 there leads to the queue `service`, which agents 1001–1003 serve (passwords
/// 4321, 4322, 4323); 600 leads straight to the queue; 9 and a number leads outside by the trunk, 7
/// and a number by the group `street`: lines `fxo-2` and `fxo-3`, then the trunk.
pub fn site() -> CoreConfig {
    CoreConfig { switch: switch(), acd: acd(), flows: vec![flow()] }
}

fn switch() -> SwitchConfig {
    let extension = |n: &str, port| ExtensionConfig {
        number: number(n),
        name: String::new(),
        class: if n == "8004" { Class::Internal } else { Class::National },
        port,
        features: ExtensionFeatures::default(),
    };
    let rule = |pattern: &str, from, to| DialRule {
        number: pattern.parse().expect("the scenarios' patterns are patterns"),
        from,
        to,
        ringing: None,
    };
    let outside = |name: &str| Outside {
        name: name.into(),
        strip: 1,
        prepend: String::new(),
        class: Class::Local,
    };
    let line = |port, name: &str, number| LineConfig {
        port: PortId(port),
        name: name.into(),
        number,
        flow: Some("main".into()),
        caller_id_ms: 6000,
        direction: Direction::Both,
        ringing: None,
        numbers: Vec::new(),
        messages: None,
    };
    SwitchConfig {
        extensions: vec![
            extension("8001", None),
            extension("8002", None),
            extension("8003", None),
            extension("8004", None),
            extension("8101", Some(PortId(8))),
        ],
        lines: vec![
            line(0, "fxo-1", Some(number("87654321"))),
            line(1, "fxo-2", None),
            line(2, "fxo-3", None),
        ],
        groups: vec![GroupConfig {
            name: "street".into(),
            members: vec!["fxo-2".into(), "fxo-3".into(), "city".into()],
            hunt: Hunt::Ascending,
        }],
        trunks: vec![TrunkConfig {
            name: "city".into(),
            flow: None,
            caller: Some(number("87654321")),
        }],
        dial: vec![
            rule("95588", From::Trunk, Target::Flow("main".into())),
            rule("600", From::Any, Target::Queue("service".into())),
            rule("9.", From::Extension, Target::Trunk(outside("city"))),
            rule("7.", From::Extension, Target::Trunk(outside("street"))),
        ],
        ..SwitchConfig::default()
    }
}

fn acd() -> AcdConfig {
    let agent = |n: u32| AgentConfig {
        id: AgentId(n),
        work_number: number(&format!("100{n}")),
        name: format!("Agent {n}"),
        password: Secret(format!("432{n}")),
        queues: vec!["service".into()],
        skills: Default::default(),
    };
    AcdConfig {
        queues: vec![QueueConfig {
            id: QueueId(1),
            name: "service".into(),
            wrap_up_s: 10,
            max_wait_s: 300,
            ..QueueConfig::default()
        }],
        agents: (1..=3).map(agent).collect(),
        ..AcdConfig::default()
    }
}

fn flow() -> Flow {
    let key = |c| Key(Digit::from_char(c).expect("a key"));
    let nodes = [
        ("welcome", Node::Play { say: vec!["greeting".into()], next: "menu".into() }),
        (
            "menu",
            Node::Menu {
                say: vec!["menu-main".into()],
                keys: [(key('1'), "wait".into()), (key('*'), "menu".into())].into(),
                wrong_key: vec!["wrong-key".into()],
                no_key: vec!["no-key".into()],
                wait: Tries { timeout_s: 5, tries: 3 },
                next: "bye".into(),
            },
        ),
        (
            "wait",
            Node::Queue(Box::new(QueueNode {
                queue: "service".into(),
                full: "bye".into(),
                no_agents: "nobody".into(),
                timeout: "bye".into(),
                ..QueueNode::default()
            })),
        ),
        ("nobody", Node::Hangup { say: vec!["queue-no-agents".into(), "try-later".into()] }),
        ("bye", Node::Hangup { say: vec!["goodbye".into()] }),
    ];
    Flow {
        name: "main".into(),
        start: "welcome".into(),
        record: false,
        nodes: nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect(),
    }
}
