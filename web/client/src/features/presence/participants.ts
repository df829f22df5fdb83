import type { Role, TrackSource } from '../../core/wire-types.js';
import type { RemoteTrack } from '../media/subscribe-session.js';
import type { WireParticipant } from './messages.js';

export interface Participant {
  readonly id: string;
  readonly displayName: string;
  readonly role: Role;
  readonly audio: boolean;
  readonly video: boolean;
  readonly isSelf: boolean;
  readonly tracks: Readonly<Partial<Record<TrackSource, MediaStreamTrack>>>;
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

function sameParticipant(a: Participant, b: Participant): boolean {
  const sources: TrackSource[] = ['microphone', 'camera', 'screen', 'screen-audio'];
  return a.id === b.id && a.displayName === b.displayName && a.role === b.role && a.audio === b.audio && a.video === b.video
    && sources.every(source => a.tracks[source] === b.tracks[source]);
}
