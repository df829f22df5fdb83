import { collectEvidence, noEvidence, type PathEvidence } from './path-evidence.js';
import type { StatsRecord } from './records.js';

/** What the connections of a meeting have tried to get to their media nodes. */
export class PathMemory {
  readonly #evidence = new WeakMap<RTCPeerConnection, PathEvidence>();

  /** What is known about the connection with this reading of it. */
  collect(connection: RTCPeerConnection, records: readonly StatsRecord[]): PathEvidence {
    const evidence = { ...collectEvidence(this.#evidence.get(connection) ?? noEvidence, records), isRelayOnly: connection.getConfiguration().iceTransportPolicy === 'relay' };
    this.#evidence.set(connection, evidence);
    return evidence;
  }
}
