import { collectEvidence, noEvidence, type PathEvidence } from './path-evidence.js';
import type { PathFailures } from './path-failures.js';
import type { StatsRecord } from './records.js';

/** What the connections of a meeting have tried to get to their media nodes. */
export class PathMemory {
  readonly #evidence = new WeakMap<RTCPeerConnection, PathEvidence>();
  readonly #failures: Pick<PathFailures, 'read'>;
  readonly #isRelayRefused: () => boolean;

  /** @param isRelayRefused Whether the server gives this participant no relays now. */
  constructor(failures: Pick<PathFailures, 'read'>, isRelayRefused: () => boolean = () => false) {
    this.#failures = failures;
    this.#isRelayRefused = isRelayRefused;
  }

  /** What is known about the connection with this reading of it. */
  collect(connection: RTCPeerConnection, records: readonly StatsRecord[]): PathEvidence {
    const before = this.#evidence.get(connection) ?? noEvidence;
    const evidence = { ...collectEvidence(before, records), isRelayOnly: connection.getConfiguration().iceTransportPolicy === 'relay', isRelayRefused: this.#isRelayRefused() };
    this.#evidence.set(connection, evidence);
    this.#failures.read(connection, before, evidence);
    return evidence;
  }
}
