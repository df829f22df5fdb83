import type { Environment } from '../../core/environment.js';
import type { ErrorMessage, ErrorOutcome, Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { Arrival, canTakeOver } from '../media/arrival.js';
import type { TracksClientMessage, TracksServerMessage } from '../media/messages.js';
import type { RemoteTrack } from '../media/subscribe-session.js';
import type { MediaUpdateMessage } from '../mute/messages.js';
import type { PresenceServerMessage } from '../presence/messages.js';
import type { Participant } from '../presence/participants.js';
import { Attempts } from './attempts.js';
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
  /** The tracks that the SFU forwards: none, except after a change of the mode. */
  sfuTracks(): readonly RemoteTrack[];
  /** Nothing of the SFU is needed any more. */
  endSfu(): void;
  /** Other tracks carry the participants now. */
  onTracks(): void;
  /** The IDs of the participants to whom no connection can be opened. */
  onUnconnected(participantIds: readonly string[]): void;
}

/** The way to one other participant. */
interface Path {
  readonly peer: DirectPeer;
  readonly since: number;
  /** When the offer of this participant was sent, or null. */
  sentAt: number | null;
  /** The answer to it. */
  answer: string | null;
  isConnected: boolean;
  /** The participant is played directly. */
  isCarrying: boolean;
  /** What arrives since the connection has opened, or since the meeting has stopped using it. */
  arrival: Arrival;
  /** When `arrival` began. */
  arrivalSince: number;
  /** When the participant was last played directly. */
  leftAt: number;
  /** Since when the participant is not in the list of those in the meeting, or null. */
  absentSince: number | null;
  published: readonly TrackSource[];
}

