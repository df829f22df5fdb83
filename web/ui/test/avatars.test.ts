import { describe, expect, it } from 'vitest';
import { hueOf, initialsOf } from '../src/avatars/initials';

describe('participant names', () => {
  it.each([['Ada Lovelace', 'AL'], ['ada', 'A'], ['  Jean  Luc  Picard ', 'JP'], ['王 小明', '王小'], ['👩‍🚀 Sam', '👩S'], ['', '?']])('the name "%s" has the initials %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it('an ID always has the same hue, and all six hues occur', () => {
    expect(hueOf('p-1')).toBe(hueOf('p-1'));
    expect(new Set(Array.from({ length: 60 }, (_, index) => hueOf(`p-${index}`))).size).toBe(6);
  });
});
