import type { Destination, PathAttempt, PathEvidence, PathKind } from './path-evidence.js';

/**
 * Why no better path is used. `udp-unanswered`: the checks over UDP got no response. `udp-not-gathered`: the browser has no candidate over UDP. `direct-unanswered`: the checks
 * got no response on any path without a relay. `relay-only`: the meeting allows nothing else than relays. `relay-refused`: there is no path, and the organization uses all the relays that it
 * may use.
 */
export type PathReason = 'udp-unanswered' | 'udp-not-gathered' | 'direct-unanswered' | 'relay-only' | 'relay-refused';

export interface PathExplanation {
  /** Null for the best path, and where nothing is known. */
  readonly reason: PathReason | null;
  /** The destinations that would make the path better if they could be reached: those over UDP, or over TCP where UDP was not tried. */
  readonly blocked: readonly Destination[];
}

const nothing: PathExplanation = { reason: null, blocked: [] };

const direct: readonly PathKind[] = ['udp', 'tcp'];

/** Whether a connection without a path has tried for so long that it will not find one. */
export function isCutOff({ attempts }: PathEvidence): boolean {
  const tried = [...attempts.values()];
  return tried.some(({ outcome }) => outcome === 'failed') && !tried.some(({ outcome }) => outcome === 'answered');
}

/** Explains why a connection to a media node uses a path of this kind. */
export function explainPath(kind: PathKind, { gathered, attempts, isRelayOnly, isRelayRefused }: PathEvidence): PathExplanation {
  if (kind === 'udp' || kind === 'p2p') return nothing;
  if (kind === 'none' && isRelayRefused) return { reason: 'relay-refused', blocked: isRelayOnly ? [] : best([...attempts.values()].filter(({ outcome }) => outcome === 'failed')) };
  if (isRelayOnly) return { reason: 'relay-only', blocked: [] };
  const better = kind === 'tcp' ? ['udp'] : direct;
  const tried = [...attempts.values()].filter(attempt => better.includes(attempt.kind));
  if (tried.some(({ outcome }) => outcome === 'answered')) return nothing;
  const unanswered = tried.filter(({ outcome }) => outcome !== 'pending');
  if (unanswered.length > 0) return { reason: kind === 'tcp' ? 'udp-unanswered' : 'direct-unanswered', blocked: best(unanswered) };
  return kind === 'tcp' && !gathered.has('udp') && gathered.has('tcp') ? { reason: 'udp-not-gathered', blocked: [] } : nothing;
}

function best(attempts: readonly PathAttempt[]): Destination[] {
  const udp = attempts.filter(({ kind }) => kind === 'udp');
  return (udp.length === 0 ? attempts : udp).map(({ destination }) => destination);
}
