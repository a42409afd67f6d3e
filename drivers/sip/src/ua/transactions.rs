//! The tables of transactions, and what the agent does with them.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use tipring_clock::Instant;
use tipring_line::Cause;

use super::{Context, TimerKey, UserAgent};
use crate::slab::{Slab, SlotId};
use crate::transaction::{
    ClientAction, InviteClient, InviteServer, NonInviteClient, NonInviteServer, Peer, ServerAction,
};

/// Every transaction.
#[derive(Debug)]
pub(super) struct Transactions {
    servers: Slab<Server>,
    by_key: FxHashMap<u128, SlotId>,
    /// Server transactions that only linger (non-INVITE ones, and INVITE ones that were accepted)
    /// in the order in which they came to: the first to go when room is needed.
    finished: VecDeque<SlotId>,
    clients: Slab<Client>,
    by_branch: FxHashMap<(u64, bool), SlotId>,
}

/// A server transaction in the table.
#[derive(Debug)]
pub(super) struct Server {
    key: u128,
    pub(super) machine: ServerMachine,
    armed: Option<Instant>,
}

/// Which server transaction it is.
#[derive(Debug)]
pub(super) enum ServerMachine {
    Invite {
        machine: InviteServer,
        /// The call it is of, as long as a CANCEL could reach it.
        call: SlotId,
    },
    NonInvite(NonInviteServer),
}

/// A client transaction in the table.
#[derive(Debug)]
pub(super) struct Client {
    branch: u64,
    pub(super) cancel: bool,
    pub(super) machine: ClientMachine,
    pub(super) user: ClientUser,
    armed: Option<Instant>,
}

/// Which client transaction it is.
#[derive(Debug)]
pub(super) enum ClientMachine {
    Invite(InviteClient),
    NonInvite(NonInviteClient),
}

/// Whose request it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ClientUser {
    /// The branch of a call that goes out.
    Invite(SlotId, usize),
    /// The BYE of a call; `true` once credentials were sent.
    Bye(SlotId, bool),
    /// An INFO with keys.
    Info(SlotId),
    /// Our registration at this trunk; `true` once credentials were sent.
    Register(u16, bool),
    /// The question whether this trunk lives.
    Qualify(u16),
    /// A NOTIFY of a subscription.
    Notify(SlotId),
    /// Nobody waits for the answer.
    Nobody,
}

impl Default for Transactions {
    fn default() -> Self {
        Transactions {
            servers: Slab::new(),
            by_key: FxHashMap::default(),
            finished: VecDeque::new(),
            clients: Slab::new(),
            by_branch: FxHashMap::default(),
        }
    }
}

impl Transactions {
    pub(super) fn len(&self) -> (usize, usize) {
        (self.servers.len(), self.clients.len())
    }

    pub(super) fn server(&mut self, key: u128) -> Option<(SlotId, &mut Server)> {
        let id = *self.by_key.get(&key)?;
        self.servers.get_mut(id).map(|server| (id, server))
    }

    pub(super) fn client(&mut self, branch: u64, cancel: bool) -> Option<(SlotId, &mut Client)> {
        let id = *self.by_branch.get(&(branch, cancel))?;
        self.clients.get_mut(id).map(|client| (id, client))
    }

    pub(super) fn client_at(&mut self, id: SlotId) -> Option<&mut Client> {
        self.clients.get_mut(id)
    }

    fn remove_server(&mut self, id: SlotId) -> Option<Server> {
        let server = self.servers.remove(id)?;
        self.by_key.remove(&server.key);
        Some(server)
    }

    pub(super) fn remove_client(&mut self, id: SlotId) -> Option<Client> {
        let client = self.clients.remove(id)?;
        self.by_branch.remove(&(client.branch, client.cancel));
        Some(client)
    }

    /// From here on the transaction may go when room is needed.
    fn linger(&mut self, id: SlotId) {
        while self.finished.front().is_some_and(|old| self.servers.get(*old).is_none()) {
            self.finished.pop_front();
        }
        self.finished.push_back(id);
    }

    /// Makes room for one more server transaction; says how many had to go, or that none could.
    fn make_room(&mut self, max: usize) -> Option<u64> {
        let mut dropped = 0;
        while self.servers.len() >= max {
            let oldest = self.finished.pop_front()?;
            dropped += u64::from(self.remove_server(oldest).is_some());
        }
        Some(dropped)
    }
}

