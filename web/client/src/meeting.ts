import { backoffMs } from './backoff.js';
import { ChatLog } from './chat-log.js';
import { dialByTicket, joinOnce, type JoinIdentity } from './connector.js';
import { Emitter } from './emitter.js';
import type { Environment } from './environment.js';
import { MeetError } from './errors.js';
import { MuteSync } from './mute-sync.js';
import type { MediaType, ServerMessage, TrackSource, WireLine, WireParticipant } from './protocol.js';
import { PublishSession } from './publish-session.js';
import type { JoinAnswer, RestApi } from './rest.js';
import { SignalingChannel, type Dial } from './signaling-channel.js';
import { joinRoster, type ChatMessage, type ConnectionStatus, type MeetingSnapshot, type Participant } from './state.js';
import { readStats, summarise, type StatsReading, type StatsSummary } from './stats.js';
import { SubscribeSession } from './subscribe-session.js';

export interface MeetingEvents {
  /** Anything in `snapshot` changed. */
  change: MeetingSnapshot;
  connection: ConnectionStatus;
  'participant-joined': Participant;
  'participant-left': { readonly participant: Participant; readonly reason: string | undefined };
  chat: ChatMessage;
  /** The host, or the meeting's settings, silenced us. */
  silenced: { readonly kind: MediaType };
  /** The media path moved to another node. */
  'media-restart': { readonly reason: string | undefined };
  /** A new ticket: keep it to come back as the same participant. */
  ticket: { readonly ticket: string; readonly participantId: string };
  /** An error of the server that changed nothing. */
  problem: { readonly code: string; readonly message: string };
}

const final: ReadonlySet<string> = new Set(['ended', 'removed', 'left', 'failed']);
const kindOf: Readonly<Partial<Record<TrackSource, MediaType>>> = { microphone: 'audio', camera: 'video' };

/** How long a session that was lost is left to the server before we come back for another. */
const renewalWaitMs = 1_000;

const unknownAnswersToBelieve = 3;

