const minDelayMs = 40;
const maxDelayMs = 400;
/** How much of the delay beyond what is needed goes away with each packet: 2 s of sound for about half of it. */
const decay = 0.993;
const spareMs = 10;
/** So many packets in a row that are so late are no delay: whoever sends has begun to count time anew. */
const [strangeMs, strangePackets] = [1_000, 10];

/**
 * When to play each packet of sound. A reliable line delivers packets late and together, so they are held until the latest of the last seconds would have arrived. Times are in milliseconds.
 */
export class PlayoutClock {
  /** The shortest time that a packet has taken, as the difference of two clocks; grows slowly, because clocks run apart. */
  #shortest = Infinity;
  #delay = minDelayMs;
  #strange = 0;

  /** The delay that is added to the fastest packet. */
  get delayMs(): number {
    return this.#delay;
  }

  /** When to play what was captured at `mediaMs` and arrived at `now`; earlier than `now` when it is too late. */
  schedule(mediaMs: number, now: number): number {
    const transit = now - mediaMs;
    this.#strange = transit - this.#shortest > strangeMs ? this.#strange + 1 : 0;
    if (this.#strange >= strangePackets) this.#shortest = transit;
    this.#shortest = Math.min(transit, this.#shortest + 0.01);
    const late = transit - this.#shortest;
    this.#delay = Math.min(maxDelayMs, Math.max(minDelayMs, late + spareMs, this.#delay * decay));
    return mediaMs + this.#shortest + this.#delay;
  }
}
