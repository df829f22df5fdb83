import type { Participant } from '@meetoperator/client';
import { describe, expect, it } from 'vitest';
import { gridLayout, tilesThatFit } from '../src/features/stage/grid-layout';
import { arrange, largeTile, pinnedTile, withPinned } from '../src/features/stage/tiles';

describe('the grid layout', () => {
  it.each([
    [1, 1280, 700, 1], [2, 1280, 700, 2], [4, 1280, 700, 2], [5, 1280, 700, 3], [9, 1280, 700, 3],
    [2, 390, 700, 1], [4, 390, 700, 1], [6, 390, 700, 2],
  ])('%i tiles in a stage of %i×%i pixels form %i columns', (count, width, height, columns) => {
    expect(gridLayout(count, width, height, 10).columns).toBe(columns);
  });

  it('the tiles never overflow the stage', () => {
    for (let count = 1; count <= 30; count++) {
      for (const [width, height] of [[1920, 1000], [1280, 640], [820, 1100], [390, 640], [320, 256]] as const) {
        const { columns, rows, tileWidth, tileHeight } = gridLayout(count, width, height, 10);
        expect(columns * rows).toBeGreaterThanOrEqual(count);
        expect(columns * tileWidth + (columns - 1) * 10).toBeLessThanOrEqual(width);
        expect(rows * tileHeight + (rows - 1) * 10).toBeLessThanOrEqual(height);
        expect(tileWidth).toBeGreaterThan(20);
      }
    }
  });

  it('tiles in a wide window crop little of a camera picture', () => {
    const { tileWidth, tileHeight } = gridLayout(2, 1280, 700, 10);
    expect(tileWidth / tileHeight).toBeGreaterThan(1.3);
  });

  it('a stage without a size has empty tiles', () => {
    expect(gridLayout(3, 0, 0, 10)).toMatchObject({ tileWidth: 0, tileHeight: 0 });
    expect(tilesThatFit(0, 0)).toBe(2);
  });
});

describe('the arrangement of tiles', () => {
  const track = { id: 'track' } as MediaStreamTrack;
  const participant = (id: string, more: Partial<Participant> = {}): Participant =>
    ({ id, displayName: id, role: 'participant', audio: true, video: true, isSelf: false, tracks: { camera: track }, ...more });
  const self = participant('me', { isSelf: true });
  const crowd = Array.from({ length: 10 }, (_, index) => participant(`p${index}`));

  it('all participants have a tile when all tiles fit, with the user last', () => {
    expect(arrange(self, crowd.slice(0, 3), null, 25).people.map(tile => tile.participant.id)).toEqual(['p0', 'p1', 'p2', 'me']);
  });

  it('the user and the active speaker always have a tile', () => {
    const model = arrange(self, crowd, 'p9', 6);
    expect(model.people.map(tile => tile.participant.id)).toEqual(['p0', 'p1', 'p2', 'p9', 'me']);
    expect(model.hidden).toBe(6);
    expect(model.people.length + model.hidden).toBe(11);
  });

  it('over many speakers, only the last place changes, and only for a speaker who has no other place', () => {
    let lastPlace: string | null = null;
    const rows = [null, 'p9', 'p0', 'p9', null, 'p2', 'p8', 'p1', 'p3', 'me', 'p9', 'gone'].map(speaker => {
      const model = arrange(self, crowd, speaker, 6, null, lastPlace);
      lastPlace = model.lastPlace;
      expect(arrange(self, crowd, speaker, 6, null, lastPlace)).toEqual(model);
      return model.people.map(tile => tile.participant.id);
    });
    expect(rows.map(row => [...row.slice(0, 3), row[4]])).toEqual(rows.map(() => ['p0', 'p1', 'p2', 'me']));
    expect(rows.map(row => row[3])).toEqual(['p3', 'p9', 'p9', 'p9', 'p9', 'p9', 'p8', 'p8', 'p3', 'p3', 'p9', 'p9']);
  });

  it('the last place stays with its speaker when others come and leave', () => {
    expect(arrange(self, [...crowd.slice(1), participant('new')], 'p1', 6, null, 'p9').people.map(tile => tile.participant.id)).toEqual(['p1', 'p2', 'p3', 'p9', 'me']);
    expect(arrange(self, crowd.slice(0, 9), null, 6, null, 'p9').people.map(tile => tile.participant.id)).toEqual(['p0', 'p1', 'p2', 'p3', 'me']);
  });

  it('the pinned tile is the large one, before a shared screen, and its person has no second tile', () => {
    const others = [participant('ann', { tracks: { camera: track, screen: track } }), ...crowd];
    expect(largeTile(self, others, null)?.key).toBe('ann:screen');
    expect(largeTile(self, others, 'ann:camera')?.key).toBe('ann:camera');
    const large = largeTile(self, others, 'p9:camera');
    expect(large?.participant.id).toBe('p9');
    const model = arrange(self, others, 'p9', 6, large);
    expect(model.screens.map(tile => tile.key)).toEqual(['ann:screen']);
    expect(model.people.map(tile => tile.participant.id)).toEqual(['ann', 'p0', 'p1', 'p2', 'me']);
    expect(model.hidden).toBe(6);
  });

  it('a pin whose person left, or who stopped sharing, has no effect, and nobody pins themselves', () => {
    for (const pinned of ['gone:camera', 'p0:screen', 'me:camera', null]) expect([largeTile(self, crowd, pinned), pinnedTile(crowd, pinned)]).toEqual([null, null]);
    expect(pinnedTile(crowd, 'p0:camera')?.participant.id).toBe('p0');
    expect(largeTile({ ...self, tracks: { screen: track } }, crowd, 'gone:camera')?.key).toBe('me:screen');
  });

  it('only the pinned track is marked in what the page shows', () => {
    const shown = [{ participantId: 'p0', source: 'camera', width: 3, height: 2 }, { participantId: 'p0', source: 'screen', width: 3, height: 2 }] as const;
    expect(withPinned(shown, 'p0:camera')).toEqual([{ ...shown[0], pinned: true }, shown[1]]);
    expect(withPinned(shown, null)).toEqual(shown);
  });

  it('a participant whose camera is off has no picture', () => {
    expect(arrange(self, [participant('bob', { video: false })], null, 25).people[0]!.track).toBeUndefined();
  });

  it('each shared screen has a tile of its own', () => {
    const others = [participant('bob', { tracks: { camera: track, screen: track } }), participant('eve', { tracks: { screen: track } })];
    const model = arrange(self, others, null, 25, largeTile(self, others, null));
    expect(model.screens.map(tile => tile.key)).toEqual(['eve:screen']);
    expect(model.people.map(tile => tile.key)).toEqual(['bob:camera', 'eve:camera', 'me:camera']);
  });
});
