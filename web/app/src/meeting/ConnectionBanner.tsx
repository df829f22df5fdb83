import type { ConnectionStatus } from '@meetoperator/client';
import { useEffect, useState } from 'react';
import { announce } from '../ui/announcer';
import styles from './ConnectionBanner.module.css';

/** Hiccups shorter than this are nobody's business. */
const quietMs = 800;

/** What is wrong, since when, and what is being done about it. */
export function ConnectionBanner({ status }: { readonly status: ConnectionStatus }) {
  const waits = status.phase === 'reconnecting' || status.phase === 'connecting';
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 400);
    return () => clearInterval(timer);
  }, [waits]);
  const visible = waits && (status.phase === 'connecting' || now - status.since >= quietMs);
  const words = wordsFor(status);
  useEffect(() => {
    if (!visible || status.phase === 'connecting') return undefined;
    announce(`${words.what}. ${words.doing}`);
    return () => announce('You are connected again');
  }, [visible, status.phase, words.what, words.doing]);
  if (!visible) return null;
  const seconds = Math.max(0, Math.floor((now - status.since) / 1000));
  return (
    <div className={styles.banner} data-testid="connection-banner" data-waiting-for={status.waitingFor}>
      <span className={styles.spinner} aria-hidden="true" />
      <p><strong>{words.what}</strong>{seconds > 0 && status.phase === 'reconnecting' && ` ${since(seconds)}`}. {words.doing}</p>
    </div>
  );
}

function since(seconds: number): string {
  return seconds < 60 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
}

function wordsFor(status: ConnectionStatus): { what: string; doing: string } {
  if (status.phase === 'connecting') return { what: 'Connecting', doing: 'This takes a moment' };
  switch (status.waitingFor) {
    case 'network': return { what: 'You went offline', doing: 'We go on as soon as your network is back.' };
    case 'media': return { what: 'Sound and picture broke off', doing: 'We are finding another way for them. The chat still works.' };
    default: return { what: 'The connection broke off', doing: 'We are reconnecting. What you switched off stays off.' };
  }
}
