import { backoffMs } from './backoff.js';
import { watchConnection } from './connection-watch.js';
import { encodingFor, hintTrack } from './encodings.js';
import type { Environment } from './environment.js';
import type { TrackSource } from './protocol.js';

export interface PublishOffer {
  /** Of this offer alone: its answer, or the error that refuses it, carries it. */
  readonly reference: string;
  readonly sdp: string;
  readonly tracks: { mid: string; source: TrackSource }[];
  readonly restart: boolean;
  /** The session that the offer is for; absent for a new one. */
  readonly sessionId?: string;
}

export interface PublishHost {
  readonly iceServers: RTCIceServer[];
  /** False when signaling is away: the session offers again when it is told `online()`. */
  sendOffer(offer: PublishOffer): boolean;
  onState(state: 'idle' | 'connecting' | 'connected'): void;
  /** The server refuses what we offer, and offering it again would not help. */
  onRejected(code: string): void;
}

interface Slot {
  track: MediaStreamTrack | null;
  active: boolean;
  transceiver: RTCRtpTransceiver | null;
}

type Outcome = { sdp: string; sessionId: string | undefined } | { refused: string } | 'offline' | 'timeout' | 'overtaken';

const answerTimeoutMs = 10_000;
const oldConnectionLingersMs = 5_000;

/** The connection in which we offer. One offer is in flight at a time; everything asked for meanwhile goes into the next one. */
export class PublishSession {
  readonly #environment: Environment;
  readonly #host: PublishHost;
  readonly #slots = new Map<TrackSource, Slot>();
  #connection: RTCPeerConnection | null = null;
  #stopWatching: () => void = () => {};
  #settle: ((outcome: Outcome) => void) | null = null;
  #offers = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #wake: () => void = () => {};
  #failures = 0;
  #sessionId: string | undefined;
  /** A fresh connection is being offered: what becomes of the old one no longer matters. */
  #opening = false;
  #dirty = false;
  #restart = false;
  #running = false;
  #online = false;
  #closed = false;

  constructor(environment: Environment, host: PublishHost) {
    this.#environment = environment;
    this.#host = host;
  }

  get connection(): RTCPeerConnection | null {
    return this.#connection;
  }

  /** Sends the track, in the place of the source's earlier one if there was one. */
  async publish(source: TrackSource, track: MediaStreamTrack): Promise<void> {
    hintTrack(track, source);
    const slot = this.#slots.get(source);
    if (slot?.active) return this.replace(source, track);
    this.#slots.set(source, { track, active: true, transceiver: slot?.transceiver ?? null });
    this.#negotiate();
  }

  /** Changes what the source sends without a negotiation; `null` sends nothing and keeps the place. */
  async replace(source: TrackSource, track: MediaStreamTrack | null): Promise<void> {
    const slot = this.#slots.get(source);
    if (!slot?.active) {
      if (track !== null) await this.publish(source, track);
      return;
    }
    if (track !== null) hintTrack(track, source);
    slot.track = track;
    await slot.transceiver?.sender.replaceTrack(track);
  }

  /** Takes the source away: others see its tile go. */
  unpublish(source: TrackSource): void {
    const slot = this.#slots.get(source);
    if (!slot?.active) return;
    slot.active = false;
    slot.track = null;
    this.#negotiate();
  }

