// A box that is not there: lines, agents, one busy afternoon of callers, told by the same words as
// the real box tells them. It stands in for the box at its HTTP seam and shares no code with it.

import { EventEmitter } from "node:events";

/** Names as a gas utility has them. */
const AGENTS = [
  [1, "1001", "王芳", "8001"],
  [2, "1002", "李强", "8002"],
  [3, "1003", "张敏", "8003"],
  [4, "1004", "赵磊", null],
];
const CALLERS = ["13800138000", "057487654321", "18657412233", "15958233471", null, "13505746688"];
const QUEUES = [
  [1, "燃气报修"],
  [2, "账单与缴费"],
];

/** How long each stretch of a scripted call lasts, in ms; divided by the mock's speed. */
const SCRIPT = { ivr: 4000, queue: 7000, ring: 3500, talk: 21000, wrapUp: 6000, next: 9000 };

export class MockBox extends EventEmitter {
  constructor({ speed = 1, past }) {
    super();
    this.setMaxListeners(100);
    this.speed = speed;
    this.past = past;
    this.sequence = 0;
    this.call = past.length;
    this.calls = new Map();
    this.queues = QUEUES.map(([queue, name]) => ({ queue, name, waiting: [] }));
    const now = Date.now();
    this.agents = AGENTS.map(([agent, work_number, name, extension], index) => ({
      agent,
      work_number,
      name,
      state: ["ready", "ready", "not-ready", "logged-out"][index],
      since_ms: now - [95_000, 31_000, 421_000, 3_600_000][index],
      extension,
      reason: index === 2 ? "用餐" : "",
      call: null,
    }));
  }

  /** Begins to place calls by itself. */
  start() {
    this.placeCall();
    this.later(SCRIPT.next / 4, () => this.placeCall());
    this.later(SCRIPT.next / 2, () => this.placeCall());
    setInterval(() => this.calls.size < 5 && this.placeCall(), SCRIPT.next / this.speed).unref();
  }

  later(ms, act) {
    setTimeout(act, ms / this.speed).unref();
  }

  /** The state as `GET /api/live` gives it. */
  snapshot() {
    const queues = this.queues.map((queue) => ({
      ...queue,
      agents_logged_in: this.agents.filter((agent) => agent.state !== "logged-out").length,
      agents_ready: this.agents.filter((agent) => agent.state === "ready").length,
    }));
    const state = { lines: this.lines(), calls: this.open(), queues, agents: this.agents };
    return { sequence: this.sequence, at_ms: Date.now(), state, pops: [] };
  }

  open() {
    return [...this.calls.values()].map((one) => {
      const { call, source, called, caller, caller_name, began_ms, answered, recording } = one;
      const { segments } = one;
      return {
        call, source, called, caller, caller_name, began_ms, answered, recording, segments,
      };
    });
  }

  lines() {
    const lines = [];
    const add = (kind, name, state, alarm = null, calls = state === "busy" ? 1 : 0) =>
      lines.push({ name, kind, state, calls, alarm });
    const open = [...this.calls.values()];
    for (let n = 1; n <= 4; n++) {
      const call = open.find((one) => one.source === `fxo-${n}` && !one.ended);
      if (n === 4) add("fxo", "fxo-4", "alarm", "no-battery");
      else add("fxo", `fxo-${n}`, call ? (call.answered ? "busy" : "ringing") : "idle");
    }
    const onTrunk = open.filter((one) => one.source.startsWith("trunk:") && !one.ended).length;
    add("sip-trunk", "trunk:telecom", onTrunk > 0 ? "busy" : "idle", null, onTrunk);
    add("fxs", "fxs-1", "idle");
    add("fxs", "fxs-2", "idle");
    for (let n = 8001; n <= 8004; n++) {
      const agent = this.agents.find((one) => one.extension === String(n));
      const states = { talking: "busy", offered: "ringing" };
      if (n === 8004) add("sip-phone", "8004", "unreachable");
      else add("sip-phone", String(n), states[agent?.state] ?? "idle");
    }
    return lines;
  }

