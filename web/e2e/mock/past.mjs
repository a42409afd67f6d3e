// Calls of the last days, as the store would have kept them. The same every time.

const OUTCOMES = ["answered", "answered", "answered", "abandoned", "answered", "no-answer", "failed"];
const CALLERS = ["13800138000", "057487654321", "18657412233", "15958233471", null, "13505746688"];

/** So many past calls, the newest first, the last of them a little while before `now`. */
export function pastCalls(count, now) {
  return Array.from({ length: count }, (_, back) => {
    const call = count - back;
    const disposition = OUTCOMES[call % OUTCOMES.length];
    const began_ms = now - 240_000 - back * 1_730_000 - (call % 7) * 61_000;
    return pastCall(call, disposition, began_ms);
  });
}

function pastCall(call, disposition, began_ms) {
  const answered = disposition === "answered";
  const kinds = disposition === "failed" ? [["ivr", "main", 6000]] : [
    ["ivr", "main", 9000 + (call % 5) * 2000],
    ["queue", "燃气报修", 12_000 + (call % 9) * 7000],
  ];
  const work = call % 2 === 0 ? "1001" : "1002";
  if (answered) {
    kinds.push(["ring", work, 5200], ["talk", work, 42_000 + (call % 11) * 17_000]);
    if (call % 3 === 0) kinds.push(["hold", work, 15_000], ["talk", work, 31_000]);
    kinds.push(["wrap-up", work, 12_000]);
  }
  let at = began_ms;
  const segments = kinds.map(([kind, handler, length], index) => {
    const began = at;
    at += length;
    return { segment: index + 1, kind, handler, agent: null, began_ms: began, ended_ms: at };
  });
  const queued = segments.find((segment) => segment.kind === "queue");
  const agent = answered ? (call % 2 === 0 ? 1 : 2) : null;
  const visits = queued
    ? [{
        queue: 1, queue_name: "燃气报修", entered_ms: queued.began_ms,
        wait_ms: queued.ended_ms - queued.began_ms, first_position: 1 + (call % 3), agent,
        last_position: 1, left_ms: queued.ended_ms,
        outcome: answered ? "answered" : disposition === "abandoned" ? "abandoned" : "timed-out",
      }]
    : [];
  const cause = { answered: "normal-clearing", failed: "network-out-of-order" }[disposition];
  const one = {
    call, source: call % 4 === 0 ? "trunk:telecom" : `fxo-${1 + (call % 3)}`, called: "96777",
    caller: CALLERS[call % CALLERS.length], caller_name: call % 6 === 0 ? "陈女士" : "",
    answer_certainty: !answered ? null : call % 4 === 0 ? "timer" : "signalled",
    began_ms, answered_ms: disposition === "failed" ? null : began_ms + 900, ended_ms: at,
    inbound: true, disposition,
    ended_by: disposition === "failed" ? "box" : !answered || call % 2 === 0 ? "caller" : "callee",
    cause: cause ?? "normal-unspecified", agent: answered ? work : null,
    queue: queued ? queued.handler : null, talk_ms: answered ? 42_000 : 0, recorded: answered,
    segments, visits, offers: [], recordings: answered ? [recordingOf(call, segments)] : [],
  };
  return { ...one, events: eventsOf(one, visits[0]) };
}

function eventsOf(one, visit) {
  const { call, source, called, caller, caller_name, cause, ended_by, disposition } = one;
  const events = [
    { at: one.began_ms, event: "call-began", call, source, called, caller, caller_name, inbound: true },
    { at: one.began_ms + 900, event: "call-answered", call },
  ];
  for (const { segment, kind, handler, began_ms } of one.segments) {
    events.push({ at: began_ms, event: "segment-began", call, segment, kind, handler, agent: null });
    if (kind === "ivr") {
      events.push({ at: began_ms + 100, event: "flow-node", call, flow: "main", node: "menu" });
      events.push({ at: began_ms + 5000, event: "key-pressed", call, digit: "1" });
    }
    if (kind === "queue") {
      const { queue, queue_name, first_position: position } = visit;
      events.push({ at: began_ms, event: "queue-entered", call, queue, queue_name, position });
    }
  }
  if (visit) {
    const { queue, outcome, wait_ms, last_position: position, agent } = visit;
    const at = visit.entered_ms + wait_ms;
    events.push({ at, event: "queue-left", call, queue, outcome, wait_ms, position, agent });
  }
  events.push({ at: one.ended_ms, event: "call-ended", call, cause, by: ended_by, disposition });
  return events
    .sort((a, b) => a.at - b.at)
    .map(({ at, ...event }, index) => ({ id: call * 100 + index, at_ms: at, ...event }));
}

function recordingOf(call, segments) {
  const talk = segments.find((segment) => segment.kind === "talk");
  const duration_ms = 20_000;
  return {
    path: `${call}.wav`, began_ms: talk.began_ms, ended_ms: talk.began_ms + duration_ms,
    duration_ms, bytes: 58 + duration_ms * 16,
  };
}
