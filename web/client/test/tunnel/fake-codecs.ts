import { vi } from 'vitest';

/** What the encoders have made, in their order. */
export interface Encoded {
  readonly kind: 'audio' | 'video';
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

/** What the decoders have got. */
export interface Decoded {
  readonly kind: 'audio' | 'video';
  readonly data: Uint8Array;
}

/** A track of the browser, whose frames the test makes. */
export class FakeTrack {
  readonly contentHint = '';
  readonly readable: ReadableStream<unknown>;
  #controller!: ReadableStreamDefaultController<unknown>;

  constructor(readonly kind: 'audio' | 'video') {
    this.readable = new ReadableStream({ start: controller => { this.#controller = controller; } });
  }

  capture(ms: number): void {
    const common = { timestamp: ms * 1_000, close: () => undefined };
    this.#controller.enqueue(this.kind === 'video'
      ? { ...common, displayWidth: 640, displayHeight: 360 }
      : { ...common, numberOfChannels: 1, sampleRate: 48_000, numberOfFrames: 960, copyTo: (samples: Float32Array) => { samples.fill(0.1); } });
  }
}

/** Puts codecs in the place of those of the browser. They make frames of random bytes behind the headers that VP8 has, and keep what they get. */
export function stubCodecs(): { readonly encoded: Encoded[]; readonly decoded: Decoded[] } {
  const [encoded, decoded]: [Encoded[], Decoded[]] = [[], []];

  const encoderOf = (kind: 'audio' | 'video') => class {
    state = 'unconfigured';
    readonly encodeQueueSize = 0;
    #needsKey = true;
    constructor(readonly init: { output(chunk: unknown): void }) {}

    configure(): void {
      this.state = 'configured';
    }

    encode({ timestamp }: { timestamp: number }, { keyFrame = false } = {}): void {
      const isKey = kind === 'audio' || keyFrame || this.#needsKey;
      this.#needsKey = false;
      const head = kind === 'audio' ? [0x78] : isKey ? [0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1] : [0x11, 2, 0];
      const data = Uint8Array.from([...head, ...crypto.getRandomValues(new Uint8Array(kind === 'audio' ? 80 : 2_500))]);
      encoded.push({ kind, isKey, data });
      queueMicrotask(() => this.init.output({ type: isKey ? 'key' : 'delta', timestamp, byteLength: data.length, copyTo: (to: ArrayBuffer) => { new Uint8Array(to).set(data); } }));
    }

    close(): void {
      this.state = 'closed';
    }
  };

  const decoderOf = (kind: 'audio' | 'video') => class {
    state = 'unconfigured';
    readonly decodeQueueSize = 0;
    #needsKey = true;

    configure(): void {
      this.state = 'configured';
    }

    decode({ data, type }: { data: ArrayBuffer; type: string }): void {
      const bytes = new Uint8Array(data);
      if (kind === 'video' && this.#needsKey && (type !== 'key' || bytes[3] !== 0x9d)) throw new DOMException('A key frame is required.', 'DataError');
      this.#needsKey = false;
      decoded.push({ kind, data: bytes });
    }

    close(): void {
      this.state = 'closed';
    }
  };

  class Chunk {
    readonly type: string;

    constructor(init: { type: string }) {
      this.type = init.type;
      Object.assign(this, init);
    }
  }

  vi.stubGlobal('VideoEncoder', encoderOf('video'));
  vi.stubGlobal('AudioEncoder', encoderOf('audio'));
  vi.stubGlobal('VideoDecoder', decoderOf('video'));
  vi.stubGlobal('AudioDecoder', decoderOf('audio'));
  vi.stubGlobal('EncodedVideoChunk', Chunk);
  vi.stubGlobal('EncodedAudioChunk', Chunk);
  vi.stubGlobal('MediaStreamTrackProcessor', class {
    readonly readable: ReadableStream<unknown>;
    constructor({ track }: { track: FakeTrack }) {
      this.readable = track.readable;
    }
  });
  vi.stubGlobal('MediaStreamTrackGenerator', class {
    readonly writable = new WritableStream();
  });
  return { encoded, decoded };
}
