import assert from "node:assert/strict";
import { test } from "node:test";
import { FRAMES_MAX, withFrame, type TraceFrame } from "../src/pages/lines/traceFrames";

const words = { line: "SABME", fields: [] };
const frame = (number: number): TraceFrame => ({
  number,
  at_ms: number,
  sent: true,
  call_control: false,
  zh: words,
  en: words,
  octets: "00 01 7F",
});

test("frames are shown once, in order, and so many at most", () => {
  let frames: TraceFrame[] = [];
  for (let number = 1; number <= FRAMES_MAX + 5; number++) frames = withFrame(frames, frame(number));
  frames = withFrame(frames, frame(FRAMES_MAX + 5));
  assert.equal(frames.length, FRAMES_MAX);
  assert.equal(frames[0]?.number, 6);
  assert.equal(frames.at(-1)?.number, FRAMES_MAX + 5);
});
