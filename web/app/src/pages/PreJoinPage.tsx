import type { MeetingInfo } from '@meetoperator/client';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { DevicePickers } from '../media/DevicePickers';
import { helpFor } from '../media/device-status';
import type { DeviceKind, LocalMedia } from '../media/local-media';
import { MicLevel } from '../media/MicLevel';
import { useLocalMedia } from '../media/useLocalMedia';
import { VideoView } from '../media/VideoView';
import { useShortcuts } from '../meeting/useShortcuts';
import { rememberedName } from '../memory';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { useTitle } from '../useTitle';
import styles from './PreJoinPage.module.css';
import { whoIsHere } from './who-is-here';

interface Props {
  readonly info: MeetingInfo;
  readonly media: LocalMedia;
  readonly joining: boolean;
  readonly problem?: string | undefined;
  readonly onJoin: (name: string) => void;
}

export function PreJoinPage({ info, media, joining, problem, onJoin }: Props) {
  useTitle(`Join ${info.title} · Meet`);
  const { microphone, camera } = useLocalMedia(media);
  const [name, setName] = useState(rememberedName.get);
  const [nameError, setNameError] = useState<string>();
  const nameInput = useRef<HTMLInputElement>(null);
  useEffect(() => nameInput.current?.focus(), []);
  const toggle = (kind: DeviceKind) => void media.set(kind, !media.snapshot()[kind].wanted);
  useShortcuts({ microphone: () => toggle('microphone'), camera: () => toggle('camera') });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') {
      setNameError('Say how the others should call you.');
      nameInput.current?.focus();
    } else {
      onJoin(name.trim());
    }
  };

  const helps = (['microphone', 'camera'] as const).map(kind => helpFor(kind, kind === 'microphone' ? microphone.status : camera.status));
  const showsVideo = camera.track !== null && camera.wanted;
  return (
    <div className={styles.page} data-testid="prejoin">
      <a className="skip-link" href="#join">Skip to join</a>
      <header className={styles.header}><Logo /></header>
      <main className={styles.main}>
        <section className={styles.look} aria-label="How you will look and sound">
          <div className={styles.preview} data-testid="preview" data-live={showsVideo}>
            {showsVideo ? <VideoView track={camera.track} className={styles.video} aria-label="Your camera" />
              : (
                <div className={styles.blank}>
                  <Avatar name={name || 'You'} seed={name || 'you'} />
                  <p>{camera.status === 'asking' ? 'Your browser is asking for the camera' : 'Camera is off'}</p>
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
            <p className={styles.eyebrow}>You are about to join</p>
            <h1><bdi>{info.title}</bdi></h1>
            <p className={styles.who} data-testid="who-is-here">{whoIsHere(info.participants.map(participant => participant.displayName))}</p>
          </div>
          <TextField label="Your name" ref={nameInput} value={name} error={nameError} maxLength={64} autoComplete="name" placeholder="How others see you"
            onChange={event => {
              setName(event.target.value);
              setNameError(undefined);
            }} data-testid="name-input" />
          {problem !== undefined && <p className={styles.problem} role="alert">{problem}</p>}
          <Button type="submit" look="primary" busy={joining} wide data-testid="join-button">{joining ? 'Joining' : 'Join now'}</Button>
          <p className={styles.note}>
            {microphone.wanted && microphone.track !== null ? 'You come in with your microphone on.' : 'You come in silent; you can speak up later.'}
          </p>
        </form>
        <section className={styles.devices} aria-label="Devices"><DevicePickers media={media} /></section>
      </main>
    </div>
  );
}

function DeviceToggle({ kind, on, onClick }: { readonly kind: DeviceKind; readonly on: boolean; readonly onClick: () => void }) {
  const icon = kind === 'microphone' ? (on ? 'mic' : 'mic-off') : (on ? 'camera' : 'camera-off');
  return (
    <button type="button" className={on ? styles.toggle : styles.toggleOff} onClick={onClick} aria-pressed={on} data-testid={`toggle-${kind}`}
      aria-label={kind === 'microphone' ? 'Microphone' : 'Camera'} title={`${kind === 'microphone' ? 'Microphone (Ctrl+D)' : 'Camera (Ctrl+E)'}`}>
      <Icon name={icon} size={24} />
    </button>
  );
}
