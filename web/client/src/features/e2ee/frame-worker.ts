import { FrameEngine } from './frame-engine.js';
import { pipeFrames, type EncodedFrame } from './frame-pipe.js';
import type { TransformOptions, WorkerRequest } from './worker-messages.js';

/** The worker through which all frames pass. The decisions are in `FrameEngine`; this file connects it to the streams of the browser. */
interface Transformer {
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  readonly options: TransformOptions;
  sendKeyFrameRequest?(): Promise<void>;
}

const scope = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
  onrtctransform: ((event: Event & { readonly transformer: Transformer }) => void) | null;
};

const engine = new FrameEngine(report => scope.postMessage(report));
/** The transformers of receivers, to request key frames. Browsers without script transforms request them when the decoder fails, and tunnels when a frame is missing. */
const transformers = new Map<number, Transformer>();

scope.onmessage = ({ data }) => {
  if (data.type === 'streams') pipe(data.options, data.readable, data.writable);
  if (data.type === 'release') for (const id of data.ids) transformers.delete(id);
  const participantId = engine.handle(data);
  if (participantId === null) return;
  for (const [id, transformer] of transformers) {
    // Audio has no key frames: the request fails, which changes nothing.
    if (engine.participantOf(id) === participantId) void transformer.sendKeyFrameRequest?.().catch(() => undefined);
  }
};

scope.onrtctransform = ({ transformer }) => {
  if (transformer.options.side === 'receive') transformers.set(transformer.options.id, transformer);
  pipe(transformer.options, transformer.readable, transformer.writable);
};

function pipe(options: TransformOptions, readable: ReadableStream<EncodedFrame>, writable: WritableStream<EncodedFrame>): void {
  // The pipe ends with its track.
  void pipeFrames(engine, options, readable, writable, () => performance.now()).finally(() => {
    transformers.delete(options.id);
    engine.release(options.id);
  });
}
