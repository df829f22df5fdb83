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

/** Decrypts the frames of one sender. */
export class FrameReceiver {
  readonly #keys = new Map<number, { readonly key: FrameKey; readonly window: ReplayWindow }>();

  addKey(key: FrameKey): void {
    const number = numberOf(key);
    if (this.#keys.has(number)) return; // Its replay window must stay.
    this.#keys.set(number, { key, window: new ReplayWindow() });
    const oldest = [...this.#keys.keys()].sort((one, other) => one - other);
    for (const old of oldest.slice(0, -maxKeys)) this.#keys.delete(old);
  }

  /** Frames that are not authentic are dropped and never passed on. */
  async open(frame: Uint8Array, source: TrackSource): Promise<Opened> {
    const parts = readFrame(frame);
    if (parts === null) return { dropped: 'not-encrypted' };
    const { trailer, sealed } = parts;
    const known = this.#keys.get(numberOf(trailer));
    if (known === undefined) return { dropped: 'unknown-key', keyId: { generation: trailer.generation, step: trailer.step } };
    if (!known.window.accepts(trailer.counter)) return { dropped: 'replayed' };
    let clear: Bytes;
    try {
      const iv = nonceOf(known.key.salt, trailer.counter);
      clear = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: associatedData(source, parts.trailerBytes) }, known.key.key, sealed));
    } catch {
      return { dropped: 'not-authentic' };
    }
    // Another copy of the frame may have been opened meanwhile.
    if (!known.window.accepts(trailer.counter)) return { dropped: 'replayed' };
    known.window.record(trailer.counter);
    return { clear };
  }
}
