import type { TrackSource } from '../../core/wire-types.js';
import type { FrameKey, KeyId } from './frame-key.js';

/** Which frames a transform gets. A receiver's participant and source can change, so they are bound by a message. */
export type TransformOptions =
  | { readonly side: 'send'; readonly id: number; readonly source: TrackSource }
  | { readonly side: 'receive'; readonly id: number };

/** From the page to the worker that encrypts and decrypts frames. */
export type WorkerRequest =
  | { readonly type: 'own-key'; readonly key: FrameKey }
  /** A key of a participant, for as long as it has this identity. `isProven`: the participant sent it; otherwise only a frame named it, which may not be authentic. */
  | { readonly type: 'peer-key'; readonly participantId: string; readonly identityKey: string; readonly key: FrameKey; readonly isProven: boolean }
  /** Who a participant is now; null when it left. */
  | { readonly type: 'peer'; readonly participantId: string; readonly identityKey: string | null }
  /** The codec of a sender, for browsers whose frames do not name it. */
  | { readonly type: 'codec'; readonly id: number; readonly codec: string }
  | { readonly type: 'bind'; readonly id: number; readonly participantId: string; readonly source: TrackSource }
  /** The connection of these senders and receivers is closed. */
  | { readonly type: 'release'; readonly ids: readonly number[] }
  /** The streams of a tunnel, or of a browser without script transforms. */
  | { readonly type: 'streams'; readonly options: TransformOptions; readonly readable: ReadableStream; readonly writable: WritableStream };

/** From the worker to the page. `identityKey` is the identity that the participant had for the worker: the page may have announced another one since. Null without one. */
export type WorkerReport =
  | { readonly type: 'unknown-key'; readonly participantId: string; readonly identityKey: string; readonly keyId: KeyId }
  | { readonly type: 'health'; readonly participantId: string; readonly identityKey: string | null; readonly source: TrackSource; readonly decrypts: boolean };
