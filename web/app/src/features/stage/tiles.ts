import type { Participant } from '@meetoperator/client';

export interface TileModel {
  readonly key: string;
  readonly participant: Participant;
  readonly source: 'camera' | 'screen';
  readonly track: MediaStreamTrack | undefined;
}

export interface StageModel {
  /** Shared screens, which take the largest part of the stage. */
  readonly screens: readonly TileModel[];
  readonly people: readonly TileModel[];
  /** The number of participants without a tile. */
  readonly hidden: number;
}

/** Arranges participants in the order of their arrival, with the user last. When not all fit into `capacity` tiles, the active speaker always does. */
export function arrange(self: Participant, others: readonly Participant[], activeSpeaker: string | null, capacity: number): StageModel {
  const everyone = [...others, self];
  const screens = everyone.filter(participant => participant.tracks.screen !== undefined).map(participant => tileOf(participant, 'screen'));
  if (everyone.length <= capacity) return { screens, people: everyone.map(participant => tileOf(participant, 'camera')), hidden: 0 };
  const places = Math.max(1, capacity - 2); // one tile is the user's own, one is the "more" tile
  let shown = others.slice(0, places);
  const speaker = others.find(participant => participant.id === activeSpeaker);
  if (speaker !== undefined && !shown.includes(speaker)) shown = [...shown.slice(0, -1), speaker];
  return {
    screens,
    people: [...shown, self].map(participant => tileOf(participant, 'camera')),
    hidden: others.length - shown.length,
  };
}

function tileOf(participant: Participant, source: 'camera' | 'screen'): TileModel {
  const visible = source === 'screen' || participant.video;
  return { key: `${participant.id}:${source}`, participant, source, track: visible ? participant.tracks[source] : undefined };
}
