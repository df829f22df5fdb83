/** An encoded frame. What it is beside its bytes travels with it. */
export interface EncodedFrame {
  data: ArrayBuffer;
}

/** More frames are not held for a transform that does not take them. */
const maxWaiting = 50;

/**
 * The way of encoded frames to their packets, or from their packets to the decoder, in the order in which they are written. In an encrypted meeting it leads through a transform, which changes the bytes or drops the
 * frame: no frame passes before there is one.
 */
export class FramePath<Frame extends EncodedFrame> {
  readonly #next: (frame: Frame) => void;
  #isDirect: boolean;
  #transform: ReadableStreamDefaultController<Frame> | null = null;

  /** @param next Gets each frame that has passed. Must not throw. */
  constructor(isEncrypted: boolean, next: (frame: Frame) => void) {
    this.#isDirect = !isEncrypted;
    this.#next = next;
  }

  /** Frames that cannot pass now are dropped. */
  write(frame: Frame): void {
    if (this.#isDirect) this.#next(frame);
    else if ((this.#transform?.desiredSize ?? 0) > 0) this.#transform?.enqueue(frame);
  }

  /** The frames for a transform, and where it writes what it lets through. Both can be transferred to a worker. */
  createFrameStreams(): { readonly readable: ReadableStream<Frame>; readonly writable: WritableStream<Frame> } {
    this.#isDirect = false;
    return {
      readable: new ReadableStream<Frame>({
        start: controller => { this.#transform = controller; },
        cancel: () => { this.#transform = null; },
      }, { highWaterMark: maxWaiting }),
      writable: new WritableStream<Frame>({ write: frame => this.#next(frame) }),
    };
  }

  /** Ends the transform. */
  close(): void {
    this.#transform?.close();
    this.#transform = null;
    this.#isDirect = false;
  }
}
