import { Button, Logo, navigate, TextField } from '@meetoperator/ui';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { encryptedMark, isEncryptedLink } from '../../features/e2ee/encrypted-link';
import { meetingIdOf, meetingLink } from '../../navigation/router';
import { useTitle } from '../../navigation/useTitle';
import { client } from '../../server/client';
import { hostTokens } from '../../storage/host-tokens';
import { ServerMessage } from '../notice/ServerMessage';
import { creationProblemOf, type CreationProblem } from './creation-problem';
import { Illustration } from './Illustration';
import styles from './StartPage.module.css';

export function StartPage() {
  const { t } = useTranslation();
  useTitle();
  const [title, setTitle] = useState('');
  const [encrypted, setEncrypted] = useState(false);
  const [link, setLink] = useState('');
  const [linkInvalid, setLinkInvalid] = useState(false);
  const [creating, setCreating] = useState(false);
  const [problem, setProblem] = useState<CreationProblem>();

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setCreating(true);
    setProblem(undefined);
    try {
      const created = await client.createMeeting({ title: title.trim() || t('start.untitled'), ...(encrypted ? { settings: { e2ee: 'Required' } } : {}) });
      hostTokens.set(created.meetingId, created.hostToken);
      navigate(`/m/${created.meetingId}${encrypted ? encryptedMark : ''}`);
    } catch (error) {
      setProblem(creationProblemOf(error));
      setCreating(false);
    }
  };

  const join = (event: FormEvent) => {
    event.preventDefault();
    const id = meetingIdOf(link);
    if (id === null) setLinkInvalid(true);
    else navigate(`/m/${id}${isEncryptedLink(link) ? encryptedMark : ''}`);
  };

  return (
    <div className={styles.page}>
      <a className="skip-link" href="#main">{t('app.skipToContent')}</a>
      <header className={styles.header}><Logo name={t('app.name')} /></header>
      <main id="main" className={styles.main}>
        <section className={styles.intro}>
          <h1>{t('start.headingFirstLine')}<br />{t('start.headingSecondLine')}</h1>
          <p className={styles.lead}>{t('start.lead')}</p>
          <form className={styles.card} onSubmit={event => void create(event)}>
            <TextField label={t('start.titleLabel')} placeholder={t('start.titlePlaceholder')} maxLength={120} value={title}
              onChange={event => setTitle(event.target.value)} data-testid="meeting-title" />
            <label className={styles.option}>
              <input type="checkbox" checked={encrypted} onChange={event => setEncrypted(event.target.checked)} data-testid="encrypt-meeting" />
              {t('start.encrypt')}
            </label>
            <Button type="submit" look="primary" icon="plus" busy={creating} wide data-testid="new-meeting">{t('start.create')}</Button>
            {problem !== undefined && (
              <p className={styles.problem} role="alert" data-testid="create-problem">
                {t(`start.problem.${problem.text}`)}{problem.serverMessage !== undefined && <> <ServerMessage text={problem.serverMessage} /></>}
              </p>
            )}
          </form>
          <p className={styles.or}><span>{t('start.or')}</span></p>
          <form className={styles.join} onSubmit={join} noValidate>
            <TextField label={t('start.linkLabel')} placeholder={t('start.linkPlaceholder')} value={link} inputMode="url"
              error={linkInvalid ? t('start.linkInvalid', { example: meetingLink('…') }) : undefined}
              onChange={event => {
                setLink(event.target.value);
                setLinkInvalid(false);
              }} data-testid="join-input" />
            <Button type="submit" icon="arrow" data-testid="join-go">{t('start.join')}</Button>
          </form>
        </section>
        <Illustration />
      </main>
      <footer className={styles.footer}>{t('start.footer')}</footer>
    </div>
  );
}