  tell(event, fields) {
    this.sequence += 1;
    const at = Date.now();
    const told = { sequence: this.sequence, at, event, ...fields };
    const call = this.calls.get(fields.call);
    if (call) call.log.push({ id: this.sequence, at_ms: at, event, ...fields });
    this.emit("event", told);
    // The real box sends a snapshot a little after the state has changed.
    this.changed ??= setTimeout(() => {
      this.changed = undefined;
      this.emit("snapshot", this.snapshot());
    }, 250).unref();
  }

  placeCall() {
    const call = (this.call += 1);
    const free = [1, 2, 3].find(
      (n) => ![...this.calls.values()].some((one) => one.source === `fxo-${n}`),
    );
    const source = call % 3 === 0 || !free ? "trunk:telecom" : `fxo-${free}`;
    const caller = CALLERS[call % CALLERS.length];
    const one = {
      call, source, called: "96777", caller, caller_name: call % 6 === 0 ? "陈女士" : "",
      began_ms: Date.now(), answered: false, recording: false, segments: [], log: [],
    };
    this.calls.set(call, one);
    const { called, caller_name } = one;
    this.tell("call-began", { call, source, called, caller, caller_name, inbound: true });
    this.later(1200, () => {
      one.answered = true;
      one.answered_ms = Date.now();
      this.tell("call-answered", { call });
      this.segment(one, "ivr", "main");
      this.tell("flow-node", { call, flow: "main", node: "greeting" });
    });
    this.later(1200 + SCRIPT.ivr * 0.8, () => {
      if (!one.ended) this.tell("key-pressed", { call, digit: call % 2 === 0 ? "1" : "2" });
    });
    this.later(1200 + SCRIPT.ivr, () => this.enterQueue(one));
  }

  segment(one, kind, handler, agent = null) {
    const at = Date.now();
    const last = one.segments.at(-1);
    if (last && last.ended_ms === null) last.ended_ms = at;
    one.segments.push({ kind, handler, began_ms: at, ended_ms: null });
    const segment = one.segments.length;
    this.tell("segment-began", { call: one.call, segment, kind, handler, agent });
  }

  enterQueue(one) {
    if (one.ended) return;
    const queue = this.queues[one.call % 3 === 0 ? 1 : 0];
    const position = queue.waiting.length + 1;
    const { call, caller } = one;
    one.queue = queue;
    queue.waiting.push({ call, caller, position, since_ms: Date.now(), offered_to: null });
    one.visit = {
      queue: queue.queue, queue_name: queue.name, entered_ms: Date.now(),
      wait_ms: null, outcome: null, first_position: position, last_position: null,
      left_ms: null, agent: null,
    };
    this.segment(one, "queue", queue.name);
    this.tell("queue-entered", { call, queue: queue.queue, queue_name: queue.name, position });
    const patience = call % 4 === 0 ? SCRIPT.queue * 1.4 : Number.POSITIVE_INFINITY;
    if (Number.isFinite(patience)) {
      this.later(patience, () => this.waits(one) && this.end(one, "abandoned", "caller"));
    }
    this.later(SCRIPT.queue, () => this.offer(one));
  }

  waits(one) {
    return !one.ended && one.segments.at(-1)?.kind === "queue";
  }

