import type { Environment } from './environment.js';
import { MeetError } from './errors.js';

/** How long a person waits for a refusal that the server says will pass. */
const placementPatienceMs = 30_000;

/** Many people at once (429) come in one after the other, which takes longer. */
const crowdPatienceMs = 120_000;
const longestPauseMs = 15_000;

/** Whoever only looks at a meeting has nothing before them meanwhile: a page that says what is wrong, with a button, comes soon. */
export const lookPatienceMs = 10_000;

/**
 * Calls again after refusals that pass by themselves, as late as `Retry-After` says, and a little later each at its own moment: so that those who were
 * refused together do not come back together.
 */
export async function patiently<T>(environment: Environment, call: () => Promise<T>, signal?: AbortSignal, mostMs = Infinity): Promise<T> {
  const began = environment.now();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const patienceMs = Math.min(mostMs, patienceFor(error));
      if (patienceMs === 0 || environment.now() - began >= patienceMs) throw error;
      await pause(pauseMs(error as MeetError, environment.random()), signal);
    }
  }
}

function patienceFor(error: unknown): number {
  if (!(error instanceof MeetError)) return 0;
  switch (error.code) {
    case 'not-placed':
    case 'media-node-unreachable':
    case 'unavailable': return placementPatienceMs;
    // Without a time it is a quota, which no waiting changes.
    case 'quota-exceeded': return error.retryAfterSeconds === undefined ? 0 : crowdPatienceMs;
    default: return 0;
  }
}

function pauseMs(error: MeetError, random: number): number {
  const asked = Math.min(longestPauseMs, Math.max(200, (error.retryAfterSeconds ?? 1) * 1_000));
  return error.code === 'quota-exceeded' ? asked * (1 + random) : asked;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
  });
}
