/**
 * The clock of the box, as far as the page can know it.
 *
 * Durations tick by the box's clock, not by that of the phone or laptop, which may be minutes off.
 * Each answer of the box names the second it was sent in (`Date`, RFC 9110 section 6.6.1). That
 * second lies between sending the request and having the answer, which bounds the difference of
 * the two clocks from both sides; the bounds of many answers together narrow it down.
 */
export class BoxClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /** Learns from one answer: its `Date`, and the page's own clock before and after, in ms. */
  learn(date: string | null, sentMs: number, heardMs: number): void {
    const second = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(second)) return;
    const least = second - heardMs;
    const most = second + 1000 - sentMs;
    if (least > this.#most || most < this.#least) {
      // One of the clocks was set: what was learnt before no longer holds.
      this.#least = least;
      this.#most = most;
      return;
    }
    this.#least = Math.max(this.#least, least);
    this.#most = Math.min(this.#most, most);
  }

  /** What the box's clock shows, in milliseconds since 1970; the page's own until it is known. */
  now(ownMs: number): number {
    if (!Number.isFinite(this.#least)) return ownMs;
    return ownMs + (this.#least + this.#most) / 2;
  }
}
