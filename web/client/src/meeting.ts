import { backoffMs } from './backoff.js';
import { ChatLog } from './chat-log.js';
import { dialByTicket, joinOnce, type JoinIdentity } from './connector.js';
import { Emitter } from './emitter.js';
import type { Environment } from './environment.js';
import { MeetError } from './errors.js';
import { MuteSync } from './mute-sync.js';
import type { MediaType, ServerMessage, TrackSource, WireChatMessage, WireParticipant } from './protocol.js';
import { PublishSession } from './publish-session.js';
import type { JoinResponse, RestApi } from './rest.js';
import { SignalingChannel, type Dial } from './signaling-channel.js';
import { mergeRoster, type ChatMessage, type ConnectionStatus, type MeetingSnapshot, type Participant } from './state.js';
import { readStats, summarize, type StatsReading, type StatsSummary } from './stats.js';
import { SubscribeSession } from './subscribe-session.js';

export interface MeetingEvents {
  /** `snapshot` changed. */
  change: MeetingSnapshot;
  connection: ConnectionStatus;
  'participant-joined': Participant;
  'participant-left': { readonly participant: Participant; readonly reason: string | undefined };
  chat: ChatMessage;
  /** A host or the settings of the meeting muted this participant. */
  silenced: { readonly kind: MediaType };
  /** The meeting moved to another media node. */
  'media-restart': { readonly reason: string | undefined };
  /** A new ticket, with which the client can rejoin as the same participant. */
  ticket: { readonly ticket: string; readonly participantId: string };
  /** The server rejected a message. `code` is stable; `message` is an English explanation for developers. */
  problem: { readonly code: string; readonly message: string };
}

const finalPhases: ReadonlySet<string> = new Set(['ended', 'removed', 'left', 'failed']);
const kindOf: Readonly<Partial<Record<TrackSource, MediaType>>> = { microphone: 'audio', camera: 'video' };

/** How long the client waits for the server to explain a lost session before it reconnects for a new one. */
const renewalDelayMs = 1_000;

/** A server that has just started may not know its meetings yet, so the first `unknown-meeting` errors do not count. */
const unknownMeetingLimit = 3;

/** One participant's view of a meeting, from `MeetClient.join` until the meeting ends or the participant leaves. */
export class Meeting extends Emitter<MeetingEvents> {
  readonly #environment: Environment;
  readonly #rest: RestApi;
  readonly #identity: JoinIdentity;
  readonly #channel: SignalingChannel;
  readonly #publish: PublishSession;
  readonly #subscribe: SubscribeSession;
  readonly #muteSync: MuteSync;
  readonly #chat: ChatLog;
  readonly #stopWatchingNetwork: () => void;
  readonly #roster = new Map<string, WireParticipant>();
  readonly #local = new Map<TrackSource, MediaStreamTrack>();
  readonly #muted: Record<MediaType, boolean> = { audio: false, video: false };
  #joinResponse: JoinResponse;
  #codeUsed = false;
  /** The next connection needs a new join, because the server rejects the ticket. */
  #needsJoin = false;
  /** The current socket came from a join rather than from a ticket. */
  #socketFromJoin = true;
  #ticketTried = false;
  #unknownMeetingErrors = 0;
  #resumeRequested = false;
  #isOffline = false;
  #subscribeFailures = 0;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #everJoined = false;
  #snapshot: MeetingSnapshot;
  #lastReading: StatsReading | null = null;

