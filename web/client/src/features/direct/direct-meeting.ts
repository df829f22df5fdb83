import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import type { TracksClientMessage, TracksServerMessage } from '../media/messages.js';
import type { RemoteTrack } from '../media/subscribe-session.js';
import type { MediaUpdateMessage } from '../mute/messages.js';
import type { PresenceServerMessage } from '../presence/messages.js';
import type { Participant } from '../presence/participants.js';
import { DirectPeer } from './direct-peer.js';
import type { JoinedTopology } from './messages.js';
import type { Shown } from './shown.js';

export interface DirectMeetingHost {
  readonly iceServers: RTCIceServer[];
  send(message: TracksClientMessage): boolean;
  selfId(): string;
  /** The other participants. */
  others(): readonly Participant[];
  /** The tracks that this participant publishes. */
  localTracks(): ReadonlyMap<TrackSource, MediaStreamTrack>;
  transforms(): FrameTransforms | null;
  isMuted(source: TrackSource): boolean;
  /** The pictures of a participant that the page shows. */
  shownOf(participantId: string): Shown;
  /** Other tracks carry the participants now. */
  onTracks(): void;
  /** The IDs of the participants to whom no connection can be opened. */
  onUnconnected(participantIds: readonly string[]): void;
}

/** The way to one other participant. */
interface Path {
  readonly peer: DirectPeer;
  readonly since: number;
  isConnected: boolean;
  published: readonly TrackSource[];
}

const pollMs = 500;
/** An attempt that takes longer is given up. */
const attemptMs = 10_000;
/** Somebody who cannot be reached for this time is reported. Attempts go on. */
const unconnectedAfterMs = 10_000;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;
/** Offers of a participant that follow each other faster are ignored: a browser can open only a limited number of connections. */
const shortestBetweenOffersMs = 500;

type Received = PresenceServerMessage | MediaUpdateMessage | (TracksServerMessage & { type: 'offer' | 'answer' });

/**
 * Sends and receives media directly in a meeting with mode `P2P`, which uses no media node. Of two participants, the one with the smaller ID makes the offers. A connection that
 * is lost or cannot be opened is opened again, ever less often, as long as both are in the meeting.
 */
