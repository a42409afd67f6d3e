/**
 * Keeps one live state up to date from snapshots and from the single events after them. Knows
 * neither network nor React.
 *
 * Events and snapshots are numbered alike: a snapshot holds every event up to its own number. The
 * latest events are kept, so that a snapshot which was on its way while the stream went on is
 * brought up to date, never shown stale.
 */
import type { LiveEvent, LiveSnapshot, LiveState } from "./model";
import { reduce } from "./reduce";

/** How many of the latest events are kept. */
const KEPT_MAX = 1024;

/** What an event or a snapshot asks for beyond being shown. */
export type Need = "nothing" | "fresh-snapshot";

export class LiveFeed {
  #state: LiveState | undefined;
  /** The last event known of; everything up to it is in the state. */
  #sequence = 0;
  /** The latest events, without a gap, up to `#sequence`. */
  #kept: LiveEvent[] = [];

  /** The state now, or nothing before the first snapshot. */
  get state(): LiveState | undefined {
    return this.#state;
  }

  /** The stream has begun anew, maybe by a box that has started anew: old numbers mean nothing. */
  restart(): void {
    this.#sequence = 0;
    this.#kept = [];
  }

  /** A snapshot came. One that is older than what is kept can bring back what is gone: ask again. */
  snapshot({ sequence, state }: LiveSnapshot): Need {
    if (sequence >= this.#sequence) {
      this.#sequence = sequence;
      this.#kept = [];
      this.#state = state;
      return "nothing";
    }
    const later = this.#kept.filter((event) => event.sequence > sequence);
    if (later.length < this.#sequence - sequence) {
      if (this.#state === undefined) this.#state = state;
      return "fresh-snapshot";
    }
    this.#state = later.reduce(reduce, state);
    return "nothing";
  }

  /** One event came from the stream. After a gap in the numbers only a snapshot helps. */
  event(event: LiveEvent): Need {
    if (event.sequence <= this.#sequence) return "nothing";
    const gap = event.sequence > this.#sequence + 1;
    this.#sequence = event.sequence;
    this.#kept = gap ? [event] : [...this.#kept.slice(1 - KEPT_MAX), event];
    if (this.#state) this.#state = reduce(this.#state, event);
    return gap ? "fresh-snapshot" : "nothing";
  }
}
