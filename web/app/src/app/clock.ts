/** The second hand of the page: one timer for everything that ticks, by the box's clock. */
import { useSyncExternalStore } from "react";
import { boxClock } from "./api";

const listeners = new Set<() => void>();
let timer: number | undefined;
let now = boxClock.now(Date.now());

function tick(): void {
  now = boxClock.now(Date.now());
  for (const listener of listeners) listener();
  // The next tick comes as the box's clock turns to a new second.
  timer = window.setTimeout(tick, 1000 - (now % 1000) + 5);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) tick();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearTimeout(timer);
  };
}

/** The box's clock in milliseconds since 1970, new every second. */
export function useBoxNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
