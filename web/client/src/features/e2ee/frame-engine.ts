import type { TrackSource } from '../../core/wire-types.js';
import type { Bytes } from './bytes.js';
import type { KeyId } from './frame-key.js';
import { FrameReceiver } from './frame-receiver.js';
import { FrameSender } from './frame-sender.js';
import { ReceiveHealth } from './receive-health.js';
import type { WorkerReport, WorkerRequest } from './worker-messages.js';

interface Peer {
  readonly identityKey: string;
  readonly receiver: FrameReceiver;
}

interface Binding {
  readonly participantId: string;
  readonly source: TrackSource;
  readonly health: ReceiveHealth;
}

/** A missing key is reported at most once in this time for each sender. */
const reportIntervalMs = 500;

/** Encrypts and decrypts the frames of all tracks. Knows no streams and no clock, so that it runs in tests as in the worker. */
export class FrameEngine {
  readonly #sender = new FrameSender();
  /** By ID and identity of the sender, and kept when a participant leaves: a participant who comes back must not get a new replay window for an old key. */
  readonly #receivers = new Map<string, FrameReceiver>();
  /** The participants who are in the meeting. */
  readonly #current = new Map<string, Peer>();
  readonly #bindings = new Map<number, Binding>();
  readonly #codecs = new Map<number, string>();
  readonly #reported = new Map<string, number>();
  readonly #report: (report: WorkerReport) => void;

  constructor(report: (report: WorkerReport) => void) {
    this.#report = report;
  }

  /** Applies a message of the page. Returns the participant whose pictures can be decrypted from now on, and should start with a key frame. */
  handle(request: WorkerRequest): string | null {
    switch (request.type) {
      case 'own-key': this.#sender.setKey(request.key); return null;
      case 'peer-key': return this.#addKey(request) ? request.participantId : null;
      case 'peer': this.#setPeer(request.participantId, request.identityKey); return null;
      case 'codec': this.#codecs.set(request.id, request.codec); return null;
      case 'bind': this.#bind(request.id, request.participantId, request.source); return request.participantId;
      case 'release': for (const id of request.ids) this.release(id); return null;
      case 'streams': return null;
    }
  }

  /** A sender or a receiver has ended. */
  release(id: number): void {
    this.#bindings.delete(id);
    this.#codecs.delete(id);
    for (const receiver of this.#receivers.values()) receiver.end(id);
  }

  /** The participant that a receiver shows now. */
  participantOf(id: number): string | undefined {
    return this.#bindings.get(id)?.participantId;
  }

  /** The frame as it may be sent, or null: no frame leaves without encryption. */
  async seal(id: number, source: TrackSource, data: ArrayBuffer, mimeType: string | undefined): Promise<Bytes | null> {
    const codec = mimeType?.split('/')[1]?.toLowerCase() ?? this.#codecs.get(id);
    // A browser passes silence that it does not send as empty frames, which would be sent once they are encrypted.
    return codec === undefined || data.byteLength === 0 ? null : this.#sender.seal(new Uint8Array(data), codec, source);
  }

  /** The decrypted frame, or null: no frame is shown that is not authentic. */
  async open(id: number, data: ArrayBuffer, nowMs: number): Promise<Bytes | null> {
    const binding = this.#bindings.get(id);
    // Zero-length audio frames are padding of a probe.
    if (binding === undefined || data.byteLength === 0) return null;
    const { participantId, source, health } = binding;
    const peer = this.#current.get(participantId);
    const opened = await peer?.receiver.open(id, new Uint8Array(data), source) ?? { dropped: 'unknown-key' as const };
    // The receiver was given to another participant meanwhile, or the participant has another identity.
    if (this.#bindings.get(id) !== binding) return null;
    const identityKey = peer?.identityKey ?? null;
    if ('clear' in opened) {
      this.#reportHealth(binding, identityKey, health.onOpened());
      // A page of an earlier version also encrypts the empty frames of silence.
      return opened.clear.byteLength === 0 ? null : opened.clear;
    }
    if (opened.dropped !== 'replayed') this.#reportHealth(binding, identityKey, health.onDropped(nowMs));
    if (opened.dropped === 'unknown-key' && opened.keyId !== undefined && identityKey !== null) this.#reportUnknown(participantId, identityKey, opened.keyId, nowMs);
    return null;
  }

  /** False when the participant has left or has another identity than the one to which the key belongs. */
  #addKey({ participantId, identityKey, key, isProven }: WorkerRequest & { readonly type: 'peer-key' }): boolean {
    const peer = this.#current.get(participantId);
    if (peer?.identityKey !== identityKey) return false;
    if (isProven) peer.receiver.addKey(key);
    else peer.receiver.addGuess(key);
    return true;
  }

  #setPeer(participantId: string, identityKey: string | null): void {
    const bound = [...this.#bindings].filter(([, binding]) => binding.participantId === participantId);
    for (const [id, { source }] of bound) {
      this.#current.get(participantId)?.receiver.end(id);
      this.#bindings.set(id, { participantId, source, health: new ReceiveHealth() });
    }
    this.#current.delete(participantId);
    if (identityKey === null) return;
    const name = `${participantId} ${identityKey}`;
    const receiver = this.#receivers.get(name) ?? new FrameReceiver();
    this.#receivers.set(name, receiver);
    this.#current.set(participantId, { identityKey, receiver });
    for (const [id] of bound) receiver.start(id);
  }

  #bind(id: number, participantId: string, source: TrackSource): void {
    const known = this.#bindings.get(id);
    if (known?.participantId === participantId && known.source === source) return;
    this.#bindings.set(id, { participantId, source, health: new ReceiveHealth() });
    this.#current.get(participantId)?.receiver.start(id);
  }

  #reportHealth({ participantId, source }: Binding, identityKey: string | null, decrypts: boolean | null): void {
    if (decrypts !== null) this.#report({ type: 'health', participantId, identityKey, source, decrypts });
  }

  #reportUnknown(participantId: string, identityKey: string, keyId: KeyId, nowMs: number): void {
    if (nowMs - (this.#reported.get(participantId) ?? -Infinity) < reportIntervalMs) return;
    this.#reported.set(participantId, nowMs);
    this.#report({ type: 'unknown-key', participantId, identityKey, keyId });
  }
}
