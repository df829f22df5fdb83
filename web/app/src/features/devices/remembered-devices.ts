import { browserStore } from '@meetoperator/ui';
import { backgroundOf, type Background } from '../background/backgrounds';
import { dataUseOf, type DataUse } from '../saving/saving';

/** Device IDs of the browser; empty for its default device. */
export interface DeviceChoice {
  readonly microphone: string;
  readonly camera: string;
  readonly speaker: string;
  /** Our filter removes noise from the microphone, instead of the browser. */
  readonly filtersNoise: boolean;
  /** What others see behind the person. */
  readonly background: Background;
  readonly dataUse: DataUse;
}

const key = 'meet.devices';

export const rememberedDevices = {
  get: (): DeviceChoice => {
    const remembered = browserStore.readJson<Partial<DeviceChoice>>(key);
    return { microphone: '', camera: '', speaker: '', filtersNoise: false, ...remembered, background: backgroundOf(remembered?.background), dataUse: dataUseOf(remembered?.dataUse) };
  },
  set: (choice: DeviceChoice): void => browserStore.write(key, JSON.stringify(choice)),
};
