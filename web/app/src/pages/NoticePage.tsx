import { useEffect, useRef, type ReactNode } from 'react';
import { navigate } from '../router';
import { Button } from '../ui/Button';
import { Icon, type IconName } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { useTitle } from '../useTitle';
import styles from './NoticePage.module.css';

interface Words {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly tone?: 'calm' | 'warn';
}

const notices = {
  'left': { icon: 'leave', title: 'You left the meeting', text: 'The others are still there. The link brings you back.' },
  'ended': { icon: 'check', title: 'The meeting has ended', text: 'It is over for everyone. Thank you for coming.' },
  'removed': { icon: 'remove', title: 'You were removed', text: 'The host took you out of this meeting.', tone: 'warn' },
  'meeting-full': { icon: 'people', title: 'This meeting is full', text: 'As many people as it allows are in it. You can try again when somebody has left.', tone: 'warn' },
  'unknown-meeting': { icon: 'link', title: 'No such meeting', text: 'The link may be incomplete, or the meeting is long over. Ask for the link again.', tone: 'warn' },
  'unknown-page': { icon: 'link', title: 'There is nothing here', text: 'This address leads to no page. A meeting link looks like /m/ and a long id.', tone: 'warn' },
  'replaced': { icon: 'screen', title: 'You are in this meeting elsewhere', text: 'Another tab or window took over. You can take the meeting back to this one.' },
  'not-placed': { icon: 'warning', title: 'No room at the moment', text: 'Every media server is busy. Try again in a minute.', tone: 'warn' },
  'network': { icon: 'warning', title: 'The server cannot be reached', text: 'Check your connection. We try again when you say so.', tone: 'warn' },
  'unsupported': { icon: 'warning', title: 'This browser cannot join', text: 'Use a current version of Chrome, Edge, Firefox or Safari.', tone: 'warn' },
  'failed': { icon: 'warning', title: 'That did not work', text: 'The server refused, and trying again by ourselves would not help.', tone: 'warn' },
} satisfies Record<string, Words>;

export type Notice = keyof typeof notices;

export function noticeFor(code: string | undefined): Notice {
  switch (code) {
    case 'meeting-ended': return 'ended';
    case 'media-node-unreachable': return 'not-placed';
    case undefined: return 'failed';
    default: return code in notices ? code as Notice : 'failed';
  }
}

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
