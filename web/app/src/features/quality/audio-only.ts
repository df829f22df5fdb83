import type { MeetingSnapshot, Participant } from '@meetoperator/client';
import { tabStore } from '@meetoperator/ui';
import { useCallback, useState } from 'react';

const key = 'meet.audio-only';

/** Whether this tab receives no pictures. Kept until the tab is closed. */
export function useAudioOnly(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => tabStore.read(key) === 'on');
  const set = useCallback((next: boolean) => {
    tabStore.write(key, next ? 'on' : null);
    setOn(next);
  }, []);
  return [on, set];
}

/** The meeting without pictures of others. The own camera and screen stay, so that one sees what one sends. */
export function withoutPictures(snapshot: MeetingSnapshot): MeetingSnapshot {
  return { ...snapshot, participants: snapshot.participants.map(soundOnly) };
}

function soundOnly(participant: Participant): Participant {
  const { microphone, 'screen-audio': screenAudio } = participant.tracks;
  return { ...participant, video: false, tracks: { ...(microphone === undefined ? {} : { microphone }), ...(screenAudio === undefined ? {} : { 'screen-audio': screenAudio }) } };
}
