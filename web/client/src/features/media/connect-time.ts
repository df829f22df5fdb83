/**
 * More than a handshake takes on a line that loses a tenth of its packets, with a round trip of 300 ms: checks and handshakes are repeated. Browsers wait about 15 s for
 * the first response, and for ever until the handshake is done.
 */
const firstMs = 6_000;
const growth = 1.5;
const longestMs = 30_000;
/** The clients of a node that is gone were often sent there together, and must not come back at the same moment. */
const spread = 0.25;

/** How long a connection may take to connect. Each one in sequence that did not get there gives the next one more time, so that a slow line connects at last. */
export class ConnectTime {
  readonly #random: () => number;
  #exceeded = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The time for the next connection, in milliseconds. */
  get limitMs(): number {
    return Math.min(longestMs, firstMs * growth ** this.#exceeded) * (1 + spread * this.#random());
  }

  /** A connection took longer. */
  recordExceeded(): void {
    this.#exceeded++;
  }

  recordConnected(): void {
    this.#exceeded = 0;
  }
}
