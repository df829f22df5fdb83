/**
 * More than a handshake takes on a line that loses a tenth of its packets, with a round trip of 300 ms: checks and handshakes are repeated. Browsers wait about 15 s for
 * the first response, and for ever until the handshake is done.
 */
const firstMs = 6_000;
const growth = 1.5;
const longestMs = 30_000;
/** A connection may take so many times as long as those before it. */
const slack = 2;
/** How many connections say how long the next one may take. */
const maxRemembered = 3;
/** The clients of a node that is gone were often sent there together, and must not come back at the same moment. */
const spread = 0.25;

/**
 * How long a connection may take to connect. Each one in sequence that did not get there gives the next one more time, so that a slow line connects at last. Once it has,
 * later connections have enough time from the beginning.
 */
export class ConnectTime {
  readonly #random: () => number;
  readonly now: () => number;
  #exceeded = 0;
  /** How long the last connections took, in milliseconds. */
  #taken: readonly number[] = [];

  constructor(random: () => number, now: () => number) {
    this.#random = random;
    this.now = now;
  }

  /** The time for the next connection, in milliseconds. */
  get limitMs(): number {
    const growing = firstMs * growth ** this.#exceeded;
    return Math.min(longestMs, Math.max(growing, ...this.#taken.map(ms => slack * ms))) * (1 + spread * this.#random());
  }

  /** A connection took longer. */
  recordExceeded(): void {
    this.#exceeded++;
  }

  /** A connection is connected for the first time. */
  recordConnected(afterMs: number): void {
    this.#exceeded = 0;
    this.#taken = [...this.#taken, afterMs].slice(-maxRemembered);
  }

  /** The next connection leads to another media node: that the former ones did not connect says nothing about it. How slow the line is remains known. */
  forgetExceeded(): void {
    this.#exceeded = 0;
  }
}