impl Server {
    fn poll_timeout(&self) -> Option<Instant> {
        match &self.machine {
            ServerMachine::Invite { machine, .. } => machine.poll_timeout(),
            ServerMachine::NonInvite(machine) => Some(machine.poll_timeout()),
        }
    }
}

impl Client {
    fn poll_timeout(&self) -> Option<Instant> {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.poll_timeout(),
            ClientMachine::NonInvite(machine) => Some(machine.poll_timeout()),
        }
    }

    /// The branch, for a CANCEL of this INVITE.
    pub(super) const fn branch(&self) -> u64 {
        self.branch
    }
}

impl UserAgent {
    /// Begins a server transaction; `None` if the table is full of ones that cannot go.
    pub(super) fn begin_server(&mut self, key: u128, machine: ServerMachine) -> Option<SlotId> {
        let Some(dropped) = self.transactions.make_room(self.config.limits.server_transactions)
        else {
            self.counters.overload += 1;
            return None;
        };
        self.counters.transactions_dropped += dropped;
        let finished = matches!(machine, ServerMachine::NonInvite(_));
        let id = self.transactions.servers.insert(Server { key, machine, armed: None });
        self.transactions.by_key.insert(key, id);
        if finished {
            self.transactions.linger(id);
        }
        self.arm_server(id);
        Some(id)
    }

    /// Has an INVITE's transaction note a response that is being sent.
    pub(super) fn note_response(&mut self, now: Instant, id: SlotId, status: u16, bytes: &[u8]) {
        let Some(server) = self.transactions.servers.get_mut(id) else { return };
        let ServerMachine::Invite { machine, .. } = &mut server.machine else { return };
        machine.respond(now, &self.config.timers, status, bytes);
        if (200..300).contains(&status) {
            self.transactions.linger(id);
        }
        self.arm_server(id);
    }

    pub(super) fn arm_server(&mut self, id: SlotId) {
        let Some(server) = self.transactions.servers.get_mut(id) else { return };
        let Some(due) = server.poll_timeout() else { return };
        if server.armed.is_none_or(|armed| due < armed) {
            server.armed = Some(due);
            self.timers.push(due, TimerKey::Server(id));
        }
    }

    pub(super) fn arm_client(&mut self, id: SlotId) {
        let Some(client) = self.transactions.clients.get_mut(id) else { return };
        let Some(due) = client.poll_timeout() else { return };
        if client.armed.is_none_or(|armed| due < armed) {
            client.armed = Some(due);
            self.timers.push(due, TimerKey::Client(id));
        }
    }

    /// Sends a request in a client transaction of its own; `None` if the table is full.
    pub(super) fn begin_client(
        &mut self,
        now: Instant,
        branch: u64,
        user: ClientUser,
        peer: Peer,
        bytes: Vec<u8>,
    ) -> Option<SlotId> {
        if self.transactions.clients.len() >= self.config.limits.client_transactions {
            self.counters.overload += 1;
            return None;
        }
        self.transmit_copy(peer, &bytes);
        let timers = &self.config.timers;
        let machine = match user {
            ClientUser::Invite(..) => {
                ClientMachine::Invite(InviteClient::new(now, timers, bytes, peer))
            }
            _ => ClientMachine::NonInvite(NonInviteClient::new(now, timers, bytes, peer)),
        };
        Some(self.insert_client(branch, false, user, machine))
    }

    /// Sends a CANCEL, which shares its INVITE's branch (RFC 3261, section 9.1).
    pub(super) fn begin_cancel(&mut self, now: Instant, branch: u64, peer: Peer, bytes: Vec<u8>) {
        self.transmit_copy(peer, &bytes);
        let machine = NonInviteClient::new(now, &self.config.timers, bytes, peer);
        self.insert_client(branch, true, ClientUser::Nobody, ClientMachine::NonInvite(machine));
    }

    fn insert_client(
        &mut self,
        branch: u64,
        cancel: bool,
        user: ClientUser,
        machine: ClientMachine,
    ) -> SlotId {
        let client = Client { branch, cancel, machine, user, armed: None };
        let id = self.transactions.clients.insert(client);
        self.transactions.by_branch.insert((branch, cancel), id);
        self.arm_client(id);
        id
    }

