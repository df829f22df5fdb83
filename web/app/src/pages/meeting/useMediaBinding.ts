import type { Meeting } from '@meetoperator/client';
import { useEffect } from 'react';
import type { LocalMedia } from '../../features/devices/local-media';
import { useLocalMedia } from '../../features/devices/useLocalMedia';
import { tabSession } from '../../storage/tab-session';

/** Applies the user's device choices to the meeting, and muting by a host to the devices. */
export function useMediaBinding(meeting: Meeting, media: LocalMedia): void {
  const { microphone, camera } = useLocalMedia(media);

  // Runs before the effects that publish: in a meeting with `muteOnEntry`, nothing is sent unmuted.
  useEffect(() => {
    const turnOff = (kind: 'audio' | 'video') => void media.set(kind === 'audio' ? 'microphone' : 'camera', false);
    if (meeting.isMuted('audio')) turnOff('audio');
    return meeting.on('silenced', ({ kind }) => turnOff(kind));
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
      since: tabSession.get(meeting.snapshot.meetingId)?.since ?? Date.now(),
    });
    remember();
    return meeting.on('ticket', remember);
  }, [meeting, microphone.wanted, camera.wanted]);
}
