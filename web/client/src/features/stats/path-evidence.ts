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

/** What a pair of candidates had counted when its last response was noticed. */
interface LastResponse {
  readonly requests: number;
  readonly responses: number;
}

/**
 * What one connection has tried. Browsers forget pairs of candidates that failed after some seconds, so it is collected over the readings. An answer counts only as long as the browser has the pair and the
 * pair is answered: what worked before may not work any more.
 */
export interface PathEvidence {
  /** The kinds of the candidates that the browser has gathered. */
  readonly gathered: ReadonlySet<PathKind>;
  /** By kind and destination, of which a media node has few. */
  readonly attempts: ReadonlyMap<string, PathAttempt>;
  /** By the ID of the pairs in the last reading. */
  readonly lastResponses: ReadonlyMap<string, LastResponse>;
  /** Whether the meeting allows relays only, so that nothing else is tried. */
  readonly isRelayOnly?: boolean;
  /** Whether there are relays that this participant does not get. */
  readonly isRelayRefused?: boolean;
}

export const noEvidence: PathEvidence = { gathered: new Set(), attempts: new Map(), lastResponses: new Map() };

/** Checks without a response after which a destination counts as unanswered while another one answers. Chromium then sends the first three within 0.2 s, and later ones less often. */
const unansweredChecks = 3;
/** Checks without a response after which it counts as failed. Chromium sends them within 1 to 4 s where no destination answers. */
const failedChecks = 20;

/** The evidence with one more reading of the connection. */
export function collectEvidence({ gathered, attempts, lastResponses: before }: PathEvidence, records: readonly StatsRecord[]): PathEvidence {
  const byId = new Map(records.map(record => [record.id, record]));
  const locals = records.filter(({ type }) => type === 'local-candidate');
  const pairs = records.filter(({ type }) => type === 'candidate-pair');
  const lastResponses = new Map(pairs.map(pair => [pair.id, lastResponseOf(pair, before.get(pair.id))]));
  const read = new Map<string, PathAttempt>();
  for (const pair of pairs) {
    const attempt = attemptOf(pair, candidateOf(byId, pair, 'local'), candidateOf(byId, pair, 'remote'), lastResponses.get(pair.id)!);
    if (attempt !== null) keepBest(read, `${attempt.kind} ${attempt.destination.address} ${attempt.destination.port}`, attempt);
  }
  const collected = new Map(pairs.length === 0 ? attempts : withoutFormerAnswers(attempts, read));
  for (const [key, attempt] of read) keepBest(collected, key, attempt);
  return { gathered: new Set([...gathered, ...locals.map(kindOf).filter(kind => kind !== null)]), attempts: collected, lastResponses };
}

/** Of several pairs with one destination, and of several readings, the one that says the most counts. */
const order = { pending: 0, unanswered: 1, failed: 2, answered: 3 } as const;

function keepBest(attempts: Map<string, PathAttempt>, key: string, attempt: PathAttempt): void {
  const known = attempts.get(key);
  if (known === undefined || order[attempt.outcome] > order[known.outcome]) attempts.set(key, attempt);
}

/** What is still known of earlier readings. Where an answer was lost, the path or the network has changed, and a response to what had failed may be expected again. */
function withoutFormerAnswers(attempts: PathEvidence['attempts'], read: PathEvidence['attempts']): [string, PathAttempt][] {
  const isLost = ([key, { outcome }]: [string, PathAttempt]) => outcome === 'answered' && read.get(key)?.outcome !== 'answered';
  const hasLost = [...attempts].some(isLost);
  return [...attempts].filter(entry => !isLost(entry)).map(([key, attempt]) => [key, hasLost && attempt.outcome === 'failed' ? { ...attempt, outcome: 'unanswered' } : attempt]);
}

export const candidateOf = (records: ReadonlyMap<string, StatsRecord>, pair: StatsRecord, side: 'local' | 'remote'): StatsRecord | undefined =>
  records.get(text(pair, `${side}CandidateId`) ?? '');

/** The kind of a path by its local candidate; null where the browser does not tell. */
export function kindOf(local: StatsRecord | undefined): PathKind | null {
  const name = local !== undefined && isRelayed(local) ? `relay-${text(local, 'relayProtocol')}` : text(local, 'protocol');
  return nodeKinds.find(kind => kind === name) ?? null;
}

function attemptOf(pair: StatsRecord, local: StatsRecord | undefined, remote: StatsRecord | undefined, lastResponse: LastResponse): PathAttempt | null {
  const [kind, address, protocol] = [kindOf(local), text(remote, 'address'), text(remote, 'protocol')];
  if (kind === null || address === null || (protocol !== 'udp' && protocol !== 'tcp')) return null;
  return { kind, destination: { protocol, address, port: number(remote, 'port') }, outcome: outcomeOf(pair, lastResponse) };
}

/** The pair was answered again if it has counted more responses. */
function lastResponseOf(pair: StatsRecord, before: LastResponse = { requests: 0, responses: 0 }): LastResponse {
  const responses = number(pair, 'responsesReceived');
  return responses > before.responses ? { requests: number(pair, 'requestsSent'), responses } : before;
}

/** Firefox counts no checks. */
function outcomeOf(pair: StatsRecord, lastResponse: LastResponse): PathAttempt['outcome'] {
  const checks = number(pair, 'requestsSent') - lastResponse.requests;
  if (pair['state'] === 'failed' || checks >= failedChecks) return 'failed';
  if (checks >= unansweredChecks) return 'unanswered';
  return lastResponse.responses > 0 || pair['state'] === 'succeeded' ? 'answered' : 'pending';
}
