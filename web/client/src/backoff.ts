export interface BackoffOptions {
  readonly firstMs: number;
  readonly ceilingMs: number;
}

export const reconnectBackoff: BackoffOptions = { firstMs: 250, ceilingMs: 8_000 };

/** Exponential with equal jitter: between half of the step and all of it, so that a thousand clients do not return in one instant. */
export function backoffMs(attempt: number, random: number, options: BackoffOptions = reconnectBackoff): number {
  const step = Math.min(options.ceilingMs, options.firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(step / 2 + (step / 2) * random);
}
