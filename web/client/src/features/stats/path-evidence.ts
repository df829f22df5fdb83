import { isRelayed } from '../relays/relay-in-use.js';
import { number, text, type StatsRecord } from './records.js';

/**
 * The ways that media can take to a media node, the best first: directly, or through a relay (TURN) that the browser reaches over UDP, TCP or TLS. `tunnel`: on a WebSocket through signaling. `none`: no way gets
 * through.
 * `p2p`: directly to another participant.
 */
export type PathKind = 'udp' | 'tcp' | 'relay-udp' | 'relay-tcp' | 'relay-tls' | 'tunnel' | 'none' | 'p2p';

const nodeKinds: readonly PathKind[] = ['udp', 'tcp', 'relay-udp', 'relay-tcp', 'relay-tls', 'tunnel'];

/** Where a connection tried to reach its media node. */
export interface Destination {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
}

/** What became of the checks to one destination: pending while few were sent, failed when no response is expected any more. */
export interface PathAttempt {
  readonly kind: PathKind;
  readonly destination: Destination;
  readonly outcome: 'pending' | 'unanswered' | 'failed' | 'answered';
}

/** What one connection has tried. Browsers forget pairs of candidates that failed after some seconds, so it is collected over the readings. */
export interface PathEvidence {
  /** The kinds of the candidates that the browser has gathered. */
  readonly gathered: ReadonlySet<PathKind>;
  /** By kind and destination, of which a media node has few. */
  readonly attempts: ReadonlyMap<string, PathAttempt>;
  /** Whether the meeting allows relays only, so that nothing else is tried. */
  readonly isRelayOnly?: boolean;
  /** Whether there are relays that this participant does not get. */
  readonly isRelayRefused?: boolean;
}

export const noEvidence: PathEvidence = { gathered: new Set(), attempts: new Map() };

/** Checks without a response after which a destination counts as unanswered while another one answers. Chromium then sends the first three within 0.2 s, and later ones less often. */
const unansweredChecks = 3;
/** Checks without a response after which it counts as failed. Chromium sends them within 1 to 4 s where no destination answers. */
const failedChecks = 20;

/** The evidence with one more reading of the connection. */
export function collectEvidence({ gathered, attempts }: PathEvidence, records: readonly StatsRecord[]): PathEvidence {
  const byId = new Map(records.map(record => [record.id, record]));
  const locals = records.filter(({ type }) => type === 'local-candidate');
  const collected = new Map(attempts);
  for (const pair of records.filter(({ type }) => type === 'candidate-pair')) {
    const attempt = attemptOf(pair, candidateOf(byId, pair, 'local'), candidateOf(byId, pair, 'remote'));
    if (attempt === null) continue;
    const key = `${attempt.kind} ${attempt.destination.address} ${attempt.destination.port}`;
    const known = collected.get(key);
    if (known === undefined || order[attempt.outcome] > order[known.outcome]) collected.set(key, attempt);
  }
  return { gathered: new Set([...gathered, ...locals.map(kindOf).filter(kind => kind !== null)]), attempts: collected };
}

/** Of several pairs with one destination, and of several readings, the one that says the most counts. */
const order = { pending: 0, unanswered: 1, failed: 2, answered: 3 } as const;

export const candidateOf = (records: ReadonlyMap<string, StatsRecord>, pair: StatsRecord, side: 'local' | 'remote'): StatsRecord | undefined =>
  records.get(text(pair, `${side}CandidateId`) ?? '');

/** The kind of a path by its local candidate; null where the browser does not tell. */
export function kindOf(local: StatsRecord | undefined): PathKind | null {
  const name = local !== undefined && isRelayed(local) ? `relay-${text(local, 'relayProtocol')}` : text(local, 'protocol');
  return nodeKinds.find(kind => kind === name) ?? null;
}

function attemptOf(pair: StatsRecord, local: StatsRecord | undefined, remote: StatsRecord | undefined): PathAttempt | null {
  const [kind, address, protocol] = [kindOf(local), text(remote, 'address'), text(remote, 'protocol')];
  if (kind === null || address === null || (protocol !== 'udp' && protocol !== 'tcp')) return null;
  return { kind, destination: { protocol, address, port: number(remote, 'port') }, outcome: outcomeOf(pair) };
}

function outcomeOf(pair: StatsRecord): PathAttempt['outcome'] {
  if (number(pair, 'responsesReceived') > 0 || pair['state'] === 'succeeded') return 'answered';
  const checks = number(pair, 'requestsSent');
  if (pair['state'] === 'failed' || checks >= failedChecks) return 'failed';
  return checks >= unansweredChecks ? 'unanswered' : 'pending';
}
