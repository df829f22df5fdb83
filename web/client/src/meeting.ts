import type { JoinIdentity } from './connection/join.js';
import { MeetingConnection } from './connection/meeting-connection.js';
import type { JoinResponse } from './connection/meetings-api.js';
import type { ConnectionStatus } from './connection/status.js';
import { Emitter } from './core/emitter.js';
import type { Environment } from './core/environment.js';
import { MeetError } from './core/errors.js';
import type { Feature } from './core/feature.js';
import type { HttpApi } from './core/http.js';
import type { MediaType, TrackSource } from './core/wire-types.js';
import { BetterPath } from './features/better-path/better-path.js';
import { watchPathChanges } from './features/better-path/path-changes.js';
import { listMessages } from './features/chat/api.js';
import { Chat } from './features/chat/chat.js';
import type { ChatMessage } from './features/chat/state.js';
import { Diagnostics } from './features/diagnostics/diagnostics.js';
import type { DiagnosticReport } from './features/diagnostics/report.js';
import { DirectMeeting } from './features/direct/direct-meeting.js';
import { DirectPaths } from './features/direct/direct-paths.js';
import { E2ee } from './features/e2ee/e2ee.js';
import type { Identity } from './features/e2ee/identity.js';
import { watchGathering } from './features/media/gathering.js';
import { Tracks } from './features/media/tracks.js';
import { endMeeting, removeParticipant } from './features/moderation/api.js';
import { Moderation } from './features/moderation/moderation.js';
import { muteParticipant } from './features/mute/api.js';
import { Mute } from './features/mute/mute.js';
import type { Participant } from './features/presence/participants.js';
import { Presence } from './features/presence/presence.js';
import { QualityReports } from './features/quality/quality-reports.js';
import { Relays } from './features/relays/relays.js';
import { PathFailures } from './features/stats/path-failures.js';
import { PathMemory } from './features/stats/path-memory.js';
import { Stats } from './features/stats/stats.js';
import type { StatsSummary } from './features/stats/summary.js';
import { Survey, type SurveyRating } from './features/survey/survey.js';
import { canTunnel } from './features/tunnel/media-streams.js';
import { Tunnel } from './features/tunnel/tunnel.js';
import type { ShownTrack } from './features/view/messages.js';
import { View } from './features/view/view.js';
import { parseServerMessage, type ClientMessage, type JoinedMessage, type ServerMessage } from './protocol.js';
import type { MeetingSnapshot } from './snapshot.js';

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

/** The identity of this client, null if it cannot encrypt, and whether it may join only encrypted meetings. */
interface Encryption {
  readonly identity: Identity | null;
  readonly isRequired: boolean;
}

/** One participant's view of a meeting, from `MeetClient.join` until the meeting ends or the participant leaves. Wires the features to the connection and to each other. */
export class Meeting extends Emitter<MeetingEvents> {
  readonly #http: HttpApi;
  readonly #identity: JoinIdentity;
  readonly #connection: MeetingConnection<ClientMessage, ServerMessage>;
  readonly #presence: Presence;
  readonly #mute: Mute;
  readonly #tracks: Tracks;
  /** Direct connections in a meeting that also uses the SFU. */
  readonly #direct: DirectPaths;
  /** Those in a meeting that does not. */
  readonly #directMeeting: DirectMeeting;
  readonly #chat: Chat;
  readonly #stats: Stats;
  readonly #diagnostics: Diagnostics;
  readonly #quality: QualityReports;
  readonly #survey: Survey;
  readonly #startedAt: number;
  readonly #monotonicNow: () => number;
  readonly #view: View;
  readonly #e2ee: E2ee;
  /** In the order in which they are called. */
  readonly #features: readonly Feature<JoinedMessage, ServerMessage>[];
  #snapshot: MeetingSnapshot;

