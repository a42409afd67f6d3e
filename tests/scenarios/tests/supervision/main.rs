//! Supervision, one file an action: who hears whom, whose leg ends, what the log says, and every
//! refusal.

mod barge;
mod by_code;
mod force_release;
mod listen;
mod take_over;
mod told;
mod whisper;

use tipring_clock::Duration;
use tipring_events::{Command, EventKind, MonitorMode, Refusal};
use tipring_line::{CallId, ChannelId, Number};
use tipring_switch::TellAgent;
use tipring_test_scenarios::{Hears, Phone, Scripted, World, number, site};

/// Seconds.
const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ext(n: &str) -> Number {
    number(n)
}

/// A customer who talks with agent 1 at 8001, in call 1; 8003 is a supervisor's phone.
fn supervised() -> (World<Scripted>, ChannelId, ChannelId) {
    supervised_by(TellAgent::Not)
}

fn supervised_by(tell_agent: TellAgent) -> (World<Scripted>, ChannelId, ChannelId) {
    let mut config = site();
    config.switch.tell_agent = tell_agent;
    config.switch.extensions[2].features.supervisor = true;
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002", "8003"] {
        w.set_registered(extension, true);
        w.phone(extension, Phone { answers_after: Some(s(1)), ..Phone::default() });
    }
    w.agent(1);
    let customer = w.trunk_call("13800138000", "95588");
    w.press(customer, "1");
    w.run(s(5));
    let agent = w.at("8001");
    assert_eq!(w.hears(customer), Hears::Party(agent));
    (w, customer, agent)
}

fn monitor(mode: MonitorMode) -> Command {
    Command::Monitor { call: CallId(1), extension: ext("8003"), mode, by: "wang".into() }
}

/// The supervisor takes part; gives the supervisor's channel.
fn monitoring(w: &mut World<Scripted>, mode: MonitorMode) -> ChannelId {
    assert_eq!(w.command(monitor(mode)), Ok(()));
    w.run(s(2));
    w.at("8003")
}

fn refused(w: &mut World<Scripted>, command: Command, refusal: Refusal) {
    assert_eq!(w.command(command.clone()), Err(refusal), "{command:?}");
}

fn ended(w: &World<Scripted>) -> usize {
    w.all(|e| matches!(e, EventKind::CallEnded { .. }).then_some(())).len()
}

fn all_hang_up(w: &mut World<Scripted>) {
    for _ in 0..3 {
        for channel in w.around.live_channels() {
            w.hang_up(channel);
        }
        w.run(s(1));
    }
    w.close();
}
