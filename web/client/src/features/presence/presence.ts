import type { Feature, JoinedSocket } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { MediaUpdateMessage } from '../mute/messages.js';
import type { RemoteTrack } from '../media/subscribe-session.js';
import type { JoinedPresence, PresenceServerMessage, WireParticipant } from './messages.js';
import { mergeRoster, type Participant } from './participants.js';

export interface PresenceState {
  readonly self: Participant;
  /** The other participants, in the order of their arrival. */
  readonly participants: readonly Participant[];
  /** The ID of the participant who speaks, according to the server. */
  readonly activeSpeaker: string | null;
  /** The IDs of the participants who cannot be seen or heard, because the media nodes of the meeting cannot reach each other. */
  readonly unreachable: readonly string[];
}

export interface PresenceHost {
  /** The tracks of the other participants. */
  remoteTracks(): readonly RemoteTrack[];
  onChange(part: Partial<PresenceState>): void;
  onJoined(participant: Participant): void;
  onLeft(participant: Participant, reason: string | undefined): void;
}

type Received = PresenceServerMessage | MediaUpdateMessage;

/** Who is in the meeting. */
export class Presence implements Feature<JoinedPresence, Received> {
  readonly handlers: MessageHandlers<Received> = {
    'participant-joined': ({ participant }) => this.#handleArrival(participant),
    'participant-left': ({ participantId, reason }) => this.#handleLeft(participantId, reason),
    'media-update': message => this.#handleUpdate(message),
    'speaking': ({ participantId }) => this.#set({ activeSpeaker: participantId }),
    'unreachable': ({ participantIds }) => this.#set({ unreachable: participantIds }),
  };
  readonly #host: PresenceHost;
  readonly #roster = new Map<string, WireParticipant>();
  #state: PresenceState;

  constructor(self: Pick<Participant, 'id' | 'displayName' | 'role'>, host: PresenceHost) {
    this.#host = host;
    this.#state = { self: { ...self, audio: false, video: false, isSelf: true, tracks: {} }, participants: [], activeSpeaker: null, unreachable: [] };
  }

  get state(): PresenceState {
    return this.#state;
  }

  find(participantId: string): Participant | undefined {
    return this.#state.participants.find(participant => participant.id === participantId);
  }

  updateSelf(part: Partial<Pick<Participant, 'id' | 'role' | 'audio' | 'video' | 'tracks'>>): void {
    this.#set({ self: { ...this.#state.self, ...part } });
  }

  /** Call this after every change of the remote tracks. */
  refresh(): void {
    this.#set({ participants: mergeRoster(this.#roster, this.#host.remoteTracks(), this.#state.participants) });
  }

  handleJoined({ participantId, participants, role }: JoinedPresence, { isFirst }: JoinedSocket): void {
    const previous = this.#state.participants;
    this.#roster.clear();
    for (const participant of participants) {
      if (participant.participantId !== participantId) this.#roster.set(participant.participantId, participant);
    }
    this.#set({ unreachable: [] }); // the server names them again
    this.updateSelf({ id: participantId, role: role ?? this.#state.self.role });
    this.refresh();
    if (!isFirst) this.#reportChanges(previous);
  }

  /** Reports who joined and left during a reconnect. */
  #reportChanges(previous: readonly Participant[]): void {
    for (const participant of previous) if (!this.#roster.has(participant.id)) this.#host.onLeft(participant, undefined);
    for (const participant of this.#state.participants) if (!previous.some(known => known.id === participant.id)) this.#host.onJoined(participant);
  }

  #handleArrival(participant: WireParticipant): void {
    this.#roster.set(participant.participantId, participant);
    this.refresh();
    const joined = this.find(participant.participantId);
    if (joined !== undefined) this.#host.onJoined(joined);
  }

  #handleLeft(participantId: string, reason: string | undefined): void {
    const participant = this.find(participantId);
    this.#roster.delete(participantId);
    this.refresh();
    if (this.#state.activeSpeaker === participantId) this.#set({ activeSpeaker: null });
    if (participant !== undefined) this.#host.onLeft(participant, reason);
  }

  #handleUpdate({ participantId, audio, video }: MediaUpdateMessage): void {
    const known = this.#roster.get(participantId);
    if (known === undefined) return;
    this.#roster.set(participantId, { ...known, audio, video });
    this.refresh();
  }

  #set(part: Partial<PresenceState>): void {
    this.#state = { ...this.#state, ...part };
    this.#host.onChange(part);
  }
}
