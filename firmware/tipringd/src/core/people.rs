//! What people ask for: commands from the web and feature codes from handsets.

use tipring_events::{Command, Refusal, Reply};
use tipring_line::Number;
use tipring_switch::{FeatureRequest, FeatureResult, Moment};

use super::Core;

/// The reason shown for an agent who became not ready, or left, by a feature code.
const BY_HANDSET: &str = "by handset";

impl Core {
    pub(super) fn obey(&mut self, m: Moment, command: Command) -> Reply {
        match command {
            Command::AgentLogIn { work_number, password, extension } => {
                self.acd.log_in(m, work_number.as_str(), &password, extension)
            }
            Command::AgentLogOut { agent } => self.acd.log_out(m, agent, ""),
            Command::AgentReady { agent } => self.acd.ready(m, agent),
            Command::AgentNotReady { agent, reason } => self.acd.not_ready(m, agent, &reason),
            Command::AgentWrapUp { agent, extend_s } => self.acd.wrap_up_change(m, agent, extend_s),
            Command::AgentDesktop { agent, present } => self.acd.desktop(m, agent, present),
            Command::AgentLeave { agent, granted, by } => {
                self.acd.decide_leave(m, agent, granted, &by)
            }
            Command::ForceNotReady { agent, reason, by } => {
                self.acd.force_not_ready(m, agent, &reason, &by)
            }
            Command::ForceLogOut { agent, reason, by } => {
                self.acd.force_log_out(m, agent, &reason, &by)
            }
            Command::QueueMove { call, queue, by } => self.acd.move_to(m, call, queue, &by),
            Command::QueuePriority { call, priority, by } => {
                self.acd.set_priority(m, call, priority, &by)
            }
            Command::CallbackAdd { queue, number, by } => {
                self.acd.callback_add(m, queue, number, &by)
            }
            Command::CallbackCancel { queue, number, .. } => {
                self.acd.callback_cancel(m, queue, number)
            }
            command => self.switch.command(m, command).unwrap_or(Err(Refusal::NotPossible)),
        }
    }

    pub(super) fn feature(
        &mut self,
        m: Moment,
        extension: Number,
        request: FeatureRequest,
    ) -> FeatureResult {
        if let FeatureRequest::LogIn { work_number, password } = request {
            return match self.acd.log_in(m, &work_number, &password, extension) {
                Ok(()) => FeatureResult::LoggedIn,
                Err(Refusal::WrongCredentials) => FeatureResult::WrongPassword,
                Err(Refusal::Locked) => FeatureResult::Locked,
                Err(_) => FeatureResult::Failed,
            };
        }
        let Some(agent) = self.acd.agent_at(extension) else { return FeatureResult::Failed };
        let (reply, done) = match request {
            FeatureRequest::LogOut => {
                (self.acd.log_out(m, agent, BY_HANDSET), FeatureResult::LoggedOut)
            }
            FeatureRequest::Ready => (self.acd.ready(m, agent), FeatureResult::Ready),
            FeatureRequest::NotReady | FeatureRequest::LogIn { .. } => {
                (self.acd.not_ready(m, agent, BY_HANDSET), FeatureResult::NotReady)
            }
        };
        if reply.is_ok() { done } else { FeatureResult::Failed }
    }
}