  /** Use `MeetClient.join`. */
  constructor(environment: Environment, rest: RestApi, identity: JoinIdentity, response: JoinResponse) {
    super();
    this.#environment = environment;
    this.#rest = rest;
    this.#identity = identity;
    this.#joinResponse = response;
    this.#snapshot = {
      meetingId: identity.meetingId,
      connection: { phase: 'connecting', since: environment.now(), waitingFor: 'signaling' },
      self: {
        id: response.participantId, displayName: identity.displayName, role: response.role, audio: false, video: false, isSelf: true, tracks: {},
      },
      participants: [],
      messages: [],
      outgoing: [],
      activeSpeaker: null,
    };
    const iceServers = response.iceServers ?? [];
    this.#muteSync = new MuteSync({
      send: message => this.#channel.send(message),
      onSilenced: kind => this.#handleSilenced(kind),
    });
    this.#chat = new ChatLog({
      send: message => this.#channel.send(message),
      read: after => rest.listMessages(identity.meetingId, after, this.#joinResponse.ticket),
      toChatMessage: wire => this.#toChatMessage(wire),
      onChange: (messages, outgoing) => this.#update({ messages, outgoing }),
      onMessage: message => this.emit('chat', message),
      now: environment.now,
      random: environment.random,
    });
    this.#publish = new PublishSession(environment, {
      iceServers,
      sendOffer: offer => this.#channel.send({ type: 'offer', to: 'sfu', reference: offer.reference, sdp: offer.sdp, tracks: offer.tracks, ...(offer.restart ? { restart: true } : {}), ...(offer.sessionId === undefined ? {} : { sessionId: offer.sessionId }) }),
      onState: () => this.#refreshMedia(),
      onRejected: code => this.emit('problem', { code, message: 'The server rejects the media of this browser.' }),
    });
    this.#subscribe = new SubscribeSession(environment, {
      iceServers,
      sendAnswer: (sdp, { revision, sessionId }) => this.#channel.send({
        type: 'answer', to: 'sfu', sdp, ...(revision === undefined ? {} : { revision }), ...(sessionId === undefined ? {} : { sessionId }),
      }),
      onTracks: () => this.#refreshRoster(),
      onState: state => {
        if (state === 'connected') this.#subscribeFailures = 0;
        this.#refreshMedia();
      },
      onReplaced: () => {
        // A server that could not resume the subscription has lost the published media too.
        if (this.#resumeRequested) this.#publish.restart();
        this.#resumeRequested = false;
      },
      onLost: () => this.#renewSubscription(),
    });
    this.#channel = new SignalingChannel(environment, {
      dial: attempt => this.#dial(attempt),
      joinMessage: () => ({ type: 'join', participantId: this.#joinResponse.participantId, capabilities: this.#capabilities() }),
      onMessage: message => this.#handle(message),
      onLost: () => this.#handleSignalingLost(),
      onReplaced: () => this.#finish({ phase: 'failed', code: 'replaced' }),
    });
    this.#stopWatchingNetwork = environment.watchNetwork(online => {
      if (this.#isOver) return;
      this.#isOffline = !online;
      if (online) this.#channel.reconnect();
      else this.#setConnection({ phase: this.#waitingPhase, waitingFor: 'network' });
    });
    this.#channel.start();
  }

  get snapshot(): MeetingSnapshot {
    return this.#snapshot;
  }

  get ticket(): string {
    return this.#joinResponse.ticket;
  }

  get isHost(): boolean {
    return this.#identity.hostToken !== undefined && this.#snapshot.self.role === 'host';
  }

  /** Sends a track. The caller keeps ownership: the SDK enables and disables the track, but never stops it. */
  async publish(track: MediaStreamTrack, source: TrackSource): Promise<void> {
    this.#assertNotOver();
    const kind = kindOf[source];
    if (kind !== undefined) track.enabled = !this.#muted[kind];
    this.#local.set(source, track);
    this.#refreshSelf();
    await this.#publish.publish(source, track);
  }

  /** Replaces the track of a source without a negotiation; with `null`, the source sends nothing. */
  async replaceTrack(source: TrackSource, track: MediaStreamTrack | null): Promise<void> {
    if (track !== null) return this.publish(track, source);
    this.#local.delete(source);
    this.#refreshSelf();
    await this.#publish.replace(source, null);
  }

  unpublish(source: TrackSource): void {
    this.#local.delete(source);
    this.#refreshSelf();
    this.#publish.unpublish(source);
  }

  mute(kind: MediaType): void {
    this.#setMuted(kind, true);
  }

  unmute(kind: MediaType): void {
    this.#setMuted(kind, false);
  }

  isMuted(kind: MediaType): boolean {
    return this.#muted[kind];
  }

  /** False when the message could not be sent; nothing is kept then. */
  sendChat(message: string): boolean {
    const text = message.trim().slice(0, 4000);
    return text.length > 0 && this.#chat.send(text);
  }

  /** Sends a message of `snapshot.outgoing` again. The server stores it once, however often it is sent. */
  resendChat(reference: string): boolean {
    return this.#chat.resend(reference);
  }

  discardChat(reference: string): void {
    this.#chat.discard(reference);
  }

  async endForAll(): Promise<void> {
    await this.#rest.endMeeting(this.#identity.meetingId, this.#hostToken());
  }

  async removeParticipant(participantId: string): Promise<void> {
    await this.#rest.removeParticipant(this.#identity.meetingId, participantId, this.#hostToken());
  }

  async muteParticipant(participantId: string, kind: MediaType): Promise<void> {
    await this.#rest.muteParticipant(this.#identity.meetingId, participantId, kind, this.#hostToken());
  }

  leave(): void {
    if (this.#isOver) return;
    this.#channel.send({ type: 'leave' });
    this.#finish({ phase: 'left' });
  }

  /** The statistics since the previous call. */
  async getStats(): Promise<StatsSummary> {
    const reading = await readStats(this.#environment.now(), this.#publish.connection, this.#subscribe.connection);
    const summary = summarize(this.#lastReading, reading, this.#subscribe.tracks);
    this.#lastReading = reading;
    return summary;
  }

  /** The current audio level of each other participant, linear from 0 to 1. */
  audioLevels(): ReadonlyMap<string, number> {
    const levels = new Map<string, number>();
    for (const remote of this.#subscribe.tracks) {
      if (remote.source !== 'microphone') continue;
      const [source] = remote.receiver.getSynchronizationSources();
      levels.set(remote.participantId, source?.audioLevel ?? 0);
    }
    return levels;
  }

  /** Connects with the ticket first, which keeps the participant. Joins again only when the server responds but rejects the ticket. */
  async #dial(attempt: number): Promise<Dial | 'stop'> {
    if (!this.#codeUsed) {
      this.#codeUsed = true;
      return { url: this.#joinResponse.webSocketUrl };
    }
    // Browsers do not expose why a WebSocket was rejected, so the reason comes from REST.
    try {
      if (attempt > 1 && !this.#needsJoin) {
        const { status } = await this.#rest.getMeeting(this.#identity.meetingId);
        if (status === 'ended') throw new MeetError('meeting-ended', 'The meeting has ended.');
        this.#needsJoin = this.#ticketTried;
        this.#ticketTried = true;
      }
      if (this.#needsJoin) this.#joinResponse = await joinOnce(this.#rest, this.#identity, this.#joinResponse.ticket);
    } catch (error) {
      if (!(error instanceof MeetError) || error.isTransient) throw error;
      if (error.code === 'unknown-meeting' && ++this.#unknownMeetingErrors < unknownMeetingLimit) throw error;
      if (error.code === 'meeting-ended') this.#finish({ phase: 'ended' });
      else if (error.code === 'forbidden') this.#finish({ phase: 'removed' });
      else this.#finish({ phase: 'failed', code: error.code });
      return 'stop';
    }
    this.#socketFromJoin = this.#needsJoin;
    return this.#needsJoin
      ? { url: this.#joinResponse.webSocketUrl }
      : dialByTicket(this.#joinResponse.webSocketUrl, this.#identity.meetingId, this.#joinResponse.ticket);
  }

  /**
   * Reconnects, because the server opens a subscription only for a new socket that does not ask to resume. The delay lets the server report why the
   * session ended: without it, this tab would take the meeting back from another tab that has just taken over.
   */
  #renewSubscription(): void {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      if (this.#isOver || this.#subscribe.isAlive) return;
      this.#channel.reconnect();
    }, renewalDelayMs + backoffMs(this.#subscribeFailures++, this.#environment.random()));
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'joined': return this.#handleJoined(message);
      case 'participant-joined': {
        this.#roster.set(message.participant.participantId, message.participant);
        this.#refreshRoster();
        const joined = this.#find(message.participant.participantId);
        if (joined !== undefined) this.emit('participant-joined', joined);
        return;
      }
      case 'participant-left': return this.#handleLeft(message.participantId, message.reason);
      case 'offer': {
        if (message.from === 'sfu') this.#subscribe.handleOffer(message);
        return;
      }
      case 'answer': {
        if (message.from === 'sfu') this.#publish.handleAnswer(message.sdp, message.sessionId, message.reference);
        return;
      }
      case 'chat': return this.#chat.handleMessage(message);
      case 'media-update': return this.#handleMediaUpdate(message);
      case 'media-restart': {
        this.emit('media-restart', { reason: message.reason });
        this.#resumeRequested = false;
        this.#publish.restart();
        return;
      }
      case 'speaking': return this.#update({ activeSpeaker: message.participantId });
      case 'meeting-ended': return this.#finish({ phase: 'ended', ...(message.reason === undefined ? {} : { reason: message.reason }) });
      case 'removed': return this.#finish({ phase: 'removed', ...(message.reason === undefined ? {} : { reason: message.reason }) });
      case 'error': {
        if (message.code === 'unknown-session' && message.sessionId !== undefined && this.#subscribe.handleUnknownSession(message.sessionId)) return;
        if (!this.#publish.handleError(message.code, message.reference)) this.#chat.handleError(message);
        this.emit('problem', { code: message.code, message: message.message ?? message.code });
        return;
      }
      case 'ice-candidate': return; // the SFU sends all its candidates in the SDP
    }
  }

  #handleJoined(message: ServerMessage & { type: 'joined' }): void {
    const previous = this.#snapshot.participants;
    this.#roster.clear();
    for (const participant of message.participants) {
      if (participant.participantId !== message.participantId) this.#roster.set(participant.participantId, participant);
    }
    this.#update({ self: { ...this.#snapshot.self, id: message.participantId, role: message.role ?? this.#snapshot.self.role } });
    this.#refreshRoster();
    if (this.#everJoined) this.#emitRosterChanges(previous);
    this.#muteSync.handleJoined(message.muted);
    if (this.#everJoined && this.#socketFromJoin) this.#publish.restart();
    this.#publish.handleOnline();
    this.#chat.handleJoined();
    this.#everJoined = true;
    this.#isOffline = false;
    this.#needsJoin = this.#ticketTried = false;
    this.#unknownMeetingErrors = 0;
    this.#refreshMedia();
    this.emit('ticket', { ticket: this.#joinResponse.ticket, participantId: message.participantId });
  }

  /** Emits who joined and left during a reconnect. */
  #emitRosterChanges(previous: readonly Participant[]): void {
    for (const participant of previous) if (!this.#roster.has(participant.id)) this.emit('participant-left', { participant, reason: undefined });
    for (const participant of this.#snapshot.participants) if (!previous.some(known => known.id === participant.id)) this.emit('participant-joined', participant);
  }

  #handleLeft(participantId: string, reason: string | undefined): void {
    const participant = this.#find(participantId);
    this.#roster.delete(participantId);
    this.#refreshRoster();
    if (this.#snapshot.activeSpeaker === participantId) this.#update({ activeSpeaker: null });
    if (participant !== undefined) this.emit('participant-left', { participant, reason });
  }

  #toChatMessage(wire: WireChatMessage): ChatMessage {
    const at = Date.parse(wire.timestamp);
    return {
      id: Number(wire.messageId),
      from: wire.from,
      displayName: wire.displayName ?? this.#find(wire.from)?.displayName ?? '',
      text: wire.message,
      at: Number.isFinite(at) ? at : this.#environment.now(),
      own: wire.from === this.#snapshot.self.id,
    };
  }

  #handleMediaUpdate(message: ServerMessage & { type: 'media-update' }): void {
    if (message.participantId === this.#snapshot.self.id) {
      this.#muteSync.handleUpdate('audio', message.audio);
      this.#muteSync.handleUpdate('video', message.video);
      return;
    }
    const known = this.#roster.get(message.participantId);
    if (known === undefined) return;
    this.#roster.set(message.participantId, { ...known, audio: message.audio, video: message.video });
    this.#refreshRoster();
  }

  #setMuted(kind: MediaType, muted: boolean): void {
    this.#muted[kind] = muted;
    this.#refreshSelf();
  }

  #handleSilenced(kind: MediaType): void {
    this.#setMuted(kind, true);
    this.emit('silenced', { kind });
  }

  #refreshSelf(): void {
    const sending: Record<MediaType, boolean> = { audio: false, video: false };
    for (const [source, kind] of Object.entries(kindOf) as [TrackSource, MediaType][]) {
      const track = this.#local.get(source);
      if (track !== undefined) track.enabled = !this.#muted[kind];
      sending[kind] = track !== undefined && !this.#muted[kind];
      this.#muteSync.set(kind, sending[kind]);
    }
    this.#update({ self: { ...this.#snapshot.self, ...sending, tracks: Object.fromEntries(this.#local) } });
  }

  #refreshRoster(): void {
    this.#update({ participants: mergeRoster(this.#roster, this.#subscribe.tracks, this.#snapshot.participants) });
  }

  #capabilities(): Record<string, unknown> {
    this.#resumeRequested = this.#everJoined && this.#subscribe.canResume;
    return this.#resumeRequested ? { resume: true } : {};
  }

  #handleSignalingLost(): void {
    if (this.#isOver) return;
    this.#publish.handleOffline();
    this.#chat.handleOffline();
    this.#setConnection({ phase: this.#waitingPhase, waitingFor: 'signaling' });
  }

  #refreshMedia(): void {
    if (this.#isOver || this.#isOffline || !this.#channel.isOpen) return;
    const lost = [this.#publish.connection, this.#subscribe.connection]
      .some(connection => ['failed', 'disconnected', 'closed'].includes(connection?.connectionState ?? 'new'));
    this.#setConnection(lost ? { phase: 'reconnecting', waitingFor: 'media' } : { phase: 'connected' });
  }

  get #waitingPhase(): 'connecting' | 'reconnecting' {
    return this.#everJoined ? 'reconnecting' : 'connecting';
  }

  get #isOver(): boolean {
    return finalPhases.has(this.#snapshot.connection.phase);
  }

  #setConnection(status: Omit<ConnectionStatus, 'since'>): void {
    const current = this.#snapshot.connection;
    if (current.phase === status.phase && current.waitingFor === status.waitingFor) return;
    const since = current.phase === status.phase ? current.since : this.#environment.now();
    this.#update({ connection: { ...status, since } });
    this.emit('connection', this.#snapshot.connection);
  }

  #finish(status: Omit<ConnectionStatus, 'since'>): void {
    if (this.#isOver) return;
    clearTimeout(this.#renewal);
    this.#stopWatchingNetwork();
    this.#channel.close();
    this.#publish.close();
    this.#subscribe.close();
    this.#muteSync.close();
    this.#chat.close();
    this.#setConnection(status);
  }

  #update(part: Partial<MeetingSnapshot>): void {
    const changed = (Object.keys(part) as (keyof MeetingSnapshot)[]).some(key => part[key] !== this.#snapshot[key]);
    if (!changed) return;
    this.#snapshot = { ...this.#snapshot, ...part };
    this.emit('change', this.#snapshot);
  }

  #find(participantId: string): Participant | undefined {
    return this.#snapshot.participants.find(participant => participant.id === participantId);
  }

  #hostToken(): string {
    if (this.#identity.hostToken === undefined) throw new MeetError('forbidden', 'Only a host can do this.');
    return this.#identity.hostToken;
  }

  #assertNotOver(): void {
    if (this.#isOver) throw new MeetError('meeting-ended', 'This meeting has ended.');
  }
}
