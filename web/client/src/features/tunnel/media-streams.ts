/** https://www.w3.org/TR/mediacapture-transform/, as Chromium has it: in pages, for sound and pictures. */
interface Streams {
  readonly MediaStreamTrackProcessor?: new (options: { readonly track: MediaStreamTrack }) => { readonly readable: ReadableStream<VideoFrame | AudioData> };
  readonly MediaStreamTrackGenerator?: new (options: { readonly kind: 'audio' | 'video' }) => GeneratedTrack;
}

export type GeneratedTrack = MediaStreamTrack & { readonly writable: WritableStream<VideoFrame | AudioData> };

/** Whether this browser can encode and decode media in the page, and has access to the frames of tracks. */
export const canTunnel = (): boolean =>
  ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator', 'VideoEncoder', 'VideoDecoder', 'AudioEncoder', 'AudioDecoder'].every(name => name in globalThis);

export const readFrames = (track: MediaStreamTrack): ReadableStreamDefaultReader<VideoFrame | AudioData> =>
  new (globalThis as Streams).MediaStreamTrackProcessor!({ track }).readable.getReader();

export const generateTrack = (kind: 'audio' | 'video'): GeneratedTrack => new (globalThis as Streams).MediaStreamTrackGenerator!({ kind });
