//! Call flows under virtual time, one file a flow, named after it.

mod a_whole_call;
mod agent_does_not_answer;
mod agent_hangs_up;
mod agent_logs_in_by_code;
mod agent_ready_and_not_ready;
mod caller_hangs_up_in_the_menu;
mod caller_hangs_up_in_the_queue;
mod caller_hangs_up_while_ringing;
mod caller_hangs_up_while_talking;
mod caller_id_does_not_come;
mod configuration_changes_while_busy;
mod early_audio;
mod emergency_call;
mod extension_to_extension;
mod extension_to_outside;
mod handset;
mod hold;
mod keys_typed_ahead;
mod keys_while_talking;
mod no_key;
mod phone_loses_its_registration;
mod queue_dialled_directly;
mod queue_full_and_timed_out;
mod queue_with_no_agents;
mod released_is_lost;
mod supervisor_ends_a_call;
mod too_many_calls;
mod trunk_caller;
mod trunk_group;
mod two_agents_two_callers_at_once;
mod two_callers_one_agent;
mod wrong_key;

use tipring_clock::Duration;
use tipring_events::{EventKind, OfferOutcome, Party, QueueOutcome};
use tipring_line::{Cause, ChannelId, Disposition};
use tipring_test_scenarios::{Scripted, World};

/// Seconds.
const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How calls ended, in the order of their ends.
fn endings(w: &World<Scripted>) -> Vec<(u64, Cause, Party, Disposition)> {
    w.all(|e| match e {
        EventKind::CallEnded { call, cause, by, disposition } => {
            Some((call.0, *cause, *by, *disposition))
        }
        _ => None,
    })
}

/// How waits ended: call, outcome, wait in milliseconds.
fn waits(w: &World<Scripted>) -> Vec<(u64, QueueOutcome, u64)> {
    w.all(|e| match e {
        EventKind::QueueLeft { call, outcome, wait_ms, .. } => Some((call.0, *outcome, *wait_ms)),
        _ => None,
    })
}

/// How offers ended: call, agent, outcome, how long it rang in milliseconds.
fn offers(w: &World<Scripted>) -> Vec<(u64, u32, OfferOutcome, u64)> {
    w.all(|e| match e {
        EventKind::OfferEnded { call, agent, outcome, rang_ms, .. } => {
            Some((call.0, agent.0, *outcome, *rang_ms))
        }
        _ => None,
    })
}

/// A trunk caller who has pressed 1 as soon as the greeting began.
fn queued_caller(w: &mut World<Scripted>, from: &str) -> ChannelId {
    let caller = w.trunk_call(from, "95588");
    w.press(caller, "1");
    caller
}

/// Everybody hangs up, and nothing is left.
fn all_hang_up(w: &mut World<Scripted>) {
    for channel in w.around.live_channels() {
        w.hang_up(channel);
    }
    w.run(s(1));
    w.close();
}
