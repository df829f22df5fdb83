import type { TrackSource } from '../../core/wire-types.js';

/** The limits of each source. Screen content is mostly text, which needs few but sharp frames. */
export function encodingFor(source: TrackSource): RTCRtpEncodingParameters[] | undefined {
  switch (source) {
    case 'camera': return [{ maxBitrate: 1_200_000, maxFramerate: 30 }];
    case 'screen': return [{ maxBitrate: 2_500_000, maxFramerate: 10 }];
    default: return undefined;
  }
}

export function hintTrack(track: MediaStreamTrack, source: TrackSource): void {
  if (source === 'screen') track.contentHint = 'text';
  else if (source === 'camera') track.contentHint = 'motion';
  else if (source === 'microphone') track.contentHint = 'speech';
}
