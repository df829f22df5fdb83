import type { StatsSummary } from './summary.js';

const historyMs = 120_000;

/** The summaries of the last two minutes, oldest first. */
export function remember(history: readonly StatsSummary[], summary: StatsSummary): readonly StatsSummary[] {
  return [...history.filter(({ at }) => at > summary.at - historyMs), summary];
}
