import { tabStore } from '@meetoperator/ui';

/** Kept for this tab only: a reloaded page rejoins as the same participant with the same devices on. */
export interface TabSession {
  readonly ticket: string;
  readonly displayName: string;
  readonly microphone: boolean;
  readonly camera: boolean;
  /** When the participant joined, in milliseconds since the epoch. */
  readonly since: number;
}

const keyOf = (meetingId: string): string => `meet.session.${meetingId}`;

export const tabSession = {
  get: (meetingId: string): TabSession | null => tabStore.readJson<TabSession>(keyOf(meetingId)),
  set: (meetingId: string, value: TabSession | null): void => tabStore.write(keyOf(meetingId), value === null ? null : JSON.stringify(value)),
};
