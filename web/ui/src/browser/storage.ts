/** Texts that this browser keeps under a key. Where storage is full or blocked, nothing is kept and the page still works. */
export interface Store {
  read(key: string): string | null;
  /** Null where the key is unknown or its text is not JSON. The value is not validated. */
  readJson<T>(key: string): T | null;
  /** `null` removes the key. */
  write(key: string, value: string | null): void;
}

/** Shared by all tabs of this origin, until the user clears it. */
export const browserStore = storeOf(() => localStorage);

/** For one tab, until it is closed. */
export const tabStore = storeOf(() => sessionStorage);

/** Reading `localStorage` throws where storage is blocked, so it is read on each call. */
function storeOf(storage: () => Storage): Store {
  const read = (key: string): string | null => {
    try {
      return storage().getItem(key);
    } catch {
      return null;
    }
  };
  return {
    read,
    readJson<T>(key: string): T | null {
      const text = read(key);
      if (text === null) return null;
      try {
        return JSON.parse(text) as T;
      } catch {
        return null;
      }
    },
    write: (key, value) => {
      try {
        if (value === null) storage().removeItem(key);
        else storage().setItem(key, value);
      } catch {
        return;
      }
    },
  };
}
