import { describe, expect, it } from 'vitest';
import { shouldAsk, type Visit } from '../src/features/survey/ask';

const visit: Visit = { isWanted: true, end: 'left', stayedMs: 60_000, wasAsked: false };

describe('the question at the end', () => {
  it('is asked when somebody leaves or the meeting ends', () => {
    expect(shouldAsk(visit)).toBe(true);
    expect(shouldAsk({ ...visit, end: 'ended' })).toBe(true);
  });

  it.each<[string, Partial<Visit>]>([
    ['the tenant does not want it', { isWanted: false }],
    ['the person was asked before', { wasAsked: true }],
    ['the person was in for less than a minute', { stayedMs: 59_999 }],
    ['a host removed the person', { end: 'removed' }],
    ['the meeting continues in another tab', { end: 'replaced' }],
    ['the connection failed', { end: 'failed' }],
  ])('is not asked when %s', (_, more) => {
    expect(shouldAsk({ ...visit, ...more })).toBe(false);
  });
});
