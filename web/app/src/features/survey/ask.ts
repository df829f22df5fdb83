import { tabStore } from '@meetoperator/ui';

/** Somebody who was in for less than this cannot say much about the call. */
const minStayMs = 60_000;

export interface Visit {
  /** The tenant wants to ask. */
  readonly isWanted: boolean;
  /** How the visit ended. */
  readonly end: string;
  readonly stayedMs: number;
  /** The person was asked about this meeting before. */
  readonly wasAsked: boolean;
}

/** Whether to ask the person how the call was: once for a meeting, when they left or the meeting ended, and not when a host removed them. */
export function shouldAsk({ isWanted, end, stayedMs, wasAsked }: Visit): boolean {
  return isWanted && !wasAsked && stayedMs >= minStayMs && (end === 'left' || end === 'ended');
}

const keyOf = (meetingId: string): string => `meet.asked.${meetingId}`;

/** The meetings of this tab about which the person was asked. */
export const askedMeetings = {
  has: (meetingId: string): boolean => tabStore.read(keyOf(meetingId)) !== null,
  add: (meetingId: string): void => tabStore.write(keyOf(meetingId), 'yes'),
};
