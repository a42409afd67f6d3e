import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, number } from "../src/app/format";
import { parseRoute } from "../src/app/route";
import { en } from "../src/i18n/en";
import { zhCN } from "../src/i18n/zh-CN";
import { BoxClock } from "../src/live/boxClock";
import { callsQuery, filterHash, NO_FILTER, readFilter } from "../src/pages/calls/filter";
import { around, faultLine, lineRange } from "../src/pages/settings/lines";

test("durations read as people read them", () => {
  assert.equal(duration(0), "0:00");
  assert.equal(duration(-5000), "0:00");
  assert.equal(duration(61_999), "1:01");
  assert.equal(duration(3_600_000 + 125_000), "1:02:05");
});

test("numbers are grouped where they are mobile numbers", () => {
  assert.equal(number("13800138000"), "138 0013 8000");
  assert.equal(number("057487654321"), "057487654321");
});

test("addresses lead to pages, and wrong ones nowhere", () => {
  assert.deepEqual(parseRoute(""), { page: "overview" });
  assert.deepEqual(parseRoute("#/"), { page: "overview" });
  assert.deepEqual(parseRoute("#/calls/42"), { page: "call", call: 42 });
  assert.deepEqual(parseRoute("#/settings"), { page: "settings" });
  for (const wrong of ["#/calls/x", "#/calls/1/2", "#/settings/1", "#/nowhere", "#/calls/1e9"]) {
    assert.deepEqual(parseRoute(wrong), { page: "missing" }, wrong);
  }
  const calls = parseRoute("#/calls?number=138");
  assert.equal(calls.page === "calls" && calls.filter.get("number"), "138");
});

test("a filter goes into the address and comes back", () => {
  const filter = { ...NO_FILTER, number: "138 0013", outcome: "answered", from: "2026-11-21" };
  const address = new URLSearchParams(filterHash(filter).split("?")[1]);
  assert.deepEqual(readFilter(address), filter);
  assert.equal(filterHash(NO_FILTER), "#/calls");
});

test("a filter's days run from midnight to midnight, its number has no blanks", () => {
  const day = { ...NO_FILTER, from: "2026-11-21", to: "2026-11-21" };
  const query = callsQuery({ ...day, number: "138-0013 8000", outcome: "nonsense" });
  assert.deepEqual(query, {
    number: "13800138000",
    from_ms: new Date(2026, 10, 21).getTime(),
    to_ms: new Date(2026, 10, 22).getTime(),
  });
  assert.deepEqual(callsQuery({ ...NO_FILTER, from: "yesterday" }), {});
});

test("the box's clock is found from the answers' dates", () => {
  const box = new BoxClock();
  assert.equal(box.now(5000), 5000);
  const ahead = 90_000_400;
  for (let own = 1_000_000; own < 1_020_000; own += 1370) {
    const second = Math.floor((own + ahead) / 1000) * 1000;
    box.learn(new Date(second).toUTCString(), own - 15, own + 15);
  }
  const error = box.now(2_000_000) - (2_000_000 + ahead);
  assert.ok(Math.abs(error) < 250, `off by ${error} ms`);
});

test("a clock that was set is followed, and no date is no harm", () => {
  const box = new BoxClock();
  box.learn(new Date(50_000_000).toUTCString(), 1_000_000, 1_000_010);
  box.learn(new Date(10_000_000).toUTCString(), 1_001_000, 1_001_010);
  box.learn(null, 1_002_000, 1_002_010);
  box.learn("not a date", 1_002_000, 1_002_010);
  const error = box.now(1_001_000) - 10_000_500;
  assert.ok(Math.abs(error) < 600, `off by ${error} ms`);
});

test("the line of an import's error is found and shown with its neighbours", () => {
  const text = "a = 1\nb = 2\nc = 3\nd = 4";
  assert.equal(faultLine({ line: 3 }), 3);
  assert.equal(faultLine({ detail: "unknown key at line 12, column 1" }), 12);
  assert.equal(faultLine({ detail: "too large" }), undefined);
  assert.deepEqual(
    around(text, 1).map((row) => row.number),
    [1, 2, 3],
  );
  assert.deepEqual(
    around(text, 4).map((row) => row.text),
    ["b = 2", "c = 3", "d = 4"],
  );
  const { start, end } = lineRange(text, 2);
  assert.equal(text.slice(start, end), "b = 2");
});

/** Every text of a language by its place, plural forms under one name. */
function texts(of: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(of) as [string, unknown][]) {
    const place = `${path}.${name}`.replace(/_(one|other)$/, "");
    if (typeof value === "string") found.set(place, value);
    else for (const [inner, text] of texts(value as object, place)) found.set(inner, text);
  }
  return found;
}

test("both languages have the same texts, with the same blanks to fill in", () => {
  const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();
  const chinese = texts(zhCN);
  const english = texts(en);
  assert.deepEqual([...english.keys()].sort(), [...chinese.keys()].sort());
  for (const [place, text] of chinese) {
    assert.notEqual(text.trim(), "", place);
    assert.deepEqual(blanks(english.get(place) ?? ""), blanks(text), place);
  }
});
