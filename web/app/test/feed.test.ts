import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveFeed } from "../src/live/feed";
import { began, ended, idle, segment, snapshot, told } from "./states";

const calls = (feed: LiveFeed) => feed.state?.calls.map((call) => call.call);

test("nothing is shown before the first snapshot", () => {
  const feed = new LiveFeed();
  assert.equal(feed.state, undefined);
  assert.equal(feed.event(began(5, 7)), "fresh-snapshot");
  assert.equal(feed.state, undefined);
});

test("events follow a snapshot; what it holds already is left out", () => {
  const feed = new LiveFeed();
  assert.equal(feed.snapshot(snapshot(4, idle())), "nothing");
  assert.equal(feed.event(began(4, 6)), "nothing");
  assert.deepEqual(calls(feed), []);
  feed.event(began(5, 7));
  assert.deepEqual(calls(feed), [7]);
});

test("a gap in the numbers asks for a snapshot", () => {
  const feed = new LiveFeed();
  feed.snapshot(snapshot(4, idle()));
  assert.equal(feed.event(told(6, "key-pressed", { call: 7, digit: "1" })), "fresh-snapshot");
  assert.equal(feed.event(told(7, "key-pressed", { call: 7, digit: "1" })), "nothing");
});

test("a snapshot that was long on its way is brought up to date, not shown stale", () => {
  const feed = new LiveFeed();
  feed.snapshot(snapshot(4, idle()));
  feed.event(began(5, 7));
  feed.event(segment(6, 7, 1, "ivr"));
  const stale = snapshot(4, { ...idle(), agents: [] });
  assert.equal(feed.snapshot(stale), "nothing");
  assert.deepEqual(calls(feed), [7]);
  assert.equal(feed.state?.calls[0]?.segments.length, 1);
  assert.deepEqual(feed.state?.agents, [], "the rest is that of the snapshot");
});

test("a snapshot older than the events kept is not believed", () => {
  const feed = new LiveFeed();
  feed.snapshot(snapshot(10, idle()));
  feed.event(began(11, 7));
  assert.equal(feed.snapshot(snapshot(3, idle())), "fresh-snapshot");
  assert.deepEqual(calls(feed), [7]);
});

test("a snapshot from the future of the stream is shown, and the stream catches up", () => {
  const feed = new LiveFeed();
  feed.snapshot(snapshot(4, idle()));
  feed.event(began(5, 7));
  feed.snapshot(snapshot(9, idle()));
  assert.deepEqual(calls(feed), []);
  assert.equal(feed.event(ended(6, 7)), "nothing");
  feed.event(began(10, 8));
  assert.deepEqual(calls(feed), [8]);
});

test("a box that started anew counts from the beginning", () => {
  const feed = new LiveFeed();
  feed.snapshot(snapshot(900, idle()));
  feed.event(began(901, 7));
  feed.restart();
  feed.snapshot(snapshot(2, idle()));
  assert.deepEqual(calls(feed), []);
  assert.equal(feed.event(began(3, 8)), "nothing");
  assert.deepEqual(calls(feed), [8]);
});

test("many events are bounded: the latest are kept, and still bring a snapshot up to date", () => {
  const feed = new LiveFeed();
  feed.snapshot(snapshot(0, idle()));
  feed.event(began(1, 7));
  for (let n = 2; n <= 3000; n++) feed.event(told(n, "key-pressed", { call: 7, digit: "1" }));
  assert.equal(feed.snapshot(snapshot(1500, idle())), "fresh-snapshot");
  assert.deepEqual(calls(feed), [7]);
  assert.equal(feed.snapshot(snapshot(2500, idle())), "nothing");
  assert.deepEqual(calls(feed), []);
});
