import { browserStore } from '@meetoperator/ui';

const key = 'meet.name';

/** The name under which the user joined last. */
export const rememberedName = {
  get: (): string => browserStore.read(key) ?? '',
  set: (name: string): void => browserStore.write(key, name),
};
