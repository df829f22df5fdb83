import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFrames } from '../src/features/background/canvas-frames';

/** A video that has a picture, and shows the next one when a test says so. */
class FakeVideo {
  readyState = 2;
  pending: (() => void) | null = null;
  isPlaying = false;

  play(): Promise<void> {
    this.isPlaying = true;
    return Promise.resolve();
  }

  requestVideoFrameCallback(callback: () => void): number {
    this.pending = callback;
    return 7;
  }

  cancelVideoFrameCallback(id: number): void {
    if (id === 7) this.pending = null;
  }

  show(): void {
    const shown = this.pending;
    this.pending = null;
    shown?.();
  }
}

class FakeFrame {
  static all: FakeFrame[] = [];
  isClosed = false;

  constructor(readonly source: unknown) {
    FakeFrame.all.push(this);
  }

  close(): void {
    this.isClosed = true;
  }
}

function read(video: FakeVideo) {
  const { frames, stop } = readFrames(video as unknown as HTMLVideoElement);
  return { reader: frames.getReader(), stop };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the frames of a video', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeFrame.all = [];
    vi.stubGlobal('VideoFrame', FakeFrame);
    vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('are read one at a time, when they are asked for and shown', async () => {
    const video = new FakeVideo();
    const { reader } = read(video);
    await settle();
    expect([video.isPlaying, video.pending, FakeFrame.all.length]).toEqual([true, null, 0]);
    const first = reader.read();
    await settle();
    expect(FakeFrame.all.length).toBe(0);
    video.show();
    expect((await first).value).toBe(FakeFrame.all[0]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([FakeFrame.all.length, FakeFrame.all[0]!.isClosed]).toEqual([1, false]);
    const second = reader.read();
    await settle();
    expect(FakeFrame.all[0]!.isClosed).toBe(true);
    video.show();
    expect((await second).value).toBe(FakeFrame.all[1]);
  });

  it('are read by time when the browser shows none, as in a hidden page', async () => {
    const video = new FakeVideo();
    const { reader } = read(video);
    for (const number of [1, 2]) {
      const next = reader.read();
      await vi.advanceTimersByTimeAsync(300);
      expect([(await next).value !== undefined, FakeFrame.all.length, video.pending]).toEqual([true, number, null]);
    }
  });

  it('begin when the camera has a picture', async () => {
    const video = new FakeVideo();
    video.readyState = 0;
    const { reader } = read(video);
    const first = reader.read();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(FakeFrame.all.length).toBe(0);
    video.readyState = 2;
    await vi.advanceTimersByTimeAsync(300);
    expect((await first).value).toBe(FakeFrame.all[0]);
  });

  it('end with an error when one cannot be read, so that nothing is sent instead', async () => {
    vi.stubGlobal('VideoFrame', vi.fn(function fail() { throw new Error('no frame'); }));
    const video = new FakeVideo();
    const { reader } = read(video);
    const failure = expect(reader.read()).rejects.toThrow('no frame');
    await vi.advanceTimersByTimeAsync(300);
    await failure;
  });

  it('end when the camera stops', async () => {
    const video = new FakeVideo();
    const { reader, stop } = read(video);
    const first = reader.read();
    video.show();
    await settle();
    video.show();
    await first;
    stop();
    expect(FakeFrame.all[0]!.isClosed).toBe(true);
    const next = reader.read();
    await vi.advanceTimersByTimeAsync(300);
    expect((await next).done).toBe(true);
    expect(FakeFrame.all.length).toBe(1);
  });
});
