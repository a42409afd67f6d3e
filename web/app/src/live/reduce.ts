/**
 * The live state after an event: pure, so that it can be tested without a box.
 *
 * An event that was applied before changes nothing when it is applied again. Lines, and how many
 * agents a queue has, are told by no event; they come with the snapshots the stream carries.
 */
import type { LiveAgent, LiveCall, LiveEvent, LiveQueue, LiveState, LiveWaiting } from "./model";

/** The state after one event; the same object if the event changes nothing shown. */
export function reduce(state: LiveState, event: LiveEvent): LiveState {
  switch (event.event) {
    case "call-began":
      return callBegan(state, event);
    case "caller-known":
      return withCall(state, event.call, (call) => ({
        ...call,
        caller: event.caller ?? null,
        caller_name: event.caller_name,
      }));
    case "call-answered":
      return withCall(state, event.call, (call) => ({ ...call, answered: true }));
    case "segment-began":
      return withCall(state, event.call, (call) => segmentBegan(call, event));
    case "segment-ended":
      return withCall(state, event.call, (call) => segmentEnded(call, event.segment, event.at));
    case "recording-began":
      return withCall(state, event.call, (call) => ({ ...call, recording: true }));
    case "recording-ended":
      return withCall(state, event.call, (call) => ({ ...call, recording: false }));
    case "call-ended":
      return callEnded(state, event.call);
    case "queue-entered":
      return queueEntered(state, event);
    case "position-changed":
      return withWaiting(state, event.call, (waiting) => ({
        ...waiting,
        position: event.position,
      }));
    case "queue-left":
      return leaveQueue(state, event.call);
    case "offer-began":
      return withWaiting(state, event.call, (waiting) => ({
        ...waiting,
        offered_to: event.agent,
      }));
    case "offer-ended":
      return withWaiting(state, event.call, (waiting) =>
        waiting.offered_to === event.agent ? { ...waiting, offered_to: null } : waiting,
      );
    case "agent-changed":
      return agentChanged(state, event);
    default:
      return state;
  }
}

type Of<Name extends LiveEvent["event"]> = Extract<LiveEvent, { event: Name }>;

function callBegan(state: LiveState, event: Of<"call-began">): LiveState {
  if (state.calls.some((call) => call.call === event.call)) return state;
  const call: LiveCall = {
    call: event.call,
    source: event.source,
    called: event.called ?? null,
    caller: event.caller ?? null,
    caller_name: event.caller_name,
    began_ms: event.at,
    answered: false,
    recording: false,
          recording_paused: false,
          parked: null,
          account: null,
          redirection: null,
          parties: [],
          monitors: [],
    segments: [],
  };
  return { ...state, calls: [...state.calls, call] };
}

function segmentBegan(call: LiveCall, event: Of<"segment-began">): LiveCall {
  // Segments count from 1 within the call, so a known one is an event heard before.
  if (event.segment <= call.segments.length) return call;
  const ended = call.segments.map((segment) =>
    segment.ended_ms == null ? { ...segment, ended_ms: event.at } : segment,
  );
  const began = { kind: event.kind, handler: event.handler, began_ms: event.at, ended_ms: null };
  return { ...call, segments: [...ended, began] };
}

function segmentEnded(call: LiveCall, segment: number, at: number): LiveCall {
  const segments = call.segments.map((known, index) =>
    index === segment - 1 && known.ended_ms == null ? { ...known, ended_ms: at } : known,
  );
  return { ...call, segments };
}

function callEnded(state: LiveState, call: number): LiveState {
  const left = leaveQueue(state, call);
  return { ...left, calls: left.calls.filter((known) => known.call !== call) };
}

function queueEntered(state: LiveState, event: Of<"queue-entered">): LiveState {
  const known = state.calls.find((call) => call.call === event.call);
  return withQueue(state, event.queue, (queue) => {
    if (queue.waiting.some((waiting) => waiting.call === event.call)) return queue;
    const waiting: LiveWaiting = {
      call: event.call,
      caller: known?.caller ?? null,
      caller_name: known?.caller_name ?? "",
      position: event.position,
      priority: event.priority,
      since_ms: event.at,
      joined_ms: event.at - event.waited_before_ms,
      estimate_ms: null,
      offered_to: null,
    };
    return { ...queue, waiting: byPlace([...queue.waiting, waiting]) };
  });
}

/** Takes a caller out of whatever queue it waits in. */
function leaveQueue(state: LiveState, call: number): LiveState {
  const queues = state.queues.map((queue) => {
    const waiting = queue.waiting.filter((one) => one.call !== call);
    return waiting.length === queue.waiting.length ? queue : { ...queue, waiting };
  });
  return { ...state, queues };
}

function agentChanged(state: LiveState, event: Of<"agent-changed">): LiveState {
  const agents = state.agents.map((agent): LiveAgent => {
    if (agent.agent !== event.agent || event.at < agent.since_ms) return agent;
    return {
      ...agent,
      work_number: event.work_number,
      state: event.state,
      since_ms: event.state === agent.state ? agent.since_ms : event.at,
      extension: event.extension ?? null,
      reason: event.reason,
      call: event.call ?? null,
    };
  });
  return { ...state, agents };
}

function withCall(state: LiveState, id: number, change: (call: LiveCall) => LiveCall): LiveState {
  return {
    ...state,
    calls: state.calls.map((call) => (call.call === id ? change(call) : call)),
  };
}

function withQueue(
  state: LiveState,
  id: number,
  change: (queue: LiveQueue) => LiveQueue,
): LiveState {
  return {
    ...state,
    queues: state.queues.map((queue) => (queue.queue === id ? change(queue) : queue)),
  };
}

function withWaiting(
  state: LiveState,
  call: number,
  change: (waiting: LiveWaiting) => LiveWaiting,
): LiveState {
  const queues = state.queues.map((queue) => {
    if (!queue.waiting.some((one) => one.call === call)) return queue;
    const waiting = queue.waiting.map((one) => (one.call === call ? change(one) : one));
    return { ...queue, waiting: byPlace(waiting) };
  });
  return { ...state, queues };
}

function byPlace(waiting: LiveWaiting[]): LiveWaiting[] {
  return waiting.sort((a, b) => a.position - b.position || a.since_ms - b.since_ms);
}
