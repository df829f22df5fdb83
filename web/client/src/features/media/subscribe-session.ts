import type { Environment } from '../../core/environment.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { watchConnection, type LossCause } from './connection-watch.js';
import type { OfferedTrack } from './messages.js';
import { keepPlayoutDelay } from './playout-delay.js';
import { iceCredentials, withStereo } from './sdp.js';

export interface RemoteTrack {
  readonly participantId: string;
  readonly source: TrackSource;
  readonly mid: string;
  readonly track: MediaStreamTrack;
  readonly receiver: RTCRtpReceiver;
}

export interface SubscribeOffer {
  readonly sdp: string;
  readonly sessionId?: string;
  readonly revision?: number;
  readonly tracks?: readonly OfferedTrack[];
  /** The version of `tracks` when the sections are slots. Servers of earlier versions have none. */
  readonly slotsVersion?: number;
}

export interface SlotsUpdate {
  readonly sessionId: string;
  readonly version: number;
  readonly slots: readonly OfferedTrack[];
}

export interface SubscribeHost {
  readonly iceServers: RTCIceServer[];
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  sendAnswer(sdp: string, offer: SubscribeOffer): void;
  /** Everything of earlier versions is no longer shown. */
  sendSlotsApplied(sessionId: string, version: number): void;
  onTracks(tracks: readonly RemoteTrack[]): void;
  /** How long a dead path may still recover, in milliseconds. */
  patience(): number;
  onState(state: 'idle' | 'connecting' | 'connected'): void;
  /** The server opened a new session in place of the current one. */
  onReplaced(): void;
  /** The session has carried media for some time. */
  onSteady(): void;
  /** The session is lost. The server opens a new one when signaling reconnects. */
  onLost(cause: LossCause): void;
}

interface Generation {
  readonly connection: RTCPeerConnection;
  readonly sessionId: string | undefined;
  readonly stopWatching: () => void;
  readonly stopDelaying: () => void;
  lost: boolean;
  tracks: readonly RemoteTrack[];
  /** What the slots carry; null when every track has a section. */
  slots: SlotsUpdate | null;
}

/** How long the old connection is used while the new one is connected but receives no media. */
const firstPacketWaitMs = 2_000;

/** The connection that receives media, for which the server makes the offers. An offer for another session opens a second connection, which takes over when it receives media. */
export class SubscribeSession {
  readonly #environment: Environment;
  readonly #host: SubscribeHost;
  #current: Generation | null = null;
  #next: Generation | null = null;
  #pending: SubscribeOffer | null = null;
  #newestSlots: SlotsUpdate | null = null;
  #takeover: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #closed = false;

  constructor(environment: Environment, host: SubscribeHost) {
    this.#environment = environment;
    this.#host = host;
  }

  get connection(): RTCPeerConnection | null {
    return this.#current?.connection ?? null;
  }

  /** Whether signaling can reconnect without a new media session. */
  get canResume(): boolean {
    return this.#next === null && this.#pending === null && this.#current?.lost === false && this.#current.connection.connectionState === 'connected';
  }

  /** Whether a session is connected or connecting. */
  get isAlive(): boolean {
    const generation = this.#next ?? this.#current;
    const newest = generation?.lost === true ? 'failed' : generation?.connection.connectionState;
    return newest === 'new' || newest === 'connecting' || newest === 'connected';
  }

  get tracks(): readonly RemoteTrack[] {
    return this.#current?.tracks ?? [];
  }

