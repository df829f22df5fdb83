import { number, text, type StatsRecord } from './records.js';

/** How media travels. Has no addresses. */
export interface MediaPath {
  /** Whether the other end is another participant and not the media node. */
  readonly isDirect: boolean;
  /** The type of the local ICE candidate: `host`, `srflx`, `prflx` or `relay`. */
  readonly type: string;
  /** `udp`, `tcp` or `tls` (of a relay). */
  readonly protocol: string;
  /** `ipv4` or `ipv6`, by the address of the other end; null where the browser hides it. */
  readonly family: 'ipv4' | 'ipv6' | null;
  readonly rttMs: number | null;
}

/** The paths in use, one for each connection of these records. */
export function pathsOf(records: readonly StatsRecord[], isDirect = false): MediaPath[] {
  return records.filter(record => record.type === 'candidate-pair' && record['nominated'] === true && record['state'] === 'succeeded').map(pair => {
    const local = records.find(record => record.type === 'local-candidate' && record.id === pair['localCandidateId']);
    const remote = records.find(record => record.type === 'remote-candidate' && record.id === pair['remoteCandidateId']);
    return {
      isDirect,
      type: text(local, 'candidateType') ?? 'unknown',
      protocol: text(local, 'relayProtocol') ?? text(local, 'protocol') ?? 'unknown',
      family: familyOf(text(remote, 'address')),
      rttMs: typeof pair['currentRoundTripTime'] === 'number' ? Math.round(number(pair, 'currentRoundTripTime') * 1000) : null,
    };
  });
}

function familyOf(address: string | null): MediaPath['family'] {
  if (address?.includes(':') === true) return 'ipv6';
  return address !== null && /^[\d.]+$/.test(address) ? 'ipv4' : null;
}
