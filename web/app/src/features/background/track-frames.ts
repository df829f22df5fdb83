import type { FramePath } from './frame-path';

/** https://www.w3.org/TR/mediacapture-transform/, as Chromium has it: in pages. */
interface FrameStreams {
  readonly MediaStreamTrackProcessor?: new (options: { readonly track: MediaStreamTrack }) => { readonly readable: ReadableStream<VideoFrame> };
  readonly MediaStreamTrackGenerator?: new (options: { readonly kind: 'video' }) => MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
}

export const canUseTrackFrames = (): boolean => 'MediaStreamTrackProcessor' in globalThis && 'MediaStreamTrackGenerator' in globalThis;

/** The frames go from the track to the worker and back without the page, so also in full number while it is hidden. */
export function openTrackFrames(camera: MediaStreamTrack): FramePath {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = globalThis as FrameStreams;
  if (MediaStreamTrackProcessor === undefined || MediaStreamTrackGenerator === undefined) throw new Error('The browser gives no access to the frames of a camera.');
  const { readable: frames } = new MediaStreamTrackProcessor({ track: camera });
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  return { frames, changed: track.writable, track, stop: () => track.stop() };
}
