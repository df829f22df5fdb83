import type { Participant } from '@meetoperator/client';
import { announce } from '@meetoperator/ui';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './ConnectionBanner.module.css';

const maxNames = 3;

interface Props {
  readonly participants: readonly Participant[];
  /** The IDs of those who cannot be seen or heard. */
  readonly unreachable: readonly string[];
  /** `unreachable`: the servers of the meeting cannot reach each other. `unconnected`: no direct connection can be opened, and the meeting uses no media node. */
  readonly cause: 'unreachable' | 'unconnected';
}

/** Shows whom the person cannot see or hear, and what can be done about it. */
export function UnreachableBanner({ participants, unreachable, cause }: Props) {
  const { t } = useTranslation();
  const names = participants.filter(({ id }) => unreachable.includes(id)).map(({ displayName }) => displayName);
  const list = names.slice(0, maxNames).join(', ');
  const more = names.length - maxNames;
  const text = names.length === 0 ? null : `${t(`connection.${cause}.state`)}: ${list}${more > 0 ? ` ${t('connection.unreachable.more', { count: more })}` : ''}. ${t(`connection.${cause}.action`)}`;
  useEffect(() => {
    if (text !== null) announce(text);
  }, [text]);
  if (text === null) return null;
  return <div className={styles.banner} data-testid={`${cause}-banner`}><p><bdi>{text}</bdi></p></div>;
}
