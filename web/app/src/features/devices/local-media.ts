import type { BackgroundProblem } from '../background/effect';
import type { Background } from '../background/backgrounds';
import type { BackgroundTrack, ChangedBackground } from '../background/change-background';
import type { FilteredTrack } from '../noise/noise-filter';
import type { DataUse, PictureSize } from '../saving/saving';
import { BackgroundError, statusOfError, type DeviceStatus } from './device-status';
import { rememberedDevices, type DeviceChoice } from './remembered-devices';

export interface DeviceState {
  readonly status: DeviceStatus;
  readonly track: MediaStreamTrack | null;
  /** The ID of the device that delivers the track. */
  readonly deviceId: string | undefined;
  /** The user's choice, which the device may not be able to follow. */
  readonly wanted: boolean;
}

/** Who removes noise from the microphone: the browser, or our filter, which removes more; `unsupported` if the browser cannot run the filter and does it itself. */
export type NoiseRemoval = 'browser' | 'filter' | 'unsupported';

export interface LocalMediaSnapshot {
  readonly microphone: DeviceState;
  readonly camera: DeviceState;
  readonly devices: readonly MediaDeviceInfo[];
  readonly choice: DeviceChoice;
  readonly noise: NoiseRemoval;
}

export type DeviceKind = 'microphone' | 'camera';

/** What changes the tracks of devices before they are shown or sent. */
export interface Filters {
  noise(microphone: MediaStreamTrack): Promise<FilteredTrack>;
  background(camera: MediaStreamTrack, background: ChangedBackground, onProblem: (problem: BackgroundProblem) => void): Promise<BackgroundTrack>;
}

/** A track of a device, or what a filter made of it. */
interface Captured {
  readonly device: MediaStreamTrack;
  readonly track: MediaStreamTrack;
  /** Only with a background. */
  readonly changeBackground?: (background: ChangedBackground) => void;
  stop(): void;
}

/** A background takes time for each pixel, so the picture is smaller with one. */
const sizeWithBackground: PictureSize = { width: 960, height: 540, frameRate: 24 };

const idle: DeviceState = { status: 'off', track: null, deviceId: undefined, wanted: false };

/** The user's camera and microphone, from the preview to the end of the meeting. */
export class LocalMedia {
  readonly #listeners = new Set<() => void>();
  readonly #filters: Filters;
  readonly #captured: Record<DeviceKind, Captured | null> = { microphone: null, camera: null };
  /** Devices that are open already, while a filter for them is loading. */
  readonly #waiting: Record<DeviceKind, MediaStreamTrack | null> = { microphone: null, camera: null };
  #snapshot: LocalMediaSnapshot;
  #stopped = false;
  #pictureSize: PictureSize = { width: 1280, height: 720, frameRate: 30 };
  /** The size for which the camera was asked last. */
  #askedSize: PictureSize | null = null;
  /** The number of the latest request per device; a result of an earlier request is discarded. */
  readonly #requests: Record<DeviceKind, number> = { microphone: 0, camera: 0 };