  /** Handles the server's error `unknown-session`. True when the session is one of this client. */
  handleUnknownSession(sessionId: string): boolean {
    const generation = [this.#next, this.#current].find(known => known?.sessionId === sessionId);
    if (!generation) return false;
    generation.stopWatching();
    this.#lost(generation, 'ended');
    return true;
  }

  /** Shows what the slots carry now. Messages may arrive before the session's offer is applied. */
  handleSlots(update: SlotsUpdate): void {
    this.#newestSlots = newer(this.#newestSlots, update);
    const generation = [this.#next, this.#current].find(known => known?.sessionId === update.sessionId);
    if (generation?.slots) this.#applySlots(generation, update);
  }

  /** Every offer holds the whole state, so a waiting offer is replaced by a newer one. */
  handleOffer(offer: SubscribeOffer): void {
    this.#pending = offer;
    if (!this.#running) void this.#run();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#takeover);
    for (const generation of [this.#current, this.#next]) this.#end(generation);
    this.#current = this.#next = null;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#pending !== null && !this.#closed) {
      const offer = this.#pending;
      this.#pending = null;
      const generation = this.#generationFor(offer);
      try {
        await this.#answer(generation, offer);
      } catch {
        if (this.#closed) break;
        // Client and server no longer agree on the state of the session, so it cannot be repaired.
        this.#end(generation);
        generation.slots = null; // what still comes about them changes nothing
        if (generation === this.#next) this.#next = null;
        if (this.#pending === null) this.#host.onLost('ended');
      }
    }
    this.#running = false;
  }

  async #answer(generation: Generation, offer: SubscribeOffer): Promise<void> {
    const { connection } = generation;
    // A server of an earlier version has taken over, which would not tell what the slots carry. A new session has none.
    if (generation.slots !== null && offer.slotsVersion === undefined) throw new Error('The server does not know slots.');
    await connection.setRemoteDescription({ type: 'offer', sdp: offer.sdp });
    for (const { receiver } of connection.getTransceivers()) this.#host.transforms()?.attachReceiver(receiver);
    for (const { receiver, participantId, source } of readTracks(connection, offer.tracks)) this.#host.transforms()?.bindReceiver(receiver, participantId, source);
    const answer = await connection.createAnswer();
    await connection.setLocalDescription({ type: 'answer', sdp: withStereo(offer.sdp, answer.sdp ?? '') });
    if (this.#closed || (generation !== this.#current && generation !== this.#next)) return;
    this.#host.sendAnswer(connection.localDescription!.sdp, offer);
    if (offer.slotsVersion !== undefined && offer.sessionId !== undefined) {
      return this.#applySlots(generation, { sessionId: offer.sessionId, version: offer.slotsVersion, slots: offer.tracks ?? [] });
    }
    generation.tracks = readTracks(connection, offer.tracks);
    if (generation === this.#current) this.#host.onTracks(generation.tracks);
  }

  /**
   * Applies the newest known state of the slots, and confirms it. The server gives a slot to the next stream only after it has been confirmed empty. Packets can therefore
   * arrive before the message about them, but are never taken for those of somebody else.
   */
  #applySlots(generation: Generation, update: SlotsUpdate): void {
    const slots = newer(newer(generation.slots, this.#newestSlots?.sessionId === update.sessionId ? this.#newestSlots : null), update)!;
    generation.slots = slots;
    const { kept, ended } = matchSlots(generation.tracks, readTracks(generation.connection, slots.slots));
    for (const remote of kept) {
      if (!generation.tracks.includes(remote)) this.#host.transforms()?.bindReceiver(remote.receiver, remote.participantId, remote.source);
    }
    generation.tracks = kept;
    for (const remote of ended) remote.track.stop();
    if (generation === this.#current) this.#host.onTracks(generation.tracks);
    this.#host.sendSlotsApplied(slots.sessionId, slots.version);
  }

  #generationFor({ sdp, sessionId }: SubscribeOffer): Generation {
    const credentials = iceCredentials(sdp);
    for (const known of [this.#next, this.#current]) {
      if (known?.sessionId !== undefined && sessionId !== undefined) {
        if (known.sessionId === sessionId) return known;
        continue;
      }
      const remote = known?.connection.remoteDescription?.sdp;
      if (known && (remote === undefined || iceCredentials(remote) === credentials)) return known;
    }
    const generation = this.#open(sessionId);
    if (this.#current === null) {
      this.#current = generation;
      this.#host.onState('connecting');
    } else {
      this.#end(this.#next);
      this.#next = generation;
      this.#host.onReplaced();
    }
    return generation;
  }

  #open(sessionId: string | undefined): Generation {
    const configuration: RTCConfiguration = { iceServers: this.#host.iceServers, bundlePolicy: 'max-bundle' };
    const connection = this.#environment.createPeerConnection(this.#host.transforms()?.configure(configuration) ?? configuration);
    const generation: Generation = {
      connection,
      sessionId,
      lost: false,
      tracks: [],
      slots: null,
      stopDelaying: keepPlayoutDelay(connection),
      stopWatching: watchConnection(connection, () => this.#host.patience(), {
        connected: () => {
          if (generation === this.#next) this.#awaitMedia(generation);
          else this.#host.onState('connected');
        },
        steady: () => this.#host.onSteady(),
        lost: cause => this.#lost(generation, cause),
      }),
    };
    return generation;
  }

  #lost(generation: Generation, cause: LossCause): void {
    generation.lost = true;
    if (generation === this.#next) {
      this.#end(generation);
      this.#next = null;
    } else if (this.#next !== null) {
      return; // the next generation is already connecting
    }
    this.#host.onState('connecting');
    this.#host.onLost(cause);
  }

  /** Keeps the old connection until the new one receives its first picture, or sound when there is no video. */
  #awaitMedia(generation: Generation): void {
    const take = () => this.#promote(generation);
    const video = generation.tracks.filter(remote => remote.track.kind === 'video');
    const expected = video.length > 0 ? video : generation.tracks;
    if (expected.length === 0 || expected.some(remote => !remote.receiver.track.muted)) return take();
    for (const remote of expected) remote.receiver.track.addEventListener('unmute', take, { once: true });
    clearTimeout(this.#takeover);
    this.#takeover = setTimeout(take, firstPacketWaitMs);
  }

  #promote(generation: Generation): void {
    if (generation !== this.#next) return;
    clearTimeout(this.#takeover);
    const old = this.#current;
    this.#current = generation;
    this.#next = null;
    this.#host.onTracks(generation.tracks);
    this.#host.onState('connected');
    this.#end(old);
  }

  #end(generation: Generation | null): void {
    if (generation === null) return;
    generation.stopWatching();
    generation.stopDelaying();
    this.#host.transforms()?.release(generation.connection);
    generation.connection.close();
  }
}

/** The newer of two states. Another session replaces an earlier one. */
function newer(known: SlotsUpdate | null, update: SlotsUpdate | null): SlotsUpdate | null {
  if (known === null || update === null) return update ?? known;
  return known.sessionId === update.sessionId && known.version > update.version ? known : update;
}

/**
 * Gives each track of a slot a copy of the slot's media track, which ends with it. The media track of the slot itself goes on with the next stream, so a page that kept it
 * would show that one in the place of the former.
 */
function matchSlots(former: readonly RemoteTrack[], next: readonly RemoteTrack[]): { kept: RemoteTrack[]; ended: RemoteTrack[] } {
  const same = (a: RemoteTrack, b: RemoteTrack) => a.mid === b.mid && a.participantId === b.participantId && a.source === b.source;
  return {
    kept: next.map(remote => former.find(known => same(known, remote)) ?? { ...remote, track: remote.receiver.track.clone() }),
    ended: former.filter(known => !next.some(remote => same(known, remote))),
  };
}

function readTracks(connection: RTCPeerConnection, offered: readonly OfferedTrack[] | undefined): RemoteTrack[] {
  const byMid = new Map((offered ?? []).map(track => [track.mid, track]));
  const tracks: RemoteTrack[] = [];
  for (const transceiver of connection.getTransceivers()) {
    const named = transceiver.mid === null ? undefined : byMid.get(transceiver.mid);
    if (named === undefined || transceiver.mid === null) continue;
    if (transceiver.currentDirection === 'inactive' || transceiver.currentDirection === 'stopped') continue;
    tracks.push({
      participantId: named.participantId,
      source: named.source,
      mid: transceiver.mid,
      track: transceiver.receiver.track,
      receiver: transceiver.receiver,
    });
  }
  return tracks;
}
