import type { TrackSource } from '../../core/wire-types.js';
import type { Bytes } from './bytes.js';
import { readFrame } from './frame-format.js';
import { numberOf, type FrameKey, type KeyId } from './frame-key.js';
import { associatedData, nonceOf } from './frame-sender.js';
import { ReplayWindow } from './replay-window.js';

/** Keys of a sender that are kept: frames under the previous ones are still on their way when a key changes. */
const maxKeys = 4;

export type Opened =
  | { readonly clear: Bytes }
  /** Dropped. `unknown-key`: the frame may be authentic, and its key is missing. */
  | { readonly dropped: 'not-encrypted' | 'unknown-key' | 'replayed' | 'not-authentic'; readonly keyId?: KeyId };

interface KnownKey {
  readonly key: FrameKey;
  readonly windows: Map<number, ReplayWindow>;
  /** The counter after the newest one that was opened. */
  next: number;
}

/**
 * Decrypts the frames of one sender. Each receiver opens a frame once: while a new connection takes over from an old one, both get the same frames. What was opened before a
 * receiver started is not opened by it, so a new connection gives nobody a second showing of old frames.
 */
export class FrameReceiver {
  readonly #keys = new Map<number, KnownKey>();

  addKey(key: FrameKey): void {
    const number = numberOf(key);
    if (this.#keys.has(number)) return; // Its replay windows must stay.
    this.#keys.set(number, { key, windows: new Map(), next: 0 });
    const oldest = [...this.#keys.keys()].sort((one, other) => one - other);
    for (const old of oldest.slice(0, -maxKeys)) this.#keys.delete(old);
  }

  /** A receiver gets frames of this sender from now on. */
  start(receiver: number): void {
    for (const { windows, next } of this.#keys.values()) windows.set(receiver, new ReplayWindow(next));
  }

  /** The receiver has ended. */
  end(receiver: number): void {
    for (const { windows } of this.#keys.values()) windows.delete(receiver);
  }

  /** Frames that are not authentic are dropped and never passed on. */
  async open(receiver: number, frame: Uint8Array, source: TrackSource): Promise<Opened> {
    const parts = readFrame(frame);
    if (parts === null) return { dropped: 'not-encrypted' };
    const { trailer, sealed } = parts;
    const known = this.#keys.get(numberOf(trailer));
    if (known === undefined) return { dropped: 'unknown-key', keyId: { generation: trailer.generation, step: trailer.step } };
    const window = known.windows.get(receiver) ?? new ReplayWindow(); // the key is newer than the start of the receiver
    known.windows.set(receiver, window);
    if (!window.accepts(trailer.counter)) return { dropped: 'replayed' };
    let clear: Bytes;
    try {
      const iv = nonceOf(known.key.salt, trailer.counter);
      clear = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: associatedData(source, parts.trailerBytes) }, known.key.key, sealed));
    } catch {
      return { dropped: 'not-authentic' };
    }
    // Another copy of the frame may have been opened meanwhile, or the receiver may have started anew.
    if (known.windows.get(receiver) !== window || !window.accepts(trailer.counter)) return { dropped: 'replayed' };
    window.record(trailer.counter);
    known.next = Math.max(known.next, trailer.counter + 1);
    return { clear };
  }
}
