import type { MeetingSnapshot } from '@meetoperator/client';
import { announce } from '@meetoperator/ui';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './ConnectionBanner.module.css';

/** Says that only the way through the server is left. */
export function TunnelBanner({ state }: { readonly state: MeetingSnapshot['tunnel'] }) {
  const { t } = useTranslation();
  const text = state === 'off' ? null : t('connection.tunnel');
  useEffect(() => {
    if (text !== null) announce(text);
  }, [text]);
  if (text === null) return null;
  return <div className={styles.banner} data-testid="tunnel-banner" data-state={state}><p>{text}</p></div>;
}
