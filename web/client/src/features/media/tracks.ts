import { backoffMs, pathPatienceMs } from '../../core/backoff.js';
import type { ErrorMessage, ErrorOutcome, Feature, JoinedSocket } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { JoinedMedia, TracksClientMessage, TracksServerMessage } from './messages.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import type { LossCause } from './connection-watch.js';
import { MoveLog, moveReason, type MediaMove } from './moves.js';
import { PublishSession } from './publish-session.js';
import { ProbeLimit } from './probe-limit.js';
import { SubscribeSession, type RemoteTrack } from './subscribe-session.js';
import type { TunnelEnvironment } from '../tunnel/tunnelled.js';

export interface TracksHost {
  send(message: TracksClientMessage): boolean;
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  isMuted(source: TrackSource): boolean;
  /** Puts tracks that arrive directly from other participants in the place of those of the SFU. */
  route(tracks: readonly RemoteTrack[]): readonly RemoteTrack[];
  /** Opens a new socket, on which the server opens a new subscription. */
  reconnect(): void;
  onLocalChange(): void;
  onRemoteChange(): void;
  /** A media connection changed its state. */
  onState(): void;
  /** The media connections are opened again, because the meeting moved to another media node or the node lost them. */
  onRestart(reason: string | undefined): void;
  onMoves(moves: readonly MediaMove[]): void;
  /** The server rejects the media of this browser for good. */
  onRejected(code: string): void;
}

/** How long the client waits for the server to explain a lost session before it reconnects for a new one. */
const renewalDelayMs = 1_000;
/** A path that dies within this time after the socket was lost dies because the network of this client changed. */
const networkChangeMs = 10_000;
/** An answer that arrives so much later than the last packet of media was not sent before it. */
const answerTravelMs = 1_000;
/** A media node that stood still sends media again at the same time as its answers. */
const mediaFollowsMs = 400;
/** The paths of all clients die together when a media node stands still, and each client asks within this time. */
const probeSpreadMs = 700;
/** The longest time of a move; timers take no longer ones than 24 days. */
const longestMoveMs = 86_400_000;
/** A microphone without packets for this time is silent. */
const silentAfterMs = 250;
/** How long the connections to the media node go on at most when the meeting does not use it any more. */
const longestLeaveMs = 10_000;

