import type { Participant } from '@meetoperator/client';
import { Button } from '@meetoperator/ui';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './AudioOutlet.module.css';

interface Props {
  readonly participants: readonly Participant[];
  readonly speakerId: string;
}

/** Plays the sound of all participants. After a reload, browsers allow sound only after a click; a button then asks for it. */
export function AudioOutlet({ participants, speakerId }: Props) {
  const { t } = useTranslation();
  const [blocked, setBlocked] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const onBlocked = useCallback(() => setBlocked(true), []);
  const sounds = participants.flatMap(participant => (['microphone', 'screen-audio'] as const)
    .map(source => ({ key: `${participant.id}:${source}`, track: participant.tracks[source] })));
  return (
    <>
      {sounds.map(({ key, track }) => track !== undefined && <Sound key={key} track={track} speakerId={speakerId} attempt={attempt} onBlocked={onBlocked} />)}
      {blocked && (
        <div className={styles.ask} role="alert">
          <p>{t('meeting.soundBlocked')}</p>
          <Button look="primary" icon="speaker" data-testid="enable-sound" onClick={() => {
            setBlocked(false);
            setAttempt(attempt + 1);
          }}>{t('meeting.turnSoundOn')}</Button>
        </div>
      )}
    </>
  );
}

interface SoundProps {
  readonly track: MediaStreamTrack;
  readonly speakerId: string;
  /** Increases when playback is to be tried again. */
  readonly attempt: number;
  readonly onBlocked: () => void;
}

/** How long the former track of a source is played beside the next one, which is muted until then: an element that begins to play is silent at first. */
const overlapMs = 250;
const pollMs = 10;

/** Plays one source. Its track changes when the media connection does, and both arrive for a moment. */
function Sound({ track, ...rest }: SoundProps) {
  const [heard, setHeard] = useState(track);
  useEffect(() => {
    if (heard === track) return;
    const since = performance.now();
    // A track whose connection is closed ends a moment later, and without an event.
    const timer = setInterval(() => { if (heard.readyState === 'ended' || performance.now() - since >= overlapMs) setHeard(track); }, pollMs);
    return () => clearInterval(timer);
  }, [heard, track]);
  return (heard === track ? [track] : [heard, track]).map(one => <Player key={one.id} track={one} muted={one !== heard} {...rest} />);
}

function Player({ track, muted, speakerId, attempt, onBlocked }: SoundProps & { readonly muted: boolean }) {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    if (ref.current !== null) ref.current.srcObject = new MediaStream([track]);
  }, [track]);
  // Again when it is no longer muted, because a browser may stop what it did not allow to be heard.
  useEffect(() => {
    ref.current?.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
  }, [track, muted, attempt, onBlocked]);
  useEffect(() => {
    const audio = ref.current as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null;
    if (speakerId !== '') void audio?.setSinkId?.(speakerId).catch(() => undefined);
  }, [speakerId]);
  return <audio ref={ref} autoPlay muted={muted} />;
}