/** A meeting that one participant is in, from `MeetClient.join` until it ends or they leave. */
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
  #joinAnswer: JoinAnswer;
  #codeUsed = false;
  #joinAnew = false;
  #freshSocket = true;
  #ticketTried = false;
  #unknownAnswers = 0;
  #resuming = false;
  #networkGone = false;
  #subscribeFailures = 0;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #everJoined = false;
  #snapshot: MeetingSnapshot;
  #lastReading: StatsReading | null = null;

  /** Use `MeetClient.join`. */
  constructor(environment: Environment, rest: RestApi, identity: JoinIdentity, answer: JoinAnswer) {
    super();
    this.#environment = environment;
    this.#rest = rest;
    this.#identity = identity;
    this.#joinAnswer = answer;
    this.#snapshot = {
      meetingId: identity.meetingId,
      connection: { phase: 'connecting', since: environment.now(), waitingFor: 'signaling' },
      self: {
        id: answer.participantId, displayName: identity.displayName, role: answer.role, audio: false, video: false, isSelf: true, tracks: {},
      },
      participants: [],
      messages: [],
      outgoing: [],
      activeSpeaker: null,
    };
    const iceServers = answer.iceServers ?? [];
    this.#muteSync = new MuteSync({
      send: message => this.#channel.send(message),
      onSilenced: kind => this.#silenced(kind),
    });
    this.#chat = new ChatLog({
      send: message => this.#channel.send(message),
      read: after => rest.listMessages(identity.meetingId, after, this.#joinAnswer.ticket),
      understand: line => this.#understand(line),
      onChange: (messages, outgoing) => this.#update({ messages, outgoing }),
      onLine: message => this.emit('chat', message),
      now: environment.now,
      random: environment.random,
    });
    this.#publish = new PublishSession(environment, {
      iceServers,
      sendOffer: offer => this.#channel.send({ type: 'offer', to: 'sfu', reference: offer.reference, sdp: offer.sdp, tracks: offer.tracks, ...(offer.restart ? { restart: true } : {}), ...(offer.sessionId === undefined ? {} : { sessionId: offer.sessionId }) }),
      onState: () => this.#refreshMedia(),
      onRejected: code => this.emit('problem', { code, message: 'The server refuses the media that this browser offers.' }),
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
        // We had asked to go on as before: when the server cannot, it has forgotten what we publish too.
        if (this.#resuming) this.#publish.restart();
        this.#resuming = false;
      },
      onLost: () => this.#renewSubscription(),
    });
    this.#channel = new SignalingChannel(environment, {
      dial: attempt => this.#dial(attempt),
      joinMessage: () => ({ type: 'join', participantId: this.#joinAnswer.participantId, capabilities: this.#capabilities() }),
      onMessage: message => this.#handle(message),
      onLost: () => this.#lost(),
      onReplaced: () => this.#finish({ phase: 'failed', code: 'replaced' }),
    });
    this.#stopWatchingNetwork = environment.watchNetwork(online => {
      if (this.#over) return;
      this.#networkGone = !online;
      if (online) this.#channel.reconnect();
      else this.#setConnection({ phase: this.#waitingPhase, waitingFor: 'network' });
    });
    this.#channel.start();
  }

  get snapshot(): MeetingSnapshot {
    return this.#snapshot;
  }

  get ticket(): string {
    return this.#joinAnswer.ticket;
  }

  get isHost(): boolean {
    return this.#identity.hostToken !== undefined && this.#snapshot.self.role === 'host';
  }

  /** Sends a track. The track stays the caller's: the SDK never stops it. */
  async publish(track: MediaStreamTrack, source: TrackSource): Promise<void> {
    this.#assertNotOver();
    const kind = kindOf[source];
    if (kind !== undefined) track.enabled = !this.#muted[kind];
    this.#local.set(source, track);
    this.#refreshSelf();
    await this.#publish.publish(source, track);
  }

  /** Another device, or none for now (`null`), without a negotiation. */
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

  /** False when it could not be sent now; nothing is kept. */
  sendChat(message: string): boolean {
    const text = message.trim().slice(0, 4000);
    return text.length > 0 && this.#chat.say(text);
  }

  /** Sends a line of `snapshot.outgoing` once more; it is stored once, however often it is sent. */
  resendChat(reference: string): boolean {
    return this.#chat.again(reference);
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
    if (this.#over) return;
    this.#channel.send({ type: 'leave' });
    this.#finish({ phase: 'left' });
  }

  /** Figures since the last call. */
  async getStats(): Promise<StatsSummary> {
    const reading = await readStats(this.#environment.now(), this.#publish.connection, this.#subscribe.connection);
    const summary = summarise(this.#lastReading, reading, this.#subscribe.tracks);
    this.#lastReading = reading;
    return summary;
  }

  /** How loud each of the others is at this moment, 0 to 1, without waiting for statistics. */
  audioLevels(): ReadonlyMap<string, number> {
    const levels = new Map<string, number>();
    for (const remote of this.#subscribe.tracks) {
      if (remote.source !== 'microphone') continue;
      const [source] = remote.receiver.getSynchronizationSources();
      levels.set(remote.participantId, source?.audioLevel ?? 0);
    }
    return levels;
  }

  /** By ticket first: that is the same participant to everybody. Joining anew is for when the server answers and yet refuses the ticket. */
  async #dial(attempt: number): Promise<Dial | 'stop'> {
    if (!this.#codeUsed) {
      this.#codeUsed = true;
      return { url: this.#joinAnswer.webSocketUrl };
    }
    // A browser does not tell why a socket was refused; REST does.
    try {
      if (attempt > 1 && !this.#joinAnew) {
        const { status } = await this.#rest.getMeeting(this.#identity.meetingId);
        if (status === 'ended') throw new MeetError('meeting-ended', 'The meeting has ended.');
        this.#joinAnew = this.#ticketTried;
        this.#ticketTried = true;
      }
      if (this.#joinAnew) this.#joinAnswer = await joinOnce(this.#rest, this.#identity, this.#joinAnswer.ticket);
    } catch (error) {
      if (!(error instanceof MeetError) || error.transient) throw error;
      // A server that has just started may not know its meetings yet.
      if (error.code === 'unknown-meeting' && ++this.#unknownAnswers < unknownAnswersToBelieve) throw error;
      if (error.code === 'meeting-ended') this.#finish({ phase: 'ended' });
      else if (error.code === 'forbidden') this.#finish({ phase: 'removed' });
      else this.#finish({ phase: 'failed', code: error.code });
      return 'stop';
    }
    this.#freshSocket = this.#joinAnew;
    return this.#joinAnew
      ? { url: this.#joinAnswer.webSocketUrl }
      : dialByTicket(this.#joinAnswer.webSocketUrl, this.#identity.meetingId, this.#joinAnswer.ticket);
  }

  /**
   * Only the server can open a subscription, and it does so for a new socket that does not ask to resume. It is given time to say why the session ended:
   * another tab that took over would otherwise lose the meeting to this one.
   */
  #renewSubscription(): void {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      if (this.#over || this.#subscribe.alive) return;
      this.#channel.reconnect();
    }, renewalWaitMs + backoffMs(this.#subscribeFailures++, this.#environment.random()));
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'joined': return this.#joined(message);
      case 'participant-joined': {
        this.#roster.set(message.participant.participantId, message.participant);
        this.#refreshRoster();
        const joined = this.#find(message.participant.participantId);
        if (joined !== undefined) this.emit('participant-joined', joined);
        return;
      }
      case 'participant-left': return this.#left(message.participantId, message.reason);
      case 'offer': {
        if (message.from === 'sfu') this.#subscribe.handleOffer(message);
        return;
      }
      case 'answer': {
        if (message.from === 'sfu') this.#publish.handleAnswer(message.sdp, message.sessionId, message.reference);
        return;
      }
      case 'chat': return this.#chat.receive(message);
      case 'media-update': return this.#mediaUpdate(message);
      case 'media-restart': {
        this.emit('media-restart', { reason: message.reason });
        this.#resuming = false;
        this.#publish.restart();
        return;
      }
      case 'speaking': return this.#update({ activeSpeaker: message.participantId });
      case 'meeting-ended': return this.#finish({ phase: 'ended', ...(message.reason === undefined ? {} : { reason: message.reason }) });
      case 'removed': return this.#finish({ phase: 'removed', ...(message.reason === undefined ? {} : { reason: message.reason }) });
      case 'error': {
        if (message.code === 'unknown-session' && message.sessionId !== undefined && this.#subscribe.handleUnknown(message.sessionId)) return;
        if (!this.#publish.handleError(message.code, message.reference)) this.#chat.refused(message);
        this.emit('problem', { code: message.code, message: message.message ?? message.code });
        return;
      }
      case 'ice-candidate': return; // the SFU puts all of its candidates into the SDP
    }
  }

  #joined(message: ServerMessage & { type: 'joined' }): void {
    const before = this.#snapshot.participants;
    this.#roster.clear();
    for (const participant of message.participants) {
      if (participant.participantId !== message.participantId) this.#roster.set(participant.participantId, participant);
    }
    this.#update({ self: { ...this.#snapshot.self, id: message.participantId, role: message.role ?? this.#snapshot.self.role } });
    this.#refreshRoster();
    if (this.#everJoined) this.#announceChanges(before);
    this.#muteSync.joined(message.muted);
    if (this.#everJoined && this.#freshSocket) this.#publish.restart();
    this.#publish.online();
    this.#chat.joined();
    this.#everJoined = true;
    this.#networkGone = false;
    this.#joinAnew = this.#ticketTried = false;
    this.#unknownAnswers = 0;
    this.#refreshMedia();
    this.emit('ticket', { ticket: this.#joinAnswer.ticket, participantId: message.participantId });
  }

  /** After a reconnect: who came and went while we were away. */
  #announceChanges(before: readonly Participant[]): void {
    for (const participant of before) if (!this.#roster.has(participant.id)) this.emit('participant-left', { participant, reason: undefined });
    for (const participant of this.#snapshot.participants) if (!before.some(known => known.id === participant.id)) this.emit('participant-joined', participant);
  }

  #left(participantId: string, reason: string | undefined): void {
    const participant = this.#find(participantId);
    this.#roster.delete(participantId);
    this.#refreshRoster();
    if (this.#snapshot.activeSpeaker === participantId) this.#update({ activeSpeaker: null });
    if (participant !== undefined) this.emit('participant-left', { participant, reason });
  }

  #understand(line: WireLine): ChatMessage {
    const at = Date.parse(line.timestamp);
    return {
      id: Number(line.messageId),
      from: line.from,
      displayName: line.displayName ?? this.#find(line.from)?.displayName ?? '',
      text: line.message,
      at: Number.isFinite(at) ? at : this.#environment.now(),
      own: line.from === this.#snapshot.self.id,
    };
  }

  #mediaUpdate(message: ServerMessage & { type: 'media-update' }): void {
    if (message.participantId === this.#snapshot.self.id) {
      this.#muteSync.update('audio', message.audio);
      this.#muteSync.update('video', message.video);
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

  #silenced(kind: MediaType): void {
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
    this.#update({ participants: joinRoster(this.#roster, this.#subscribe.tracks, this.#snapshot.participants) });
  }

  #capabilities(): Record<string, unknown> {
    this.#resuming = this.#everJoined && this.#subscribe.resumable;
    return this.#resuming ? { resume: true } : {};
  }

  #lost(): void {
    if (this.#over) return;
    this.#publish.offline();
    this.#chat.offline();
    this.#setConnection({ phase: this.#waitingPhase, waitingFor: 'signaling' });
  }

  #refreshMedia(): void {
    if (this.#over || this.#networkGone || !this.#channel.open) return;
    const lost = [this.#publish.connection, this.#subscribe.connection]
      .some(connection => ['failed', 'disconnected', 'closed'].includes(connection?.connectionState ?? 'new'));
    this.#setConnection(lost ? { phase: 'reconnecting', waitingFor: 'media' } : { phase: 'connected' });
  }

  get #waitingPhase(): 'connecting' | 'reconnecting' {
    return this.#everJoined ? 'reconnecting' : 'connecting';
  }

  get #over(): boolean {
    return final.has(this.#snapshot.connection.phase);
  }

  #setConnection(status: Omit<ConnectionStatus, 'since'>): void {
    const present = this.#snapshot.connection;
    if (present.phase === status.phase && present.waitingFor === status.waitingFor) return;
    const since = present.phase === status.phase ? present.since : this.#environment.now();
    this.#update({ connection: { ...status, since } });
    this.emit('connection', this.#snapshot.connection);
  }

  #finish(status: Omit<ConnectionStatus, 'since'>): void {
    if (this.#over) return;
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
    if (this.#identity.hostToken === undefined) throw new MeetError('forbidden', 'Only the host can do this.');
    return this.#identity.hostToken;
  }

  #assertNotOver(): void {
    if (this.#over) throw new MeetError('meeting-ended', 'This meeting is over.');
  }
}
