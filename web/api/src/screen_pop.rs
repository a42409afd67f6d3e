//! What an agent's desktop opens when a call is offered: a page of other software, made from the
//! queue's template.

use serde::Serialize;
use tipring_events::{AgentId, AgentState, LiveCall, LiveState, SegmentKind};
use tipring_line::CallId;
use utoipa::ToSchema;

use crate::state::Directory;

/// A page to open for an agent. It is there from the offer until the call is settled, and is taken
/// back when somebody else answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ScreenPop {
    /// For whom.
    pub agent: AgentId,
    /// For which call.
    pub call: CallId,
    /// The page.
    pub url: String,
}

/// The pages to open as things stand.
pub(crate) fn screen_pops(state: &LiveState, directory: &Directory) -> Vec<ScreenPop> {
    let mut pops = Vec::new();
    for agent in &state.agents {
        let busy =
            matches!(agent.state, AgentState::Offered | AgentState::Talking | AgentState::WrapUp);
        let Some(id) = agent.call.filter(|_| busy) else { continue };
        let Some(call) = state.calls.iter().find(|call| call.call == id) else { continue };
        let waited = call.segments.iter().rfind(|s| s.kind == SegmentKind::Queue);
        let Some(queue) = waited.map(|segment| segment.handler.as_str()) else { continue };
        let known = directory.queues.iter().find(|q| q.name == queue && !q.screen_pop.is_empty());
        if let Some(known) = known {
            let url = fill_in(&known.screen_pop, call, queue, agent.work_number.as_str());
            pops.push(ScreenPop { agent: agent.agent, call: id, url });
        }
    }
    pops
}

/// Fills a template in. What is filled in is percent-encoded, so that it stays within its place.
fn fill_in(template: &str, call: &LiveCall, queue: &str, agent: &str) -> String {
    let number = |n: &Option<tipring_line::Number>| n.map_or_else(String::new, |n| n.to_string());
    let mut url = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        url.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or(("", ""));
        let value = match name {
            "caller" => number(&call.caller),
            "called" => number(&call.called),
            "name" => call.caller_name.clone(),
            "call" => call.call.to_string(),
            "queue" => queue.to_owned(),
            "agent" => agent.to_owned(),
            _ => String::new(),
        };
        percent_encode(&mut url, &value);
        rest = after;
    }
    url.push_str(rest);
    url
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
fn percent_encode(url: &mut String, text: &str) {
    use std::fmt::Write;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_sends_stays_within_its_place() {
        let call = LiveCall {
            call: CallId(17),
            source: "fxo-1".into(),
            called: Some("96777".parse().unwrap()),
            caller: Some("+8613800138000#".parse().unwrap()),
            caller_name: "张 & \"三\"?x=/".into(),
            began_ms: 0,
            answered: true,
            recording: false,
            recording_paused: false,
            parked: None,
            account: None,
            redirection: None,
            segments: Vec::new(),
            parties: Vec::new(),
            monitors: Vec::new(),
        };
        let template = "https://crm/c?n={caller}&c={call}&w={name}&q={queue}&a={agent}&d={called}";
        assert_eq!(
            fill_in(template, &call, "gas leak", "1001"),
            "https://crm/c?n=%2B8613800138000%23&c=17&w=%E5%BC%A0%20%26%20%22%E4%B8%89%22%3Fx%3D%2F\
             &q=gas%20leak&a=1001&d=96777"
        );
        let unknown = LiveCall { caller: None, ..call };
        assert_eq!(fill_in("http://x/{caller}/{", &unknown, "", ""), "http://x//");
    }
}
