/** The frames of a D-channel that the page shows. */
import type { Schema } from "@tipring/client";

/** A frame that went over a D-channel. */
export type TraceFrame = Schema<"TraceFrame">;

/** Frames that the page keeps; the capture file has more. */
export const FRAMES_MAX = 300;

/** The frames with one more, newest last. A stream that goes on may bring one twice. */
export function withFrame(frames: TraceFrame[], frame: TraceFrame): TraceFrame[] {
  const last = frames.at(-1);
  if (last && frame.number === last.number) return frames;
  return [...frames.slice(1 - FRAMES_MAX), frame];
}