  /** A fresh connection with the same tracks. The old one is closed when the new one carries media. */
  restart(): void {
    if (this.#closed || ![...this.#slots.values()].some(slot => slot.active)) return;
    this.#restart = true;
    this.#settle?.('overtaken');
    this.#wake();
    this.#negotiate();
  }

  online(): void {
    this.#online = true;
    const state = this.#connection?.connectionState;
    if (state === 'failed' || state === 'closed' || state === 'disconnected') this.#restart = true;
    if (this.#dirty || this.#restart) this.#negotiate();
  }

  offline(): void {
    this.#online = false;
    this.#settle?.('offline');
  }

  /** An answer to an offer that was given up is dropped. Servers of earlier versions name no offer. */
  handleAnswer(sdp: string, sessionId?: string, reference?: string): void {
    if (reference === undefined || reference === this.#reference) this.#settle?.({ sdp, sessionId });
  }

  /** True when it was the offer in flight that was refused. */
  handleError(code: string, reference: string | undefined): boolean {
    if (this.#settle === null || reference !== this.#reference) return false;
    this.#settle({ refused: code });
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#wake();
    this.#settle?.('offline');
    this.#stopWatching();
    this.#connection?.close();
    this.#connection = null;
  }

  /** Of the newest offer. */
  get #reference(): string {
    return `offer-${this.#offers}`;
  }

  #negotiate(): void {
    this.#dirty = true;
    clearTimeout(this.#retry);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      await Promise.resolve(); // what is published in one go goes into one offer
      while (this.#dirty && this.#online && !this.#closed) {
        this.#dirty = false;
        await this.#exchange();
      }
    } finally {
      this.#running = false;
    }
  }

  async #exchange(): Promise<void> {
    const fresh = this.#restart || this.#connection === null;
    const restart = this.#restart;
    this.#restart = false;
    const connection = fresh ? this.#environment.createPeerConnection({ iceServers: this.#host.iceServers, bundlePolicy: 'max-bundle' }) : this.#connection!;
    if (fresh) for (const slot of this.#slots.values()) slot.transceiver = null;
    this.#opening = fresh;
    let outcome: Outcome;
    try {
      await this.#placeTracks(connection);
      await connection.setLocalDescription(await connection.createOffer());
      outcome = await this.#ask(connection, restart, fresh ? undefined : this.#sessionId);
      if (typeof outcome === 'object' && 'sdp' in outcome) {
        this.#sessionId = outcome.sessionId;
        if (fresh) this.#adopt(connection);
        await connection.setRemoteDescription({ type: 'answer', sdp: outcome.sdp });
        return;
      }
    } catch {
      outcome = { refused: 'invalid-sdp' };
    } finally {
      this.#opening = false;
    }
    // Whether the server has seen the offer is not known, so the next one starts a connection of its own.
    if (fresh) connection.close();
    if (this.#closed) return;
    this.#dirty = true;
    this.#restart = true;
    if (outcome === 'offline' || outcome === 'overtaken') return;
    // The next offer names no session, so it cannot be refused for the same reason again.
    if (typeof outcome === 'object' && outcome.refused === 'unknown-session') return;
    if (typeof outcome === 'object' && outcome.refused === 'invalid-sdp' && this.#failures >= 2) {
      this.#dirty = this.#restart = false;
      this.#host.onRejected(outcome.refused);
      return;
    }
    await this.#pause();
  }

  async #placeTracks(connection: RTCPeerConnection): Promise<void> {
    for (const [source, slot] of this.#slots) {
      if (slot.transceiver?.direction === 'stopped') slot.transceiver = null;
      if (!slot.active) {
        if (slot.transceiver !== null) {
          slot.transceiver.direction = 'inactive';
          await slot.transceiver.sender.replaceTrack(null);
        }
      } else if (slot.transceiver === null) {
        const encodings = encodingFor(source);
        const kind = source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video';
        slot.transceiver = connection.addTransceiver(slot.track ?? kind, { direction: 'sendonly', ...(encodings === undefined ? {} : { sendEncodings: encodings }) });
      } else {
        slot.transceiver.direction = 'sendonly';
        if (slot.transceiver.sender.track !== slot.track) await slot.transceiver.sender.replaceTrack(slot.track);
      }
    }
  }

  #ask(connection: RTCPeerConnection, restart: boolean, sessionId: string | undefined): Promise<Outcome> {
    const tracks = [...this.#slots]
      .filter(([, slot]) => slot.active && slot.transceiver?.mid)
      .map(([source, slot]) => ({ mid: slot.transceiver!.mid!, source }));
    this.#offers++;
    return new Promise<Outcome>(resolve => {
      const timer = setTimeout(() => this.#settle?.('timeout'), answerTimeoutMs);
      this.#settle = outcome => {
        clearTimeout(timer);
        this.#settle = null;
        resolve(outcome);
      };
      if (!this.#host.sendOffer({ reference: this.#reference, sdp: connection.localDescription!.sdp, tracks, restart, ...(sessionId === undefined ? {} : { sessionId }) })) this.#settle('offline');
    });
  }

  #adopt(connection: RTCPeerConnection): void {
    const old = this.#connection;
    this.#stopWatching();
    this.#connection = connection;
    const closeOld = () => old?.close();
    const lingering = setTimeout(closeOld, oldConnectionLingersMs);
    this.#host.onState('connecting');
    this.#stopWatching = watchConnection(connection, {
      connected: () => {
        this.#failures = 0;
        clearTimeout(lingering);
        closeOld();
        this.#host.onState('connected');
      },
      lost: () => {
        if (this.#opening) return;
        this.#host.onState('connecting');
        this.#restart = true;
        this.#dirty = true;
        const delay = backoffMs(this.#failures++, this.#environment.random());
        this.#retry = setTimeout(() => this.#negotiate(), delay);
      },
    });
  }

  /** Waits before the next try; runs inside the loop, so nothing overtakes it. */
  #pause(): Promise<void> {
    const delay = backoffMs(this.#failures++, this.#environment.random());
    return new Promise(resolve => {
      const timer = setTimeout(resolve, delay);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
