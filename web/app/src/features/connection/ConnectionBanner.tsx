import type { ConnectionStatus } from '@meetoperator/client';
import { announce } from '@meetoperator/ui';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './ConnectionBanner.module.css';

/** Interruptions shorter than this are not shown. */
const gracePeriodMs = 800;

/** Shows what is interrupted, for how long, and what happens next. */
export function ConnectionBanner({ status }: { readonly status: ConnectionStatus }) {
  const { t } = useTranslation();
  const waits = status.phase === 'reconnecting' || status.phase === 'connecting';
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => setNow(performance.now()), 400);
    return () => clearInterval(timer);
  }, [waits]);
  const visible = waits && (status.phase === 'connecting' || now - status.since >= gracePeriodMs);
  const interruption = status.phase === 'connecting' ? 'connecting' : status.waitingFor ?? 'signaling';
  const state = t(`connection.${interruption}.state`);
  const action = t(`connection.${interruption}.action`);
  useEffect(() => {
    if (!visible || status.phase === 'connecting') return undefined;
    announce(`${state}. ${action}`);
    return () => announce(t('connection.restored'));
  }, [visible, status.phase, state, action, t]);
  if (!visible) return null;
  const seconds = Math.max(0, Math.floor((now - status.since) / 1000));
  const duration = seconds < 60 ? t('connection.seconds', { seconds }) : t('connection.minutes', { minutes: Math.floor(seconds / 60) });
  return (
    <div className={styles.banner} data-testid="connection-banner" data-waiting-for={status.waitingFor}>
      <span className={styles.spinner} aria-hidden="true" />
      <p><strong>{state}</strong>{seconds > 0 && status.phase === 'reconnecting' && ` ${duration}`}. {action}</p>
    </div>
  );
}
