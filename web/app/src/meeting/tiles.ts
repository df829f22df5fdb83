import type { Participant } from '@meetoperator/client';

export interface TileModel {
  readonly key: string;
  readonly participant: Participant;
  readonly source: 'camera' | 'screen';
  readonly track: MediaStreamTrack | undefined;
}

export interface StageModel {
  /** What everybody should look at; shared screens come first. */
  readonly screens: readonly TileModel[];
  readonly people: readonly TileModel[];
  /** How many people have no tile of their own. */
  readonly hidden: number;
}

/** Who is shown, in the order they came, oneself last. When not all fit, whoever speaks does. */
export function arrange(self: Participant, others: readonly Participant[], activeSpeaker: string | null, room: number): StageModel {
  const everyone = [...others, self];
  const screens = everyone.filter(participant => participant.tracks.screen !== undefined).map(participant => tileOf(participant, 'screen'));
  if (everyone.length <= room) return { screens, people: everyone.map(participant => tileOf(participant, 'camera')), hidden: 0 };
  const places = Math.max(1, room - 2); // one for oneself, one for the "more" tile
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
