import type { Meeting, MeetingSnapshot } from '@meetoperator/client';
import { useCallback, useSyncExternalStore } from 'react';

export function useMeeting(meeting: Meeting): MeetingSnapshot {
  const subscribe = useCallback((changed: () => void) => meeting.on('change', changed), [meeting]);
  return useSyncExternalStore(subscribe, () => meeting.snapshot);
}
