import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createLevelMeter } from './level';
import styles from './MicLevel.module.css';

const bars = 12;
const intervalMs = 80;
const silenceBeforeHintMs = 6_000;

/** Shows the level of the microphone, and a hint after a longer silence. */
export function MicLevel({ track, enabled }: { readonly track: MediaStreamTrack | null; readonly enabled: boolean }) {
  const { t } = useTranslation();
  const meter = useRef<HTMLDivElement>(null);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    if (track === null || !enabled) return undefined;
    const level = createLevelMeter(track, intervalMs);
    if (level === null) return undefined;
    let lastSoundAt = performance.now();
    let shown = -1;
    const timer = setInterval(() => {
      const value = Math.round(level.read() * bars);
      if (value > 0) lastSoundAt = performance.now();
      setSilent(performance.now() - lastSoundAt > silenceBeforeHintMs);
      if (value === shown || meter.current === null) return;
      shown = value;
      [...meter.current.children].forEach((bar, index) => bar.toggleAttribute('data-lit', index < value));
      meter.current.setAttribute('aria-valuenow', String(Math.round((value / bars) * 100)));
    }, intervalMs);
    return () => {
      clearInterval(timer);
      level.stop();
    };
  }, [track, enabled]);
  const on = track !== null && enabled;
  return (
    <div className={styles.level}>
      <div ref={meter} key={on ? 'on' : 'off'} className={styles.bars} role="meter" aria-label={t('devices.levelLabel')} aria-valuemin={0} aria-valuemax={100}
        aria-valuenow={0} data-testid="mic-meter">
        {Array.from({ length: bars }, (_, index) => <span key={index} />)}
      </div>
      <p className={styles.text} role="status">{t(!on ? 'devices.levelOff' : silent ? 'devices.levelSilent' : 'devices.levelOn')}</p>
    </div>
  );
}
