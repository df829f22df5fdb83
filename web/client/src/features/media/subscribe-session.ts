import { backoffMs, refusedBackoff } from '../../core/backoff.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { Arrival, canTakeOver, silentAfterMs } from './arrival.js';
import { ConnectTime } from './connect-time.js';
import { isSeekingPath, watchConnection, type LossCause } from './connection-watch.js';
import { isUp } from './former-connections.js';
import type { OfferedTrack } from './messages.js';
import { keepPlayoutDelay } from './playout-delay.js';
import { iceCredentials, withStereo } from './sdp.js';
import { nameSession, type TunnelEnvironment } from '../tunnel/tunnelled.js';

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
  /** Whether the session is on a tunnel. Servers of earlier versions do not say it. */
  readonly tunnel?: boolean;
}

export interface SlotsUpdate {
  readonly sessionId: string;
  readonly version: number;
  readonly slots: readonly OfferedTrack[];
}

export interface SubscribeHost {
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  sendAnswer(sdp: string, offer: SubscribeOffer): void;
  /** Everything of earlier versions is no longer shown. */
  sendSlotsApplied(sessionId: string, version: number): void;
  onTracks(tracks: readonly RemoteTrack[]): void;
  /** How long a path may still recover on which nothing has got through for so many milliseconds, in milliseconds. */
  patience(interruptedMs: number): number;
  /** The path may be dead. */
  onSuspected(): void;
  onState(state: 'idle' | 'connecting' | 'connected'): void;
  /** The server opened a new session in place of the current one. */
  onReplaced(): void;
  /** The new session has taken over. */
  onTakenOver(): void;
  /** The session has carried media for some time. */
  onSteady(): void;
  /** The session is lost. The server opens a new one when signaling reconnects. */
  onLost(cause: LossCause): void;
}

interface Generation {
  readonly connection: RTCPeerConnection;
  readonly sessionId: string | undefined;
  /** Resolves when the connection is closed. Browsers never settle what is in progress on it then. */
  readonly ended: Promise<void>;
  readonly markEnded: () => void;
  readonly stopWatching: () => void;
  readonly stopDelaying: () => void;
  /** It was opened during a move, so the current connection goes on until everything arrives on this one. */
  readonly isMove: boolean;
  lost: boolean;
  /** It did not connect in time, and goes on while the current one is up. */
  isOverdue: boolean;
  tracks: readonly RemoteTrack[];
  /** What the slots carry; null when every track has a section. */
  slots: SlotsUpdate | null;
  /** The last answer, how often the server could not pass it on, and the timer that sends it again. */
  answer: { readonly sdp: string; readonly offer: SubscribeOffer } | null;
  refusals: number;
  resending: ReturnType<typeof setTimeout> | undefined;
}

/** How long the old connection is used while the new one is connected but receives no media. */
const firstPacketWaitMs = 2_000;
/** How long the old connection still receives after the new one has taken over, so that an app can play the new sound before it stops the old one. */
export const overlapMs = 500;
const pollMs = 20;

/**
 * The connection that receives media, for which the server makes the offers. An offer for another session opens a second connection, which takes over when it receives
 * media: during a move, when everything that arrives on the old one arrives on the new one, otherwise with the first picture.
 */
export class SubscribeSession {
  readonly #environment: TunnelEnvironment;
  readonly #host: SubscribeHost;
  readonly #connectTime: ConnectTime;
  #current: Generation | null = null;
  #next: Generation | null = null;
  /** Connections that were taken over a moment ago, and the timers that end them. */
  readonly #former = new Map<Generation, ReturnType<typeof setTimeout>>();
  /** Offers that are not answered yet, by session. */
  readonly #pending = new Map<string | undefined, SubscribeOffer>();
  readonly #newestSlots = new Map<string, SlotsUpdate>();
  #takeover: ReturnType<typeof setTimeout> | undefined;
  #comparing: ReturnType<typeof setInterval> | undefined;
  /** Until when the current connection can be used while the next one does not receive everything; as of `Environment.monotonicNow`. */
  #moveUntil = -Infinity;
  #running = false;
  #closed = false;

  constructor(environment: TunnelEnvironment, host: SubscribeHost) {
    this.#environment = environment;
    this.#host = host;
    this.#connectTime = new ConnectTime(environment.random, environment.monotonicNow);
  }

  get connection(): RTCPeerConnection | null {
    return this.#current?.connection ?? null;
  }

