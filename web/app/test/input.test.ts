import type { TFunction } from 'i18next';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackgroundProblem } from '../src/features/background/effect';
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
    getSettings() { return {}; }
    getConstraints() { return {}; }
    applyConstraints = vi.fn(async () => undefined);
  }
  const filtered: Track[] = [];
  const changed: { track: Track; background: string; change: ReturnType<typeof vi.fn>; onProblem: (problem: BackgroundProblem) => void }[] = [];
  const filterNoise = vi.fn();
  const changeBackground = vi.fn();
  const filters = { noise: filterNoise, background: changeBackground };
  const getUserMedia = vi.fn();
  const stream = (...tracks: Track[]) => ({
    getTracks: () => tracks, getAudioTracks: () => tracks.filter(one => one.kind === 'audio'), getVideoTracks: () => tracks.filter(one => one.kind === 'video'),
  });
  beforeEach(() => {
    getUserMedia.mockReset();
    filtered.length = 0;
    filterNoise.mockReset().mockImplementation(async () => {
      const track = new Track('audio');
      filtered.push(track);
      return { track, stop: () => track.stop() };
    });
    changed.length = 0;
    changeBackground.mockReset().mockImplementation(async (_: Track, background: string, onProblem: (problem: BackgroundProblem) => void) => {
      const track = new Track('video');
      const change = vi.fn();
      changed.push({ track, background, change, onProblem });
      return { track, change, stop: () => track.stop() };
    });
    vi.stubGlobal('isSecureContext', true);
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia, enumerateDevices: async () => [], addEventListener: () => undefined, removeEventListener: () => undefined } });
  });
  afterEach(() => { vi.unstubAllGlobals(); });

  it('both devices are requested together, so that the browser shows one prompt', async () => {
    getUserMedia.mockResolvedValue(stream(new Track('audio'), new Track('video')));
    const media = new LocalMedia(filters);
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
    const media = new LocalMedia(filters);
    await media.start({ microphone: true, camera: true });
    expect(media.snapshot().microphone).toMatchObject({ status: 'on', wanted: true });
    expect(media.snapshot().camera).toMatchObject({ status: 'missing', wanted: false, track: null });
  });

  it('turning devices off keeps the microphone track and releases the camera', async () => {
    const [audio, video] = [new Track('audio'), new Track('video')];
    getUserMedia.mockResolvedValue(stream(audio, video));
    const media = new LocalMedia(filters);
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
    const media = new LocalMedia(filters);
    const opening = media.set('camera', true);
    await media.set('camera', false);
    const late = new Track('video');
    grant(stream(late));
    await opening;
    expect(late.readyState).toBe('ended');
    expect(media.snapshot().camera.track).toBeNull();
  });

  it('the browser removes echoes, with and without the noise filter', async () => {
    getUserMedia.mockImplementation(async () => stream(new Track('audio')));
    const media = new LocalMedia(filters);
    await media.set('microphone', true);
    await media.setNoiseFilter(true);
    expect(getUserMedia.mock.calls.map(([{ audio }]) => audio.echoCancellation)).toEqual([true, true]);
  });

  const isFiltered = (call: number) => getUserMedia.mock.calls[call]?.[0].audio.noiseSuppression === false;

  it('the noise filter replaces the track and the noise suppression of the browser, and can be turned off again', async () => {
    getUserMedia.mockImplementation(async () => stream(new Track('audio')));
    const media = new LocalMedia(filters);
    await media.set('microphone', true);
    expect(filterNoise).not.toHaveBeenCalled();
    expect(isFiltered(0)).toBe(false);

    await media.setNoiseFilter(true);
    expect(isFiltered(1)).toBe(true);
    expect(media.snapshot().microphone.track).toBe(filtered[0]);
    await media.set('microphone', false);
    expect(filtered[0]).toMatchObject({ enabled: false, readyState: 'live' });

    await media.setNoiseFilter(false);
    expect(isFiltered(2)).toBe(false);
    expect(filtered[0]?.readyState).toBe('ended');
    expect(media.snapshot().microphone).toMatchObject({ status: 'on', wanted: false, track: { enabled: false } });
  });

  it('without a working noise filter, the browser removes noise', async () => {
    const device = new Track('audio');
    getUserMedia.mockResolvedValue(stream(device));
    filterNoise.mockRejectedValue(new DOMException('', 'NotSupportedError'));
    const media = new LocalMedia(filters);
    await media.setNoiseFilter(true);
    await media.set('microphone', true);
    expect(media.snapshot()).toMatchObject({ noise: 'unsupported', microphone: { status: 'on', track: device } });
    expect(device.applyConstraints).toHaveBeenCalledWith({ noiseSuppression: true });
  });

  it('a filtered microphone that is unplugged is reported as missing, and the filter ends', async () => {
    const device = new Track('audio');
    getUserMedia.mockResolvedValue(stream(device));
    const media = new LocalMedia(filters);
    await media.setNoiseFilter(true);
    await media.set('microphone', true);
    device.dispatchEvent(new Event('ended'));
    expect(media.snapshot().microphone).toMatchObject({ status: 'missing', track: null });
    expect(filtered[0]?.readyState).toBe('ended');
  });

  /** Records every track of the camera that the page could send. */
  const sentBy = (media: LocalMedia): Set<unknown> => {
    const sent = new Set<unknown>();
    media.subscribe(() => { if (media.snapshot().camera.track !== null) sent.add(media.snapshot().camera.track); });
    return sent;
  };

  it('a camera that starts with a background is only ever sent with it', async () => {
    const devices: Track[] = [];
    getUserMedia.mockImplementation(async ({ audio }: MediaStreamConstraints) => {
      devices.push(new Track('video'));
      return audio ? stream(new Track('audio'), devices.at(-1)!) : stream(devices.at(-1)!);
    });
    const media = new LocalMedia(filters);
    const sent = sentBy(media);
    await media.setBackground('blur');
    await media.start({ microphone: true, camera: true });
    expect(changed.map(one => one.background)).toEqual(['blur']);
    await media.choose('camera', 'another');
    expect(changed.map(one => one.background)).toEqual(['blur', 'blur']);
    expect([...sent]).toEqual(changed.map(one => one.track));
    expect(changed[0]!.track.readyState).toBe('ended');
    expect(devices.map(one => one.readyState)).toEqual(['ended', 'live']);
  });

  it('a background that is chosen during a meeting ends the track without it at once, and no device is opened again for the next background', async () => {
    const devices: Track[] = [];
    getUserMedia.mockImplementation(async () => {
      devices.push(new Track('video'));
      return stream(devices.at(-1)!);
    });
    const media = new LocalMedia(filters);
    await media.set('camera', true);
    const choosing = media.setBackground('sea');
    expect(devices[0]!.readyState).toBe('ended');
    expect(media.snapshot().camera.track).toBeNull();
    await choosing;
    expect(media.snapshot().camera).toMatchObject({ status: 'on', wanted: true, track: changed[0]!.track });

    await media.setBackground('own');
    expect(changed[0]!.change).toHaveBeenCalledWith('own');
    expect(devices).toHaveLength(2);

    await media.setBackground('none');
    expect(media.snapshot().camera.track).toBe(devices[2]);
    expect(changed[0]!.track.readyState).toBe('ended');
  });

  it('a background that is chosen while the camera opens applies to it', async () => {
    const grants: ((value: unknown) => void)[] = [];
    getUserMedia.mockImplementation(() => new Promise(resolve => { grants.push(resolve); }));
    const media = new LocalMedia(filters);
    const sent = sentBy(media);
    const opening = [media.set('camera', true), media.setBackground('blur')];
    for (const grant of grants) grant(stream(new Track('video')));
    await Promise.all(opening);
    expect([...sent]).toEqual([changed.at(-1)!.track]);
    expect(changed.slice(0, -1).every(one => one.track.readyState === 'ended')).toBe(true);
  });

  it('turning the camera off ends the device and the background', async () => {
    const device = new Track('video');
    getUserMedia.mockResolvedValue(stream(device));
    const media = new LocalMedia(filters);
    await media.setBackground('blur');
    await media.set('camera', true);
    await media.set('camera', false);
    expect([device.readyState, changed[0]!.track.readyState]).toEqual(['ended', 'ended']);
  });

  it('without a working background, the camera is stopped and nothing is sent', async () => {
    const device = new Track('video');
    getUserMedia.mockResolvedValue(stream(device));
    changeBackground.mockRejectedValue(new Error('no WebAssembly'));
    const media = new LocalMedia(filters);
    const sent = sentBy(media);
    await media.setBackground('blur');
    await media.set('camera', true);
    expect(media.snapshot().camera).toMatchObject({ status: 'background-failed', wanted: false, track: null });
    expect(sent.size).toBe(0);
    expect(device.readyState).toBe('ended');
    expect(helpFor(t, 'camera', media.snapshot().camera.status)?.text).toContain('nothing is sent');
  });

  it('a machine that is too slow for a background stops the camera, and the background stays chosen', async () => {
    const device = new Track('video');
    getUserMedia.mockResolvedValue(stream(device));
    const media = new LocalMedia(filters);
    await media.setBackground('blur');
    await media.set('camera', true);
    changed[0]!.onProblem('background-slow');
    expect(media.snapshot()).toMatchObject({ choice: { background: 'blur' }, camera: { status: 'background-slow', wanted: false, track: null } });
    expect(device.readyState).toBe('ended');
    expect(helpFor(t, 'camera', 'background-slow')?.text).toContain('too slow');
  });

  it('turning the camera off while a background loads releases the device at once', async () => {
    const device = new Track('video');
    getUserMedia.mockResolvedValue(stream(device));
    let load: (value: unknown) => void = () => undefined;
    changeBackground.mockReturnValue(new Promise(resolve => { load = resolve; }));
    const media = new LocalMedia(filters);
    await media.setBackground('blur');
    const opening = media.set('camera', true);
    await vi.waitFor(() => expect(changeBackground).toHaveBeenCalled());
    await media.set('camera', false);
    expect(device.readyState).toBe('ended');
    const late = new Track('video');
    load({ track: late, change: vi.fn(), stop: () => late.stop() });
    await opening;
    expect(late.readyState).toBe('ended');
    expect(media.snapshot().camera).toMatchObject({ status: 'off', wanted: false, track: null });
  });

  it('a camera that is unplugged while a background loads is reported as missing', async () => {
    const device = new Track('video');
    getUserMedia.mockResolvedValue(stream(device));
    changeBackground.mockImplementation(async () => {
      device.stop();
      const track = new Track('video');
      return { track, change: vi.fn(), stop: () => track.stop() };
    });
    const media = new LocalMedia(filters);
    await media.setBackground('blur');
    await media.set('camera', true);
    expect(media.snapshot().camera).toMatchObject({ status: 'missing', wanted: false, track: null });
  });

  it('a microphone that is muted while another one is opened stays muted, and the other one is used', async () => {
    const [first, second] = [new Track('audio'), new Track('audio')];
    getUserMedia.mockResolvedValueOnce(stream(first));
    const media = new LocalMedia(filters);
    await media.set('microphone', true);
    let grant: (value: unknown) => void = () => undefined;
    getUserMedia.mockReturnValue(new Promise(resolve => { grant = resolve; }));
    const choosing = media.choose('microphone', 'headset');
    await media.set('microphone', false);
    grant(stream(second));
    await choosing;
    expect(second.enabled).toBe(false);
    expect(media.snapshot().microphone).toMatchObject({ status: 'on', wanted: false, track: second });
    expect(first.readyState).toBe('ended');
  });

  it('a size that is chosen while the camera opens is asked of it afterwards', async () => {
    const device = new Track('video');
    let grant: (value: unknown) => void = () => undefined;
    getUserMedia.mockReturnValue(new Promise(resolve => { grant = resolve; }));
    const media = new LocalMedia(filters);
    const opening = media.set('camera', true);
    await media.setPictureSize({ width: 640, height: 360, frameRate: 15 });
    grant(stream(device));
    await opening;
    expect(device.applyConstraints).toHaveBeenCalledWith({ width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } });
  });

  it('a page that is loaded again keeps its background, whatever another tab has chosen since', async () => {
    const storage = () => {
      const values = new Map<string, string>();
      return { getItem: (key: string) => values.get(key) ?? null, setItem: (key: string, value: string) => void values.set(key, value), removeItem: (key: string) => void values.delete(key) };
    };
    const shared = storage();
    const [ofTab, ofOther] = [storage(), storage()];
    const page = (own: ReturnType<typeof storage>) => {
      vi.stubGlobal('localStorage', shared);
      vi.stubGlobal('sessionStorage', own);
      return new LocalMedia(filters);
    };
    const other = page(ofOther);
    await page(ofTab).setBackground('blur');
    page(ofOther);
    await other.setNoiseFilter(true);
    expect(page(storage()).snapshot().choice).toMatchObject({ background: 'blur', filtersNoise: true });
    vi.stubGlobal('sessionStorage', ofOther);
    await other.setBackground('none');
    expect(page(ofTab).snapshot().choice.background).toBe('blur');
    expect(page(storage()).snapshot().choice.background).toBe('none');
  });

  it('an insecure page is reported instead of a device problem', async () => {
    vi.stubGlobal('isSecureContext', false);
    vi.stubGlobal('navigator', {});
    const media = new LocalMedia(filters);
    await media.start({ microphone: true, camera: false });
    expect(media.snapshot().microphone.status).toBe('insecure');
  });

  it('an unplugged camera is reported as missing and can be turned on again', async () => {
    const video = new Track('video');
    getUserMedia.mockResolvedValue(stream(video));
    const media = new LocalMedia(filters);
    await media.set('camera', true);
    video.dispatchEvent(new Event('ended'));
    expect(media.snapshot().camera).toMatchObject({ status: 'missing', track: null });
    getUserMedia.mockResolvedValue(stream(new Track('video')));
    await media.set('camera', true);
    expect(media.snapshot().camera.status).toBe('on');
  });
});