const pollMs = 500;
/** Somebody who cannot be reached for this time is reported. Attempts go on. */
const unconnectedAfterMs = 10_000;
/** A path that only seems to die, because it loses most packets for some seconds, is not given up: nothing else carries the participant meanwhile. */
const patienceMs = 4_000;
/** How long a connection to somebody goes on whom the server does not name: after it has started again, its list is incomplete until all have joined again. */
const longestAbsentMs = 5_000;
/** How long connections go on without signaling, which would say that a participant was removed or the meeting is over. */
const longestOfflineMs = 60_000;
/** After a change of the mode, the former connections go on for this time after they are of no use to this participant, because they may be to others. */
const lingerMs = 3_000;
/** After this time, they end in any case. */
const longestLeaveMs = 10_000;
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
    'participant-left': ({ participantId }) => {
      this.#drop(participantId);
      this.#update();
    },
    'media-update': () => this.#update(),
  };
  readonly #environment: Environment;
  readonly #host: DirectMeetingHost;
  readonly #paths = new Map<string, Path>();
  readonly #attempts = new Map<string, Attempts>();
  /** When the last offer of a participant came. */
  readonly #offeredAt = new Map<string, number>();
  #unconnected = '';
  #isActive = false;
  #isOnline = false;
  /** Since when the meeting does not use direct connections any more, while some of them carry what the SFU does not carry yet; or null. */
  #leavingSince: number | null = null;
  /** Since when all others are played directly, although the SFU forwards something; or null. */
  #directSince: number | null = null;
  /** Ends the connections if signaling does not come back. */
  #ending: ReturnType<typeof setTimeout> | undefined;
  #cameraLimit: number | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(environment: Environment, host: DirectMeetingHost) {
    this.#environment = environment;
    this.#host = host;
  }

  get connections(): readonly { readonly id: string; readonly connection: RTCPeerConnection; readonly sources: ReadonlyMap<string, TrackSource> }[] {
    return [...this.#paths].map(([id, { peer }]) => ({ id, connection: peer.connection, sources: peer.sources }));
  }

  /** The tracks of the SFU, with all that arrives directly in the place of those of the same participants. */
  route(tracks: readonly RemoteTrack[]): readonly RemoteTrack[] {
    const carrying = [...this.#paths].filter(([, { isCarrying }]) => isCarrying);
    const direct = carrying.flatMap(([participantId, { peer, published }]) => published.flatMap(source => {
      const receiver = peer.receiver(source);
      return receiver === undefined ? [] : [{ participantId, source, mid: `${participantId} ${peer.mid(source)}`, receiver, track: receiver.track }];
    }));
    const carried = new Set(carrying.map(([id]) => id));
    return [...tracks.filter(({ participantId }) => !carried.has(participantId)), ...direct];
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
  }

  /** Limits what the camera sends to all participants together, in bits per second. */
  limitCamera(bitsPerSecond: number | null): void {
    this.#cameraLimit = bitsPerSecond;
    this.#refreshLimits();
  }

  /** Open connections go on when signaling reconnects. If the meeting has another mode now, they end when the SFU carries the participants. */
  handleJoined({ topology }: JoinedTopology): void {
    clearTimeout(this.#ending);
    this.#ending = undefined;
    if (topology !== 'p2p') return this.#leave();
    this.#leavingSince = null;
    this.#isActive = this.#isOnline = true;
    const now = this.#environment.monotonicNow();
    for (const [id, attempts] of this.#attempts) if (!this.#paths.get(id)?.isConnected) attempts.restart(now);
    this.#update();
  }

  /** Nothing can be offered. An attempt whose offer was answered goes on. */
  handleOffline(): void {
    this.#isOnline = false;
    if (this.#leavingSince !== null) return;
    this.#stopPolling();
    for (const [id, path] of this.#paths) if (isWaiting(path)) this.#drop(id);
    if (this.#isActive) this.#ending ??= setTimeout(() => this.#dropAll(), longestOfflineMs);
  }

  /** Errors about relayed messages name no message. If several offers wait for an answer, it is not known which one was not delivered; each is repeated when its time is over. */
  handleError({ code, reference }: ErrorMessage): ErrorOutcome {
    const waiting = [...this.#paths].filter(([, path]) => isWaiting(path)).map(([id]) => id);
    const [id] = waiting;
    if (code !== 'unavailable' || reference !== undefined || id === undefined) return 'foreign';
    if (waiting.length === 1) {
      this.#attemptsTo(id).markUndelivered(this.#environment.monotonicNow());
      this.#drop(id);
      this.#update();
    }
    return 'recovered';
  }

  close(): void {
    clearTimeout(this.#ending);
    this.#end();
  }

  /** Does what is due while there is signaling. Called after every event, and regularly while somebody has no connection. */
  #update(): void {
    if (this.#leavingSince !== null) return this.#goOnLeaving(this.#leavingSince);
    if (!this.#isActive || !this.#isOnline) return;
    const now = this.#environment.monotonicNow();
    const others = this.#host.others();
    const known = new Set(others.map(({ id }) => id));
    for (const [id, path] of [...this.#paths]) this.#checkPresence(id, path, known.has(id), now);
    for (const kept of [this.#attempts, this.#offeredAt]) for (const id of [...kept.keys()]) if (!known.has(id)) kept.delete(id);
    for (const { id } of others) this.#connect(id, now);
    this.#obeyMutes(others);
    this.#report(now);
    const isChanging = this.#takeOver(others, now);
    const isBusy = isChanging || [...this.#attempts.values()].some(({ isMissing }) => isMissing) || [...this.#paths.values()].some(({ absentSince }) => absentSince !== null);
    if (isBusy) this.#timer ??= setInterval(() => this.#update(), pollMs);
    else this.#stopPolling();
  }

  /** Plays participants directly: at once if the SFU forwards nothing of them, and otherwise when all of that arrives directly too. Returns whether that goes on. */
  #takeOver(others: readonly Participant[], now: number): boolean {
    const forwarded = this.#host.sfuTracks();
    for (const [id, path] of this.#paths) {
      if (!path.isConnected || path.isCarrying) continue;
      const isExpected = (source: TrackSource) => (source !== 'camera' && source !== 'screen') || this.#host.shownOf(id).has(source);
      const both = forwarded.filter(({ participantId, source }) => participantId === id && isExpected(source))
        .map(({ source, receiver }) => ({ old: receiver, next: path.published.includes(source) ? path.peer.receiver(source) : undefined }));
      if (canTakeOver(both, path.arrival, now - path.arrivalSince)) this.#carry(path);
    }
    const isDirect = forwarded.length > 0 && others.every(({ id }) => this.#paths.get(id)?.isCarrying);
    this.#directSince = isDirect ? this.#directSince ?? now : null;
    if (this.#directSince !== null && now - this.#directSince >= lingerMs) this.#host.endSfu();
    return forwarded.length > 0;
  }

  #carry(path: Path): void {
    path.isCarrying = true;
    this.#host.onTracks();
  }

  /** The meeting uses the SFU now. Connections that carry somebody end when it does, and all others at once. */
  #leave(): void {
    this.#isActive = false;
    const now = this.#environment.monotonicNow();
    for (const [id, path] of [...this.#paths]) {
      if (!path.isCarrying) this.#drop(id);
      else if (this.#leavingSince === null) [path.arrival, path.arrivalSince] = [new Arrival(), now];
    }
    if (this.#paths.size === 0) return this.#end();
    this.#forgetAttempts();
    this.#leavingSince ??= now;
    this.#timer ??= setInterval(() => this.#update(), pollMs);
    this.#update();
  }

  #goOnLeaving(since: number): void {
    const now = this.#environment.monotonicNow();
    const others = this.#host.others();
    const known = new Set(others.map(({ id }) => id));
    for (const [id, path] of [...this.#paths]) {
      if (path.isCarrying && (now - since >= longestLeaveMs || this.#isForwarded(id, path, now))) {
        path.isCarrying = false;
        path.leftAt = now;
        this.#host.onTracks();
      }
      if (!path.isConnected || (!path.isCarrying && now - path.leftAt >= lingerMs)) this.#drop(id);
      else this.#checkPresence(id, path, known.has(id), now);
    }
    this.#obeyMutes(others);
    if (this.#paths.size === 0) this.#end();
  }

  /** Whether the SFU knows all that the participant publishes, and forwards all of it that arrives directly. */
  #isForwarded(id: string, { peer, published, arrival, arrivalSince }: Path, now: number): boolean {
    const forwarded = new Map(this.#host.sfuTracks().filter(({ participantId }) => participantId === id).map(({ source, receiver }) => [source, receiver]));
    const both = published.map(source => ({ old: peer.receiver(source), next: forwarded.get(source) }));
    return canTakeOver(both, arrival, now - arrivalSince) && published.every(source => forwarded.has(source));
  }

  /** Closes the path to somebody who is no longer in the meeting. */
  #checkPresence(id: string, path: Path, isPresent: boolean, now: number): void {
    path.absentSince = isPresent ? null : path.absentSince ?? now;
    if (path.absentSince !== null && (!path.isConnected || now - path.absentSince >= longestAbsentMs)) this.#drop(id);
  }

  #connect(id: string, now: number): void {
    const path = this.#paths.get(id);
    if (path?.isConnected) return;
    const attempts = this.#attemptsTo(id);
    attempts.markMissing(now);
    if (path === undefined) {
      if (this.#offersTo(id) && attempts.isDue(now)) void this.#offer(id);
    } else if (attempts.isOverdue(path.since, now)) {
      this.#fail(id);
    } else if (isWaiting(path) && attempts.isUnanswered(path.sentAt!, now)) {
      this.#repeat(id);
    }
  }

  #attemptsTo(id: string): Attempts {
    const attempts = this.#attempts.get(id) ?? new Attempts();
    this.#attempts.set(id, attempts);
    return attempts;
  }

  /** The connection is lost or was not opened. */
  #fail(id: string): void {
    this.#attemptsTo(id).markFailed(this.#environment.monotonicNow());
    this.#drop(id);
    this.#update();
  }

  /** The offer has no answer, or that of an earlier offer. */
  #repeat(id: string): void {
    this.#attemptsTo(id).markUnanswered(this.#environment.monotonicNow());
    this.#drop(id);
    this.#update();
  }

  #report(now: number): void {
    const unconnected = [...this.#attempts].filter(([, attempts]) => attempts.isMissingFor(unconnectedAfterMs, now)).map(([id]) => id).sort();
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

  #add(id: string): Path {
    this.#drop(id);
    const peer = new DirectPeer(this.#environment, id, {
      iceServers: this.#host.iceServers,
      patienceMs,
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
        [path.arrival, path.arrivalSince] = [new Arrival(), this.#environment.monotonicNow()];
        this.#attemptsTo(id).markConnected();
        if (!this.#host.sfuTracks().some(({ participantId }) => participantId === id)) this.#carry(path);
        this.#update();
      },
      onSteady: () => this.#attemptsTo(id).markSteady(),
      onLost: () => this.#fail(id),
      onClosed: () => this.#fail(id),
    });
    const path: Path = { peer, since: this.#environment.monotonicNow(), sentAt: null, answer: null, isConnected: false, isCarrying: false, arrival: new Arrival(), arrivalSince: 0, leftAt: 0, absentSince: null, published: [] };
    this.#paths.set(id, path);
    this.#refreshLimits();
    return path;
  }

  #drop(id: string): void {
    const path = this.#paths.get(id);
    if (path === undefined) return;
    this.#paths.delete(id);
    path.peer.close();
    if (path.isCarrying) this.#host.onTracks();
    this.#refreshLimits();
  }

  #end(): void {
    this.#isActive = false;
    this.#leavingSince = null;
    this.#stopPolling();
    this.#dropAll();
    this.#forgetAttempts();
  }

  #forgetAttempts(): void {
    this.#attempts.clear();
    this.#offeredAt.clear();
    this.#report(this.#environment.monotonicNow());
  }

  #dropAll(): void {
    for (const id of [...this.#paths.keys()]) this.#drop(id);
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
    await this.#exchange(id, () => this.#add(id), async path => {
      const sdp = await path.peer.offer();
      if (this.#paths.get(id) !== path) return;
      if (!this.#host.send({ type: 'offer', to: id, sdp, tracks: [] })) throw new Error('Signaling is not connected.');
      path.sentAt = this.#environment.monotonicNow();
    });
  }

  async #handleOffer(from: string, sdp: string): Promise<void> {
    if (!this.#isActive || from === 'sfu' || this.#offersTo(from) || !this.#host.others().some(({ id }) => id === from)) return;
    const now = this.#environment.monotonicNow();
    if (now - (this.#offeredAt.get(from) ?? -Infinity) < shortestBetweenOffersMs) return;
    this.#offeredAt.set(from, now);
    const answered = this.#exchange(from, () => this.#add(from), async path => {
      const answer = await path.peer.answer(sdp);
      if (this.#paths.get(from) !== path) return;
      if (!this.#host.send({ type: 'answer', to: from, sdp: answer })) throw new Error('Signaling is not connected.');
    });
    this.#update();
    await answered;
  }

  async #handleAnswer(from: string, sdp: string): Promise<void> {
    const path = this.#paths.get(from);
    if (path === undefined || path.sentAt === null || path.isConnected) return;
    if (path.answer === null) {
      path.answer = sdp;
      await this.#exchange(from, () => path, () => path.peer.accept(sdp));
    } else if (path.answer !== sdp) { // the answer before it was to an earlier offer, so this attempt cannot connect
      this.#repeat(from);
    }
  }

  /** One step of a negotiation. After a failure, the connection is opened again. */
  async #exchange(id: string, open: () => Path, step: (path: Path) => Promise<void>): Promise<void> {
    let path: Path | undefined;
    try {
      path = open();
      await step(path);
    } catch {
      if (this.#paths.get(id) === path) this.#fail(id);
    }
  }
}

/** Whether an offer waits for its answer. */
const isWaiting = ({ sentAt, answer }: Path): boolean => sentAt !== null && answer === null;
