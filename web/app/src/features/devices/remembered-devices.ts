import { browserStore } from '@meetoperator/ui';

/** Device IDs of the browser; empty for its default device. */
export interface DeviceChoice {
  readonly microphone: string;
  readonly camera: string;
  readonly speaker: string;
  /** Our filter removes noise from the microphone, instead of the browser. */
  readonly filtersNoise: boolean;
}

const key = 'meet.devices';

export const rememberedDevices = {
  get: (): DeviceChoice => ({ microphone: '', camera: '', speaker: '', filtersNoise: false, ...browserStore.readJson<Partial<DeviceChoice>>(key) }),
  set: (choice: DeviceChoice): void => browserStore.write(key, JSON.stringify(choice)),
};
