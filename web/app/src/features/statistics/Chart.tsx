import { useTranslation } from 'react-i18next';
import { chartPath, type ChartPoint } from './chart';
import styles from './StatsPanel.module.css';

interface Props {
  readonly title: string;
  readonly points: readonly ChartPoint[];
  readonly format: (value: number) => string;
}

const spanMs = 120_000;
const width = 300;
const height = 56;

/** One measure over the last two minutes. The text below has what the line shows. */
export function Chart({ title, points, format }: Props) {
  const { t } = useTranslation();
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const max = Math.max(0, ...values);
  const now = points.at(-1)?.value ?? null;
  const nowText = now === null ? t('quality.notMeasured') : format(now);
  return (
    <figure className={styles.chart}>
      <figcaption><span>{title}</span> <b>{nowText}</b></figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={t('statistics.chart', { measure: title, now: nowText, max: format(max) })}>
        <path d={chartPath(points, spanMs, max, width, height)} vectorEffect="non-scaling-stroke" />
      </svg>
    </figure>
  );
}
