import type { Role, TrackSource, WireParticipant } from './protocol.js';
import type { RemoteTrack } from './subscribe-session.js';

export type Phase = 'connecting' | 'connected' | 'reconnecting' | 'ended' | 'removed' | 'left' | 'failed';

export interface ConnectionStatus {
  readonly phase: Phase;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What the client waits for while `connecting` or `reconnecting`. */
  readonly waitingFor?: 'signaling' | 'media' | 'network';
  readonly code?: string;
  readonly reason?: string;
}

export interface Participant {
  readonly id: string;
  readonly displayName: string;
  readonly role: Role;
  readonly audio: boolean;
  readonly video: boolean;
  readonly isSelf: boolean;
  readonly tracks: Readonly<Partial<Record<TrackSource, MediaStreamTrack>>>;
}

export interface ChatMessage {
  /** Increases by one from message to message of a meeting. */
  readonly id: number;
  readonly from: string;
  readonly displayName: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly own: boolean;
}

/** A message of this participant that the server has not confirmed. `failed`: the server rejected it or did not confirm it in time. */
export interface OutgoingMessage {
  readonly reference: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly state: 'sending' | 'failed';
}

export interface MeetingSnapshot {
  readonly meetingId: string;
  readonly connection: ConnectionStatus;
  readonly self: Participant;
  /** The other participants, in the order of their arrival. */
  readonly participants: readonly Participant[];
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingMessage[];
  readonly activeSpeaker: string | null;
}

/** The other participants: their signaling state combined with their tracks. Participants that did not change keep their object. */
export function mergeRoster(roster: ReadonlyMap<string, WireParticipant>, tracks: readonly RemoteTrack[], previous: readonly Participant[]): Participant[] {
  const byId = new Map(previous.map(participant => [participant.id, participant]));
  return [...roster.values()].map(wire => {
    const ownTracks = Object.fromEntries(tracks.filter(t => t.participantId === wire.participantId).map(t => [t.source, t.track]));
    const next: Participant = {
      id: wire.participantId,
      displayName: wire.displayName,
      role: wire.role ?? 'participant',
      audio: wire.audio,
      video: wire.video,
      isSelf: false,
      tracks: ownTracks,
    };
    const old = byId.get(next.id);
    return old !== undefined && sameParticipant(old, next) ? old : next;
  });
}

export function sameParticipant(a: Participant, b: Participant): boolean {
  const sources: TrackSource[] = ['microphone', 'camera', 'screen', 'screen-audio'];
  return a.id === b.id && a.displayName === b.displayName && a.role === b.role && a.audio === b.audio && a.video === b.video
    && sources.every(source => a.tracks[source] === b.tracks[source]);
}

/** Inserts a message in the server's order. Replays after a reconnect repeat messages; a message that is known already changes nothing. */
export function insertMessage(messages: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  let index = messages.length;
  while (index > 0 && messages[index - 1]!.id > message.id) index -= 1;
  return messages[index - 1]?.id === message.id ? messages : messages.toSpliced(index, 0, message);
}
