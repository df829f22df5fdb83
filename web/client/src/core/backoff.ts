export interface BackoffOptions {
  readonly firstMs: number;
  readonly ceilingMs: number;
}

const reconnectBackoff: BackoffOptions = { firstMs: 250, ceilingMs: 8_000 };
/** For descriptions that the server could not pass on to a media node. Nothing tells the client when the node can be reached again, and a refusal costs the node nothing. */
export const refusedBackoff: BackoffOptions = { firstMs: 250, ceilingMs: 4_000 };

/** The delay before an attempt (0 is the first): exponential with equal jitter, which spreads clients that lost their connection together. */
export function backoffMs(attempt: number, random: number, options: BackoffOptions = reconnectBackoff): number {
  const step = Math.min(options.ceilingMs, options.firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(step / 2 + (step / 2) * random);
}

/** A path may recover: a media node that stood still goes on, or a phone leaves a tunnel. It is dead 3 s after its last packet at the earliest, so 4 s cost nothing. */
const leastPatienceMs = 1_200;
const patienceSpreadMs = 2_000;

/**
 * How long a path to a media node on which nothing arrives any more may still recover. Everybody's path dies together when a node stands still, so the times are
 * spread evenly: the clients must not all open new connections at the same moment.
 */
export function pathPatienceMs(random: number): number {
  return leastPatienceMs + patienceSpreadMs * random;
}