export class DirectMeeting implements Feature<JoinedTopology, Received> {
  readonly handlers: Partial<MessageHandlers<Received>> = {
    'offer': ({ from, sdp }) => void this.#handleOffer(from, sdp),
    'answer': ({ from, sdp }) => void this.#handleAnswer(from, sdp),
    'participant-joined': () => this.#update(),
    'participant-left': () => this.#update(),
    'media-update': () => this.#update(),
  };
  readonly #environment: Environment;
  readonly #host: DirectMeetingHost;
  readonly #paths = new Map<string, Path>();
  /** For each participant without a connection: since when, how many attempts failed, and when the next one is due. */
  readonly #missing = new Map<string, { readonly since: number; readonly attempts: number; readonly retryAt: number }>();
  /** When the last offer of a participant came. */
  readonly #offeredAt = new Map<string, number>();
  #unconnected = '';
  #isActive = false;
  #cameraLimit: number | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(environment: Environment, host: DirectMeetingHost) {
    this.#environment = environment;
    this.#host = host;
  }

  get connections(): readonly { readonly id: string; readonly connection: RTCPeerConnection; readonly sources: ReadonlyMap<string, TrackSource> }[] {
    return [...this.#paths].map(([id, { peer }]) => ({ id, connection: peer.connection, sources: peer.sources }));
  }

  /** What arrives of the other participants. */
  get tracks(): readonly RemoteTrack[] {
    return [...this.#paths].filter(([, { isConnected }]) => isConnected).flatMap(([participantId, { peer, published }]) => published.flatMap(source => {
      const receiver = peer.receiver(source);
      return receiver === undefined ? [] : [{ participantId, source, mid: `${participantId} ${peer.mid(source)}`, receiver, track: receiver.track }];
    }));
  }

  /** Call this after a change of the published tracks. */
  refreshLocal(): void {
    for (const { peer } of this.#paths.values()) void peer.refreshTracks().catch(() => undefined); // the connection may be closed meanwhile
  }

  /** Call this after a change of what is muted. */
  applyMutes(): void {
    for (const { peer } of this.#paths.values()) peer.applyMutes();
  }

  /** Call this after a change of what the page shows. */
  refreshShown(): void {
    for (const { peer } of this.#paths.values()) peer.refreshState();
  }

  /** Limits what the camera sends to all participants together, in bits per second. */
  limitCamera(bitsPerSecond: number | null): void {
    this.#cameraLimit = bitsPerSecond;
    this.#refreshLimits();
  }

  /** Open connections go on when signaling reconnects. */
  handleJoined({ topology }: JoinedTopology): void {
    this.#isActive = topology === 'p2p';
    this.#update();
  }

  close(): void {
    this.#isActive = false;
    this.#stopPolling();
    for (const id of [...this.#paths.keys()]) this.#drop(id);
  }

  /** Does what is due. Called after every event, and regularly while somebody has no connection. */
  #update(): void {
    if (!this.#isActive) return;
    const now = this.#environment.monotonicNow();
    const others = this.#host.others();
    const known = new Set(others.map(({ id }) => id));
    for (const id of [...this.#paths.keys()]) if (!known.has(id)) this.#drop(id);
    for (const kept of [this.#missing, this.#offeredAt]) for (const id of [...kept.keys()]) if (!known.has(id)) kept.delete(id);
    for (const { id } of others) this.#connect(id, now);
    this.#obeyMutes(others);
    this.#report(now);
    if (this.#missing.size > 0) this.#timer ??= setInterval(() => this.#update(), pollMs);
    else this.#stopPolling();
  }

  #connect(id: string, now: number): void {
    const path = this.#paths.get(id);
    if (path?.isConnected) {
      this.#missing.delete(id);
      return;
    }
    const missing = this.#missing.get(id) ?? { since: now, attempts: 0, retryAt: now };
    this.#missing.set(id, missing);
    if (path !== undefined && now - path.since >= attemptMs) this.#fail(id);
    else if (path === undefined && this.#offersTo(id) && now >= missing.retryAt) void this.#offer(id);
  }

  /** The connection is lost or was not opened. */
  #fail(id: string): void {
    const now = this.#environment.monotonicNow();
    const { since, attempts } = this.#missing.get(id) ?? { since: now, attempts: 0 };
    this.#missing.set(id, { since, attempts: attempts + 1, retryAt: now + Math.min(longestRetryMs, firstRetryMs * 2 ** attempts) });
    this.#drop(id);
    this.#update();
  }

  #report(now: number): void {
    const unconnected = [...this.#missing].filter(([, { since }]) => now - since >= unconnectedAfterMs).map(([id]) => id).sort();
    if (unconnected.join() === this.#unconnected) return;
    this.#unconnected = unconnected.join();
    this.#host.onUnconnected(unconnected);
  }

  /** What a muted participant sends is not played. */
  #obeyMutes(others: readonly Participant[]): void {
    for (const { id, audio, video } of others) {
      const peer = this.#paths.get(id)?.peer;
      const [microphone, camera] = [peer?.receiver('microphone'), peer?.receiver('camera')];
      if (microphone !== undefined) microphone.track.enabled = audio;
      if (camera !== undefined) camera.track.enabled = video;
    }
  }

  #offersTo(id: string): boolean {
    return this.#host.selfId() < id;
  }

  #add(id: string): DirectPeer {
    this.#drop(id);
    const peer = new DirectPeer(this.#environment, id, {
      iceServers: this.#host.iceServers,
      transforms: () => this.#host.transforms(),
      isMuted: source => this.#host.isMuted(source),
      localTrack: source => this.#host.localTracks().get(source) ?? null,
      cameraLimit: () => (this.#cameraLimit === null ? null : Math.floor(this.#cameraLimit / Math.max(1, this.#paths.size))),
      shown: () => this.#host.shownOf(id),
      published: () => [...this.#host.localTracks().keys()],
      onPublished: published => {
        path.published = published;
        this.#host.onTracks();
      },
      onConnected: () => {
        path.isConnected = true;
        this.#host.onTracks();
        this.#update();
      },
      onLost: () => this.#fail(id),
      onClosed: () => this.#fail(id),
    });
    const path: Path = { peer, since: this.#environment.monotonicNow(), isConnected: false, published: [] };
    this.#paths.set(id, path);
    this.#refreshLimits();
    return peer;
  }

  #drop(id: string): void {
    const path = this.#paths.get(id);
    if (path === undefined) return;
    this.#paths.delete(id);
    path.peer.close();
    if (path.isConnected) this.#host.onTracks();
    this.#refreshLimits();
  }

  /** Connections share the limit, so each one has less when there are more. */
  #refreshLimits(): void {
    for (const { peer } of this.#paths.values()) peer.applyLimits();
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #offer(id: string): Promise<void> {
    const peer = this.#add(id);
    await this.#exchange(id, peer, async () => this.#host.send({ type: 'offer', to: id, sdp: await peer.offer(), tracks: [] }));
  }

  async #handleOffer(from: string, sdp: string): Promise<void> {
    if (!this.#isActive || from === 'sfu' || this.#offersTo(from) || !this.#host.others().some(({ id }) => id === from)) return;
    const now = this.#environment.monotonicNow();
    if (now - (this.#offeredAt.get(from) ?? -Infinity) < shortestBetweenOffersMs) return;
    this.#offeredAt.set(from, now);
    const peer = this.#add(from);
    this.#update();
    await this.#exchange(from, peer, async () => this.#host.send({ type: 'answer', to: from, sdp: await peer.answer(sdp) }));
  }

  async #handleAnswer(from: string, sdp: string): Promise<void> {
    const peer = this.#paths.get(from)?.peer;
    if (from === 'sfu' || peer === undefined || peer.connection.signalingState !== 'have-local-offer') return;
    await this.#exchange(from, peer, async () => {
      await peer.accept(sdp);
      return true;
    });
  }

  /** One step of a negotiation. After a failure, the connection is opened again. */
  async #exchange(id: string, peer: DirectPeer, step: () => Promise<boolean>): Promise<void> {
    const isDone = await step().catch(() => false);
    if (!isDone && this.#paths.get(id)?.peer === peer) this.#fail(id);
  }
}
