import type { ChatMessage, OutgoingLine } from '@meetoperator/client';
import { useEffect, useLayoutEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { Icon } from '../ui/Icon';
import styles from './ChatPanel.module.css';
import { findLinks } from './links';
import { SidePanel } from './SidePanel';

interface Props {
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingLine[];
  readonly draft: string;
  readonly connected: boolean;
  readonly onDraft: (text: string) => void;
  /** False when it could not be sent: the draft stays. */
  readonly onSend: (text: string) => boolean;
  readonly onResend: (reference: string) => void;
  readonly onDiscard: (reference: string) => void;
  readonly onClose: () => void;
}

const longest = 4000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export function ChatPanel({ messages, outgoing, draft, connected, onDraft, onSend, onResend, onDiscard, onClose }: Props) {
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
    <SidePanel title="Chat" testId="chat-panel" onClose={onClose}>
      {messages.length + outgoing.length === 0 && <p className={styles.empty}><Icon name="chat" size={28} />Nothing was written yet. Whoever comes later reads it too.</p>}
      <div ref={list} className={styles.list} role="log" aria-label="Messages" tabIndex={0}
        onScroll={event => setFollowing(event.currentTarget.scrollHeight - event.currentTarget.scrollTop - event.currentTarget.clientHeight < 40)}>
        <ol className={styles.lines}>
          {messages.map((message, index) => (
            <Message key={message.id} message={message} continues={continues(messages[index - 1], message)} />
          ))}
          {outgoing.map(line => <Outgoing key={line.reference} line={line} connected={connected} onResend={onResend} onDiscard={onDiscard} />)}
        </ol>
      </div>
      <form className={styles.form} onSubmit={send}>
        <label className="visually-hidden" htmlFor="chat-input">Message to everyone</label>
        <textarea ref={input} id="chat-input" rows={2} maxLength={longest} value={draft} placeholder="Message to everyone" data-testid="chat-input"
          onChange={event => onDraft(event.target.value)} onKeyDown={pressed} />
        <button type="submit" aria-label="Send" title="Send (Enter)" disabled={!connected || draft.trim() === ''} data-testid="chat-send"><Icon name="send" size={20} /></button>
        {draft.length > longest - 200 && <p className={styles.count} role="status">{longest - draft.length} characters left</p>}
        {!connected && <p className={styles.count}>You can send when the connection is back.</p>}
      </form>
    </SidePanel>
  );
}

/** One after the other from one person within two minutes stands under one name. */
function continues(before: ChatMessage | undefined, message: ChatMessage): boolean {
  return before !== undefined && before.from === message.from && message.at - before.at < 120_000;
}

function Message({ message, continues: joined }: { readonly message: ChatMessage; readonly continues: boolean }) {
  return (
    <li className={message.own ? styles.own : styles.message} data-testid="chat-message">
      <p className={joined ? 'visually-hidden' : styles.head}>
        <bdi className={styles.name}>{message.own ? 'You' : message.displayName || 'Somebody who left'}</bdi>{' '}
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

/** A line that the server has not confirmed: nothing that was written disappears without a word. */
function Outgoing({ line, connected, onResend, onDiscard }: { readonly line: OutgoingLine; readonly connected: boolean } & Pick<Props, 'onResend' | 'onDiscard'>) {
  return (
    <li className={styles.own} data-testid="chat-outgoing" data-state={line.state}>
      <p className={styles.text} dir="auto">{line.text}</p>
      {line.state === 'sending' ? <p className={styles.state}>Sending…</p> : (
        <p className={styles.state} role="alert">
          <span className={styles.failed}>Not sent.</span>{' '}
          <button type="button" className={styles.action} disabled={!connected} onClick={() => onResend(line.reference)} data-testid="chat-resend">Try again</button>{' '}
          <button type="button" className={styles.action} onClick={() => onDiscard(line.reference)} data-testid="chat-discard">Discard</button>
        </p>
      )}
    </li>
  );
}
