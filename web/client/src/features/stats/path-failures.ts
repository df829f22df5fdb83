import type { Environment } from '../../core/environment.js';
import type { PathEvidence, PathKind } from './path-evidence.js';

/** The ways that a browser tries by itself, the best first. Tunnels are counted by the server. */
const ways = ['udp', 'tcp', 'relay-udp', 'relay-tcp', 'relay-tls'] as const satisfies readonly PathKind[];
export type TriedPath = (typeof ways)[number];

/**
 * Why a way does not work. `unanswered`: checks got no response from the media node; on the way through a relay, the relay works. `unreachable`: the relay gives no address, because nothing answers there.
 * `credentials` and `quota`: it refuses the client for this reason; `refused`: for another one.
 */
export type PathFailureReason = 'unanswered' | 'unreachable' | 'credentials' | 'quota' | 'refused';

export interface PathFailure {
  readonly path: TriedPath;
  readonly reason: PathFailureReason;
  /** On how many connections. */
  readonly count: number;
}

/** What is known about one connection to a media node. */
export interface Findings {
  /** At the reading before, and now. */
  readonly before: PathEvidence;
  readonly now: PathEvidence;
  /** The ways for which there are relays. */
  readonly relays: ReadonlySet<TriedPath>;
  /** Of relays that did not give an address on one of the networks of the browser. They may have given one on another. */
  readonly errors: ReadonlyMap<TriedPath, PathFailureReason>;
  /** Whether no other candidates are to be expected. */
  readonly hasGathered: boolean;
}

/** Reports have at most so many entries, and so many connections in one. */
const maxEntries = 16;
const maxCount = 64;
/** A relay that is reached over TLS needs several round trips, and each lost packet costs a second or more. Browsers give up after minutes only. */
const gathersWithinMs = 10_000;

/** The ways that do not work, each with the reason. What a browser does not need, because a better way works, it may not have tried for long enough: only what a relay says itself counts then. */
export function failedPaths({ before, now, relays, errors, hasGathered }: Findings): ReadonlyMap<TriedPath, PathFailureReason> {
  const failed = new Map<TriedPath, PathFailureReason>();
  let isNeeded = true;
  for (const way of ways) {
    const error = errors.get(way) ?? 'unreachable';
    if (relays.has(way) && !now.gathered.has(way)) {
      if (error !== 'unreachable' || (isNeeded && hasGathered)) failed.set(way, error);
    } else if (isNeeded && isUnanswered(before, way) && isUnanswered(now, way)) {
      failed.set(way, 'unanswered');
    }
    isNeeded &&= !outcomesOf(now, way).includes('answered');
  }
  return failed;
}

const outcomesOf = ({ attempts }: PathEvidence, way: TriedPath) => [...attempts.values()].filter(({ kind }) => kind === way).map(({ outcome }) => outcome);

function isUnanswered(evidence: PathEvidence, way: TriedPath): boolean {
  const outcomes = outcomesOf(evidence, way);
  return outcomes.length > 0 && outcomes.every(outcome => outcome === 'unanswered' || outcome === 'failed');
}

/** The way to a relay, by its URL (RFC 7065); null for other servers. */
export function wayTo(url: string): TriedPath | null {
  if (url.startsWith('turns:')) return 'relay-tls';
  if (!url.startsWith('turn:')) return null;
  return /[?&]transport=tcp\b/.test(url) ? 'relay-tcp' : 'relay-udp';
}

/** By the code of STUN (RFC 8489 §14.8; RFC 8656 §19), or that of browsers for a server that does not answer (701). */
export function reasonOf(errorCode: number): PathFailureReason {
  switch (errorCode) {
    case 401: case 438: case 441: return 'credentials';
    case 486: return 'quota';
    default: return errorCode < 700 ? 'refused' : 'unreachable';
  }
}

interface Known {
  readonly errors: Map<TriedPath, PathFailureReason>;
  readonly counted: Set<TriedPath>;
  readAt: number | null;
}

/** Counts the ways on which the connections of a meeting cannot reach their media nodes, each once for each connection. */
export class PathFailures {
  readonly #now: () => number;
  readonly #known = new WeakMap<RTCPeerConnection, Known>();
  readonly #counts = new Map<string, PathFailure>();

  /** `now` is `Environment.monotonicNow`. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is still to be reported. */
  get counted(): PathFailure[] {
    return [...this.#counts.values()].slice(0, maxEntries);
  }

  /** Call this when `counted` was reported. */
  clear(): void {
    this.#counts.clear();
  }

  /** The environment with connections whose relays are listened to. */
  watch(environment: Environment): Environment {
    return {
      ...environment,
      createPeerConnection: configuration => {
        const connection = environment.createPeerConnection(configuration);
        connection.addEventListener('icecandidateerror', ({ url, errorCode }) => this.#handleError(connection, url, errorCode));
        return connection;
      },
    };
  }

  /** A connection was read. */
  read(connection: RTCPeerConnection, before: PathEvidence, now: PathEvidence): void {
    const known = this.#of(connection);
    known.readAt ??= this.#now();
    const urls = (connection.getConfiguration().iceServers ?? []).flatMap(server => server.urls);
    const relays = new Set(urls.map(wayTo).filter(way => way !== null));
    const hasGathered = connection.iceGatheringState === 'complete' || this.#now() - known.readAt >= gathersWithinMs;
    for (const [path, reason] of failedPaths({ before, now, relays, errors: known.errors, hasGathered })) {
      if (known.counted.has(path)) continue;
      known.counted.add(path);
      const key = `${path} ${reason}`;
      this.#counts.set(key, { path, reason, count: Math.min(maxCount, (this.#counts.get(key)?.count ?? 0) + 1) });
    }
  }

  #handleError(connection: RTCPeerConnection, url: string, errorCode: number): void {
    const way = wayTo(url);
    if (way === null) return;
    const { errors } = this.#of(connection);
    const reason = reasonOf(errorCode);
    if (reason !== 'unreachable' || !errors.has(way)) errors.set(way, reason);
  }

  #of(connection: RTCPeerConnection): Known {
    let known = this.#known.get(connection);
    if (known === undefined) this.#known.set(connection, known = { errors: new Map(), counted: new Set(), readAt: null });
    return known;
  }
}
