import { number, text, type StatsRecord } from './records.js';

/** How media travels. Has no addresses. */
export interface MediaPath {
  /** Whether the other end is another participant and not the media node. */
  readonly isDirect: boolean;
  /** The type of the local ICE candidate: `host`, `srflx`, `prflx` or `relay`. */
  readonly type: string;
  /** `udp`, `tcp` or `tls` (of a relay). */
  readonly protocol: string;
  readonly rttMs: number | null;
}

/** The paths in use, one for each connection of these records. */
export function pathsOf(records: readonly StatsRecord[], isDirect = false): MediaPath[] {
  return records.filter(record => record.type === 'candidate-pair' && record['nominated'] === true && record['state'] === 'succeeded').map(pair => {
    const local = records.find(record => record.type === 'local-candidate' && record.id === pair['localCandidateId']);
    return {
      isDirect,
      type: text(local, 'candidateType') ?? 'unknown',
      protocol: text(local, 'relayProtocol') ?? text(local, 'protocol') ?? 'unknown',
      rttMs: typeof pair['currentRoundTripTime'] === 'number' ? Math.round(number(pair, 'currentRoundTripTime') * 1000) : null,
    };
  });
}
