export interface BackoffOptions {
  readonly firstMs: number;
  readonly ceilingMs: number;
}

const reconnectBackoff: BackoffOptions = { firstMs: 250, ceilingMs: 8_000 };

/** The delay before an attempt (0 is the first): exponential with equal jitter, which spreads clients that lost their connection together. */
export function backoffMs(attempt: number, random: number, options: BackoffOptions = reconnectBackoff): number {
  const step = Math.min(options.ceilingMs, options.firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(step / 2 + (step / 2) * random);
}
