import type { Meeting } from '@meetoperator/client';
import { useEffect } from 'react';

/** Tells the meeting when a picture of another participant is visible. */
export function useFirstPicture(meeting: Meeting): void {
  useEffect(() => {
    const loaded = (event: Event) => {
      if (event.target instanceof HTMLVideoElement && event.target.closest('[data-participant][data-self="false"]') !== null) meeting.reportPicture();
    };
    // Media events do not bubble.
    document.addEventListener('loadeddata', loaded, { capture: true });
    return () => document.removeEventListener('loadeddata', loaded, { capture: true });
  }, [meeting]);
}
