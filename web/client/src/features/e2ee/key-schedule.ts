import type { Bytes } from './bytes.js';
import { baseKeyBytes, frameKeyOf, maxGeneration, maxStep, ratchet, type FrameKey, type KeyId } from './frame-key.js';
import { isIdentityKey, messageKey, type Direction, type Identity } from './identity.js';
import { openMessage, sealMessage, type KeyMessage } from './key-message.js';

export interface KeyPayload {
  readonly to: string;
  readonly payload: string;
}

/** A key of a participant, and the identity to which it belongs. */
export interface PeerKey {
  readonly identityKey: string;
  readonly key: FrameKey;
}

/** What an authentic message led to. */
export type Received =
  | ({ readonly kind: 'key' } & PeerKey)
  | { readonly kind: 'request' }
  /** Not authentic, replayed, for an earlier key, or not from a participant of the meeting. */
  | { readonly kind: 'ignored' };

export interface PeerIdentity {
  readonly id: string;
  readonly identityKey: string;
}

interface Peer extends PeerIdentity {
  readonly outgoing: Promise<CryptoKey | null>;
  readonly incoming: Promise<CryptoKey | null>;
  /** The newest base key of the peer, and those that follow from it, as far as they were computed. */
  base: ({ readonly chain: Bytes[] } & KeyId) | null;
}

/** Counters of one peer, which outlive a departure: messages from before it must not be accepted when the peer comes back with the same identity. */
interface Sequences {
  sent: number;
  received: number;
}

/**
 * The keys of one participant: its own base key, which is ratcheted when a participant joins and replaced when one leaves, and the base keys of the others. All keys
 * stay in memory. Methods may be called at any time; a result is in the order of the calls. What was computed for a peer who has left or has another identity since is not returned.
 */
export class KeySchedule {
  readonly #meetingId: string;
  readonly #selfId: string;
  readonly #identity: Identity;
  readonly #peers = new Map<string, Peer>();
  readonly #sequences = new Map<string, Sequences>();
  #own: { readonly bytes: Bytes } & KeyId;

  constructor(meetingId: string, selfId: string, identity: Identity) {
    this.#meetingId = meetingId;
    this.#selfId = selfId;
    this.#identity = identity;
    this.#own = { bytes: randomBase(), generation: 1, step: 0 };
  }

