import type { Quality, QualityHint, StatsSummary } from '@meetoperator/client';
import { Button } from '@meetoperator/ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bitrateText } from './texts';
import styles from './QualityIndicator.module.css';

const bars: Record<Quality, number> = { good: 3, weak: 2, poor: 1, unknown: 0 };

/** What audio only helps against. */
const helpedByAudioOnly: readonly QualityHint[] = ['narrow-receiving', 'loss-receiving'];

interface Props {
  readonly stats: StatsSummary | null;
  readonly audioOnly: boolean;
  readonly onAudioOnly: () => void;
  readonly onStatistics: () => void;
  readonly onReport: () => void;
}

export function QualityIndicator({ stats, audioOnly, onAudioOnly, onStatistics, onReport }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const quality = stats?.quality ?? 'unknown';
  const name = t(`quality.${quality}`);
  return (
    <div className={styles.wrap} onKeyDown={event => { if (event.key === 'Escape') setOpen(false); }}
      onBlur={event => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); }}>
      <button type="button" className={styles.button} aria-expanded={open} aria-label={name} title={name} data-testid="quality" data-quality={quality}
        onClick={() => setOpen(!open)}>
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" focusable="false">
          {[0, 1, 2].map(bar => <rect key={bar} className={bar < bars[quality] ? styles.lit : styles.dim} data-quality={quality} x={2 + bar * 7} y={13 - bar * 5} width="4.5" height={7 + bar * 5} rx="2" />)}
        </svg>
      </button>
      {open && (
        <div className={styles.card} data-testid="quality-details">
          <div role="status">
            <p className={styles.title}>{name}</p>
            <p>{stats === null ? t('quality.noFigures') : t(`quality.hint.${stats.hint}`)}</p>
          </div>
          {stats !== null && (
            <dl>
              <div><dt>{t('quality.roundTrip')}</dt><dd>{stats.rttMs === null ? t('quality.notMeasured') : t('quality.milliseconds', { value: stats.rttMs })}</dd></div>
              <div><dt>{t('quality.lostSending')}</dt><dd>{t('quality.percent', { value: stats.sendLossFraction * 100 })}</dd></div>
              <div><dt>{t('quality.lostReceiving')}</dt><dd>{t('quality.percent', { value: stats.receiveLossFraction * 100 })}</dd></div>
              <div><dt>{t('quality.sending')}</dt><dd>{bitrateText(t, stats.sendBitrate)}</dd></div>
              <div><dt>{t('quality.receiving')}</dt><dd>{bitrateText(t, stats.receiveBitrate)}</dd></div>
            </dl>
          )}
          <div className={styles.actions}>
            {!audioOnly && stats !== null && helpedByAudioOnly.includes(stats.hint) && <Button look="primary" onClick={onAudioOnly} data-testid="hint-audio-only">{t('quality.audioOnly.name')}</Button>}
            <Button onClick={() => {
              setOpen(false);
              onStatistics();
            }} data-testid="open-statistics">{t('statistics.show')}</Button>
            <Button onClick={() => {
              setOpen(false);
              onReport();
            }} data-testid="open-report">{t('report.title')}</Button>
          </div>
        </div>
      )}
    </div>
  );
}
