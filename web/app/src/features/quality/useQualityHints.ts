import type { Quality, QualityHint, StatsSummary } from '@meetoperator/client';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

/** How long a reason lasts before its hint is shown, and how long the hint is not repeated. */
interface Timing {
  readonly lastingMs: number;
  readonly silentMs: number;
}

const poorLine: Timing = { lastingMs: 6_000, silentMs: 120_000 };

/** A picture that is sent smaller disturbs nobody at once, and browsers begin with a small one. */
const smallerPicture: Timing = { lastingMs: 10_000, silentMs: 300_000 };

/** The memory between two measurements: since when there is a reason for a hint, and when each hint was shown. */
export interface HintState {
  readonly hint: QualityHint;
  readonly since: number;
  readonly shownAt: Readonly<Partial<Record<QualityHint, number>>>;
}

export const noHint: HintState = { hint: 'none', since: 0, shownAt: {} };

/** When a hint is shown, or null if it is not shown with this quality. Hints about the line are for one that is poor, and not for one that is weak. */
function timingOf(quality: Quality, hint: QualityHint): Timing | null {
  if (hint === 'narrow-sending' || hint === 'busy-device') return smallerPicture;
  return hint !== 'none' && quality === 'poor' ? poorLine : null;
}

/** Decides whether a hint is due now. */
export function nextHint(before: HintState, { at, quality, hint }: Pick<StatsSummary, 'at' | 'quality' | 'hint'>): { readonly state: HintState; readonly show: QualityHint | null } {
  const timing = timingOf(quality, hint);
  const present = timing === null ? 'none' : hint;
  const since = present === before.hint ? before.since : at;
  const shown = before.shownAt[present];
  const due = timing !== null && at - since >= timing.lastingMs && (shown === undefined || at - shown >= timing.silentMs);
  return { state: { hint: present, since, shownAt: due ? { ...before.shownAt, [present]: at } : before.shownAt }, show: due ? present : null };
}

/** Tells the user what to do about a line that stays poor, and about a picture that stays small. */
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
