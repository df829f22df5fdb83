import type { MediaMove } from '@meetoperator/client';
import type { TFunction } from 'i18next';
import { millisecondsText } from '../quality/texts';

/** When the page used another media node, why, and how long that took. */
export function moveText(t: TFunction, { at, reason, durationMs }: MediaMove): string {
  const time = new Date(performance.timeOrigin + at).toLocaleTimeString();
  const move = { time, reason: t(`statistics.moveReasons.${reason}`) };
  return durationMs === null ? t('statistics.moveOpen', move) : t('statistics.moveOf', { ...move, duration: millisecondsText(t, durationMs) });
}
