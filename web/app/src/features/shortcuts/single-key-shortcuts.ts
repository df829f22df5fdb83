import { browserStore } from '@meetoperator/ui';

const key = 'meet.single-keys';

/** Whether shortcuts without Ctrl are on. */
export const singleKeyShortcuts = {
  get: (): boolean => browserStore.read(key) !== 'off',
  set: (on: boolean): void => browserStore.write(key, on ? null : 'off'),
};
