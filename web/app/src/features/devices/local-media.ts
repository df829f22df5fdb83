import { statusOfError, type DeviceStatus } from './device-status';
import { rememberedDevices, type DeviceChoice } from './remembered-devices';

export interface DeviceState {
  readonly status: DeviceStatus;
  readonly track: MediaStreamTrack | null;
  /** The user's choice, which the device may not be able to follow. */
  readonly wanted: boolean;
}

export interface LocalMediaSnapshot {
  readonly microphone: DeviceState;
  readonly camera: DeviceState;
  readonly devices: readonly MediaDeviceInfo[];
  readonly choice: DeviceChoice;
}

export type DeviceKind = 'microphone' | 'camera';

const idle: DeviceState = { status: 'off', track: null, wanted: false };

/** The user's camera and microphone, from the preview to the end of the meeting. */
export class LocalMedia {
  readonly #listeners = new Set<() => void>();
  #snapshot: LocalMediaSnapshot = { microphone: idle, camera: idle, devices: [], choice: rememberedDevices.get() };
  #stopped = false;
  /** The number of the latest request per device; a result of an earlier request is discarded. */
  readonly #requests: Record<DeviceKind, number> = { microphone: 0, camera: 0 };

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
      this.#requests[kind]++;
      if (kind === 'camera') state.track?.stop();
      if (state.track !== null && kind === 'microphone') {
        state.track.enabled = false;
        this.#change(kind, { wanted: false });
      } else {
        this.#change(kind, { wanted: false, track: null, status: state.status === 'on' || state.status === 'asking' ? 'off' : state.status });
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

  async choose(device: keyof DeviceChoice, deviceId: string): Promise<void> {
    const choice = { ...this.#snapshot.choice, [device]: deviceId };
    rememberedDevices.set(choice);
    this.#update({ choice });
    if (device !== 'speaker' && this.#snapshot[device].track !== null) await this.#open(device, this.#snapshot[device].wanted);
  }

  stop(): void {
    this.#stopped = true;
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#devicesChanged);
    for (const kind of ['microphone', 'camera'] as const) {
      this.#requests[kind]++;
      this.#snapshot[kind].track?.stop();
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
    this.#adopt('microphone', requests.microphone, stream.getAudioTracks()[0]);
    this.#adopt('camera', requests.camera, stream.getVideoTracks()[0]);
    await this.#refreshDevices();
  }

  async #open(kind: DeviceKind, enabled = true): Promise<void> {
    const request = ++this.#requests[kind];
    this.#change(kind, { wanted: enabled, status: 'asking' });
    try {
      const constraints = this.#constraints(kind);
      const stream = await this.#getUserMedia(kind === 'microphone' ? { audio: constraints } : { video: constraints });
      const track = stream.getTracks()[0];
      if (track !== undefined) track.enabled = enabled;
      this.#adopt(kind, request, track);
      await this.#refreshDevices();
    } catch (error) {
      if (this.#requests[kind] !== request) return;
      const status = globalThis.isSecureContext ? statusOfError(error) : 'insecure';
      this.#snapshot[kind].track?.stop();
      this.#change(kind, { status, track: null, wanted: false });
    }
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
      ? { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
      : { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  }

  #adopt(kind: DeviceKind, request: number, track: MediaStreamTrack | undefined): void {
    if (track === undefined) return;
    if (this.#stopped || this.#requests[kind] !== request) {
      track.stop();
      return;
    }
    this.#snapshot[kind].track?.stop();
    track.addEventListener('ended', () => {
      if (this.#snapshot[kind].track === track) this.#change(kind, { status: 'missing', track: null, wanted: false });
    });
    this.#change(kind, { status: 'on', track });
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
