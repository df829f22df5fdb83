import { collectEvidence, noEvidence, type PathEvidence } from './path-evidence.js';
import type { PathFailures } from './path-failures.js';
import type { StatsRecord } from './records.js';

/** What the connections of a meeting have tried to get to their media nodes. */
export class PathMemory {
  readonly #evidence = new WeakMap<RTCPeerConnection, PathEvidence>();
  readonly #failures: Pick<PathFailures, 'read'>;

  constructor(failures: Pick<PathFailures, 'read'>) {
    this.#failures = failures;
  }

  /** What is known about the connection with this reading of it. */
  collect(connection: RTCPeerConnection, records: readonly StatsRecord[]): PathEvidence {
    const before = this.#evidence.get(connection) ?? noEvidence;
    const evidence = { ...collectEvidence(before, records), isRelayOnly: connection.getConfiguration().iceTransportPolicy === 'relay' };
    this.#evidence.set(connection, evidence);
    this.#failures.read(connection, before, evidence);
    return evidence;
  }
}
