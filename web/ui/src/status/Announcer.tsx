import { useEffect, useState } from 'react';
import { onAnnounce } from './announcer';

export function Announcer() {
  const [latest, setLatest] = useState({ sentence: '', count: 0 });
  useEffect(() => onAnnounce(sentence => setLatest(before => ({ sentence, count: before.count + 1 }))), []);
  // The sentences alternate between two regions: screen readers ignore a region whose text stays the same.
  return (
    <div className="visually-hidden" data-testid="announcer">
      <div role="status" aria-live="polite">{latest.count % 2 === 0 ? latest.sentence : ''}</div>
      <div role="status" aria-live="polite">{latest.count % 2 === 1 ? latest.sentence : ''}</div>
    </div>
  );
}
