import type { FrameEngine } from './frame-engine.js';
import type { TransformOptions } from './worker-messages.js';

/** An encoded frame of a browser's connection, or one that the page has made. */
export interface EncodedFrame {
  data: ArrayBuffer;
  /** Absent in frames of the page, whose codec a message tells. */
  getMetadata?(): { readonly mimeType?: string };
}

/** Encrypts or decrypts the frames of one sender or receiver, in their order. Those that may not be sent or shown are dropped. Completes with their end. */
export function pipeFrames(engine: FrameEngine, options: TransformOptions, readable: ReadableStream<EncodedFrame>, writable: WritableStream<EncodedFrame>, now: () => number): Promise<void> {
  const stream = new TransformStream<EncodedFrame, EncodedFrame>({
    async transform(frame, controller) {
      const result = options.side === 'send'
        ? await engine.seal(options.id, options.source, frame.data, frame.getMetadata?.().mimeType)
        : await engine.open(options.id, frame.data, now());
      if (result === null) return;
      frame.data = result.buffer;
      controller.enqueue(frame);
    },
  });
  return readable.pipeThrough(stream).pipeTo(writable).catch(() => undefined);
}
