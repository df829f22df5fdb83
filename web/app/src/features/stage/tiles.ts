import type { Participant, ShownTrack } from '@meetoperator/client';

export interface TileModel {
  readonly key: string;
  readonly participant: Participant;
  readonly source: 'camera' | 'screen';
  readonly track: MediaStreamTrack | undefined;
}

export interface StageModel {
  /** Shared screens, without the large tile. */
  readonly screens: readonly TileModel[];
  readonly people: readonly TileModel[];
  /** The number of participants without a tile. */
  readonly hidden: number;
  /** Who has the last place before the user's own, for the next arrangement; null when all others have a place. */
  readonly lastPlace: string | null;
}

/** The pinned tile; null when nothing is pinned, or when its participant left or stopped sharing. */
export function pinnedTile(others: readonly Participant[], pinned: string | null): TileModel | null {
  const sources = ['camera', 'screen'] as const;
  return others.flatMap(participant => sources.map(source => tileOf(participant, source)))
    .find(({ key, source, participant }) => key === pinned && (source === 'camera' || participant.tracks.screen !== undefined)) ?? null;
}

/** The tile that takes the largest part of the stage: the pinned one, otherwise the first shared screen. */
export function largeTile(self: Participant, others: readonly Participant[], pinned: string | null): TileModel | null {
  const presenter = [...others, self].find(participant => participant.tracks.screen !== undefined);
  return pinnedTile(others, pinned) ?? (presenter === undefined ? null : tileOf(presenter, 'screen'));
}

/**
 * Arranges participants in the order of their arrival, with the user last. When not all fit into `capacity` tiles, the active speaker always does: the last place is for speakers
 * who have no other one. It stays theirs until another such person speaks, so that no tile changes when people with a place answer.
 */
export function arrange(
  self: Participant, others: readonly Participant[], activeSpeaker: string | null, capacity: number, large: TileModel | null = null, lastPlace: string | null = null,
): StageModel {
  const isSmall = ({ key }: TileModel) => key !== large?.key;
  const presenters = [...others, self].filter(participant => participant.tracks.screen !== undefined);
  const screens = presenters.map(participant => tileOf(participant, 'screen')).filter(isSmall);
  const everyone = [...others, self].map(participant => tileOf(participant, 'camera')).filter(isSmall);
  if (everyone.length <= capacity) return { screens, people: everyone, hidden: 0, lastPlace: null };
  const crowd = everyone.slice(0, -1);
  const places = Math.max(1, capacity - 2); // one tile is the user's own, one is the "more" tile
  const first = crowd.slice(0, places - 1);
  const waiting = crowd.slice(places - 1);
  const last = waiting.find(({ participant }) => participant.id === activeSpeaker) ?? waiting.find(({ participant }) => participant.id === lastPlace) ?? waiting[0]!;
  return { screens, people: [...first, last, everyone.at(-1)!], hidden: waiting.length - 1, lastPlace: last.participant.id };
}

/** Marks the pinned track, which then comes before the others on a narrow line. */
export function withPinned(tracks: readonly ShownTrack[], pinned: string | null): ShownTrack[] {
  return tracks.map(track => (`${track.participantId}:${track.source}` === pinned ? { ...track, pinned: true } : track));
}

function tileOf(participant: Participant, source: 'camera' | 'screen'): TileModel {
  const visible = source === 'screen' || participant.video;
  return { key: `${participant.id}:${source}`, participant, source, track: visible ? participant.tracks[source] : undefined };
}
