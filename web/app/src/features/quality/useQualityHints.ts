import type { QualityHint, StatsSummary } from '@meetoperator/client';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

/** How long the line stays poor for the same reason before the hint is shown, and how long it is not repeated. */
const lastingMs = 6_000;
const silentMs = 120_000;

/** The memory between two measurements: since when the line is poor for a reason, and when each hint was shown. */
export interface HintState {
  readonly hint: QualityHint;
  readonly since: number;
  readonly shownAt: Readonly<Partial<Record<QualityHint, number>>>;
}

export const noHint: HintState = { hint: 'none', since: 0, shownAt: {} };

/** Decides whether a hint is due now. Hints are for a line that is poor, and not for one that is weak. */
export function nextHint(before: HintState, { at, quality, hint }: Pick<StatsSummary, 'at' | 'quality' | 'hint'>): { readonly state: HintState; readonly show: QualityHint | null } {
  const present = quality === 'poor' ? hint : 'none';
  const since = present === before.hint ? before.since : at;
  const shown = before.shownAt[present];
  const due = present !== 'none' && at - since >= lastingMs && (shown === undefined || at - shown >= silentMs);
  return { state: { hint: present, since, shownAt: due ? { ...before.shownAt, [present]: at } : before.shownAt }, show: due ? present : null };
}

/** Tells the user what to do about a line that stays poor. */
export function useQualityHints(stats: StatsSummary | null, audioOnly: boolean, show: (text: string) => void): void {
  const { t } = useTranslation();
  const state = useRef(noHint);
  useEffect(() => {
    if (stats === null) return;
    const next = nextHint(state.current, stats);
    state.current = next.state;
    if (next.show !== null && !(audioOnly && next.show === 'narrow-receiving')) show(t(`quality.hint.${next.show}`));
  }, [stats, audioOnly, show, t]);
}