  /** Use `MeetClient.join`. `startedAt` is when the join began, as of `Environment.monotonicNow`. */
  constructor(environment: Environment, http: HttpApi, identity: JoinIdentity, response: JoinResponse, startedAt: number, encryption: Encryption = { identity: null, isRequired: false }) {
    super();
    this.#startedAt = startedAt;
    this.#monotonicNow = environment.monotonicNow;
    this.#http = http;
    this.#identity = identity;
    const send = (message: ClientMessage): boolean => this.#connection.send(message);
    const selfId = (): string => this.#presence.state.self.id;
    this.#presence = new Presence({ id: response.participantId, displayName: identity.displayName, role: response.role }, {
      remoteTracks: () => this.#tracks.remote,
      onChange: part => this.#update(part),
      onJoined: participant => this.emit('participant-joined', participant),
      onLeft: (participant, reason) => this.emit('participant-left', { participant, reason }),
    });
    this.#mute = new Mute({
      send,
      selfId,
      localTrack: source => this.#tracks.local.get(source),
      onMuted: () => {
        this.#tracks.applyMutes();
        for (const direct of [this.#direct, this.#directMeeting]) direct.applyMutes();
      },
      onChange: sending => this.#presence.updateSelf({ ...sending, tracks: Object.fromEntries(this.#tracks.local) }),
      onSilenced: kind => this.emit('silenced', { kind }),
    });
    this.#e2ee = new E2ee(encryption, {
      meetingId: identity.meetingId,
      send,
      createWorker: () => environment.e2ee!.createWorker(),
      monotonicNow: environment.monotonicNow,
      onChange: state => this.#update({ encryption: state }),
      onRefused: () => this.#connection.finish({ phase: 'failed', code: 'encryption-required' }),
    });
    const pathFailures = new PathFailures(environment.monotonicNow);
    const watched = watchPathChanges(watchGathering(environment, ms => this.#quality.gathered(ms)), () => betterPath.handlePathChange());
    const relays = new Relays(pathFailures.watch(watched), response.iceServers ?? [], {
      onWithdrawn: () => this.#tracks.replaceConnections(),
      onNamed: connections => this.#tracks.retryWithoutPath(connections),
      onEnded: connections => this.#tracks.retryWithoutPath(connections, connections),
    });
    const tunnel: Tunnel = new Tunnel(relays.environment, {
      isSupported: canTunnel(),
      urlOf: sessionId => tunnelUrl(response.webSocketUrl, identity.meetingId, sessionId),
      ticket: () => this.ticket,
      isEncrypted: () => this.#e2ee.transforms !== null,
      publishing: () => this.#tracks.connections.publish,
      replaceConnections: () => betterPath.replace(() => this.#tracks.replaceConnections({ isUrgent: true })),
      replacePublishing: () => this.#tracks.replacePublishing(),
      onChange: state => this.#update({ tunnel: state }),
    });
    this.#tracks = new Tracks(tunnel.environment, {
      send,
      transforms: () => this.#e2ee.transforms,
      isMuted: source => this.#mute.isSourceMuted(source),
      reconnect: () => this.#connection.reconnect(),
      route: tracks => this.#directMeeting.route(this.#direct.route(tracks)),
      onLocalChange: () => {
        this.#mute.refresh();
        for (const direct of [this.#direct, this.#directMeeting]) direct.refreshLocal();
      },
      onRemoteChange: () => this.#presence.refresh(),
      onState: () => this.#connection.refresh(),
      onRestart: reason => this.emit('media-restart', { reason }),
      onMoves: moves => this.#update({ moves }),
      onRejected: code => this.emit('problem', { code, message: 'The server rejects the media of this browser.' }),
    });
    const tracks = this.#tracks;
    const betterPath: BetterPath = new BetterPath(environment, {
      get connections() { return tracks.connections; },
      restartIce: () => (tunnel.isOn ? tunnel.look() : tracks.restartIce()),
      replaceConnections: () => tunnel.leave(() => tracks.replaceConnections()),
    });
    const directHost = {
      iceServers: relays.direct,
      send,
      selfId,
      others: () => this.#presence.state.participants,
      localTracks: () => this.#tracks.local,
      transforms: () => this.#e2ee.transforms,
      isMuted: (source: TrackSource) => this.#mute.isSourceMuted(source),
      shownOf: (participantId: string) => this.#view.shownOf(participantId),
      sfuTracks: () => this.#tracks.forwarded,
      onTracks: () => this.#presence.refresh(),
    };
    this.#direct = new DirectPaths(environment, { ...directHost, pauseSfu: isPaused => this.#tracks.pauseSfu(isPaused) });
    this.#directMeeting = new DirectMeeting(environment, { ...directHost, endSfu: () => this.#tracks.endLeft(), onUnconnected: unconnected => this.#update({ unconnected }) });
    this.#chat = new Chat(environment, {
      send,
      selfId,
      nameOf: participantId => this.#presence.find(participantId)?.displayName,
      read: after => listMessages(http, identity.meetingId, after, this.ticket),
      onChange: (messages, outgoing) => this.#update({ messages, outgoing }),
      onMessage: message => this.emit('chat', message),
    });
    const statsHost = {
      selfId,
      pathMemory: new PathMemory(pathFailures, () => relays.isRefused),
      directPaths: () => [...this.#direct.connections, ...this.#directMeeting.connections],
      expects: (participantId: string, source: TrackSource) => this.#expects(participantId, source),
      isPaused: (participantId: string, source: TrackSource) => this.#snapshot.paused.some(one => one.participantId === participantId && one.source === source),
    };
    this.#stats = new Stats(environment, this.#tracks, statsHost);
    this.#diagnostics = new Diagnostics(http, identity.meetingId, { history: () => this.statsHistory, ticket: () => this.ticket, now: environment.now, monotonicNow: environment.monotonicNow, random: environment.random });
    // Reports have longer intervals than what a page shows, so they are measured on their own.
    const reported = new Stats(environment, this.#tracks, statsHost);
    this.#quality = new QualityReports({ send, measure: () => reported.measure(), pathFailures });
    this.#survey = new Survey(http, identity.meetingId, { ticket: () => this.ticket, onChange: survey => this.#update({ survey }) });
    this.#view = new View({ send, onPaused: paused => this.#update({ paused }) });
    const moderation = new Moderation({
      onOver: (phase, reason) => this.#connection.finish({ phase, ...(reason === undefined ? {} : { reason }) }),
    });
    // Encryption precedes media: no connection is opened before it is known whether its frames are encrypted.
    // Moderation is last, because it can end the meeting and close all of them.
    this.#features = [this.#presence, this.#mute, this.#e2ee, relays, tunnel, this.#tracks, betterPath, this.#direct, this.#directMeeting, this.#view, this.#chat, this.#quality, this.#survey, moderation];
    this.#connection = new MeetingConnection(environment, http, identity, response, {
      joinMessage: participantId => ({
        type: 'join', participantId, ...this.#mute.joinFields, ...this.#e2ee.joinFields,
        capabilities: { ...this.#tracks.requestResume(), slots: true, p2p: true, move: true, ...tunnel.joinFields(), ...this.#e2ee.joinFields.capabilities },
      }),
      parse: parseServerMessage,
      onMessage: message => this.#handle(message),
      onOffline: () => { for (const feature of this.#features) feature.handleOffline?.(); },
      onStatus: status => {
        this.#update({ connection: status });
        this.emit('connection', status);
      },
      onOver: () => { for (const feature of this.#features) feature.close?.(); },
      isMediaLost: () => this.#tracks.isInterrupted,
    });
    this.#snapshot = { meetingId: identity.meetingId, connection: this.#connection.status, ...this.#presence.state, messages: [], outgoing: [], paused: [], encryption: null, survey: false, moves: [], unconnected: [], tunnel: 'off' };
    this.#connection.start();
  }

  get snapshot(): MeetingSnapshot {
    return this.#snapshot;
  }

  get ticket(): string {
    return this.#connection.ticket;
  }

  get isHost(): boolean {
    return this.#identity.hostToken !== undefined && this.#snapshot.self.role === 'host';
  }

  /** Sends a track. The caller keeps ownership: the SDK enables and disables the track, but never stops it. */
  async publish(track: MediaStreamTrack, source: TrackSource): Promise<void> {
    if (this.#connection.isOver) throw new MeetError('meeting-ended', 'This meeting has ended.');
    await this.#tracks.publish(track, source);
  }

  /** Replaces the track of a source without a negotiation; with `null`, the source sends nothing. */
  async replaceTrack(source: TrackSource, track: MediaStreamTrack | null): Promise<void> {
    await (track === null ? this.#tracks.pause(source) : this.publish(track, source));
  }

  unpublish(source: TrackSource): void {
    this.#tracks.unpublish(source);
  }

  mute(kind: MediaType): void {
    this.#mute.set(kind, true);
  }

  unmute(kind: MediaType): void {
    this.#mute.set(kind, false);
  }

  isMuted(kind: MediaType): boolean {
    return this.#mute.isMuted(kind);
  }

  /**
   * Tells the server, and others to whom direct connections are open, which video tracks of others the page shows, and in which size. Call this after every change. Other video tracks are no longer received; without a
   * call, all are received in a medium quality. Of many microphones, the server sends the loudest, and always those of the participants whose IDs are in `pinned`, also while
   * nothing of them is shown.
   */
  show(tracks: readonly ShownTrack[], pinned: readonly string[] = []): void {
    this.#view.set(tracks, pinned);
    for (const direct of [this.#direct, this.#directMeeting]) direct.refreshShown();
  }

  /** Limits what the camera sends in total, over all its layers and connections, in bits per second; null for no limit beyond that of the SDK. */
  limitCamera(bitsPerSecond: number | null): void {
    this.#tracks.limitCamera(bitsPerSecond);
    for (const direct of [this.#direct, this.#directMeeting]) direct.limitCamera(bitsPerSecond);
  }

  /** False when the message could not be sent; nothing is kept then. */
  sendChat(message: string): boolean {
    return this.#chat.send(message);
  }

  /** Sends a message of `snapshot.outgoing` again. The server stores it once, however often it is sent. */
  resendChat(reference: string): boolean {
    return this.#chat.resend(reference);
  }

  discardChat(reference: string): void {
    this.#chat.discard(reference);
  }

  async endForAll(): Promise<void> {
    await endMeeting(this.#http, this.#identity.meetingId, this.#hostToken());
  }

  async removeParticipant(participantId: string): Promise<void> {
    await removeParticipant(this.#http, this.#identity.meetingId, participantId, this.#hostToken());
  }

  async muteParticipant(participantId: string, kind: MediaType): Promise<void> {
    await muteParticipant(this.#http, this.#identity.meetingId, participantId, kind, this.#hostToken());
  }

  leave(): void {
    if (this.#connection.isOver) return;
    this.#connection.send({ type: 'leave' });
    this.#connection.finish({ phase: 'left' });
  }

  /** The statistics since the previous call. Qualities of tiles settle over some calls; call this every two seconds. */
  getStats(): Promise<StatsSummary> {
    return this.#stats.measure();
  }

  /** Tells the SDK that a picture of another participant is visible. The first call ends the measurement of how long the join took. */
  reportPicture(): void {
    this.#quality.firstFrame(this.#monotonicNow() - this.#startedAt);
  }

  /** The results of `getStats` of the last two minutes, oldest first. */
  get statsHistory(): readonly StatsSummary[] {
    return this.#stats.history;
  }

  /**
   * A report about a problem, from the results of `getStats` of the last two minutes. Nothing is sent: show the report to the person, add what they write with
   * `withText`, and call `sendReport` with it only after they have agreed. `browser` is the browser and its version.
   */
  prepareReport(browser: string): DiagnosticReport {
    return this.#diagnostics.prepare(browser);
  }

  /** Sends a report that the person has seen and agreed to send; returns its ID. After a failure, the same report can be sent again and is stored once. */
  sendReport(report: DiagnosticReport): Promise<string> {
    return this.#diagnostics.send(report);
  }

  /** Says how the call was; a second answer replaces the first. Ask the person when the meeting is over for them and `snapshot.survey` is true; the server takes answers until 15 minutes after the end. */
  answerSurvey(rating: SurveyRating, text = ''): Promise<void> {
    return this.#survey.answer(rating, text);
  }

  /** The current audio level of each other participant, linear from 0 to 1. */
  audioLevels(): ReadonlyMap<string, number> {
    return this.#tracks.audioLevels();
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'joined': return this.#handleJoined(message);
      case 'error': return this.#handleError(message);
      default: for (const { handlers } of this.#features) (handlers[message.type] as ((message: ServerMessage) => void) | undefined)?.(message);
    }
  }

  #handleJoined(message: JoinedMessage): void {
    const { socket } = this.#connection;
    for (const feature of this.#features) {
      if (this.#connection.isOver) return;
      feature.handleJoined?.(message, socket);
    }
    this.#connection.handleJoined();
    this.emit('ticket', { ticket: this.ticket, participantId: message.participantId });
  }

  #handleError(error: ServerMessage & { type: 'error' }): void {
    for (const feature of this.#features) {
      const outcome = feature.handleError?.(error) ?? 'foreign';
      if (outcome === 'recovered') return;
      if (outcome === 'known') break;
    }
    this.emit('problem', { code: error.code, message: error.message ?? error.code });
  }

  #update(part: Partial<MeetingSnapshot>): void {
    const changed = (Object.keys(part) as (keyof MeetingSnapshot)[]).some(key => part[key] !== this.#snapshot[key]);
    if (!changed) return;
    this.#snapshot = { ...this.#snapshot, ...part };
    this.emit('change', this.#snapshot);
  }

  /** Whether a track of another participant should arrive. The sound of a screen may be silent at any time. */
  #expects(participantId: string, source: TrackSource): boolean {
    const participant = this.#presence.find(participantId);
    switch (source) {
      case 'microphone': return participant?.audio === true;
      case 'camera': return participant?.video === true && this.#view.shows(participantId, source);
      case 'screen': return this.#view.shows(participantId, source);
      case 'screen-audio': return false;
    }
  }

  #hostToken(): string {
    if (this.#identity.hostToken === undefined) throw new MeetError('forbidden', 'Only a host can do this.');
    return this.#identity.hostToken;
  }
}

/** The WebSocket of a session's tunnel, on the server of the join. */
function tunnelUrl(webSocketUrl: string, meetingId: string, sessionId: string): string {
  const url = new URL(webSocketUrl);
  url.pathname = `/meetings/${encodeURIComponent(meetingId)}/tunnel`;
  url.search = `?session=${encodeURIComponent(sessionId)}`;
  return url.toString();
}
