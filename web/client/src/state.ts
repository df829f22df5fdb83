import type { Role, TrackSource, WireParticipant } from './protocol.js';
import type { RemoteTrack } from './subscribe-session.js';

export type Phase = 'connecting' | 'connected' | 'reconnecting' | 'ended' | 'removed' | 'left' | 'failed';

export interface ConnectionStatus {
  readonly phase: Phase;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What is being waited for while `connecting` or `reconnecting`. */
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
  /** Grows by one from line to line of a meeting. */
  readonly id: number;
  readonly from: string;
  readonly displayName: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly own: boolean;
}

/** A line of our own that the server has not confirmed; `failed`: it was refused, or not answered in time. */
export interface OutgoingLine {
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
  /** The others, in the order they came. */
  readonly participants: readonly Participant[];
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingLine[];
  readonly activeSpeaker: string | null;
}

/** The others, joined from what signaling says of them and what the media session carries of them. */
export function joinRoster(roster: ReadonlyMap<string, WireParticipant>, tracks: readonly RemoteTrack[], before: readonly Participant[]): Participant[] {
  const byId = new Map(before.map(participant => [participant.id, participant]));
  return [...roster.values()].map(wire => {
    const own = Object.fromEntries(tracks.filter(t => t.participantId === wire.participantId).map(t => [t.source, t.track]));
    const next: Participant = {
      id: wire.participantId,
      displayName: wire.displayName,
      role: wire.role ?? 'participant',
      audio: wire.audio,
      video: wire.video,
      isSelf: false,
      tracks: own,
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

/** Replays after a reconnect bring messages again: each is kept once, in the server's order. */
export function insertMessage(messages: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  let place = messages.length;
  while (place > 0 && messages[place - 1]!.id > message.id) place -= 1;
  return messages[place - 1]?.id === message.id ? messages : messages.toSpliced(place, 0, message);
}
