import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveEvent } from "../src/live/model";
import { reduce } from "../src/live/reduce";
import { began, ended, entered, idle, left, segment, told } from "./states";

/** One whole call, as the box tells it. */
const CALL: LiveEvent[] = [
  began(1, 7),
  told(2, "call-answered", { call: 7, certainty: "signalled" }),
  segment(3, 7, 1, "ivr"),
  segment(4, 7, 2, "queue"),
  entered(5, 7, 1),
  told(6, "agent-changed", {
    agent: 1,
    work_number: "1001",
    state: "offered",
    extension: "8001",
    reason: "",
    call: 7,
  }),
  segment(7, 7, 3, "ring"),
  told(8, "offer-began", { call: 7, queue: 1, agent: 1, extension: "8001" }),
  told(9, "offer-ended", { call: 7, queue: 1, agent: 1, outcome: "answered", rang_ms: 1000 }),
  left(10, 7),
  segment(11, 7, 4, "talk"),
  told(12, "recording-began", { call: 7, path: "7.wav" }),
  told(13, "segment-ended", { call: 7, segment: 4 }),
  ended(14, 7),
];

const after = (count: number) => CALL.slice(0, count).reduce(reduce, idle());

test("a call moves through its segments, each ending as the next begins", () => {
  const [call] = after(11).calls;
  assert.deepEqual(
    call?.segments.map(({ kind, began_ms, ended_ms }) => [kind, began_ms, ended_ms]),
    [
      ["ivr", 1_003_000, 1_004_000],
      ["queue", 1_004_000, 1_007_000],
      ["ring", 1_007_000, 1_011_000],
      ["talk", 1_011_000, null],
    ],
  );
  assert.equal(call?.answered, true);
});

test("a caller waits, is offered, and leaves the queue", () => {
  const waiting = (count: number) => after(count).queues[0]?.waiting;
  assert.deepEqual(waiting(5), [
    {
      call: 7,
      caller: "13800138000",
      caller_name: "",
      position: 1,
      priority: 0,
      since_ms: 1_005_000,
      joined_ms: 1_005_000,
      estimate_ms: null,
      offered_to: null,
    },
  ]);
  assert.equal(waiting(8)?.[0]?.offered_to, 1);
  assert.equal(waiting(9)?.[0]?.offered_to, null);
  assert.deepEqual(waiting(10), []);
});

test("an ended call is gone from calls and from every queue", () => {
  const gone = [...CALL.slice(0, 5), ended(6, 7)].reduce(reduce, idle());
  assert.deepEqual(gone.calls, []);
  assert.deepEqual(gone.queues[0]?.waiting, []);
  assert.deepEqual(after(14).calls, []);
});

test("an agent's state, call and time follow, but an older event does not turn them back", () => {
  const offered = after(6).agents[0];
  assert.equal(offered?.state, "offered");
  assert.equal(offered?.since_ms, 1_006_000);
  assert.equal(offered?.call, 7);
  const fields = { agent: 1, work_number: "1001", extension: null, reason: "", call: null };
  const late = told(3, "agent-changed", { ...fields, state: "logged-out" });
  assert.equal(reduce(after(6), late).agents[0]?.state, "offered");
});

test("whoever waits is shown by place, however the places change", () => {
  const state = [
    began(1, 7),
    began(2, 8),
    entered(3, 7, 1),
    entered(4, 8, 2),
    told(5, "position-changed", { call: 8, queue: 1, position: 1 }),
    told(6, "position-changed", { call: 7, queue: 1, position: 2 }),
  ].reduce(reduce, idle());
  assert.deepEqual(
    state.queues[0]?.waiting.map(({ call, position }) => [call, position]),
    [
      [8, 1],
      [7, 2],
    ],
  );
});

test("late caller id is shown, recording is marked", () => {
  const state = [
    began(1, 7),
    told(2, "caller-known", { call: 7, caller: "057487654321", caller_name: "陈女士" }),
    told(3, "recording-began", { call: 7, path: "7.wav" }),
  ].reduce(reduce, idle());
  assert.equal(state.calls[0]?.caller, "057487654321");
  assert.equal(state.calls[0]?.caller_name, "陈女士");
  assert.equal(state.calls[0]?.recording, true);
});

test("telling any run of events again changes nothing", () => {
  for (let from = 0; from < CALL.length; from++) {
    for (let to = from + 1; to <= CALL.length; to++) {
      const once = after(to);
      const again = CALL.slice(from, to).reduce(reduce, once);
      // What was over before is told to the end again, so only whole tails must agree.
      if (to === CALL.length) assert.deepEqual(again, once, `from ${from}`);
    }
  }
});

test("no state is changed in place", () => {
  const states = CALL.map((_, index) => after(index));
  const before = JSON.stringify(states);
  states.forEach((state, index) => reduce(state, CALL[index] ?? ended(99, 7)));
  assert.equal(JSON.stringify(states), before);
});

test("an event about a call or queue nobody knows changes nothing", () => {
  assert.deepEqual(reduce(idle(), segment(1, 99, 1, "ivr")), idle());
  assert.deepEqual(reduce(idle(), left(1, 99)), idle());
  const nowhere = { call: 99, queue: 99, queue_name: "?", position: 1, priority: 0, waited_before_ms: 0 };
  assert.deepEqual(reduce(idle(), told(1, "queue-entered", nowhere)), idle());
});
