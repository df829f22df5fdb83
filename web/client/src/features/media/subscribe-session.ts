import type { Environment } from '../../core/environment.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { watchConnection } from './connection-watch.js';
import type { OfferedTrack } from './messages.js';
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
}

export interface SubscribeHost {
  readonly iceServers: RTCIceServer[];
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  sendAnswer(sdp: string, offer: SubscribeOffer): void;
  onTracks(tracks: readonly RemoteTrack[]): void;
  onState(state: 'idle' | 'connecting' | 'connected'): void;
  /** The server opened a new session in place of the current one. */
  onReplaced(): void;
  /** The session is lost. The server opens a new one when signaling reconnects. */
  onLost(): void;
}

interface Generation {
  readonly connection: RTCPeerConnection;
  readonly sessionId: string | undefined;
  readonly stopWatching: () => void;
  lost: boolean;
  tracks: readonly RemoteTrack[];
}

/** How long the old connection is shown while the new one is connected but receives no video. */
const firstPacketWaitMs = 2_000;

/** The connection that receives media, for which the server makes the offers. An offer for another session opens a second connection, which takes over when it receives media. */
export class SubscribeSession {
  readonly #environment: Environment;
  readonly #host: SubscribeHost;
  #current: Generation | null = null;
  #next: Generation | null = null;
  #pending: SubscribeOffer | null = null;
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
    this.#lost(generation);
    return true;
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
        if (generation === this.#next) this.#next = null;
        if (this.#pending === null) this.#host.onLost();
      }
    }
    this.#running = false;
  }

  async #answer(generation: Generation, offer: SubscribeOffer): Promise<void> {
    const { connection } = generation;
    await connection.setRemoteDescription({ type: 'offer', sdp: offer.sdp });
    for (const { receiver, participantId, source } of readTracks(connection, offer.tracks)) this.#host.transforms()?.bindReceiver(receiver, participantId, source);
    const answer = await connection.createAnswer();
    await connection.setLocalDescription({ type: 'answer', sdp: withStereo(offer.sdp, answer.sdp ?? '') });
    if (this.#closed || (generation !== this.#current && generation !== this.#next)) return;
    this.#host.sendAnswer(connection.localDescription!.sdp, offer);
    generation.tracks = readTracks(connection, offer.tracks);
    if (generation === this.#current) this.#host.onTracks(generation.tracks);
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
      stopWatching: watchConnection(connection, {
        connected: () => {
          if (generation === this.#next) this.#awaitMedia(generation);
          else this.#host.onState('connected');
        },
        lost: () => this.#lost(generation),
      }),
    };
    return generation;
  }

  #lost(generation: Generation): void {
    generation.lost = true;
    if (generation === this.#next) {
      this.#end(generation);
      this.#next = null;
    } else if (this.#next !== null) {
      return; // the next generation is already connecting
    }
    this.#host.onState('connecting');
    this.#host.onLost();
  }

  /** Keeps the old connection visible until the new one receives its first video packet. */
  #awaitMedia(generation: Generation): void {
    const take = () => this.#promote(generation);
    const video = generation.tracks.filter(remote => remote.track.kind === 'video');
    if (video.length === 0 || video.some(remote => !remote.track.muted)) return take();
    for (const remote of video) remote.track.addEventListener('unmute', take, { once: true });
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
    generation?.stopWatching();
    generation?.connection.close();
  }
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
