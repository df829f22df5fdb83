import { describe, expect, it } from 'vitest';
import { backgroundOf, backgrounds } from '../src/features/background/backgrounds';
import { coveringPart, fitWithin } from '../src/features/background/crop';
import { updateMask } from '../src/features/background/mask';
import { problemOf } from '../src/features/background/own-picture';
import { isTooSlow, nextPace, startingPace, type Pace } from '../src/features/background/pace';
import { isOwnWorker } from '../src/trusted-types';

describe('the remembered background', () => {
  it('is none until one is chosen', () => {
    expect(backgroundOf(undefined)).toBe('none');
  });

  it.each(backgrounds)('%s is remembered', background => {
    expect(backgroundOf(background)).toBe(background);
  });

  it.each(['forest', '', null, 7])('%o, which this version does not know, becomes a blurred background', remembered => {
    expect(backgroundOf(remembered)).toBe('blur');
  });
});

describe('the mask of the person', () => {
  const opacities = (...frames: number[]): number[] => {
    const image = new Uint8ClampedArray(4);
    return frames.map(confidence => {
      updateMask(image, Float32Array.of(confidence));
      return image[3]!;
    });
  };

  it('hides what is background and shows the person', () => {
    expect(opacities(0, 0.1, 0.3)).toEqual([0, 0, 0]);
    expect(opacities(1, 1, 1, 1).at(-1)).toBe(255);
  });

  it('has a soft edge where the model is unsure', () => {
    const [edge] = opacities(0.55, 0.55).slice(-1);
    expect(edge).toBeGreaterThan(90);
    expect(edge).toBeLessThan(165);
  });

  it('grows over three frames and falls at once', () => {
    const [first, second, third, gone] = opacities(1, 1, 1, 0);
    expect(first).toBeLessThan(second!);
    expect(second).toBeLessThan(third!);
    expect([third, gone]).toEqual([255, 0]);
  });

  it('hides everything when the model returns no numbers', () => {
    expect(opacities(NaN, NaN, NaN)).toEqual([0, 0, 0]);
  });

  it('changes no colour', () => {
    const image = Uint8ClampedArray.of(1, 2, 3, 4, 5, 6, 7, 8);
    updateMask(image, Float32Array.of(0, 1));
    expect([...image.slice(0, 3), ...image.slice(4, 7)]).toEqual([1, 2, 3, 5, 6, 7]);
  });
});

describe('the speed of a machine', () => {
  /** Processes frames of this duration, one after the other, for so many seconds. Returns when the machine became too slow, in seconds, or null. */
  const run = (...parts: { readonly frameMs: number; readonly seconds: number }[]): number | null => {
    let pace: Pace = startingPace;
    let now = 0;
    for (const { frameMs, seconds } of parts) {
      for (const end = now + seconds * 1_000; now < end;) {
        now += frameMs;
        pace = nextPace(pace, frameMs, now);
        if (isTooSlow(pace, now)) return now / 1_000;
      }
    }
    return null;
  };

  it('a machine with time to spare is never too slow', () => {
    expect(run({ frameMs: 20, seconds: 600 })).toBeNull();
    expect(run({ frameMs: 110, seconds: 600 })).toBeNull();
  });

  it('a slow machine is too slow after about ten seconds', () => {
    const after = run({ frameMs: 250, seconds: 60 });
    expect(after).toBeGreaterThan(8);
    expect(after).toBeLessThan(13);
  });

  it('a machine that is slow for a few seconds goes on', () => {
    expect(run({ frameMs: 20, seconds: 10 }, { frameMs: 300, seconds: 6 }, { frameMs: 20, seconds: 60 }, { frameMs: 300, seconds: 6 }, { frameMs: 20, seconds: 60 })).toBeNull();
  });

  it('a single frame that took seconds, as the first one, changes nothing', () => {
    expect(run({ frameMs: 3_000, seconds: 1 }, { frameMs: 40, seconds: 60 })).toBeNull();
  });

  it('a slow machine that becomes a little faster is still slow', () => {
    expect(run({ frameMs: 200, seconds: 5 }, { frameMs: 115, seconds: 60 })).not.toBeNull();
  });
});

describe('pictures', () => {
  it('a picture fills a camera of another shape from its middle', () => {
    expect(coveringPart({ width: 400, height: 400 }, { width: 1280, height: 720 })).toEqual({ x: 0, y: 87.5, width: 400, height: 225 });
    expect(coveringPart({ width: 1280, height: 720 }, { width: 360, height: 640 })).toEqual({ x: 437.5, y: 0, width: 405, height: 720 });
  });

  it('a large picture is made smaller, and a small one stays as it is', () => {
    expect(fitWithin({ width: 4000, height: 3000 }, { width: 1280, height: 720 })).toEqual({ width: 960, height: 720 });
    expect(fitWithin({ width: 200, height: 100 }, { width: 1280, height: 720 })).toEqual({ width: 200, height: 100 });
    expect(fitWithin({ width: 20_000, height: 2 }, { width: 1280, height: 720 })).toEqual({ width: 1280, height: 1 });
  });

  it.each([
    ['image/png', 1_000, null], ['image/jpeg', 15_000_000, null], ['image/webp', 1, null],
    ['image/svg+xml', 1_000, 'type'], ['text/html', 1_000, 'type'], ['', 1_000, 'type'], ['image/png', 15_000_001, 'size'],
  ])('a file of type "%s" with %i bytes has the problem %s', (type, size, problem) => {
    expect(problemOf({ type, size })).toBe(problem);
  });
});

describe('scripts of the page', () => {
  const origin = 'https://meet.example';
  it.each([
    ['/assets/background-worker-A_b-1.js', true], ['/assets/frame-worker-C2.js', true],
    ['/assets/other-worker-C2.js', false], ['https://other.example/assets/background-worker-A.js', false], ['/assets/background-worker-A.js/x', false], ['blob:https://meet.example/1', false],
  ])('%s may be loaded as a worker: %s', (url, may) => {
    expect(isOwnWorker(url, origin)).toBe(may);
  });
});