/** The tracks that this participant sends and receives, over one media connection for each direction. */
export class Tracks implements Feature<JoinedMedia, TracksServerMessage> {
  readonly handlers: MessageHandlers<TracksServerMessage> = {
    'offer': message => { if (message.from === 'sfu') this.#subscribe.handleOffer(message); },
    'answer': ({ from, sdp, sessionId, reference }) => {
      if (from !== 'sfu') return;
      this.#lastAnswer = this.#environment.monotonicNow();
      this.#publish.handleAnswer(sdp, sessionId, reference);
    },
    'slots': message => this.#subscribe.handleSlots(message),
    'layers': ({ source, rids }) => this.#publish.setLayers(source, rids),
    'media-restart': ({ reason }) => this.#handleRestart(reason),
    'media-move': ({ deadline, reason }) => this.#handleMove(Math.min(deadline, longestMoveMs), moveReason(reason)),
    'ice-candidate': () => undefined, // the SFU sends all its candidates in the SDP
  };
  readonly #environment: TunnelEnvironment;
  readonly #host: TracksHost;
  readonly #publish: PublishSession;
  readonly #subscribe: SubscribeSession;
  readonly #moves: MoveLog;
  /** The subscribe connection is to be replaced. */
  #awaitsTakeover = false;
  readonly #local = new Map<TrackSource, MediaStreamTrack>();
  /** The last packet that `audioLevels` saw, and when it saw it first. */
  readonly #lastPackets = new WeakMap<RTCRtpReceiver, { readonly timestamp: number; readonly seenAt: number }>();
  #resumeRequested = false;
  #subscribeFailures = 0;
  /** When the socket was last lost. */
  #lastOffline = -Infinity;
  /** When the media node last answered an offer. */
  #lastAnswer = -Infinity;
  readonly #probes = new ProbeLimit();
  #probing: ReturnType<typeof setTimeout> | undefined;
  /** This client is closing its socket itself, which says nothing about its network. */
  #isRenewing = false;
  /** With the next socket, both connections are opened again, although they work. */
  #isReplacing = false;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  /** Set while the meeting does not use the media node any more, and the connections carry what they can until direct ones do. */
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: TunnelEnvironment, host: TracksHost) {
    this.#environment = environment;
    this.#host = host;
    this.#moves = new MoveLog(environment.monotonicNow, host.onMoves);
    this.#publish = new PublishSession(environment, {
      transforms: host.transforms,
      isMuted: host.isMuted,
      patience: interruptedMs => this.#patience(interruptedMs),
      onSuspected: () => this.#probe(),
      sendOffer: ({ reference, sdp, tracks, restart, isTunnel, sessionId }) => host.send({
        type: 'offer', to: 'sfu', reference, sdp, tracks, ...(restart ? { restart: true } : {}), ...(isTunnel ? { tunnel: true } : {}), ...(sessionId === undefined ? {} : { sessionId }),
      }),
      onState: host.onState,
      onFormerChanged: () => {
        host.onState();
        this.#checkMoves();
      },
      onRejected: host.onRejected,
    });
    this.#subscribe = new SubscribeSession(environment, {
      transforms: host.transforms,
      patience: interruptedMs => this.#patience(interruptedMs),
      onSuspected: () => this.#probe(),
      sendAnswer: (sdp, { revision, sessionId }) => host.send({
        type: 'answer', to: 'sfu', sdp, ...(revision === undefined ? {} : { revision }), ...(sessionId === undefined ? {} : { sessionId }),
      }),
      sendSlotsApplied: (sessionId, version) => host.send({ type: 'slots', sessionId, version }),
      onTracks: host.onRemoteChange,
      onState: host.onState,
      onSteady: () => { this.#subscribeFailures = 0; },
      onReplaced: () => {
        // A server that could not resume the subscription has lost the published media too.
        if (this.#resumeRequested) this.#publish.restart();
        this.#resumeRequested = false;
      },
      onTakenOver: () => {
        this.#awaitsTakeover = false;
        this.#checkMoves();
      },
      onLost: cause => this.#renewSubscription(cause),
    });
  }

  /** The published tracks. */
  get local(): ReadonlyMap<TrackSource, MediaStreamTrack> {
    return this.#local;
  }

  /** The tracks of the other participants. */
  get remote(): readonly RemoteTrack[] {
    return this.#host.route(this.#subscribe.tracks);
  }

  /** The tracks that the SFU forwards or would forward. */
  get forwarded(): readonly RemoteTrack[] {
    return this.#subscribe.tracks;
  }

  /** The source of each media section of the publish connection, by its mid. */
  get sentSources(): ReadonlyMap<string, TrackSource> {
    return this.#publish.sources;
  }

  get connections(): { readonly publish: RTCPeerConnection | null; readonly subscribe: RTCPeerConnection | null } {
    return { publish: this.#publish.connection, subscribe: this.#subscribe.connection };
  }

  /** Whether a media connection was lost and has no successor yet. */
  get isInterrupted(): boolean {
    return this.#leaving === undefined && this.#isDisturbed;
  }

  get #isDisturbed(): boolean {
    return this.#publish.isLost || [this.#publish.connection, this.#subscribe.connection]
      .some(connection => ['failed', 'disconnected', 'closed'].includes(connection?.connectionState ?? 'new'));
  }

  /** Sends the track, which replaces an earlier track of the source. The caller keeps ownership of it. */
  publish(track: MediaStreamTrack, source: TrackSource): Promise<void> {
    this.#local.set(source, track);
    this.#host.onLocalChange();
    return this.#publish.publish(source, track);
  }

  /** Sends nothing from the source until the next track. The source stays published. */
  pause(source: TrackSource): Promise<void> {
    this.#local.delete(source);
    this.#host.onLocalChange();
    return this.#publish.replace(source, null);
  }

  /** Stops or resumes sending to the SFU. Its connections stay open. */
  pauseSfu(isPaused: boolean): void {
    void this.#publish.setPaused(isPaused);
  }

  /** Call this after a change of what is muted. */
  applyMutes(): void {
    this.#publish.applyMutes();
  }

  /** Limits what the camera sends to the SFU, in bits per second. */
  limitCamera(bitsPerSecond: number | null): void {
    this.#publish.limitCamera(bitsPerSecond);
  }

  unpublish(source: TrackSource): void {
    this.#local.delete(source);
    this.#host.onLocalChange();
    this.#publish.unpublish(source);
  }

  /** The current audio level of each other participant, linear from 0 to 1. */
  audioLevels(): ReadonlyMap<string, number> {
    const levels = new Map<string, number>();
    for (const { source, receiver, participantId } of this.remote) {
      if (source !== 'microphone') continue;
      const [latest] = receiver.getSynchronizationSources();
      levels.set(participantId, latest !== undefined && this.#isFlowing(receiver, latest.timestamp) ? latest.audioLevel ?? 0 : 0);
    }
    return levels;
  }

  /** Whether packets still arrive. A source stays listed for seconds after its last packet, and the server sends no packets of those who are not heard. */
  #isFlowing(receiver: RTCRtpReceiver, timestamp: number): boolean {
    const now = this.#environment.monotonicNow();
    const last = this.#lastPackets.get(receiver);
    if (last !== undefined && last.timestamp === timestamp) return now - last.seenAt < silentAfterMs;
    this.#lastPackets.set(receiver, { timestamp, seenAt: now });
    return true;
  }

  /** What the `join` message says about media: whether the server is to keep the media session that it has. */
  requestResume(): { readonly resume?: true } {
    this.#resumeRequested = this.#subscribe.canResume && !this.#isReplacing;
    return this.#resumeRequested ? { resume: true } : {};
  }

  /**
   * Opens both connections again, whose paths may be others then. The present ones carry media until the new ones do. Returns whether it begins: not while connections are being replaced,
   * because a media node keeps one former session only. With `isUrgent` it begins then too, in the place of those that are being opened.
   */
  replaceConnections({ isUrgent = false } = {}): boolean {
    if (this.#isReplacing || (!isUrgent && (this.#publish.isReplacing || this.#subscribe.isReplacing))) return false;
    this.#isReplacing = true;
    this.#reconnect();
    return true;
  }

  /** Opens the connection that sends again. The present one carries media until the new one does. */
  replacePublishing(): void {
    this.#publish.restart();
  }

  /** Restarts ICE on the publish connection, which keeps its path until it finds a better one. Returns whether it begins. */
  restartIce(): boolean {
    return !this.#isReplacing && !this.#subscribe.isReplacing && this.#publish.restartIce();
  }

  /** There are other ways to the media node than these connections know: those of them that have found none, or have lost theirs, begin again at once. That of `ended` is lost. */
  retryWithoutPath(connections: ReadonlySet<RTCPeerConnection>, ended: ReadonlySet<RTCPeerConnection> = new Set()): void {
    const lacksPath = this.#publish.lacksPath(connections, ended);
    if (this.#subscribe.lacksPath(connections, ended)) {
      this.#isReplacing ||= lacksPath;
      this.#reconnect();
    } else if (lacksPath) {
      this.#publish.restart();
    }
  }

  handleJoined({ topology }: JoinedMedia, { isFirst, byTicket }: JoinedSocket): void {
    if (topology === 'p2p') return this.#leave(); // this meeting uses no media node
    this.#stay();
    if (!(isFirst || byTicket) || this.#isReplacing) this.#publish.restart();
    this.#isReplacing = false;
    this.#publish.handleOnline();
  }

  handleOffline(): void {
    if (!this.#isRenewing) this.#lastOffline = this.#environment.monotonicNow();
    this.#publish.handleOffline();
  }

  handleError({ code, reference, sessionId }: ErrorMessage): ErrorOutcome {
    if (code === 'unknown-session' && sessionId !== undefined && this.#subscribe.handleUnknownSession(sessionId)) return 'recovered';
    if ((code === 'media-failed' || code === 'rate-limited') && sessionId !== undefined && reference === undefined && this.#subscribe.handleRefusedAnswer(sessionId)) return 'known';
    return this.#publish.handleError(code, reference) ? 'known' : 'foreign';
  }

  close(): void {
    clearTimeout(this.#renewal);
    this.#stay();
    this.#endProbing();
    this.#publish.close();
    this.#subscribe.close();
  }

  /** Ends the connections to the media node if the meeting does not use it any more: something else carries the media. */
  endLeft(): void {
    if (this.#leaving !== undefined) this.#suspend();
  }

  #leave(): void {
    if (this.#isDisturbed || this.#subscribe.connection === null) this.#suspend();
    else this.#leaving ??= setTimeout(() => this.#suspend(), longestLeaveMs);
  }

  #stay(): void {
    clearTimeout(this.#leaving);
    this.#leaving = undefined;
  }

  #suspend(): void {
    clearTimeout(this.#renewal);
    this.#endProbing();
    this.#awaitsTakeover = this.#resumeRequested = this.#isReplacing = false;
    this.#publish.suspend();
    this.#subscribe.suspend();
    this.#stay();
    this.#host.onState();
  }

  /** A path that dies because of the network of this client is not waited for. That of a media node that stands still is. */
  #patience(interruptedMs: number): number {
    const isOwnNetwork = this.#environment.monotonicNow() - this.#lastOffline < networkChangeMs || this.#hasAnsweredIn(interruptedMs);
    return isOwnNetwork ? 0 : pathPatienceMs(this.#environment.random());
  }

  /** The path of a connection may be dead. Finds out whether the media node works. */
  #probe(): void {
    this.#probing ??= setTimeout(() => {
      this.#probing = undefined;
      const now = this.#environment.monotonicNow();
      if (this.#probes.isAllowed(now) && this.#publish.probe()) this.#probes.record(now);
    }, probeSpreadMs * this.#environment.random());
  }

  #endProbing(): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
  }

  /** Whether the media node has answered in these last milliseconds, in which nothing got through between it and this client. */
  #hasAnsweredIn(interruptedMs: number): boolean {
    const sinceAnswer = this.#environment.monotonicNow() - this.#lastAnswer;
    return sinceAnswer >= mediaFollowsMs && sinceAnswer <= interruptedMs - answerTravelMs;
  }

  #handleRestart(reason: string | undefined): void {
    this.#host.onRestart(reason);
    this.#resumeRequested = false;
    this.#beginMove(reason === 'lost' ? 'lost' : 'moved');
    if (reason !== 'lost') this.#resetBackoff();
    this.#publish.restart();
  }

  /** Both connections are opened on another media node, beside the present ones. The offer for the subscription follows. */
  #handleMove(deadlineMs: number, reason: MediaMove['reason']): void {
    this.#resumeRequested = false;
    this.#beginMove(reason);
    this.#resetBackoff();
    this.#subscribe.move(deadlineMs);
    this.#publish.move(deadlineMs);
  }

  /** Another media node has been chosen: what failed before says nothing about it. */
  #resetBackoff(): void {
    this.#publish.resetBackoff();
    this.#subscribe.resetBackoff();
    this.#subscribeFailures = 0;
  }

  #beginMove(reason: MediaMove['reason']): void {
    this.#awaitsTakeover = this.#subscribe.connection !== null;
    this.#moves.begin(reason);
  }

  #checkMoves(): void {
    if (!this.#awaitsTakeover && !this.#publish.isReplacing) this.#moves.finish();
  }

  /**
   * Reconnects, because the server opens a subscription only for a new socket that does not ask to resume. The delay lets the server report why the
   * session ended: without it, this tab would take the meeting back from another tab that has just taken over. A path that has been silent for seconds needs no delay.
   */
  #renewSubscription(cause: LossCause): void {
    clearTimeout(this.#renewal);
    if (this.#leaving !== undefined) return this.#suspend();
    this.#renewal = setTimeout(() => {
      if (!this.#subscribe.isAlive) this.#reconnect();
    }, (cause === 'ended' ? renewalDelayMs : 0) + backoffMs(this.#subscribeFailures++, this.#environment.random()));
  }

  #reconnect(): void {
    clearTimeout(this.#renewal);
    this.#isRenewing = true;
    this.#host.reconnect(); // calls handleOffline
    this.#isRenewing = false;
  }
}