  constructor(filters: Filters) {
    this.#filters = filters;
    const choice = rememberedDevices.get();
    this.#snapshot = { microphone: idle, camera: idle, devices: [], choice, noise: choice.filtersNoise ? 'filter' : 'browser' };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };

  readonly snapshot = (): LocalMediaSnapshot => this.#snapshot;

  /** Opens the wanted devices. Both are requested together, so that the browser shows one permission prompt. */
  async start(wanted: Readonly<Record<DeviceKind, boolean>>): Promise<void> {
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#devicesChanged);
    await this.#refreshDevices();
    const kinds = (['microphone', 'camera'] as const).filter(kind => wanted[kind]);
    if (kinds.length === 2) await this.#openBoth();
    else for (const kind of kinds) await this.#open(kind);
  }

  /** A microphone that is off keeps its track for a fast restart. A camera that is off is released, so that its light goes out. */
  async set(kind: DeviceKind, on: boolean): Promise<void> {
    const state = this.#snapshot[kind];
    if (!on) {
      if (state.track !== null && kind === 'microphone') {
        // Another microphone that is being opened goes on, and stays muted.
        state.track.enabled = false;
        this.#change(kind, { wanted: false });
      } else {
        this.#requests[kind]++;
        this.#release(kind);
        this.#change(kind, { wanted: false, track: null, deviceId: undefined, status: state.status === 'on' || state.status === 'asking' ? 'off' : state.status });
      }
      return;
    }
    if (state.track?.readyState === 'live') {
      state.track.enabled = true;
      this.#change(kind, { wanted: true });
      return;
    }
    await this.#open(kind);
  }

  async choose(device: DeviceKind | 'speaker', deviceId: string): Promise<void> {
    this.#remember({ [device]: deviceId });
    if (device !== 'speaker') await this.#reopen(device);
  }

  /** Removes noise with our filter, or leaves it to the browser. */
  async setNoiseFilter(on: boolean): Promise<void> {
    this.#remember({ filtersNoise: on });
    this.#update({ noise: on ? 'filter' : 'browser' });
    await this.#reopen('microphone');
  }

  /** Changes what is behind the person. From here on, no frame that shows the room leaves the page, unless the background is `none`. */
  async setBackground(background: Background): Promise<void> {
    this.#remember({ background });
    const { wanted, status } = this.#snapshot.camera;
    if (!wanted) return;
    if (background !== 'none') {
      const change = this.#captured.camera?.changeBackground;
      if (change !== undefined && status === 'on') return change(background);
      if (change === undefined) {
        this.#release('camera');
        this.#change('camera', { track: null });
      }
    }
    await this.#open('camera');
  }

  setDataUse(dataUse: DataUse): void {
    this.#remember({ dataUse });
  }

  /** Asks the camera for pictures of this size, now and when it is opened again. */
  async setPictureSize(size: PictureSize): Promise<void> {
    this.#pictureSize = size;
    const camera = this.#captured.camera?.device;
    if (camera === undefined) return;
    // A camera that cannot change its size keeps the one that it has.
    await camera.applyConstraints({ ...camera.getConstraints(), ...this.#sizeConstraints() }).catch(() => undefined);
  }

  stop(): void {
    this.#stopped = true;
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#devicesChanged);
    for (const kind of ['microphone', 'camera'] as const) {
      this.#requests[kind]++;
      this.#release(kind);
      this.#change(kind, idle);
    }
  }

  /** Allows a new start after `stop`: in development, React mounts every component twice. */
  reset(): void {
    this.#stopped = false;
  }

  async #openBoth(): Promise<void> {
    const requests = { microphone: ++this.#requests.microphone, camera: ++this.#requests.camera };
    for (const kind of ['microphone', 'camera'] as const) this.#change(kind, { wanted: true, status: 'asking' });
    let stream: MediaStream;
    try {
      stream = await this.#getUserMedia({ audio: this.#constraints('microphone'), video: this.#constraints('camera') });
    } catch {
      // One of the two devices may still work.
      for (const kind of ['microphone', 'camera'] as const) if (this.#requests[kind] === requests[kind]) await this.#open(kind);
      return;
    }
    await Promise.all((['microphone', 'camera'] as const).map(kind => this.#take(kind, requests[kind], Promise.resolve(stream))));
  }

  async #open(kind: DeviceKind, wanted = true): Promise<void> {
    const request = ++this.#requests[kind];
    this.#change(kind, { wanted, status: 'asking' });
    const constraints = this.#constraints(kind);
    await this.#take(kind, request, this.#getUserMedia(kind === 'microphone' ? { audio: constraints } : { video: constraints }));
  }

  /** Uses the device of the stream, unless a later request has replaced this one. */
  async #take(kind: DeviceKind, request: number, stream: Promise<MediaStream>): Promise<void> {
    try {
      const [device] = kind === 'microphone' ? (await stream).getAudioTracks() : (await stream).getVideoTracks();
      if (this.#stopped || this.#requests[kind] !== request) {
        device?.stop();
        return;
      }
      this.#wait(kind, device ?? null);
      this.#adopt(kind, request, await this.#capture(kind, device));
      await this.#refreshDevices();
    } catch (error) {
      if (this.#requests[kind] !== request) return;
      const status = globalThis.isSecureContext ? statusOfError(error) : 'insecure';
      this.#release(kind);
      this.#change(kind, { status, track: null, deviceId: undefined, wanted: false });
    }
  }

  async #reopen(kind: DeviceKind): Promise<void> {
    if (this.#snapshot[kind].track !== null) await this.#open(kind, this.#snapshot[kind].wanted);
  }

  /** What is sent of the device. */
  async #capture(kind: DeviceKind, device: MediaStreamTrack | undefined): Promise<Captured | null> {
    if (device === undefined) return null;
    const plain = { device, track: device, stop: () => device.stop() };
    if (kind === 'camera') return this.#snapshot.choice.background === 'none' ? plain : this.#captureWithBackground(device, this.#snapshot.choice.background);
    if (this.#snapshot.noise !== 'filter') return plain;
    try {
      const filtered = await this.#filters.noise(device);
      return {
        device,
        track: filtered.track,
        stop: () => {
          filtered.stop();
          device.stop();
        },
      };
    } catch {
      this.#update({ noise: 'unsupported' });
      await device.applyConstraints({ ...device.getConstraints(), noiseSuppression: true }).catch(() => undefined); // the sound is better than none
      return plain;
    }
  }

  /** The camera with the background, and never without it: where that is impossible, the camera is stopped. */
  async #captureWithBackground(device: MediaStreamTrack, background: ChangedBackground): Promise<Captured> {
    try {
      const changed = await this.#filters.background(device, background, problem => this.#loseBackground(device, problem));
      return {
        device,
        track: changed.track,
        changeBackground: next => changed.change(next),
        stop: () => {
          changed.stop();
          device.stop();
        },
      };
    } catch (error) {
      device.stop();
      throw new BackgroundError(error);
    }
  }

  #loseBackground(device: MediaStreamTrack, problem: BackgroundProblem): void {
    if (this.#captured.camera?.device !== device) return;
    this.#release('camera');
    this.#change('camera', { status: problem, track: null, deviceId: undefined, wanted: false });
  }

  #release(kind: DeviceKind): void {
    this.#wait(kind, null);
    this.#captured[kind]?.stop();
    this.#captured[kind] = null;
  }

  /** Keeps a device until it is used. A device that waited before is not needed any more. */
  #wait(kind: DeviceKind, device: MediaStreamTrack | null): void {
    this.#waiting[kind]?.stop();
    this.#waiting[kind] = device;
  }

  #remember(part: Partial<DeviceChoice>): void {
    this.#update({ choice: { ...this.#snapshot.choice, ...part } });
    rememberedDevices.set(this.#snapshot.choice, part);
  }

  async #getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    if (navigator.mediaDevices?.getUserMedia === undefined) throw new DOMException('No media devices in an insecure page', 'NotSupportedError');
    return navigator.mediaDevices.getUserMedia(constraints);
  }

  #constraints(kind: DeviceKind): MediaTrackConstraints {
    const id = this.#snapshot.choice[kind];
    const known = this.#snapshot.devices.some(device => device.deviceId === id);
    const device = id !== '' && known ? { deviceId: { exact: id } } : {};
    return kind === 'microphone'
      ? { ...device, echoCancellation: true, noiseSuppression: this.#snapshot.noise !== 'filter', autoGainControl: true }
      : { ...device, ...this.#sizeConstraints() };
  }

  #sizeConstraints(): MediaTrackConstraints {
    this.#askedSize = this.#pictureSize;
    const limit = this.#snapshot.choice.background === 'none' ? this.#pictureSize : sizeWithBackground;
    const ideal = (name: keyof PictureSize) => ({ ideal: Math.min(this.#pictureSize[name], limit[name]) });
    return { width: ideal('width'), height: ideal('height'), frameRate: ideal('frameRate') };
  }

  #adopt(kind: DeviceKind, request: number, captured: Captured | null): void {
    if (captured === null) return;
    if (this.#stopped || this.#requests[kind] !== request) {
      captured.stop();
      return;
    }
    this.#waiting[kind] = null;
    this.#release(kind);
    this.#captured[kind] = captured;
    const lose = () => {
      if (this.#captured[kind] !== captured) return;
      this.#release(kind);
      this.#change(kind, { status: 'missing', track: null, deviceId: undefined, wanted: false });
    };
    // It may have been unplugged while a filter was loading.
    if (captured.device.readyState === 'ended') return lose();
    captured.device.addEventListener('ended', lose);
    captured.track.enabled = this.#snapshot[kind].wanted;
    this.#change(kind, { status: 'on', track: captured.track, deviceId: captured.device.getSettings().deviceId });
    if (kind === 'camera' && this.#askedSize !== this.#pictureSize) void this.setPictureSize(this.#pictureSize);
  }

  readonly #devicesChanged = (): void => void this.#refreshDevices();

  async #refreshDevices(): Promise<void> {
    const devices = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []) ?? [];
    this.#update({ devices: devices.filter(device => device.deviceId !== '') });
  }

  #change(kind: DeviceKind, part: Partial<DeviceState>): void {
    this.#update({ [kind]: { ...this.#snapshot[kind], ...part } });
  }

  #update(part: Partial<LocalMediaSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    for (const listener of this.#listeners) listener();
  }
}
