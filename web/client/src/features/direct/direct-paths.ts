import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import type { TracksClientMessage, TracksServerMessage } from '../media/messages.js';
import { overlapMs, type RemoteTrack } from '../media/subscribe-session.js';
import type { MediaUpdateMessage } from '../mute/messages.js';
import type { PresenceServerMessage } from '../presence/messages.js';
import type { Participant } from '../presence/participants.js';
import { Arrival, canTakeOver } from '../media/arrival.js';
import { DirectPeer } from './direct-peer.js';
import type { Shown } from './shown.js';
import type { DirectClientMessage, DirectServerMessage, JoinedTopology, TopologyKind } from './messages.js';

export interface DirectHost {
  readonly iceServers: RTCIceServer[];
  send(message: DirectClientMessage | TracksClientMessage): boolean;
  selfId(): string;
  /** The other participants. */
  others(): readonly Participant[];
  /** The tracks that this participant publishes. */
  localTracks(): ReadonlyMap<TrackSource, MediaStreamTrack>;
  /** The tracks that the SFU forwards or would forward. */
  sfuTracks(): readonly RemoteTrack[];
  transforms(): FrameTransforms | null;
  isMuted(source: TrackSource): boolean;
  /** The pictures of a participant that the page shows. */
  shownOf(participantId: string): Shown;
  /** Stops or resumes sending to the SFU. Its connections stay open. */
  pauseSfu(isPaused: boolean): void;
  /** Other tracks carry the participants now. */
  onTracks(): void;
}

/** The way to one other participant. */
interface Path {
  peer: DirectPeer;
  since: number;
  arrival: Arrival;
  isConnected: boolean;
  /** What is played of the participant comes directly. */
  isCarrying: boolean;
  /** How often the participant was told that it is received directly, and when last. */
  reports: number;
  reportedAt: number;
  /** The participant receives this one directly. */
  isConfirmed: boolean;
  /** When the SFU carried the participant again. */
  leftAt: number;
  /** Since when pictures that should arrive are missing. */
  readonly missingSince: Map<TrackSource, number>;
}

const pollMs = 20;
/** A direct connection that carries nothing after this time has failed. */
const failedAfterMs = 10_000;
/** How long the direct connections stay open after the SFU has been chosen, because others may still need them. */
const lingerMs = 2_000;
const longestLingerMs = 5_000;
const retryMs = 1_000;
/** Offers of a participant that follow each other faster are ignored: a browser can open only a limited number of connections, and clients offer once a second at most. */
const shortestBetweenOffersMs = 500;
/** A report that is not answered may be lost, so it is repeated. Media is sent on both paths meanwhile, so after the last one the direct connection has failed. */
const repeatReportMs = 5_000;
const maxReports = 6;
/** After so many lost connections to one participant, direct connections have failed. */
const maxLosses = 2;

type Received = DirectServerMessage | PresenceServerMessage | MediaUpdateMessage | (TracksServerMessage & { type: 'offer' | 'answer' });

/**
 * Sends and receives media directly while the topology is `p2p`. The new path carries media before the old one ends: this client plays a participant directly when all that
 * it gets of it through the SFU arrives directly as well, and stops sending to the SFU when all others have said the same and had time to play the new sound. On the way back it
 * sends to the SFU at once. Of two participants, the one with the smaller ID makes the offers.
 */
