import type { Meeting } from '@meetoperator/client';
import { useCallback, useEffect, useRef, useState } from 'react';

export interface ScreenShare {
  readonly sharing: boolean;
  readonly supported: boolean;
  start(): Promise<'started' | 'denied' | 'failed'>;
  stop(): void;
}

export function useScreenShare(meeting: Meeting): ScreenShare {
  const [sharing, setSharing] = useState(false);
  const stream = useRef<MediaStream | null>(null);
  const stop = useCallback(() => {
    for (const track of stream.current?.getTracks() ?? []) track.stop();
    stream.current = null;
    meeting.unpublish('screen');
    meeting.unpublish('screen-audio');
    setSharing(false);
  }, [meeting]);
  useEffect(() => () => {
    for (const track of stream.current?.getTracks() ?? []) track.stop();
  }, []);

  const start = useCallback(async () => {
    let picked: MediaStream;
    try {
      picked = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 10 } }, audio: true });
    } catch (error) {
      return error instanceof DOMException && error.name === 'NotAllowedError' ? 'denied' : 'failed';
    }
    const [video] = picked.getVideoTracks();
    const [audio] = picked.getAudioTracks();
    if (video === undefined) return 'failed';
    stream.current = picked;
    setSharing(true);
    video.addEventListener('ended', stop);
    await meeting.publish(video, 'screen');
    if (audio !== undefined) await meeting.publish(audio, 'screen-audio');
    return 'started';
  }, [meeting, stop]);

  return { sharing, supported: typeof navigator.mediaDevices?.getDisplayMedia === 'function', start, stop };
}
