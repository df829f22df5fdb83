import type { TFunction } from 'i18next';

export function bitrateText(t: TFunction, bitsPerSecond: number): string {
  return bitsPerSecond < 1_000_000
    ? t('quality.kilobitsPerSecond', { value: Math.round(bitsPerSecond / 1000) })
    : t('quality.megabitsPerSecond', { value: bitsPerSecond / 1_000_000 });
}

export const millisecondsText = (t: TFunction, value: number | null): string => (value === null ? t('quality.notMeasured') : t('quality.milliseconds', { value }));

export const percentText = (t: TFunction, fraction: number): string => t('quality.percent', { value: fraction * 100 });
