import type { Quality, QualityHint, StatsSummary } from '@meetoperator/client';
import { useState } from 'react';
import styles from './QualityIndicator.module.css';

const names: Record<Quality, string> = { good: 'Good connection', fair: 'Fair connection', poor: 'Weak connection', unknown: 'Measuring the connection' };
const bars: Record<Quality, number> = { good: 3, fair: 2, poor: 1, unknown: 0 };

const hints: Record<QualityHint, string> = {
  'none': 'Nothing to improve.',
  'high-delay': 'Answers take long on their way. A cable, or being nearer to the router, helps.',
  'loss-sending': 'Part of what you send is lost. Switching your camera off makes your voice clearer.',
  'loss-receiving': 'Part of what you receive is lost. Other downloads on your network may be the cause.',
  'no-media': 'Nothing arrives from the others. A firewall may be in the way.',
};

export function QualityIndicator({ stats }: { readonly stats: StatsSummary | null }) {
  const [open, setOpen] = useState(false);
  const quality = stats?.quality ?? 'unknown';
  return (
    <div className={styles.wrap} onKeyDown={event => { if (event.key === 'Escape') setOpen(false); }}
      onBlur={event => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); }}>
      <button type="button" className={styles.button} aria-expanded={open} aria-label={names[quality]} title={names[quality]} data-testid="quality" data-quality={quality}
        onClick={() => setOpen(!open)}>
        <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" focusable="false">
          {[0, 1, 2].map(bar => <rect key={bar} className={bar < bars[quality] ? styles.lit : styles.dim} data-quality={quality} x={2 + bar * 7} y={13 - bar * 5} width="4.5" height={7 + bar * 5} rx="2" />)}
        </svg>
      </button>
      {open && (
        <div className={styles.card} role="status" data-testid="quality-details">
          <p className={styles.title}>{names[quality]}</p>
          <p>{stats === null ? 'Figures come in a moment.' : hints[stats.hint]}</p>
          {stats !== null && (
            <dl>
              <div><dt>Round trip</dt><dd>{stats.rttMs === null ? 'unknown' : `${stats.rttMs} ms`}</dd></div>
              <div><dt>Lost, sent</dt><dd>{percent(stats.sendLossFraction)}</dd></div>
              <div><dt>Lost, received</dt><dd>{percent(stats.receiveLossFraction)}</dd></div>
              <div><dt>Sending</dt><dd>{rate(stats.sendBitrate)}</dd></div>
              <div><dt>Receiving</dt><dd>{rate(stats.receiveBitrate)}</dd></div>
            </dl>
          )}
        </div>
      )}
    </div>
  );
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
const rate = (bits: number): string => (bits < 1_000_000 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1_000_000).toFixed(1)} Mbit/s`);
