import type { ChatMessage, OutgoingMessage } from '@meetoperator/client';
import { Icon, SidePanel } from '@meetoperator/ui';
import { useEffect, useLayoutEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './ChatPanel.module.css';
import { findLinks } from './links';

interface Props {
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingMessage[];
  readonly draft: string;
  readonly connected: boolean;
  readonly onDraft: (text: string) => void;
  /** False when the message could not be sent; the draft then stays. */
  readonly onSend: (text: string) => boolean;
  readonly onResend: (reference: string) => void;
  readonly onDiscard: (reference: string) => void;
  readonly onClose: () => void;
}

const maxLength = 4000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export function ChatPanel({ messages, outgoing, draft, connected, onDraft, onSend, onResend, onDiscard, onClose }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const [following, setFollowing] = useState(true);
  useEffect(() => input.current?.focus(), []);
  useLayoutEffect(() => {
    if (following && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [messages, outgoing, following]);

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (draft.trim() !== '' && onSend(draft)) {
      onDraft('');
      setFollowing(true);
    }
    input.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  };

  return (
    <SidePanel title={t('chat.title')} closeLabel={t('chat.close')} testId="chat-panel" onClose={onClose}>
      {messages.length + outgoing.length === 0 && <p className={styles.empty}><Icon name="chat" size={28} />{t('chat.empty')}</p>}
      <div ref={list} className={styles.list} role="log" aria-label={t('chat.messages')} tabIndex={0}
        onScroll={event => setFollowing(event.currentTarget.scrollHeight - event.currentTarget.scrollTop - event.currentTarget.clientHeight < 40)}>
        <ol className={styles.lines}>
          {messages.map((message, index) => (
            <Message key={message.id} message={message} continued={continuesPrevious(messages[index - 1], message)} />
          ))}
          {outgoing.map(line => <Outgoing key={line.reference} line={line} connected={connected} onResend={onResend} onDiscard={onDiscard} />)}
        </ol>
      </div>
      <form className={styles.form} onSubmit={send}>
        <label className="visually-hidden" htmlFor="chat-input">{t('chat.input')}</label>
        <textarea ref={input} id="chat-input" rows={2} maxLength={maxLength} value={draft} placeholder={t('chat.input')} data-testid="chat-input"
          onChange={event => onDraft(event.target.value)} onKeyDown={pressed} />
        <button type="submit" aria-label={t('chat.send')} title={t('chat.sendHint')} disabled={!connected || draft.trim() === ''} data-testid="chat-send"><Icon name="send" size={20} /></button>
        {draft.length > maxLength - 200 && <p className={styles.count} role="status">{t('chat.charactersLeft', { count: maxLength - draft.length })}</p>}
        {!connected && <p className={styles.count}>{t('chat.offline')}</p>}
      </form>
    </SidePanel>
  );
}

/** Consecutive messages of a participant within two minutes share one heading. */
function continuesPrevious(previous: ChatMessage | undefined, message: ChatMessage): boolean {
  return previous !== undefined && previous.from === message.from && message.at - previous.at < 120_000;
}

function Message({ message, continued }: { readonly message: ChatMessage; readonly continued: boolean }) {
  const { t } = useTranslation();
  return (
    <li className={message.own ? styles.own : styles.message} data-testid="chat-message">
      <p className={continued ? 'visually-hidden' : styles.head}>
        <bdi className={styles.name}>{message.own ? t('people.you') : message.displayName || t('chat.formerParticipant')}</bdi>{' '}
        <time dateTime={new Date(message.at).toISOString()}>{clock.format(message.at)}</time>
      </p>
      <p className={styles.text} dir="auto" data-testid="chat-text">
        {findLinks(message.text).map((part, index) => (part.href === undefined
          ? part.text
          : <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">{part.text}</a>))}
      </p>
    </li>
  );
}

/** A message of this participant that the server has not confirmed yet. A message that failed stays until it is sent again or discarded. */
function Outgoing({ line, connected, onResend, onDiscard }: { readonly line: OutgoingMessage; readonly connected: boolean } & Pick<Props, 'onResend' | 'onDiscard'>) {
  const { t } = useTranslation();
  return (
    <li className={styles.own} data-testid="chat-outgoing" data-state={line.state}>
      <p className={styles.text} dir="auto">{line.text}</p>
      {line.state === 'sending' ? <p className={styles.state}>{t('chat.sending')}</p> : (
        <p className={styles.state} role="alert">
          <span className={styles.failed}>{t('chat.notSent')}</span>{' '}
          <button type="button" className={styles.action} disabled={!connected} onClick={() => onResend(line.reference)} data-testid="chat-resend">{t('chat.resend')}</button>{' '}
          <button type="button" className={styles.action} onClick={() => onDiscard(line.reference)} data-testid="chat-discard">{t('chat.discard')}</button>
        </p>
      )}
    </li>
  );
}
