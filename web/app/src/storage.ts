/** Settings that this browser keeps. Where storage is full or blocked, nothing is kept and the page still works. */
function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    return;
  }
}

const local = () => localStorage;
const session = () => sessionStorage;

export const rememberedName = {
  get: (): string => read(local, 'meet.name') ?? '',
  set: (name: string): void => write(local, 'meet.name', name),
};

const hostKeys = 'meet.host.';

/** Kept for this tab only, so that the next person at this browser has no host rights. */
export const hostTokens = {
  get: (meetingId: string): string | undefined => read(session, hostKeys + meetingId) ?? undefined,
  set: (meetingId: string, token: string): void => write(session, hostKeys + meetingId, token),

  /** Moves the tokens that earlier versions kept in local storage, which all tabs share and which never expires. */
  migrateFromLocalStorage(): void {
    try {
      const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index)).filter(key => key?.startsWith(hostKeys));
      for (const key of keys as string[]) {
        const token = localStorage.getItem(key);
        write(session, key, token);
        if (read(session, key) === token) localStorage.removeItem(key);
      }
    } catch {
      return;
    }
  },
};

export interface DeviceChoice {
  readonly microphone: string;
  readonly camera: string;
  readonly speaker: string;
}

export const rememberedDevices = {
  get: (): DeviceChoice => ({ microphone: '', camera: '', speaker: '', ...parse<Partial<DeviceChoice>>(read(local, 'meet.devices')) }),
  set: (choice: DeviceChoice): void => write(local, 'meet.devices', JSON.stringify(choice)),
};

/** Kept for this tab only: a reloaded page rejoins as the same participant with the same devices on. */
export interface TabSession {
  readonly ticket: string;
  readonly displayName: string;
  readonly microphone: boolean;
  readonly camera: boolean;
}

export const tabSession = {
  get: (meetingId: string): TabSession | null => parse<TabSession>(read(session, `meet.session.${meetingId}`)),
  set: (meetingId: string, value: TabSession | null): void =>
    write(session, `meet.session.${meetingId}`, value === null ? null : JSON.stringify(value)),
};

export const singleKeyShortcuts = {
  get: (): boolean => read(local, 'meet.single-keys') !== 'off',
  set: (on: boolean): void => write(local, 'meet.single-keys', on ? null : 'off'),
};

function parse<T>(text: string | null): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
