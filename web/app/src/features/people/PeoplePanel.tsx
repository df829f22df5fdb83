import type { Participant } from '@meetoperator/client';
import { Avatar, Button, Icon, IconButton, SidePanel } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import { useCopyLink } from '../invitation/useCopyLink';
import styles from './PeoplePanel.module.css';

interface Props {
  readonly self: Participant;
  readonly others: readonly Participant[];
  readonly speaking: ReadonlySet<string>;
  readonly host: boolean;
  readonly link: string;
  readonly onMute: (participant: Participant) => void;
  readonly onRemove: (participant: Participant) => void;
  readonly onClose: () => void;
}

export function PeoplePanel({ self, others, speaking, host, link, onMute, onRemove, onClose }: Props) {
  const { t } = useTranslation();
  const [copied, copy] = useCopyLink(link);
  return (
    <SidePanel title={t('people.title')} closeLabel={t('people.close')} testId="people-panel" onClose={onClose}>
      <ul className={styles.list}>
        {[self, ...others].map(person => (
          <li key={person.id} className={styles.person} data-testid="person" data-participant={person.id}>
            <span className={speaking.has(person.id) ? styles.speaking : undefined}><Avatar name={person.displayName} seed={person.id} size="s" /></span>
            <span className={styles.name}>
              <bdi>{person.displayName}</bdi>{person.isSelf && ` ${t('people.youMark')}`}
              {person.role === 'host' && <small>{t('people.host')}</small>}
            </span>
            <span className={styles.states}>
              {host && !person.isSelf && person.audio
                ? <IconButton icon="mic" label={t('people.mute', { name: person.displayName })} onClick={() => onMute(person)} data-testid="mute-person" />
                : <span className={styles.state}><Icon name={person.audio ? 'mic' : 'mic-off'} size={18} /></span>}
              <span className={styles.state}><Icon name={person.video ? 'camera' : 'camera-off'} size={18} /></span>
              <span className="visually-hidden">{t(person.audio ? 'stage.microphoneOn' : 'stage.microphoneOff')}, {t(person.video ? 'stage.cameraOn' : 'stage.cameraOff')}</span>
            </span>
            {host && !person.isSelf && <IconButton icon="remove" label={t('people.remove', { name: person.displayName })} onClick={() => onRemove(person)} data-testid="remove-person" />}
          </li>
        ))}
      </ul>
      <div className={styles.invite}>
        <Button icon={copied === 'copied' ? 'check' : 'link'} wide onClick={copy}>{t(copied === 'copied' ? 'meeting.linkCopied' : 'people.copyInvitation')}</Button>
        {copied === 'blocked' && <p>{link}</p>}
      </div>
    </SidePanel>
  );
}
