import type { Meeting } from '@meetoperator/client';
import { useEffect, useState } from 'react';
import { createLevelMeter } from './level';

/** A participant above these levels counts as speaking: linear level (0 to 1) of remote sound, loudness (0 to 1) of the user's microphone. */
const remoteThreshold = 0.015;
const ownThreshold = 0.35;
const intervalMs = 200;
/** Bridges the pauses between words. */
const holdMs = 900;

/** The IDs of the participants who are speaking. */
export function useSpeaking(meeting: Meeting, ownTrack: MediaStreamTrack | null, ownEnabled: boolean): ReadonlySet<string> {
  const [speaking, setSpeaking] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const meter = ownTrack === null || !ownEnabled ? null : createLevelMeter(ownTrack, intervalMs);
    const lastSoundAt = new Map<string, number>();
    const timer = setInterval(() => {
      const now = performance.now();
      const { self, participants } = meeting.snapshot;
      if (meter !== null && meter.read() > ownThreshold) lastSoundAt.set(self.id, now);
      for (const [id, level] of meeting.audioLevels()) if (level > remoteThreshold) lastSoundAt.set(id, now);
      const audible = new Set([self, ...participants].filter(participant => participant.audio).map(participant => participant.id));
      const next = new Set([...lastSoundAt].filter(([id, at]) => now - at < holdMs && audible.has(id)).map(([id]) => id));
      setSpeaking(before => (before.size === next.size && [...next].every(id => before.has(id)) ? before : next));
    }, intervalMs);
    return () => {
      clearInterval(timer);
      meter?.stop();
    };
  }, [meeting, ownTrack, ownEnabled]);
  return speaking;
}
