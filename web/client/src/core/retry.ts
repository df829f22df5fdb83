import type { Environment } from './environment.js';
import { MeetError } from './errors.js';

/** The meeting is being placed or a part of the server is restarting, which takes seconds. */
const unavailableWindowMs = 30_000;

/** When many people join at once (429), the server admits them one after another, which takes longer. */
const rateLimitWindowMs = 120_000;
const maxDelayMs = 15_000;

/** A page that only looks a meeting up shows an error with a retry button soon, because until then it has nothing to show. */
export const lookupWindowMs = 10_000;

/**
 * Repeats a call that fails with a transient error until the retry window of the error, or `maxWindowMs` if that is shorter, has passed. Waits as
 * long as `Retry-After` says; rate-limited clients add a random part, so that they do not all return in the same instant. Rejects with the last
 * error, or with the reason of `signal`.
 */
export async function retryTransient<T>(environment: Environment, call: () => Promise<T>, signal?: AbortSignal, maxWindowMs = Infinity): Promise<T> {
  const startedAt = environment.monotonicNow();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const windowMs = Math.min(maxWindowMs, retryWindowMs(error));
      if (windowMs === 0 || environment.monotonicNow() - startedAt >= windowMs) throw error;
      await sleep(delayMs(error as MeetError, environment.random()), signal);
    }
  }
}

/** Zero for errors that a retry does not change. */
function retryWindowMs(error: unknown): number {
  if (!(error instanceof MeetError)) return 0;
  switch (error.code) {
    case 'not-placed':
    case 'media-node-unreachable':
    case 'unavailable': return unavailableWindowMs;
    // Without Retry-After the error is about a quota, and waiting does not help.
    case 'quota-exceeded': return error.retryAfterSeconds === undefined ? 0 : rateLimitWindowMs;
    default: return 0;
  }
}

function delayMs(error: MeetError, random: number): number {
  const requested = Math.min(maxDelayMs, Math.max(200, (error.retryAfterSeconds ?? 1) * 1_000));
  return error.code === 'quota-exceeded' ? requested * (1 + random) : requested;
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
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
