import type { Participant } from '@meetoperator/client';
import { describe, expect, it } from 'vitest';
import { gridLayout, tilesThatFit } from '../src/meeting/grid-layout';
import { arrange } from '../src/meeting/tiles';

describe('the grid', () => {
  it.each([
    [1, 1280, 700, 1], [2, 1280, 700, 2], [4, 1280, 700, 2], [5, 1280, 700, 3], [9, 1280, 700, 3],
    [2, 390, 700, 1], [4, 390, 700, 1], [6, 390, 700, 2],
  ])('puts %i tiles on %i×%i in %i columns', (count, width, height, columns) => {
    expect(gridLayout(count, width, height, 10).columns).toBe(columns);
  });

  it('never overflows, whatever the count and the window', () => {
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

  it('cuts little from a camera where the window is wide', () => {
    const { tileWidth, tileHeight } = gridLayout(2, 1280, 700, 10);
    expect(tileWidth / tileHeight).toBeGreaterThan(1.3);
  });

  it('survives a window that is not measured yet', () => {
    expect(gridLayout(3, 0, 0, 10)).toMatchObject({ tileWidth: 0, tileHeight: 0 });
    expect(tilesThatFit(0, 0)).toBe(2);
  });
});

describe('who is shown', () => {
  const track = { id: 'track' } as MediaStreamTrack;
  const one = (id: string, more: Partial<Participant> = {}): Participant =>
    ({ id, displayName: id, role: 'participant', audio: true, video: true, isSelf: false, tracks: { camera: track }, ...more });
  const self = one('me', { isSelf: true });
  const crowd = Array.from({ length: 10 }, (_, index) => one(`p${index}`));

  it('is everybody, oneself last, when there is room', () => {
    expect(arrange(self, crowd.slice(0, 3), null, 25).people.map(tile => tile.participant.id)).toEqual(['p0', 'p1', 'p2', 'me']);
  });

  it('is as many as fit, and always oneself and the speaker', () => {
    const model = arrange(self, crowd, 'p9', 6);
    expect(model.people.map(tile => tile.participant.id)).toEqual(['p0', 'p1', 'p2', 'p9', 'me']);
    expect(model.hidden).toBe(6);
    expect(model.people.length + model.hidden).toBe(11);
  });

  it('shows no picture of somebody whose camera is off, although the track is there', () => {
    expect(arrange(self, [one('bob', { video: false })], null, 25).people[0]!.track).toBeUndefined();
  });

  it('gives each shared screen a tile of its own', () => {
    const model = arrange(self, [one('bob', { tracks: { camera: track, screen: track } })], null, 25);
    expect(model.screens.map(tile => tile.key)).toEqual(['bob:screen']);
    expect(model.people.map(tile => tile.key)).toEqual(['bob:camera', 'me:camera']);
  });
});
