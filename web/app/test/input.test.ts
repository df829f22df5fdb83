import type { TFunction } from 'i18next';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { helpFor, statusOfError } from '../src/features/devices/device-status';
import { loudness, windowSize } from '../src/features/audio/level';
import { LocalMedia } from '../src/features/devices/local-media';
import { actionOf, shortcuts } from '../src/features/shortcuts/shortcuts';
import { noticeFor } from '../src/pages/notice/notices';
import { translate } from './translate';

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });

let t: TFunction;
beforeAll(async () => { t = await translate(['en']); });

describe('keyboard shortcuts', () => {
  it.each([
    [press('d', { ctrlKey: true }), 'microphone'], [press('D', { metaKey: true }), 'microphone'], [press('e', { ctrlKey: true }), 'camera'],
    [press('c'), 'chat'], [press('P'), 'people'], [press('?'), 'help'],
    [press('c', { ctrlKey: true }), null], [press('d'), null], [press('d', { ctrlKey: true, altKey: true }), null], [press('c', { repeat: true }), null],
  ])('the key press %o triggers the action %s', (key, action) => {
    expect(actionOf(key, true)).toBe(action);
  });

  it('single-key shortcuts can be turned off without affecting the others', () => {
    expect(actionOf(press('c'), false)).toBeNull();
    expect(actionOf(press('d', { ctrlKey: true }), false)).toBe('microphone');
  });

  it('the list of shortcuts contains every action', () => {
    expect(shortcuts.map(shortcut => shortcut.action)).toEqual(['microphone', 'camera', 'chat', 'people', 'help']);
  });
});

describe('device problems', () => {
  it.each([
    ['NotAllowedError', 'denied'], ['NotFoundError', 'missing'], ['OverconstrainedError', 'missing'], ['NotReadableError', 'busy'], ['TypeError', 'failed'],
  ])('the error %s is reported as %s and has a help text', (name, status) => {
    expect(statusOfError(new DOMException('', name))).toBe(status);
    expect(helpFor(t, 'camera', statusOfError(new DOMException('', name)))?.text).toBeTruthy();
  });

  it('a device without a problem has no help text', () => {
    expect(helpFor(t, 'microphone', 'on')).toBeNull();
    expect(helpFor(t, 'microphone', 'off')).toBeNull();
  });
});

describe('loudness', () => {
  it('a meter misses no sound between two readings', () => {
    for (const rate of [44_100, 48_000, 96_000]) for (const interval of [80, 200]) expect(windowSize(rate, interval)).toBeGreaterThanOrEqual((rate * interval) / 1_000);
  });

  it('loudness grows from silence to full volume', () => {
    expect(loudness(new Float32Array(512))).toBe(0);
    expect(loudness(new Float32Array(512).fill(1))).toBe(1);
    const soft = loudness(new Float32Array(512).fill(0.01));
    const loud = loudness(new Float32Array(512).fill(0.1));
    expect(soft).toBeGreaterThan(0);
    expect(loud).toBeGreaterThan(soft);
  });
});

describe('notices', () => {
  it.each([['meeting-full', 'meeting-full'], ['meeting-ended', 'ended'], ['media-node-unreachable', 'not-placed'], ['surprise', 'failed'], [undefined, 'failed'], ['toString', 'failed']])(
    'the error code %s leads to the notice %s', (code, notice) => {
      expect(noticeFor(code)).toBe(notice);
    });
});

describe('local media', () => {
  class Track extends EventTarget {
    enabled = true;
    readyState = 'live';
    constructor(readonly kind: string) { super(); }
    stop() { this.readyState = 'ended'; }
  }
  const getUserMedia = vi.fn();
  const stream = (...tracks: Track[]) => ({
    getTracks: () => tracks, getAudioTracks: () => tracks.filter(one => one.kind === 'audio'), getVideoTracks: () => tracks.filter(one => one.kind === 'video'),
  });
  beforeEach(() => {
    getUserMedia.mockReset();
    vi.stubGlobal('isSecureContext', true);
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia, enumerateDevices: async () => [], addEventListener: () => undefined, removeEventListener: () => undefined } });
  });
  afterEach(() => { vi.unstubAllGlobals(); });

  it('both devices are requested together, so that the browser shows one prompt', async () => {
    getUserMedia.mockResolvedValue(stream(new Track('audio'), new Track('video')));
    const media = new LocalMedia();
    await media.start({ microphone: true, camera: true });
    expect(getUserMedia).toHaveBeenCalledTimes(1);
    expect(media.snapshot().microphone.status).toBe('on');
    expect(media.snapshot().camera.status).toBe('on');
  });

  it('the microphone works without a camera', async () => {
    getUserMedia.mockImplementation(async (constraints: MediaStreamConstraints) => {
      if (constraints.video) throw new DOMException('', 'NotFoundError');
      return stream(new Track('audio'));
    });
    const media = new LocalMedia();
    await media.start({ microphone: true, camera: true });
    expect(media.snapshot().microphone).toMatchObject({ status: 'on', wanted: true });
    expect(media.snapshot().camera).toMatchObject({ status: 'missing', wanted: false, track: null });
  });

  it('turning devices off keeps the microphone track and releases the camera', async () => {
    const [audio, video] = [new Track('audio'), new Track('video')];
    getUserMedia.mockResolvedValue(stream(audio, video));
    const media = new LocalMedia();
    await media.start({ microphone: true, camera: true });
    await media.set('microphone', false);
    await media.set('camera', false);
    expect(audio).toMatchObject({ enabled: false, readyState: 'live' });
    expect(video.readyState).toBe('ended');
    expect(media.snapshot().camera).toMatchObject({ status: 'off', track: null });
    await media.set('microphone', true);
    expect(audio.enabled).toBe(true);
    expect(getUserMedia).toHaveBeenCalledTimes(1);
  });

  it('a track that is granted after the device was turned off is stopped', async () => {
    let grant: (value: unknown) => void = () => undefined;
    getUserMedia.mockReturnValue(new Promise(resolve => { grant = resolve; }));
    const media = new LocalMedia();
    const opening = media.set('camera', true);
    await media.set('camera', false);
    const late = new Track('video');
    grant(stream(late));
    await opening;
    expect(late.readyState).toBe('ended');
    expect(media.snapshot().camera.track).toBeNull();
  });

  it('an insecure page is reported instead of a device problem', async () => {
    vi.stubGlobal('isSecureContext', false);
    vi.stubGlobal('navigator', {});
    const media = new LocalMedia();
    await media.start({ microphone: true, camera: false });
    expect(media.snapshot().microphone.status).toBe('insecure');
  });

  it('an unplugged camera is reported as missing and can be turned on again', async () => {
    const video = new Track('video');
    getUserMedia.mockResolvedValue(stream(video));
    const media = new LocalMedia();
    await media.set('camera', true);
    video.dispatchEvent(new Event('ended'));
    expect(media.snapshot().camera).toMatchObject({ status: 'missing', track: null });
    getUserMedia.mockResolvedValue(stream(new Track('video')));
    await media.set('camera', true);
    expect(media.snapshot().camera.status).toBe('on');
  });
});
