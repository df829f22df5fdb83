const startBytes = 32 * 1024;
const minBytes = 8 * 1024;
const maxBytes = 1024 * 1024;
/** The delay that is accepted beyond the shortest round trip. */
const queueMs = 100;
/** How long the shortest round trip counts at least. */
const minimumMs = 15_000;

/**
 * How many bytes may be under way to the media node, which acknowledges what it gets. Nothing can overtake what is under way, so the limit follows the line: the bytes add about
 * 100 ms to the delay of the idle line. The media node limits the other direction in the same way.
 */
export class TunnelWindow {
  #sent = 0;
  #acknowledged = 0;
  #limit = startBytes;
  #wasFull = false;
  #timedByte = -1;
  #timedAt = 0;
  #shortest = Infinity;
  #shortestBefore = Infinity;
  #periodAt = -Infinity;
  #rate = 0;
  #rateFrom: { readonly at: number; readonly bytes: number } | null = null;

  get free(): number {
    return this.#limit - (this.#sent - this.#acknowledged);
  }

  get limit(): number {
    return this.#limit;
  }

  /** The last round trip, in milliseconds; null before the first one. */
  roundTripMs: number | null = null;

  /** What has lately been acknowledged, in bits per second. */
  get bitsPerSecond(): number {
    return this.#rate;
  }

  /** `now` is in milliseconds. */
  onSent(bytes: number, now: number): void {
    this.#sent += bytes;
    const isFull = this.free <= 0;
    this.#wasFull ||= isFull;
    if (this.#timedByte >= 0) return;
    this.#timedByte = this.#sent;
    this.#timedAt = now;
    this.#wasFull = isFull;
  }

  /** The other end has got so many bytes since the tunnel was opened. */
  onAcknowledged(received: number, now: number): void {
    if (!(received >= this.#acknowledged && received <= this.#sent)) return;
    this.#acknowledged = received;
    if (this.#rateFrom === null || now - this.#rateFrom.at >= 500) {
      if (this.#rateFrom !== null) this.#rate = 8_000 * (received - this.#rateFrom.bytes) / (now - this.#rateFrom.at);
      this.#rateFrom = { at: now, bytes: received };
    }
    if (this.#timedByte < 0 || received < this.#timedByte) return;
    this.#timedByte = -1;
    this.#onRoundTrip(Math.max(0.1, now - this.#timedAt), now);
  }

  #onRoundTrip(ms: number, now: number): void {
    this.roundTripMs = ms;
    if (now - this.#periodAt >= minimumMs) {
      this.#periodAt = now;
      this.#shortestBefore = this.#shortest;
      this.#shortest = ms;
      if (this.#shortestBefore < Infinity) {
        // Lets the queue drain for a moment. On a line that is always full, the shortest round trip would otherwise never be seen again.
        this.#limit = Math.max(minBytes, Math.floor(this.#limit * this.#shortestBefore / (this.#shortestBefore + queueMs)));
        return;
      }
    }
    this.#shortest = Math.min(this.#shortest, ms);
    const target = Math.min(this.#shortest, this.#shortestBefore) + queueMs;
    if (ms > target) this.#limit = Math.max(minBytes, Math.floor(this.#limit * Math.max(0.25, target / ms)));
    // Half of what is missing, because what was timed left a round trip ago.
    else if (this.#wasFull) this.#limit = Math.min(maxBytes, this.#limit + Math.floor(this.#limit * Math.min(0.25, (target / ms - 1) / 2)));
  }
}
