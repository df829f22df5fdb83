import { isRelayed } from '../relays/relay-in-use.js';
import { candidateOf, collectEvidence, kindOf, noEvidence, type Destination, type PathEvidence, type PathKind } from './path-evidence.js';
import { explainPath, isCutOff, type PathReason } from './path-reason.js';
import { number, text, type StatsRecord } from './records.js';

/** How media travels on one connection, or that it does not. Of addresses, it has only those of media nodes that could not be reached. */
export interface MediaPath {
  /** Whether the other end is another participant and not the media node. */
  readonly isDirect: boolean;
  /** What this participant does on the connection. */
  readonly use: 'send' | 'receive' | 'both';
  /** Null where the browser does not tell. */
  readonly kind: PathKind | null;
  /** Why no better path is used; null if this one is the best, or the reason is not known. */
  readonly reason: PathReason | null;
  /** What could not be reached and would make the path better; empty if nothing is known. */
  readonly blocked: readonly Destination[];
  /** The type of the local ICE candidate: `host`, `srflx`, `prflx` or `relay`. */
  readonly type: string;
  /** `udp`, `tcp` or `tls` (of a relay). */
  readonly protocol: string;
  /** `ipv4` or `ipv6`, by the address of the other end; null where the browser hides it. */
  readonly family: 'ipv4' | 'ipv6' | null;
  readonly rttMs: number | null;
}

/** The paths of the connections with these records; none of a connection that is still trying. `evidence` is what was found out about a connection to the media node before; what the records say is enough without it. */
export function pathsOf(records: readonly StatsRecord[], use: MediaPath['use'], evidence: PathEvidence = collectEvidence(noEvidence, records)): MediaPath[] {
  const byId = new Map(records.map(record => [record.id, record]));
  const isDirect = use === 'both';
  const selected = selectedPairs(records, byId);
  if (selected.length === 0 && !isDirect && isCutOff(evidence)) return [{ ...noPath, use, ...explainPath('none', evidence) }];
  return selected.map(pair => {
    const [local, remote] = [candidateOf(byId, pair, 'local'), candidateOf(byId, pair, 'remote')];
    const type = text(local, 'candidateType') ?? 'unknown';
    const kind = isDirect && (local === undefined || !isRelayed(local)) ? 'p2p' : kindOf(local);
    return {
      isDirect,
      use,
      kind,
      ...(isDirect || kind === null ? { reason: null, blocked: [] } : explainPath(kind, evidence)),
      type,
      protocol: text(local, 'relayProtocol') ?? text(local, 'protocol') ?? 'unknown',
      family: familyOf(text(remote, 'address')),
      rttMs: typeof pair['currentRoundTripTime'] === 'number' ? Math.round(number(pair, 'currentRoundTripTime') * 1000) : null,
    };
  });
}

const noPath = { isDirect: false, kind: 'none', type: 'unknown', protocol: 'unknown', family: null, rttMs: null } as const;

/** The paths that media flows on: while participants are connected directly, the connections to the media node only stay open. */
export function pathsInUse(paths: readonly MediaPath[]): readonly MediaPath[] {
  const direct = paths.filter(({ isDirect }) => isDirect);
  return direct.length === 0 ? paths : direct;
}

/** The worst first. */
const badness: readonly PathKind[] = ['none', 'tunnel', 'relay-tls', 'relay-tcp', 'relay-udp', 'tcp', 'udp', 'p2p'];

/** The path that says most about the network of this participant: the worst one that is in use, with a reason if one is known. */
export function worstPath(paths: readonly MediaPath[]): Pick<MediaPath, 'kind' | 'reason'> {
  const used = pathsInUse(paths);
  const kind = badness.find(one => used.some(path => path.kind === one)) ?? null;
  return { kind, reason: used.find(path => path.kind === kind && path.reason !== null)?.reason ?? null };
}

/** One pair for each connection. Pairs that were used before may still be there; browsers that do not name the selected one have it as the nominated one. */
function selectedPairs(records: readonly StatsRecord[], byId: ReadonlyMap<string, StatsRecord>): StatsRecord[] {
  const selected = records.filter(({ type }) => type === 'transport').flatMap(transport => byId.get(text(transport, 'selectedCandidatePairId') ?? '') ?? []);
  const pairs = selected.length > 0 ? selected : records.filter(({ type }) => type === 'candidate-pair');
  return pairs.filter(pair => pair['nominated'] === true && pair['state'] === 'succeeded');
}

function familyOf(address: string | null): MediaPath['family'] {
  if (address?.includes(':') === true) return 'ipv6';
  return address !== null && /^[\d.]+$/.test(address) ? 'ipv4' : null;
}
