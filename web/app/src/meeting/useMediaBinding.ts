import type { Meeting } from '@meetoperator/client';
import { useEffect } from 'react';
import type { LocalMedia } from '../media/local-media';
import { useLocalMedia } from '../media/useLocalMedia';
import { tabSession } from '../memory';

/** Carries what the person does with microphone and camera into the meeting, and what the host does back. */
export function useMediaBinding(meeting: Meeting, media: LocalMedia): void {
  const { microphone, camera } = useLocalMedia(media);

  // First, so that a meeting that starts people muted is heard before anything is published.
  useEffect(() => {
    const silence = (kind: 'audio' | 'video') => void media.set(kind === 'audio' ? 'microphone' : 'camera', false);
    if (meeting.isMuted('audio')) silence('audio');
    return meeting.on('silenced', ({ kind }) => silence(kind));
  }, [meeting, media]);

  useEffect(() => {
    if (media.snapshot().microphone.wanted) meeting.unmute('audio');
    else meeting.mute('audio');
  }, [meeting, media, microphone.wanted]);

  useEffect(() => {
    if (microphone.track === null) void meeting.replaceTrack('microphone', null);
    else void meeting.publish(microphone.track, 'microphone');
  }, [meeting, microphone.track]);

  useEffect(() => {
    if (camera.track === null) {
      void meeting.replaceTrack('camera', null);
    } else {
      meeting.unmute('video');
      void meeting.publish(camera.track, 'camera');
    }
  }, [meeting, camera.track]);

  useEffect(() => {
    const remember = () => tabSession.set(meeting.snapshot.meetingId, {
      ticket: meeting.ticket,
      displayName: meeting.snapshot.self.displayName,
      microphone: microphone.wanted,
      camera: camera.wanted,
    });
    remember();
    return meeting.on('ticket', remember);
  }, [meeting, microphone.wanted, camera.wanted]);
}
