//! The box with eight spans, and those at its inside: forty phones, twelve agents, one queue.

use tipring_acd::{AgentConfig, Secret};
use tipring_config::SpanEntry;
use tipring_events::{AgentId, Command, ForwardWhen};
use tipring_sim::SpanFaults;
use tipring_test_scenarios::{SpanStreet, World, number, span_entry};
use tipring_tipringd::core::CoreConfig;

/// How many phones there are: 8001 and up.
pub(crate) const PHONES: u32 = 40;
/// How many agents, at the first phones but three.
const AGENTS: u32 = 12;
/// Its calls go on outside by another span.
pub(crate) const FORWARDED: u32 = 8001 + PHONES - 1;
/// The spans, told apart by what matters to a storm. Those of ISDN are subscriber's and network's,
/// Chinese and European, with channels asked for in both ways; the last one is R2.
const SPANS: [&str; 8] = [
    "",
    "profile = \"euro-isdn\"\nconnected = \"called\"\n",
    "signalling = \"pri-network\"\nhunt = \"ascending\"\n",
    "profile = \"euro-isdn\"\ndid_original = true\n",
    "incoming_max = 12\noutgoing_max = 12\nnumbers = [\"8888XXXX\", \"95588\"]\n",
    "signalling = \"pri-network\"\nprofile = \"euro-isdn\"\nhunt = \"cyclic\"\n",
    "hunt = \"cyclic-descending\"\nout_of_service = [1, 2]\n",
    "signalling = \"r2\"\ncalled_digits = 4\n",
];
pub(crate) const R2: usize = SPANS.len() - 1;

fn entries() -> Vec<SpanEntry> {
    let entry = |(index, toml): (usize, &&str)| {
        let mut digits = String::new();
        if toml.contains("euro") {
            // What the exchanges send of a number called.
            digits.push_str("called_digits = 8\n");
        }
        if index != R2 {
            digits.push_str("did_digits = 4\n");
        }
        SpanEntry { name: format!("e1-{index}"), ..span_entry(&format!("{toml}{digits}")) }
    };
    SPANS.iter().enumerate().map(entry).collect()
}

fn change(config: &mut CoreConfig) {
    let phone = config.switch.extensions[0].clone();
    config.switch.extensions = (8001..8001 + PHONES)
        .map(|n| {
            let mut phone = phone.clone();
            phone.number = number(&n.to_string());
            phone.features.hide_number = n % 5 == 0;
            phone.features.call_waiting = n % 7 == 0;
            phone
        })
        .collect();
    config.switch.max_calls = 260;
    config.acd.queues[0].max_wait_s = 40;
    config.acd.queues[0].wrap_up_s = 1;
    config.acd.agents = (1..=AGENTS)
        .map(|n| AgentConfig {
            id: AgentId(n),
            work_number: number(&format!("{}", 1000 + n)),
            name: String::new(),
            password: Secret(format!("{}", 4320 + n)),
            queues: vec!["service".into()],
            skills: Default::default(),
        })
        .collect();
    // What an exchange sends of the flow's number, cut to four digits.
    for rule in config.switch.dial.iter_mut().filter(|rule| rule.number.matches("95588")) {
        rule.number = "5588".parse().expect("a pattern");
    }
}

/// The box, its spans up over wires that are none too good, everybody at work.
pub(crate) fn world() -> World<SpanStreet> {
    let faults = SpanFaults { bit_error_rate: 1e-6, hdlc_loss_rate: 2e-3, ..SpanFaults::default() };
    let mut world = World::with_spans_and(&entries(), faults, change);
    for n in 8001..8001 + PHONES {
        world.set_registered(&n.to_string(), true);
    }
    for n in 1..=AGENTS {
        let (work_number, extension) =
            (number(&format!("{}", 1000 + n)), number(&format!("{}", 8003 + n)));
        let password = format!("{}", 4320 + n);
        world.command(Command::AgentLogIn { work_number, password, extension }).expect("logs in");
        world.command(Command::AgentReady { agent: AgentId(n) }).expect("is ready");
    }
    let extension = number(&FORWARDED.to_string());
    let (when, to) = (ForwardWhen::Always, Some(number("888889999")));
    world.command(Command::Forward { extension, when, to }).expect("is forwarded");
    world
}