    pub(super) fn expire_server(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let Some(server) = self.transactions.servers.get_mut(id) else { return };
        server.armed = None;
        let action = match &mut server.machine {
            ServerMachine::Invite { machine, .. } => {
                machine.handle_timeout(cx.now, &self.config.timers)
            }
            ServerMachine::NonInvite(machine) => machine.handle_timeout(cx.now),
        };
        match action {
            ServerAction::Nothing => {}
            ServerAction::Retransmit => self.repeat_response(id),
            ServerAction::TimedOut | ServerAction::Terminated => {
                self.counters.timeouts += u64::from(action == ServerAction::TimedOut);
                self.transactions.remove_server(id);
                return;
            }
        }
        self.arm_server(id);
    }

    /// Sends the last response of an INVITE server transaction once more.
    pub(super) fn repeat_response(&mut self, id: SlotId) {
        let Some(server) = self.transactions.servers.get(id) else { return };
        let ServerMachine::Invite { machine, .. } = &server.machine else { return };
        let Some(kept) = machine.repeated() else { return };
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(&kept.bytes);
        let peer = kept.peer;
        self.counters.retransmissions += 1;
        self.transmit(peer, buffer);
    }

    pub(super) fn expire_client(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let Some(client) = self.transactions.clients.get_mut(id) else { return };
        client.armed = None;
        let action = match &mut client.machine {
            ClientMachine::Invite(machine) => machine.handle_timeout(cx.now),
            ClientMachine::NonInvite(machine) => {
                machine.handle_timeout(cx.now, &self.config.timers)
            }
        };
        match action {
            ClientAction::Nothing => {}
            ClientAction::Retransmit => self.repeat_request(id),
            ClientAction::TimedOut => {
                self.counters.timeouts += 1;
                if let Some(client) = self.transactions.remove_client(id) {
                    self.client_failed(cx, client.user, 408, Cause::NoUserResponding);
                }
                return;
            }
            ClientAction::Terminated => {
                self.transactions.remove_client(id);
                return;
            }
        }
        self.arm_client(id);
    }

    /// Sends what a client transaction keeps once more: its request, or the ACK of a failure.
    pub(super) fn repeat_request(&mut self, id: SlotId) {
        let Some(client) = self.transactions.clients.get(id) else { return };
        let kept = match &client.machine {
            ClientMachine::Invite(machine) => machine.kept(),
            ClientMachine::NonInvite(machine) => machine.kept(),
        };
        let Some(kept) = kept else { return };
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(&kept.bytes);
        let peer = kept.peer;
        self.counters.retransmissions += 1;
        self.transmit(peer, buffer);
    }

    /// The transport under the requests to peers like this has gone (RFC 3261, sections 8.1.3.1
    /// and 17.1.4).
    pub(super) fn fail_clients(&mut self, cx: &mut Context<'_>, gone: impl Fn(&Peer) -> bool) {
        let failed: Vec<SlotId> = self
            .transactions
            .clients
            .iter()
            .filter(|(_, client)| {
                let kept = match &client.machine {
                    ClientMachine::Invite(machine) => machine.kept(),
                    ClientMachine::NonInvite(machine) => machine.kept(),
                };
                kept.is_some_and(|kept| gone(&kept.peer))
            })
            .map(|(id, _)| id)
            .collect();
        for id in failed {
            if let Some(client) = self.transactions.remove_client(id) {
                self.client_failed(cx, client.user, 503, Cause::NetworkOutOfOrder);
            }
        }
    }

    /// A request of ours got no answer.
    fn client_failed(&mut self, cx: &mut Context<'_>, user: ClientUser, status: u16, cause: Cause) {
        match user {
            ClientUser::Invite(call, branch) => {
                self.branch_failed(cx, call, branch, status, cause);
            }
            ClientUser::Bye(call, _) => self.drop_call(call),
            ClientUser::Info(call) => self.keys_sent(cx, call, None),
            ClientUser::Register(trunk, _) => self.registration_failed(cx, trunk, None),
            ClientUser::Qualify(trunk) => self.qualified(cx, trunk, false),
            ClientUser::Notify(id) => self.notified(id, status),
            ClientUser::Nobody => {}
        }
    }
}
