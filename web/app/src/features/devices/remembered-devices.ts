import { browserStore } from '@meetoperator/ui';

/** Device IDs of the browser; empty for its default device. */
export interface DeviceChoice {
  readonly microphone: string;
  readonly camera: string;
  readonly speaker: string;
}

const key = 'meet.devices';

export const rememberedDevices = {
  get: (): DeviceChoice => ({ microphone: '', camera: '', speaker: '', ...browserStore.readJson<Partial<DeviceChoice>>(key) }),
  set: (choice: DeviceChoice): void => browserStore.write(key, JSON.stringify(choice)),
};
