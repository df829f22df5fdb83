import { useEffect, useRef, type ReactNode } from 'react';
import { navigate } from '../router';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { useTitle } from '../useTitle';
import { notices, type Notice, type Words } from './notice-for';
import styles from './NoticePage.module.css';

interface Props {
  readonly notice: Notice;
  readonly detail?: string | undefined;
  readonly action?: ReactNode;
}

export function NoticePage({ notice, detail, action }: Props) {
  const words: Words = notices[notice];
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(`${words.title} · Meet`);
  useEffect(() => heading.current?.focus(), [notice]);
  return (
    <div className={styles.page} data-testid="notice" data-notice={notice}>
      <header className={styles.header}><Logo /></header>
      <main className={styles.main}>
        <span className={words.tone === 'warn' ? styles.warn : styles.calm}><Icon name={words.icon} size={34} /></span>
        <h1 ref={heading} tabIndex={-1}>{words.title}</h1>
        <p className={styles.text}>{words.text}</p>
        {detail !== undefined && <p className={styles.detail} dir="auto">{detail}</p>}
        <div className={styles.actions}>
          {action}
          <Button onClick={() => navigate('/')} data-testid="to-start">To the start page</Button>
        </div>
      </main>
    </div>
  );
}
