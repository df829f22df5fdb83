import type { Meeting, MediaType } from '@meetoperator/client';
import { useEffect } from 'react';
import type { LocalMedia } from '../../features/devices/local-media';
import { useLocalMedia } from '../../features/devices/useLocalMedia';
import { tabSession } from '../../storage/tab-session';

/** Sends what is on now. Call this as soon as the meeting is joined, so that others need not wait until its page is drawn. */
export function sendDevices(meeting: Meeting, media: LocalMedia): void {
  const { microphone, camera } = media.snapshot();
  if (microphone.wanted && microphone.track !== null) sendMicrophone(meeting, microphone.track);
  if (camera.track !== null) sendCamera(meeting, camera.track);
}

function chooseMicrophone(meeting: Meeting, isWanted: boolean): void {
  if (isWanted) meeting.unmute('audio');
  else meeting.mute('audio');
}

function sendMicrophone(meeting: Meeting, track: MediaStreamTrack | null): void {
  void (track === null ? meeting.replaceTrack('microphone', null) : meeting.publish(track, 'microphone'));
}

function sendCamera(meeting: Meeting, track: MediaStreamTrack | null): void {
  if (track !== null) meeting.unmute('video');
  void (track === null ? meeting.replaceTrack('camera', null) : meeting.publish(track, 'camera'));
}

/** Applies the user's device choices to the meeting, and muting by a host or the settings of the meeting to the devices, after which it calls `onSilenced`. */
export function useMediaBinding(meeting: Meeting, media: LocalMedia, onSilenced: (kind: MediaType) => void): void {
  const { microphone, camera } = useLocalMedia(media);

  // Runs before the effects that publish: in a meeting with `muteOnEntry`, nothing is sent unmuted.
  useEffect(() => {
    const silence = (kind: MediaType) => {
      void media.set(kind === 'audio' ? 'microphone' : 'camera', false);
      onSilenced(kind);
    };
    if (meeting.isMuted('audio') && media.snapshot().microphone.wanted) silence('audio'); // before the page was drawn: only the server has muted the meeting by then
    return meeting.on('silenced', ({ kind }) => silence(kind));
  }, [meeting, media, onSilenced]);

  useEffect(() => chooseMicrophone(meeting, media.snapshot().microphone.wanted), [meeting, media, microphone.wanted]);
  useEffect(() => sendMicrophone(meeting, microphone.track), [meeting, microphone.track]);
  useEffect(() => sendCamera(meeting, camera.track), [meeting, camera.track]);

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
