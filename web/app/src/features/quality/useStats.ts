import type { Meeting, StatsSummary } from '@meetoperator/client';
import { useEffect, useState } from 'react';

const intervalMs = 3_000;

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
