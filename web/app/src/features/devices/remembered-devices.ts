import { browserStore, tabStore } from '@meetoperator/ui';
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

/**
 * Remembered for new tabs, and for each tab on its own: what somebody chooses in another tab must not change a tab that is loaded again. It would otherwise show the room of
 * somebody who had chosen a background in it.
 */
export const rememberedDevices = {
  get: (): DeviceChoice => {
    const remembered = tabStore.readJson<Partial<DeviceChoice>>(key) ?? browserStore.readJson<Partial<DeviceChoice>>(key);
    const choice = { microphone: '', camera: '', speaker: '', filtersNoise: false, ...remembered, background: backgroundOf(remembered?.background), dataUse: dataUseOf(remembered?.dataUse) };
    tabStore.write(key, JSON.stringify(choice));
    return choice;
  },

  /** Keeps the whole choice for this tab, and what has changed in it for new tabs. */
  set: (choice: DeviceChoice, changed: Partial<DeviceChoice>): void => {
    tabStore.write(key, JSON.stringify(choice));
    browserStore.write(key, JSON.stringify({ ...browserStore.readJson<Partial<DeviceChoice>>(key), ...changed }));
  },
};
