import type { Meeting, StatsSummary } from '@meetoperator/client';
import { useEffect, useState } from 'react';

/** Short enough that a picture that stands still is marked soon. */
const intervalMs = 2_000;

export function useStats(meeting: Meeting): StatsSummary | null {
  const [stats, setStats] = useState<StatsSummary | null>(null);
  useEffect(() => {
    let current = true;
    const timer = setInterval(() => {
      meeting.getStats().then(summary => { if (current) setStats(summary); }, () => undefined);
    }, intervalMs);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [meeting]);
  return stats;
}
