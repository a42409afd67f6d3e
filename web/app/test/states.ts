/** Live states and events to test with. */
import type { LiveAgent, LiveEvent, LiveQueue, LiveSnapshot, LiveState } from "../src/live/model";

type EventOf<Name extends LiveEvent["event"]> = Extract<LiveEvent, { event: Name }>;
type Told<Name extends LiveEvent["event"]> = Omit<EventOf<Name>, "sequence" | "at" | "event">;

/** An event, told at `sequence` seconds past 1,000,000. */
export function told<Name extends LiveEvent["event"]>(
  sequence: number,
  event: Name,
  fields: Told<Name>,
): LiveEvent {
  return { sequence, at: 1_000_000 + sequence * 1000, event, ...fields } as EventOf<Name>;
}

export function agent(id: number, work: string): LiveAgent {
  return {
    agent: id,
    work_number: work,
    name: "王芳",
    state: "ready",
    since_ms: 900_000,
    extension: "8001",
    reason: "",
    call: null,
    queues: [1, 2],
    answered: 0,
    talk_ms: 0,
    until_ms: null,
    leave_asked: null,
  };
}

function queue(id: number, name: string): LiveQueue {
  return {
    queue: id,
    name,
    waiting: [],
    waiting_count: 0,
    agents_logged_in: 1,
    agents_ready: 1,
    callbacks: [],
    abandoned: [],
    closed: false,
  };
}

export function idle(): LiveState {
  return {
    lines: [],
    calls: [],
    queues: [
      queue(1, "燃气报修"),
      queue(2, "账单"),
    ],
    agents: [agent(1, "1001")],
    reasons: [],
    spans: [],
  };
}

export function snapshot(sequence: number, state: LiveState): LiveSnapshot {
  return { sequence, at_ms: 1_000_000 + sequence * 1000, state, pops: [] };
}

export function began(sequence: number, call: number): LiveEvent {
  return told(sequence, "call-began", {
    call,
    source: "fxo-1",
    called: "96777",
    caller: "13800138000",
    caller_name: "",
    inbound: true,
  });
}

export function segment(
  sequence: number,
  call: number,
  index: number,
  kind: "ivr" | "queue" | "ring" | "talk" | "wrap-up",
): LiveEvent {
  return told(sequence, "segment-began", {
    call,
    segment: index,
    kind,
    handler: kind === "ivr" ? "main" : "1001",
    agent: null,
  });
}

export function entered(sequence: number, call: number, position: number): LiveEvent {
  return told(sequence, "queue-entered", { call, queue: 1, queue_name: "燃气报修", position, priority: 0, waited_before_ms: 0 });
}

export function left(sequence: number, call: number): LiveEvent {
  return told(sequence, "queue-left", {
    call,
    queue: 1,
    outcome: "answered",
    because: null,
    first_position: 1,
    wait_ms: 5000,
    position: 1,
    agent: 1,
  });
}

export function ended(sequence: number, call: number): LiveEvent {
  return told(sequence, "call-ended", {
    call,
    cause: "normal-clearing",
    by: "caller",
    disposition: "answered",
  });
}
