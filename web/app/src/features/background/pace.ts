/** A machine that needs longer for a frame shows fewer than eight frames a second. */
const slowFrameMs = 125;
/** The mean time of a frame must fall below this before a slow machine counts as fast enough again. */
const fastFrameMs = 95;
/** How long a machine may be slow, for example because another program has just started. */
const lastingMs = 8_000;
/** The weight of the latest frame in the mean. */
const weight = 0.1;

/** How fast a machine processes the frames of its camera. */
export interface Pace {
  readonly meanMs: number;
  /** Since when the machine is slow, or null. */
  readonly slowSince: number | null;
}

export const startingPace: Pace = { meanMs: 0, slowSince: null };

/** The pace after a frame that took `frameMs`, at the time `now` in milliseconds. */
export function nextPace(before: Pace, frameMs: number, now: number): Pace {
  const meanMs = before.meanMs + weight * (frameMs - before.meanMs);
  if (before.slowSince === null) return { meanMs, slowSince: meanMs > slowFrameMs ? now : null };
  return { meanMs, slowSince: meanMs < fastFrameMs ? null : before.slowSince };
}

/** Whether the machine has been slow for so long that it should stop. */
export function isTooSlow({ slowSince }: Pace, now: number): boolean {
  return slowSince !== null && now - slowSince >= lastingMs;
}
