import type { Participant } from '@meetoperator/client';
import { announce } from '@meetoperator/ui';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './ConnectionBanner.module.css';

const maxNames = 3;

/** Shows whom the person cannot see or hear while the servers of the meeting cannot reach each other. */
export function UnreachableBanner({ participants, unreachable }: { readonly participants: readonly Participant[]; readonly unreachable: readonly string[] }) {
  const { t } = useTranslation();
  const names = participants.filter(({ id }) => unreachable.includes(id)).map(({ displayName }) => displayName);
  const list = names.slice(0, maxNames).join(', ');
  const more = names.length - maxNames;
  const text = names.length === 0 ? null : `${t('connection.unreachable.state')}: ${list}${more > 0 ? ` ${t('connection.unreachable.more', { count: more })}` : ''}. ${t('connection.unreachable.action')}`;
  useEffect(() => {
    if (text !== null) announce(text);
  }, [text]);
  if (text === null) return null;
  return <div className={styles.banner} data-testid="unreachable-banner"><p><bdi>{text}</bdi></p></div>;
}
