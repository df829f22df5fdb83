import { useEffect, useState } from 'react';
import { onAnnounce } from './announcer';

export function Announcer() {
  const [spoken, setSpoken] = useState({ sentence: '', turn: 0 });
  useEffect(() => onAnnounce(sentence => setSpoken(before => ({ sentence, turn: before.turn + 1 }))), []);
  // Two regions in turn, so that the same sentence twice is spoken twice.
  return (
    <div className="visually-hidden" data-testid="announcer">
      <div role="status" aria-live="polite">{spoken.turn % 2 === 0 ? spoken.sentence : ''}</div>
      <div role="status" aria-live="polite">{spoken.turn % 2 === 1 ? spoken.sentence : ''}</div>
    </div>
  );
}
