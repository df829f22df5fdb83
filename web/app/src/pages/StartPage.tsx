import { MeetError } from '@meetoperator/client';
import { useState, type FormEvent } from 'react';
import { hostTokens } from '../memory';
import { meetingIdOf, navigate } from '../router';
import { client } from '../services';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Field';
import { Logo } from '../ui/Logo';
import { useTitle } from '../useTitle';
import { Gathering } from './Gathering';
import styles from './StartPage.module.css';

export function StartPage() {
  useTitle('Meet');
  const [title, setTitle] = useState('');
  const [link, setLink] = useState('');
  const [linkError, setLinkError] = useState<string>();
  const [creating, setCreating] = useState(false);
  const [problem, setProblem] = useState<string>();

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setCreating(true);
    setProblem(undefined);
    try {
      const created = await client.createMeeting({ title: title.trim() || 'Meeting' });
      hostTokens.set(created.meetingId, created.hostToken);
      navigate(`/m/${created.meetingId}`);
    } catch (error) {
      setProblem(explainCreation(error));
      setCreating(false);
    }
  };

  const join = (event: FormEvent) => {
    event.preventDefault();
    const id = meetingIdOf(link);
    if (id === null) setLinkError('That is no meeting link. It looks like ' + location.origin + '/m/…');
    else navigate(`/m/${id}`);
  };

  return (
    <div className={styles.page}>
      <a className="skip-link" href="#main">Skip to content</a>
      <header className={styles.header}><Logo /></header>
      <main id="main" className={styles.main}>
        <section className={styles.words}>
          <h1>Good company,<br />one link away.</h1>
          <p className={styles.lead}>Start a meeting and send the link. Nothing to install, no account to make.</p>
          <form className={styles.card} onSubmit={event => void create(event)}>
            <TextField label="What is it about?" placeholder="Optional, for example: Weekly review" maxLength={120} value={title}
              onChange={event => setTitle(event.target.value)} data-testid="meeting-title" />
            <Button type="submit" look="primary" icon="plus" busy={creating} wide data-testid="new-meeting">New meeting</Button>
            {problem !== undefined && <p className={styles.problem} role="alert" data-testid="create-problem">{problem}</p>}
          </form>
          <p className={styles.or}><span>or join one</span></p>
          <form className={styles.join} onSubmit={join} noValidate>
            <TextField label="Meeting link or id" placeholder="Paste it here" value={link} error={linkError} inputMode="url"
              onChange={event => {
                setLink(event.target.value);
                setLinkError(undefined);
              }} data-testid="join-input" />
            <Button type="submit" icon="arrow" data-testid="join-go">Join</Button>
          </form>
        </section>
        <Gathering />
      </main>
      <footer className={styles.footer}>Your meetings run on your own machines. Nobody else is in between.</footer>
    </div>
  );
}

function explainCreation(error: unknown): string {
  if (!(error instanceof MeetError)) return 'The meeting could not be made. Try again.';
  switch (error.code) {
    case 'network': return 'The meeting server cannot be reached. Check your connection and try again.';
    case 'unauthorized':
    case 'forbidden': return 'Here, only people with an API key can start meetings. You can still join one by its link.';
    case 'quota-exceeded': return `As many meetings as allowed are running. ${error.detail ?? 'Try again when one has ended.'}`;
    case 'not-placed': return 'Every media server is full at the moment. Try again in a minute.';
    default: return error.message;
  }
}
