import { tabStore } from '@meetoperator/ui';

const prefix = 'meet.host.';

/** Kept for this tab only, so that the next person at this browser has no host rights. */
export const hostTokens = {
  get: (meetingId: string): string | undefined => tabStore.read(prefix + meetingId) ?? undefined,
  set: (meetingId: string, token: string): void => tabStore.write(prefix + meetingId, token),

  /** Moves the tokens that earlier versions kept in local storage, which all tabs share and which never expires. */
  migrateFromLocalStorage(): void {
    try {
      const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index)).filter(key => key?.startsWith(prefix));
      for (const key of keys as string[]) {
        const token = localStorage.getItem(key);
        tabStore.write(key, token);
        if (tabStore.read(key) === token) localStorage.removeItem(key);
      }
    } catch {
      return;
    }
  },
};
