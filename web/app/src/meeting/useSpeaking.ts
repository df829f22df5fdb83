import type { Meeting } from '@meetoperator/client';
import { useEffect, useState } from 'react';
import { meterOf } from '../media/level';

/** Linear level of a remote voice and loudness of our own above which somebody counts as speaking. */
const remoteThreshold = 0.015;
const ownThreshold = 0.35;
/** The ring stays through the pauses between words. */
const holdMs = 900;

/** Ids of those who speak now. */
export function useSpeaking(meeting: Meeting, ownTrack: MediaStreamTrack | null, ownEnabled: boolean): ReadonlySet<string> {
  const [speaking, setSpeaking] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const meter = ownTrack === null || !ownEnabled ? null : meterOf(ownTrack);
    const heardAt = new Map<string, number>();
    const timer = setInterval(() => {
      const now = performance.now();
      const { self, participants } = meeting.snapshot;
      if (meter !== null && meter.read() > ownThreshold) heardAt.set(self.id, now);
      for (const [id, level] of meeting.audioLevels()) if (level > remoteThreshold) heardAt.set(id, now);
      const audible = new Set([self, ...participants].filter(participant => participant.audio).map(participant => participant.id));
      const next = new Set([...heardAt].filter(([id, at]) => now - at < holdMs && audible.has(id)).map(([id]) => id));
      setSpeaking(before => (before.size === next.size && [...next].every(id => before.has(id)) ? before : next));
    }, 200);
    return () => {
      clearInterval(timer);
      meter?.stop();
    };
  }, [meeting, ownTrack, ownEnabled]);
  return speaking;
}
