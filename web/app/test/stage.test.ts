import type { Participant } from '@meetoperator/client';
import { describe, expect, it } from 'vitest';
import { gridLayout, tilesThatFit } from '../src/features/stage/grid-layout';
import { arrange } from '../src/features/stage/tiles';

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

  it('a participant whose camera is off has no picture', () => {
    expect(arrange(self, [participant('bob', { video: false })], null, 25).people[0]!.track).toBeUndefined();
  });

  it('each shared screen has a tile of its own', () => {
    const model = arrange(self, [participant('bob', { tracks: { camera: track, screen: track } })], null, 25);
    expect(model.screens.map(tile => tile.key)).toEqual(['bob:screen']);
    expect(model.people.map(tile => tile.key)).toEqual(['bob:camera', 'me:camera']);
  });
});