  offer(one) {
    if (!this.waits(one)) return;
    const agent = this.agents.find((any) => any.state === "ready");
    const waiting = one.queue.waiting.find((any) => any.call === one.call);
    if (!agent || !waiting) {
      this.later(1500, () => this.offer(one));
      return;
    }
    const { call } = one;
    waiting.offered_to = agent.agent;
    this.change(agent, "offered", { call });
    this.segment(one, "ring", agent.work_number, agent.agent);
    const offer = { call, queue: one.queue.queue, agent: agent.agent };
    this.tell("offer-began", { ...offer, extension: agent.extension });
    this.later(SCRIPT.ring, () => {
      if (one.ended) return;
      const rang_ms = Math.round(SCRIPT.ring / this.speed);
      this.tell("offer-ended", { ...offer, outcome: "answered", rang_ms });
      this.leave(one, "answered", agent.agent);
      this.change(agent, "talking", { call });
      this.segment(one, "talk", agent.work_number, agent.agent);
      one.recording = true;
      one.agent = agent;
      this.tell("recording-began", { call, path: `${call}.wav` });
      this.later(SCRIPT.talk * (0.5 + (call % 5) / 4), () => {
        if (!one.ended) this.end(one, "answered", call % 2 === 0 ? "caller" : "callee");
      });
    });
  }

  leave(one, outcome, agent = null) {
    const { queue, visit, call } = one;
    const at = queue?.waiting.findIndex((any) => any.call === call) ?? -1;
    if (at < 0) return;
    const [waiting] = queue.waiting.splice(at, 1);
    const wait_ms = Date.now() - waiting.since_ms;
    const left_ms = Date.now();
    Object.assign(visit, { outcome, wait_ms, agent, left_ms, last_position: waiting.position });
    const { position } = waiting;
    this.tell("queue-left", { call, queue: queue.queue, outcome, wait_ms, position, agent });
    queue.waiting.forEach((any, index) => {
      any.position = index + 1;
      this.tell("position-changed", { call: any.call, queue: queue.queue, position: index + 1 });
    });
  }

  /** Ends a call: by the script, or because somebody pressed the button. */
  end(one, disposition, by) {
    const { call } = one;
    const now = Date.now();
    this.leave(one, "abandoned");
    const offered = this.agents.find((agent) => agent.call === call && agent.state === "offered");
    if (offered) this.change(offered, "ready");
    const last = one.segments.at(-1);
    if (last) {
      last.ended_ms = now;
      this.tell("segment-ended", { call, segment: one.segments.length });
    }
    if (one.recording) {
      const duration_ms = now - last.began_ms;
      const file = { path: `${call}.wav`, duration_ms, bytes: 58 + duration_ms * 16 };
      one.recordings = [{ ...file, began_ms: last.began_ms, ended_ms: now }];
      one.talk_ms = duration_ms;
      this.tell("recording-ended", { call, ...file });
    }
    one.ended = now;
    const cause = disposition === "answered" ? "normal-clearing" : "normal-unspecified";
    this.tell("call-ended", { call, cause, by, disposition });
    this.calls.delete(call);
    this.past.unshift(detailOf(one, { disposition, ended_by: by, cause }));
    if (one.agent) {
      this.change(one.agent, "wrap-up", { call });
      this.later(SCRIPT.wrapUp, () => {
        if (one.agent.state === "wrap-up") this.change(one.agent, "ready");
      });
    }
  }

  change(agent, state, { call = null, reason = "", extension = agent.extension } = {}) {
    Object.assign(agent, { state, call, reason, extension, since_ms: Date.now() });
    const { agent: id, work_number } = agent;
    this.tell("agent-changed", { agent: id, work_number, state, extension, reason, call });
  }
}

/** A call as `GET /api/calls/{call}` gives it, in progress or past. */
export function detailOf(one, { disposition = null, ended_by = null, cause = null } = {}) {
  return {
    call: one.call, began_ms: one.began_ms, answered_ms: one.answered_ms ?? null,
    ended_ms: one.ended ?? null, source: one.source, called: one.called, caller: one.caller,
    caller_name: one.caller_name, inbound: true, cause, ended_by, disposition,
    agent: one.agent?.work_number ?? null, queue: one.queue?.name ?? null,
    talk_ms: one.talk_ms ?? 0, recorded: one.recording,
    segments: one.segments.map((segment, index) => ({
      segment: index + 1, agent: null, ...segment,
    })),
    visits: one.visit ? [one.visit] : [],
    offers: [],
    recordings: one.recordings ?? [],
    events: one.log,
  };
}