  /** The identity keys of all participants, this one included, each once. */
  get identityKeys(): readonly string[] {
    return [...new Set([this.#identity.publicKey, ...this.peers.map(peer => peer.identityKey)])];
  }

  /** The key that encrypts the own frames. */
  ownKey(): Promise<FrameKey> {
    return frameKeyOf(this.#own.bytes, this.#own, this.#meetingId, this.#selfId);
  }

  /** True when the participant is new, or has another identity than before. False also for what is no identity key: a server could otherwise choose it for the phrase. */
  addPeer(id: string, identityKey: string): boolean {
    if (!isIdentityKey(identityKey)) return false;
    if (id === this.#selfId || this.#peers.get(id)?.identityKey === identityKey) return false;
    // This client under an earlier ID, or a server that mirrors messages. Others may have one identity under two IDs, after they joined anew: their messages and frames
    // name the ID for which they are.
    if (identityKey === this.#identity.publicKey) return false;
    this.#peers.set(id, {
      id,
      identityKey,
      outgoing: messageKey(this.#identity, identityKey, this.#to(id, identityKey)),
      incoming: messageKey(this.#identity, identityKey, this.#from(id, identityKey)),
      base: null,
    });
    return true;
  }

  /** True when the participant was known. */
  removePeer(id: string): boolean {
    return this.#peers.delete(id);
  }

  hasPeer(id: string): boolean {
    return this.#peers.has(id);
  }

  /** Null for who is not a peer. */
  identityOf(id: string): string | null {
    return this.#peers.get(id)?.identityKey ?? null;
  }

  get peers(): readonly PeerIdentity[] {
    return [...this.#peers.values()];
  }

  /**
   * Moves the own key forward, before a participant who joined gets it. Their key does not decrypt earlier frames. False when a new key replaced the own one instead, which
   * all participants must get.
   */
  async ratchet(): Promise<boolean> {
    const { bytes, generation, step } = this.#own;
    if (step === maxStep) {
      this.rotate();
      return false;
    }
    const next = { bytes: await ratchet(bytes), generation, step: step + 1 };
    if (this.#own.bytes === bytes) this.#own = next;
    return true;
  }

  /** Replaces the own key, because a participant left who must not decrypt later frames. */
  rotate(): void {
    if (this.#own.generation === maxGeneration) throw new Error('The keys of this session are used up. Join the meeting again.');
    this.#own = { bytes: randomBase(), generation: this.#own.generation + 1, step: 0 };
  }

  /** Messages with the own key for these participants, by default for all. */
  shareWith(ids: readonly string[] = [...this.#peers.keys()]): Promise<KeyPayload[]> {
    const { bytes, generation, step } = this.#own;
    return this.#seal(ids, { kind: 'key', base: bytes, generation, step });
  }

  /** A message that asks a participant for its key. */
  request(id: string): Promise<KeyPayload[]> {
    return this.#seal([id], { kind: 'request' });
  }

  async receive(from: string, payload: string): Promise<Received> {
    const peer = this.#peers.get(from);
    const key = await peer?.incoming;
    if (peer === undefined || key === undefined || key === null) return { kind: 'ignored' };
    const opened = await openMessage(payload, key, this.#from(peer.id, peer.identityKey));
    const sequences = this.#sequencesOf(peer);
    if (opened === null || opened.sequence <= sequences.received || this.#peers.get(from) !== peer) return { kind: 'ignored' };
    sequences.received = opened.sequence;
    const { message } = opened;
    if (message.kind === 'request') return { kind: 'request' };
    // A peer's generation only grows. Of one generation the first key stays, because the later ones follow from it.
    if (peer.base !== null && message.generation < peer.base.generation) return { kind: 'ignored' };
    if (peer.base === null || message.generation > peer.base.generation) peer.base = { chain: [message.base], generation: message.generation, step: message.step };
    const frameKey = await frameKeyOf(message.base, message, this.#meetingId, peer.id);
    return this.#peers.get(from) === peer ? { kind: 'key', identityKey: peer.identityKey, key: frameKey } : { kind: 'ignored' };
  }

  /** The key of a frame that names an unknown key, if it follows from a known one by ratcheting; otherwise null. */
  async derive(id: string, { generation, step }: KeyId): Promise<PeerKey | null> {
    const peer = this.#peers.get(id);
    const base = peer?.base;
    if (peer === undefined || base === undefined || base === null || base.generation !== generation || step < base.step) return null;
    const { chain } = base;
    const steps = step - base.step;
    for (let i = 0; i < steps; i++) chain[i + 1] ??= await ratchet(chain[i]!);
    const key = await frameKeyOf(chain[steps]!, { generation, step }, this.#meetingId, id);
    return this.#peers.get(id) === peer ? { identityKey: peer.identityKey, key } : null;
  }

  async #seal(ids: readonly string[], message: KeyMessage): Promise<KeyPayload[]> {
    const sealed = await Promise.all(ids.map(async to => {
      const peer = this.#peers.get(to);
      if (peer === undefined) return null;
      const sequence = ++this.#sequencesOf(peer).sent;
      const key = await peer.outgoing;
      return key === null ? null : { to, payload: await sealMessage(message, sequence, key, this.#to(to, peer.identityKey)) };
    }));
    return sealed.filter(payload => payload !== null);
  }

  #sequencesOf({ id, identityKey }: PeerIdentity): Sequences {
    const name = `${id} ${identityKey}`;
    let sequences = this.#sequences.get(name);
    if (sequences === undefined) this.#sequences.set(name, sequences = { sent: 0, received: 0 });
    return sequences;
  }

  #to(id: string, identityKey: string): Direction {
    return { meetingId: this.#meetingId, senderId: this.#selfId, senderKey: this.#identity.publicKey, receiverId: id, receiverKey: identityKey };
  }

  #from(id: string, identityKey: string): Direction {
    return { meetingId: this.#meetingId, senderId: id, senderKey: identityKey, receiverId: this.#selfId, receiverKey: this.#identity.publicKey };
  }
}

const randomBase = (): Bytes => crypto.getRandomValues(new Uint8Array(baseKeyBytes));