  /** Whether signaling can reconnect without a new media session. */
  get canResume(): boolean {
    return (this.#next === null || this.#next.isMove) && this.#pending.size === 0 && this.#current?.lost === false && this.#current.connection.connectionState === 'connected';
  }

  /** Whether another session is about to take over. */
  get isReplacing(): boolean {
    return this.#next !== null || this.#pending.size > 0;
  }

  /** Whether a session is connected or connecting. */
  get isAlive(): boolean {
    const generation = this.#next ?? this.#current;
    const newest = generation?.lost === true ? 'failed' : generation?.connection.connectionState;
    return newest === 'new' || newest === 'connecting' || newest === 'connected';
  }

  /** Whether there are sessions, and all have one of these connections without a path to the media node. The paths of `ended` do not count. */
  lacksPath(connections: ReadonlySet<RTCPeerConnection>, ended: ReadonlySet<RTCPeerConnection>): boolean {
    const generations = [this.#current, this.#next].filter(generation => generation !== null);
    return generations.length > 0 && generations.every(({ lost, connection }) => connections.has(connection) && (lost || ended.has(connection) || isSeekingPath(connection)));
  }

  get tracks(): readonly RemoteTrack[] {
    return this.#current?.tracks ?? [];
  }

  /** Handles the server's error `unknown-session`. True when the session is one of this client. */
  handleUnknownSession(sessionId: string): boolean {
    const generation = this.#find(sessionId);
    if (!generation) return false;
    generation.stopWatching();
    if (!generation.lost) this.#lost(generation, 'ended');
    return true;
  }

  /** Sends the answer of a session again, which the server could not pass on to the media node. The node makes no other offer until it has it. */
  handleRefusedAnswer(sessionId: string): boolean {
    const generation = this.#find(sessionId);
    if (!generation?.answer) return false;
    const { answer } = generation;
    clearTimeout(generation.resending);
    generation.resending = setTimeout(() => {
      if (generation.answer === answer && !generation.lost) this.#host.sendAnswer(answer.sdp, answer.offer);
    }, backoffMs(generation.refusals++, this.#environment.random(), refusedBackoff));
    return true;
  }

  /** Shows what the slots carry now. Messages may arrive before the session's offer is applied. */
  handleSlots(update: SlotsUpdate): void {
    this.#newestSlots.set(update.sessionId, newer(this.#newestSlots.get(update.sessionId) ?? null, update)!);
    const generation = this.#find(update.sessionId);
    if (generation?.slots) this.#applySlots(generation, update);
  }

  /** The next session is on another media node, and the current one goes on for at most `deadlineMs`. */
  move(deadlineMs: number): void {
    this.#moveUntil = this.#environment.monotonicNow() + deadlineMs;
  }

  /** Another media node has been chosen: what failed before says nothing about it. */
  resetBackoff(): void {
    this.#connectTime.forgetExceeded();
  }

  /** Every offer holds the whole state, so a waiting offer is replaced by a newer one. Only during a move are there two sessions. */
  handleOffer(offer: SubscribeOffer): void {
    if (offer.sessionId !== undefined && [...this.#former.keys()].some(former => former.sessionId === offer.sessionId)) return; // that connection is about to be closed
    if (!this.#isMoving) this.#pending.clear();
    this.#pending.delete(offer.sessionId);
    this.#pending.set(offer.sessionId, offer);
    if (!this.#running) void this.#run();
  }

  /** Ends the connections. An offer opens another one. */
  suspend(): void {
    this.#pending.clear();
    this.#moveUntil = -Infinity;
    if (this.#current === null) return;
    this.#endAll();
    this.#host.onTracks([]);
  }

  close(): void {
    this.#closed = true;
    this.#endAll();
  }

  #endAll(): void {
    this.#stopWaiting();
    for (const generation of [this.#current, this.#next, ...this.#former.keys()]) this.#end(generation);
    this.#current = this.#next = null;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#pending.size > 0 && !this.#closed) {
      const [sessionId, offer] = this.#pending.entries().next().value!;
      this.#pending.delete(sessionId);
      const generation = this.#generationFor(offer);
      try {
        await Promise.race([this.#answer(generation, offer), generation.ended]);
      } catch {
        if (this.#closed) break;
        // Client and server no longer agree on the state of the session, so it cannot be repaired.
        this.#end(generation);
        generation.slots = null; // what still comes about them changes nothing
        if (generation === this.#next) this.#next = null;
        if (this.#pending.size === 0) this.#host.onLost('ended');
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
    generation.answer = { sdp: connection.localDescription!.sdp, offer };
    generation.refusals = 0; // there is another offer, so the node has the answer to the one before
    this.#host.sendAnswer(generation.answer.sdp, offer);
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
    const slots = newer(newer(generation.slots, this.#newestSlots.get(update.sessionId) ?? null), update)!;
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

  #generationFor({ sdp, sessionId, tunnel }: SubscribeOffer): Generation {
    const credentials = iceCredentials(sdp);
    for (const known of [this.#next, this.#current]) {
      if (known?.sessionId !== undefined && sessionId !== undefined) {
        if (known.sessionId === sessionId) return known;
        continue;
      }
      const remote = known?.connection.remoteDescription?.sdp;
      if (known && (remote === undefined || iceCredentials(remote) === credentials)) return known;
    }
    const generation = this.#open(sessionId, tunnel);
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

  #open(sessionId: string | undefined, isTunnel: boolean | undefined): Generation {
    const configuration: RTCConfiguration = { bundlePolicy: 'max-bundle' };
    const connection = this.#environment.createPeerConnection(this.#host.transforms()?.configure(configuration) ?? configuration, isTunnel);
    nameSession(connection, sessionId);
    let markEnded = () => {};
    const ended = new Promise<void>(resolve => { markEnded = resolve; });
    const generation: Generation = {
      connection,
      ended,
      markEnded,
      sessionId,
      isMove: this.#isMoving,
      lost: false,
      isOverdue: false,
      tracks: [],
      slots: null,
      answer: null,
      refusals: 0,
      resending: undefined,
      stopDelaying: keepPlayoutDelay(connection),
      stopWatching: watchConnection(connection, { patience: interruptedMs => this.#host.patience(interruptedMs), now: this.#environment.monotonicNow, connectTime: this.#connectTime }, {
        suspected: () => this.#host.onSuspected(),
        connected: () => {
          generation.isOverdue = false;
          if (generation === this.#next) this.#awaitMedia(generation);
          else this.#host.onState('connected');
        },
        steady: () => this.#host.onSteady(),
        // Another session would be no sooner there while the current one is up: no new socket is opened, and the server offers one only when the node has ended this one.
        overdue: () => generation.isOverdue = generation === this.#next && this.#current !== null && !this.#current.lost && isUp(this.#current.connection),
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
      if (!this.#next.isOverdue) return; // the next generation is already connecting
      this.#end(this.#next);
      this.#next = null;
    }
    this.#host.onState('connecting');
    this.#host.onLost(cause);
  }

  /** Keeps the old connection until the new one receives its first picture, or sound when there is no video. */
  #awaitMedia(generation: Generation): void {
    if (generation.isMove) return this.#awaitEverything(generation);
    const take = () => this.#promote(generation);
    const video = generation.tracks.filter(remote => remote.track.kind === 'video');
    const expected = video.length > 0 ? video : generation.tracks;
    if (expected.length === 0 || expected.some(remote => !remote.receiver.track.muted)) return take();
    for (const remote of expected) remote.receiver.track.addEventListener('unmute', take, { once: true });
    clearTimeout(this.#takeover);
    this.#takeover = setTimeout(take, firstPacketWaitMs);
  }

  /** Keeps the old connection until everything that arrives there arrives on the new one, or nothing arrives there any more. */
  #awaitEverything(generation: Generation): void {
    clearInterval(this.#comparing);
    let arrival = new Arrival(true); // of quiet microphones, each node may choose others among the three that it sends
    let since = this.#environment.monotonicNow();
    this.#comparing = setInterval(() => {
      if (generation !== this.#next) return clearInterval(this.#comparing);
      const now = this.#environment.monotonicNow();
      const isDone = this.#current === null || this.#current.lost || now >= this.#moveUntil;
      if (isDone || canTakeOver(this.#compare(generation), arrival, now - since)) return this.#promote(generation);
      if (now - since < silentAfterMs) return;
      arrival = new Arrival(true); // what has become silent on the old connection since then is not waited for
      since = now;
    }, pollMs);
  }

  #compare(next: Generation): { old: RTCRtpReceiver; next: RTCRtpReceiver | undefined }[] {
    return (this.#current?.tracks ?? []).map(({ participantId, source, receiver }) => (
      { old: receiver, next: next.tracks.find(remote => remote.participantId === participantId && remote.source === source)?.receiver }));
  }

  #find(sessionId: string): Generation | undefined {
    return [this.#next, this.#current].find(known => known?.sessionId === sessionId) ?? undefined;
  }

  get #isMoving(): boolean {
    return this.#environment.monotonicNow() < this.#moveUntil;
  }

  #stopWaiting(): void {
    clearTimeout(this.#takeover);
    clearInterval(this.#comparing);
  }

  #promote(generation: Generation): void {
    if (generation !== this.#next) return;
    this.#stopWaiting();
    this.#moveUntil = -Infinity;
    const old = this.#current;
    this.#current = generation;
    this.#next = null;
    this.#host.onTracks(generation.tracks);
    this.#host.onState('connected');
    if (generation.isMove && old !== null && !old.lost && isUp(old.connection)) this.#endSoon(old);
    else this.#end(old);
    this.#host.onTakenOver();
  }

  #endSoon(generation: Generation): void {
    clearTimeout(generation.resending);
    generation.stopWatching();
    generation.stopDelaying();
    this.#former.set(generation, setTimeout(() => this.#end(generation), overlapMs));
  }

  #end(generation: Generation | null): void {
    if (generation === null) return;
    clearTimeout(this.#former.get(generation));
    this.#former.delete(generation);
    if (generation.sessionId !== undefined) this.#newestSlots.delete(generation.sessionId);
    clearTimeout(generation.resending);
    generation.markEnded();
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
