import { Button, Icon, Logo, navigate } from '@meetoperator/ui';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../../navigation/useTitle';
import styles from './NoticePage.module.css';
import { notices, type Notice } from './notices';
import { ServerMessage } from './ServerMessage';

interface Props {
  readonly notice: Notice;
  readonly detail?: string | undefined;
  /** The explanation that came from the server, in English. */
  readonly serverMessage?: string | undefined;
  readonly action?: ReactNode;
  /** Shown below the text. */
  readonly children?: ReactNode;
}

export function NoticePage({ notice, detail, serverMessage, action, children }: Props) {
  const { t } = useTranslation();
  const { icon, tone } = notices[notice];
  const title = t(`notice.${notice}.title`);
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => heading.current?.focus(), [notice]);
  return (
    <div className={styles.page} data-testid="notice" data-notice={notice}>
      <header className={styles.header}><Logo name={t('app.name')} /></header>
      <main className={styles.main}>
        <span className={tone === 'warn' ? styles.warn : styles.calm}><Icon name={icon} size={34} /></span>
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        <p className={styles.text}>{t(`notice.${notice}.text`)}</p>
        {detail !== undefined && <p className={styles.detail} dir="auto">{detail}</p>}
        {serverMessage !== undefined && <p className={styles.detail}><ServerMessage text={serverMessage} /></p>}
        {children}
        <div className={styles.actions}>
          {action}
          <Button onClick={() => navigate('/')} data-testid="to-start">{t('notice.toStart')}</Button>
        </div>
      </main>
    </div>
  );
}
