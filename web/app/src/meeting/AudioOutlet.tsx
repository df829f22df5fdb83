import type { Participant } from '@meetoperator/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Button } from '../ui/Button';
import styles from './AudioOutlet.module.css';

interface Props {
  readonly participants: readonly Participant[];
  readonly speakerId: string;
}

/** Plays everybody's sound. Where the browser wants a click first (after a reload), asks for it. */
export function AudioOutlet({ participants, speakerId }: Props) {
  const [blocked, setBlocked] = useState(false);
  const [turn, setTurn] = useState(0);
  const onBlocked = useCallback(() => setBlocked(true), []);
  const sounds = participants.flatMap(participant => (['microphone', 'screen-audio'] as const)
    .map(source => ({ key: `${participant.id}:${source}`, track: participant.tracks[source] })));
  return (
    <>
      {sounds.map(({ key, track }) => track !== undefined && <Sound key={key} track={track} speakerId={speakerId} turn={turn} onBlocked={onBlocked} />)}
      {blocked && (
        <div className={styles.ask} role="alert">
          <p>Your browser keeps the sound off until you click.</p>
          <Button look="primary" icon="speaker" data-testid="enable-sound" onClick={() => {
            setBlocked(false);
            setTurn(turn + 1);
          }}>Turn the sound on</Button>
        </div>
      )}
    </>
  );
}

interface SoundProps {
  readonly track: MediaStreamTrack;
  readonly speakerId: string;
  readonly turn: number;
  readonly onBlocked: () => void;
}

function Sound({ track, speakerId, turn, onBlocked }: SoundProps) {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = ref.current;
    if (audio === null) return;
    audio.srcObject = new MediaStream([track]);
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
  }, [track, turn, onBlocked]);
  useEffect(() => {
    const audio = ref.current as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null;
    if (speakerId !== '') void audio?.setSinkId?.(speakerId).catch(() => undefined);
  }, [speakerId]);
  return <audio ref={ref} autoPlay />;
}
