import type { MeetingSnapshot, Participant, QualityHint } from '@meetoperator/client';
import { describe, expect, it } from 'vitest';
import { withoutPictures } from '../src/features/quality/audio-only';
import { nextHint, noHint } from '../src/features/quality/useQualityHints';
import { chartPath } from '../src/features/statistics/chart';

describe('hints about the line', () => {
  const shown = (measured: readonly (readonly [number, QualityHint])[]): (readonly [number, QualityHint])[] => {
    let state = noHint;
    return measured.flatMap(([at, hint]) => {
      const next = nextHint(state, { at, hint, quality: hint === 'none' ? 'good' : 'poor' });
      state = next.state;
      return next.show === null ? [] : [[at, next.show] as const];
    });
  };
  const every2s = (hint: QualityHint, from: number, to: number) => Array.from({ length: (to - from) / 2_000 + 1 }, (_, index) => [from + index * 2_000, hint] as const);

  it('a hint is shown when the line has been poor for six seconds', () => {
    expect(shown(every2s('loss-sending', 0, 20_000))).toEqual([[6_000, 'loss-sending']]);
  });

  it('a short problem shows nothing', () => {
    expect(shown([...every2s('loss-sending', 0, 4_000), [6_000, 'none'], ...every2s('loss-sending', 8_000, 12_000)])).toEqual([]);
  });

  it('the same hint is repeated after two minutes at the earliest', () => {
    expect(shown(every2s('high-delay', 0, 130_000))).toEqual([[6_000, 'high-delay'], [126_000, 'high-delay']]);
  });

  it.each([['narrow-sending', 'weak'], ['busy-device', 'good']] as const)('%s is shown once it has lasted for ten seconds, and again after five minutes at the earliest', (hint, quality) => {
    let state = noHint;
    const times: number[] = [];
    for (let at = 0; at <= 320_000; at += 2_000) {
      const next = nextHint(state, { at, quality, hint });
      state = next.state;
      if (next.show === hint) times.push(at);
    }
    expect(times).toEqual([10_000, 310_000]);
  });

  it('a picture that is smaller for some seconds shows no hint', () => {
    const first = nextHint(noHint, { at: 0, quality: 'weak', hint: 'narrow-sending' });
    const gone = nextHint(first.state, { at: 8_000, quality: 'good', hint: 'none' });
    expect([gone.show, nextHint(gone.state, { at: 10_000, quality: 'weak', hint: 'narrow-sending' }).show]).toEqual([null, null]);
  });

  it('a line that is only weak shows no hint', () => {
    expect(nextHint({ hint: 'none', since: 0, shownAt: {} }, { at: 60_000, quality: 'weak', hint: 'high-delay' })).toMatchObject({ show: null, state: { hint: 'none' } });
  });
});

describe('audio only', () => {
  it('pictures of others are left out, their sound stays, and the own picture too', () => {
    const track = {} as MediaStreamTrack;
    const tracks = { microphone: track, camera: track, screen: track, 'screen-audio': track };
    const person = (id: string, isSelf: boolean): Participant => ({ id, displayName: id, role: 'participant', audio: true, video: true, isSelf, tracks });
    const shown = withoutPictures({ self: person('me', true), participants: [person('bob', false)] } as unknown as MeetingSnapshot);
    expect(Object.keys(shown.participants[0]!.tracks).sort()).toEqual(['microphone', 'screen-audio']);
    expect(shown.participants[0]!.video).toBe(false);
    expect(shown.self.tracks.camera).toBe(track);
  });
});

describe('the line of a chart', () => {
  it('the newest point is at the right edge and the largest value at the top', () => {
    expect(chartPath([{ at: 60_000, value: 0 }, { at: 90_000, value: 5 }, { at: 120_000, value: 10 }], 120_000, 10, 300, 60)).toBe('M150 60L225 30L300 0');
  });

  it('points before the span are left out, and the line has a gap where nothing was measured', () => {
    expect(chartPath([{ at: 0, value: 1 }, { at: 200_000, value: 10 }, { at: 230_000, value: null }, { at: 260_000, value: 10 }], 120_000, 10, 300, 60)).toBe('M150 0M300 0');
  });

  it('a measure that is always 0 is a line at the bottom', () => {
    expect(chartPath([{ at: 0, value: 0 }, { at: 120_000, value: 0 }], 120_000, 0, 300, 60)).toBe('M0 60L300 60');
  });
});