export class DirectPaths implements Feature<JoinedTopology, Received> {
  readonly handlers: Partial<MessageHandlers<Received>> = {
    'topology': ({ kind, generation }) => this.#choose(kind, generation),
    'offer': ({ from, sdp }) => void this.#handleOffer(from, sdp),
    'answer': ({ from, sdp }) => void this.#handleAnswer(from, sdp),
    'p2p-ready': ({ from, generation }) => this.#handleReady(from, generation),
    'participant-joined': () => this.#update(),
    'participant-left': () => this.#update(),
    'media-update': () => this.#update(),
  };
  readonly #environment: Environment;
  readonly #host: DirectHost;
  readonly #paths = new Map<string, Path>();
  /** When the next offer to a participant may be made. */
  readonly #retryAt = new Map<string, number>();
  /** Since when a participant cannot be reached directly. */
  readonly #missingSince = new Map<string, number>();
  #kind: TopologyKind = 'sfu';
  #generation = -1;
  #chosenAt = 0;
  /** How many connections that carried a participant were lost since the topology was chosen. */
  readonly #losses = new Map<string, number>();
  /** When the last offer of a participant came. */
  readonly #offeredAt = new Map<string, number>();
  #isClosed = false;
  #hasFailed = false;
  /** The failure was sent on this socket. */
  #isReported = false;
  #isPaused = false;
  /** Since when all others have said that they receive directly, or null. */
  #directSince: number | null = null;
  #cameraLimit: number | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(environment: Environment, host: DirectHost) {
    this.#environment = environment;
    this.#host = host;
  }

  /** The direct connections, each with the sources of its sections by mid. */
  get connections(): readonly { readonly id: string; readonly connection: RTCPeerConnection; readonly sources: ReadonlyMap<string, TrackSource> }[] {
    return [...this.#paths].map(([id, { peer }]) => ({ id, connection: peer.connection, sources: peer.sources }));
  }

  /** The same tracks, with those that arrive directly in the place of those of the SFU: every source is played once. */
  route(tracks: readonly RemoteTrack[]): readonly RemoteTrack[] {
    return tracks.map(remote => {
      const path = this.#paths.get(remote.participantId);
      const receiver = path?.isCarrying ? path.peer.receiver(remote.source) : undefined;
      return path === undefined || receiver === undefined ? remote : { ...remote, mid: `${remote.participantId} ${path.peer.mid(remote.source)}`, receiver, track: receiver.track };
    });
  }

  /** Call this after a change of the published tracks. */
  refreshLocal(): void {
    for (const { peer } of this.#paths.values()) void peer.refreshTracks().catch(() => undefined); // it fails on a connection that has been closed
  }

  /** Call this after a change of what is muted. */
  applyMutes(): void {
    for (const { peer } of this.#paths.values()) peer.applyMutes();
  }

  /** Call this after a change of what the page shows. */
  refreshShown(): void {
    for (const { peer } of this.#paths.values()) peer.refreshState();
    this.#update();
  }

  /** Limits what the camera sends to all direct connections together, in bits per second. */
  limitCamera(bitsPerSecond: number | null): void {
    this.#cameraLimit = bitsPerSecond;
    this.#refreshLimits();
  }

  handleJoined({ capabilities }: JoinedTopology): void {
    // A server of an earlier version announces no topology.
    if (capabilities?.p2p !== true) this.#choose('sfu', -1);
    this.#isReported = false;
    if (this.#hasFailed) this.#fail();
    this.#update();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const id of [...this.#paths.keys()]) this.#drop(id);
  }

  #choose(kind: TopologyKind, generation: number): void {
    if (kind === this.#kind && generation === this.#generation) return;
    const now = this.#environment.monotonicNow();
    // Paths of an earlier time are of no use to the other participant, who opens new ones.
    if (kind === 'p2p') for (const id of [...this.#paths.keys()]) this.#drop(id);
    for (const path of this.#paths.values()) {
      path.since = now;
      path.arrival = new Arrival();
    }
    this.#kind = kind;
    this.#generation = generation;
    this.#chosenAt = now;
    this.#hasFailed = this.#isReported = false;
    this.#losses.clear();
    this.#retryAt.clear();
    this.#missingSince.clear();
    this.#update();
    this.#host.onTracks();
  }

  /** Does what is due. Called after every event, and all the time while paths open or close. */
  #update(): void {
    if (this.#isClosed) return;
    const others = this.#host.others();
    const known = new Set(others.map(({ id }) => id));
    for (const id of [...this.#paths.keys()]) if (!known.has(id)) this.#drop(id);
    for (const kept of [this.#losses, this.#offeredAt]) for (const id of [...kept.keys()]) if (!known.has(id)) kept.delete(id);
    if (this.#kind === 'p2p') this.#open(others);
    else this.#leave();
    this.#obeyMutes(others);
    this.#refreshSfu(others);
    this.#schedule(others);
  }

  /** Stops sending to the SFU after all others have received directly for a moment, in which they play both. */
  #refreshSfu(others: readonly Participant[]): void {
    const now = this.#environment.monotonicNow();
    const isDirect = this.#kind === 'p2p' && others.length > 0 && others.every(({ id }) => this.#isUsed(id));
    this.#directSince = isDirect ? this.#directSince ?? now : null;
    this.#pauseSfu(this.#directSince !== null && now - this.#directSince >= overlapMs);
  }

  #open(others: readonly Participant[]): void {
    const now = this.#environment.monotonicNow();
    for (const other of others) {
      const { id } = other;
      const path = this.#paths.get(id);
      if (path?.isCarrying) {
        this.#report(id, path);
        this.#watchPictures(other, path, now);
        continue;
      }
      const missingSince = this.#missingSince.get(id) ?? now;
      this.#missingSince.set(id, missingSince);
      if (path?.isConnected && canTakeOver(this.#compare(id, path, 'sfu'), path.arrival, now - path.since)) this.#carry(id, path);
      else if (now - missingSince >= failedAfterMs) this.#fail();
      else if (path === undefined && this.#offersTo(id) && now >= (this.#retryAt.get(id) ?? 0)) void this.#offer(id);
    }
  }

  /** Plays the participants through the SFU as soon as it carries them, and then closes the direct connections. */
  #leave(): void {
    const now = this.#environment.monotonicNow();
    const elapsed = now - this.#chosenAt;
    for (const [id, path] of this.#paths) {
      const isOver = elapsed >= longestLingerMs;
      if (path.isCarrying && (isOver || canTakeOver(this.#compare(id, path, 'p2p'), path.arrival, elapsed))) {
        path.isCarrying = false;
        path.leftAt = now;
        this.#host.onTracks();
      }
      if (!path.isCarrying && elapsed >= lingerMs && now - path.leftAt >= overlapMs) this.#drop(id);
    }
  }

  /** Whether the participant receives this one directly, on a connection on which both can tell what they show. */
  #isUsed(id: string): boolean {
    const path = this.#paths.get(id);
    return path !== undefined && path.isConnected && path.isConfirmed;
  }

  /** A picture may be shown for the first time long after the connection has taken over. If it does not arrive, the network may carry only small packets. */
  #watchPictures({ id, video }: Participant, path: Path, now: number): void {
    const shown = this.#host.shownOf(id);
    for (const source of ['camera', 'screen'] as const) {
      const isExpected = shown.has(source) && (source === 'screen' || video) && this.#host.sfuTracks().some(track => track.participantId === id && track.source === source);
      if (!isExpected || path.arrival.has(path.peer.receiver(source))) path.missingSince.delete(source);
      else if (!path.missingSince.has(source)) path.missingSince.set(source, now);
      else if (now - path.missingSince.get(source)! >= failedAfterMs) this.#fail();
    }
  }

  #compare(id: string, { peer }: Path, old: TopologyKind) {
    const shown = this.#host.shownOf(id);
    // A picture that is not shown may still arrive for a moment, and is not waited for.
    const isExpected = (source: TrackSource) => (source !== 'camera' && source !== 'screen') || shown.has(source);
    return this.#host.sfuTracks().filter(({ participantId, source }) => participantId === id && isExpected(source)).map(({ source, receiver }) => {
      const direct = peer.receiver(source);
      return old === 'sfu' ? { old: receiver, next: direct } : { old: direct, next: receiver };
    });
  }

  #carry(id: string, path: Path): void {
    path.isCarrying = true;
    this.#missingSince.delete(id);
    this.#report(id, path);
    this.#host.onTracks();
  }

  #report(id: string, path: Path): void {
    const now = this.#environment.monotonicNow();
    if (path.reports > 0 && (path.isConfirmed || now - path.reportedAt < repeatReportMs)) return;
    if (path.reports === maxReports) return this.#fail();
    if (!this.#host.send({ type: 'p2p-ready', to: id, generation: this.#generation })) return;
    path.reports++;
    path.reportedAt = now;
    setTimeout(() => this.#update(), repeatReportMs + pollMs); // a timer may be a little early
  }

  /** Reports that direct connections have failed, once on each socket: a message that a socket has taken can still be lost with it. */
  #fail(): void {
    this.#hasFailed = true;
    if (!this.#isReported) this.#isReported = this.#host.send({ type: 'p2p-failed', generation: this.#generation });
  }

  /** What a muted participant sends is not played, as if the SFU did not forward it. */
  #obeyMutes(others: readonly Participant[]): void {
    for (const { id, audio, video } of others) {
      const peer = this.#paths.get(id)?.peer;
      const [microphone, camera] = [peer?.receiver('microphone'), peer?.receiver('camera')];
      if (microphone !== undefined) microphone.track.enabled = audio;
      if (camera !== undefined) camera.track.enabled = video;
    }
  }

  #pauseSfu(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#host.pauseSfu(isPaused);
  }

  #schedule(others: readonly Participant[]): void {
    const isOpening = ({ id }: Participant) => (this.#paths.get(id)?.reports ?? 0) === 0 || this.#paths.get(id)!.missingSince.size > 0;
    const isBusy = this.#kind === 'p2p' ? others.some(isOpening) || (this.#directSince !== null && !this.#isPaused) : this.#paths.size > 0;
    if (isBusy) this.#timer ??= setInterval(() => this.#update(), pollMs);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #offersTo(id: string): boolean {
    return this.#host.selfId() < id;
  }

  #add(id: string): Path {
    this.#drop(id);
    const peer = new DirectPeer(this.#environment, id, {
      iceServers: this.#host.iceServers,
      patienceMs: 0, // the SFU carries the participants meanwhile
      transforms: () => this.#host.transforms(),
      isMuted: source => this.#host.isMuted(source),
      localTrack: source => this.#host.localTracks().get(source) ?? null,
      cameraLimit: () => (this.#cameraLimit === null ? null : Math.floor(this.#cameraLimit / Math.max(1, this.#paths.size))),
      shown: () => this.#host.shownOf(id),
      onConnected: () => {
        path.isConnected = true;
        path.since = this.#environment.monotonicNow();
        path.arrival = new Arrival();
        this.#update();
      },
      onSteady: () => undefined,
      onLost: () => {
        if (path.isCarrying) this.#losses.set(id, (this.#losses.get(id) ?? 0) + 1);
        if (this.#losses.get(id) === maxLosses) this.#fail();
        this.#reopen(id);
      },
      onClosed: () => this.#reopen(id),
    });
    const path: Path = { peer, since: this.#environment.monotonicNow(), arrival: new Arrival(), isConnected: false, isCarrying: false, reports: 0, reportedAt: 0, isConfirmed: false, leftAt: -Infinity, missingSince: new Map() };
    this.#paths.set(id, path);
    this.#refreshLimits();
    return path;
  }

  #reopen(id: string): void {
    this.#drop(id);
    this.#retryAt.set(id, this.#environment.monotonicNow() + retryMs);
    this.#update();
  }

  #drop(id: string): void {
    const path = this.#paths.get(id);
    if (path === undefined) return;
    this.#paths.delete(id);
    path.peer.close();
    if (path.isCarrying) this.#host.onTracks();
    this.#refreshLimits();
  }

  /** Connections share the limit, so each one has less when there are more. */
  #refreshLimits(): void {
    for (const { peer } of this.#paths.values()) peer.applyLimits();
  }

  async #offer(id: string): Promise<void> {
    const { peer } = this.#add(id);
    this.#retryAt.set(id, this.#environment.monotonicNow() + failedAfterMs / 2);
    await this.#exchange(id, peer, async () => {
      const sdp = await peer.offer();
      return this.#kind === 'p2p' && this.#host.send({ type: 'offer', to: id, sdp, tracks: [] });
    });
  }

  async #handleOffer(from: string, sdp: string): Promise<void> {
    if (this.#isClosed || from === 'sfu' || this.#kind !== 'p2p' || this.#offersTo(from) || !this.#host.others().some(({ id }) => id === from)) return;
    const now = this.#environment.monotonicNow();
    if (now - (this.#offeredAt.get(from) ?? -Infinity) < shortestBetweenOffersMs) return;
    this.#offeredAt.set(from, now);
    const { peer } = this.#add(from);
    await this.#exchange(from, peer, async () => this.#host.send({ type: 'answer', to: from, sdp: await peer.answer(sdp) }));
    this.#update();
  }

  async #handleAnswer(from: string, sdp: string): Promise<void> {
    const path = this.#paths.get(from);
    if (from === 'sfu' || path === undefined || path.peer.connection.signalingState !== 'have-local-offer') return;
    await this.#exchange(from, path.peer, async () => {
      await path.peer.accept(sdp);
      return true;
    });
  }

  /** One step of a negotiation. After a failure, the connection is opened again. */
  async #exchange(id: string, peer: DirectPeer, step: () => Promise<boolean>): Promise<void> {
    const isDone = await step().catch(() => false);
    if (isDone || this.#paths.get(id)?.peer !== peer) return;
    this.#drop(id);
    this.#retryAt.set(id, this.#environment.monotonicNow() + retryMs);
    this.#update();
  }

  #handleReady(from: string, generation: number): void {
    const path = this.#paths.get(from);
    // What arrives before the answer is about an earlier connection.
    if (this.#kind !== 'p2p' || generation !== this.#generation || path === undefined || path.peer.connection.signalingState === 'have-local-offer') return;
    path.isConfirmed = true;
    this.#update();
  }
}
