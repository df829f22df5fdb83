import type { MeetingInfo } from '@meetoperator/client';
import { Avatar, Button, Icon, Logo, TextField } from '@meetoperator/ui';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { MicLevel } from '../../features/audio/MicLevel';
import { helpFor } from '../../features/devices/device-status';
import { DevicePickers } from '../../features/devices/DevicePickers';
import type { DeviceKind, LocalMedia } from '../../features/devices/local-media';
import { useLocalMedia } from '../../features/devices/useLocalMedia';
import { LazyNetworkCheck } from '../../features/network-check/LazyNetworkCheck';
import { shortcutKeys } from '../../features/shortcuts/shortcuts';
import { useShortcuts } from '../../features/shortcuts/useShortcuts';
import { VideoView } from '../../features/video/VideoView';
import { useTitle } from '../../navigation/useTitle';
import { rememberedName } from '../../storage/remembered-name';
import styles from './PreJoinPage.module.css';
import { presenceText } from './presence-text';

interface Props {
  readonly info: MeetingInfo;
  readonly media: LocalMedia;
  readonly joining: boolean;
  /** The server did not accept the name. */
  readonly nameRejected: boolean;
  readonly onJoin: (name: string) => void;
}

export function PreJoinPage({ info, media, joining, nameRejected, onJoin }: Props) {
  const { t } = useTranslation();
  useTitle(t('preJoin.pageTitle', { title: info.title }));
  const { microphone, camera } = useLocalMedia(media);
  const [name, setName] = useState(rememberedName.get);
  const [nameMissing, setNameMissing] = useState(false);
  const [checksNetwork, setChecksNetwork] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  useEffect(() => nameInput.current?.focus(), []);
  const toggle = (kind: DeviceKind) => void media.set(kind, !media.snapshot()[kind].wanted);
  useShortcuts({ microphone: () => toggle('microphone'), camera: () => toggle('camera') });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') {
      setNameMissing(true);
      nameInput.current?.focus();
    } else {
      onJoin(name.trim());
    }
  };

  const helps = (['microphone', 'camera'] as const).map(kind => helpFor(t, kind, kind === 'microphone' ? microphone.status : camera.status));
  const showsVideo = camera.track !== null && camera.wanted;
  return (
    <div className={styles.page} data-testid="prejoin">
      <a className="skip-link" href="#join">{t('preJoin.skipToJoin')}</a>
      <header className={styles.header}><Logo name={t('app.name')} /></header>
      <main className={styles.main}>
        <section className={styles.look} aria-label={t('preJoin.previewLabel')}>
          <div className={styles.preview} data-testid="preview" data-live={showsVideo}>
            {showsVideo ? <VideoView track={camera.track} className={styles.video} aria-label={t('preJoin.cameraLabel')} />
              : (
                <div className={styles.blank}>
                  <Avatar name={name || t('people.you')} seed={name || 'you'} />
                  <p>{t(camera.status === 'asking' ? 'preJoin.cameraStarting' : 'preJoin.cameraOff')}</p>
                </div>
              )}
            <div className={styles.toggles}>
              <DeviceToggle kind="microphone" on={microphone.wanted && microphone.track !== null} onClick={() => toggle('microphone')} />
              <DeviceToggle kind="camera" on={camera.wanted && camera.track !== null} onClick={() => toggle('camera')} />
            </div>
          </div>
          <MicLevel track={microphone.track} enabled={microphone.wanted} />
          {helps.map(help => help !== null && (
            <div key={help.title} className={styles.help} role="status" data-testid="device-help">
              <Icon name="warning" size={20} />
              <p><strong>{help.title}.</strong> {help.text}</p>
            </div>
          ))}
        </section>
        <form id="join" className={styles.join} onSubmit={submit} noValidate>
          <div>
            <p className={styles.eyebrow}>{t('preJoin.lead')}</p>
            <h1><bdi>{info.title}</bdi></h1>
            <p className={styles.presence} data-testid="presence">{presenceText(t, info.participants.map(participant => participant.displayName))}</p>
          </div>
          <TextField label={t('preJoin.nameLabel')} ref={nameInput} value={name} error={nameMissing ? t('preJoin.nameMissing') : undefined} maxLength={64}
            autoComplete="name" placeholder={t('preJoin.namePlaceholder')}
            onChange={event => {
              setName(event.target.value);
              setNameMissing(false);
            }} data-testid="name-input" />
          {nameRejected && <p className={styles.problem} role="alert">{t('preJoin.nameRejected')}</p>}
          <Button type="submit" look="primary" busy={joining} wide data-testid="join-button">{t(joining ? 'preJoin.joining' : 'preJoin.join')}</Button>
          <p className={styles.note}>
            {t(microphone.wanted && microphone.track !== null ? 'preJoin.microphoneOn' : 'preJoin.microphoneOff')}
          </p>
        </form>
        <section className={styles.devices} aria-label={t('preJoin.devices')}>
          <DevicePickers media={media} />
          <Button wide onClick={() => setChecksNetwork(true)} data-testid="open-network-check">{t('networkCheck.title')}</Button>
        </section>
      </main>
      {checksNetwork && <LazyNetworkCheck meetingId={info.meetingId} onClose={() => setChecksNetwork(false)} />}
    </div>
  );
}

function DeviceToggle({ kind, on, onClick }: { readonly kind: DeviceKind; readonly on: boolean; readonly onClick: () => void }) {
  const { t } = useTranslation();
  const name = t(`devices.${kind}`);
  const icon = kind === 'microphone' ? (on ? 'mic' : 'mic-off') : (on ? 'camera' : 'camera-off');
  return (
    <button type="button" className={on ? styles.toggle : styles.toggleOff} onClick={onClick} aria-pressed={on} data-testid={`toggle-${kind}`}
      aria-label={name} title={t('shortcuts.hint', { control: name, keys: shortcutKeys(t, kind) })}>
      <Icon name={icon} size={24} />
    </button>
  );
}
