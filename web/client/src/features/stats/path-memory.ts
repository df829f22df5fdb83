import { collectEvidence, noEvidence, type PathEvidence } from './path-evidence.js';
import type { StatsRecord } from './records.js';

/** What the connections of a meeting have tried to get to their media nodes. */
export class PathMemory {
  readonly #evidence = new WeakMap<RTCPeerConnection, PathEvidence>();

  readonly #isRelayRefused: () => boolean;

  constructor(isRelayRefused: () => boolean = () => false) {
    this.#isRelayRefused = isRelayRefused;
  }

  /** What is known about the connection with this reading of it. */
  collect(connection: RTCPeerConnection, records: readonly StatsRecord[]): PathEvidence {
    const evidence = { ...collectEvidence(this.#evidence.get(connection) ?? noEvidence, records), isRelayOnly: connection.getConfiguration().iceTransportPolicy === 'relay', isRelayRefused: this.#isRelayRefused() };
    this.#evidence.set(connection, evidence);
    return evidence;
  }
}
