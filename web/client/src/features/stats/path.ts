import { number, text, type StatsRecord } from './records.js';

/** How media travels to the server. Has no addresses. */
export interface MediaPath {
  /** The type of the local ICE candidate: `host`, `srflx`, `prflx` or `relay`. */
  readonly type: string;
  /** `udp`, `tcp` or `tls` (of a relay). */
  readonly protocol: string;
  readonly rttMs: number | null;
}

/** The paths in use, one for each connection. */
export function pathsOf(records: readonly StatsRecord[]): MediaPath[] {
  return records.filter(record => record.type === 'candidate-pair' && record['nominated'] === true && record['state'] === 'succeeded').map(pair => {
    const local = records.find(record => record.type === 'local-candidate' && record.id === pair['localCandidateId']);
    return {
      type: text(local, 'candidateType') ?? 'unknown',
      protocol: text(local, 'relayProtocol') ?? text(local, 'protocol') ?? 'unknown',
      rttMs: typeof pair['currentRoundTripTime'] === 'number' ? Math.round(number(pair, 'currentRoundTripTime') * 1000) : null,
    };
  });
}
