// Watches the calls in progress as the page shows them: which segments each went through.

/** How often the page is looked at, in ms. */
const LOOK_MS = 200;

export class LiveCalls {
  #page;
  #calls = new Map();

  constructor(page) {
    this.#page = page;
  }

  segmentsOf(call) {
    return this.#calls.get(call)?.segments ?? [];
  }

  callerOf(call) {
    return this.#calls.get(call)?.caller ?? "";
  }

  wasRecorded(call) {
    return this.#calls.get(call)?.recorded ?? false;
  }

  /** Waits for a call that is seen in the flow, in the queue, talking, and then gone. */
  async waitForWholeCall(ms) {
    const until = Date.now() + ms;
    while (Date.now() < until) {
      const shown = await this.#look();
      for (const [id, call] of this.#calls) {
        const whole = ["ivr", "queue", "talk"].every((kind) => call.segments.includes(kind));
        if (whole && !shown.has(id)) return id;
      }
      await this.#page.waitForTimeout(LOOK_MS);
    }
    const seen = [...this.#calls].map(([id, call]) => `${id}: ${call.segments.join(" → ")}`);
    const what = seen.length > 0 ? seen.join("; ") : "no call at all; does the box have callers?";
    throw new Error(`no call went from flow over queue to talk and ended in ${ms / 1000} s: ${what}`);
  }

  async #look() {
    const cards = await this.#page.locator(".call-card").evaluateAll((all) =>
      all.map((card) => ({
        id: card.dataset.call,
        // An agent who is free at once leaves no time to see the queue as the current segment.
        segments: [...card.querySelectorAll(".bar")].map((bar) => /kind-(\S+)/.exec(bar.className)[1]),
        caller: card.querySelector(".call-who strong")?.textContent ?? "",
        recorded: card.querySelector(".tone-recording") !== null,
      })),
    );
    for (const { id, segments, caller, recorded } of cards) {
      const call = this.#calls.get(id) ?? { segments: [], caller: "", recorded: false };
      if (segments.length >= call.segments.length) call.segments = segments;
      call.caller = caller.replaceAll(" ", "");
      call.recorded ||= recorded;
      this.#calls.set(id, call);
    }
    return new Set(cards.map((card) => card.id));
  }
}
