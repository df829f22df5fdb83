import type { EncryptionState, Participant } from '@meetoperator/client';
import { describe, expect, it } from 'vitest';
import { tileEncryption } from '../src/features/e2ee/tile-encryption';

const participant = (id: string, isSelf = false) => ({ id, isSelf }) as Participant;
const state = (decrypted: string[], failing: string[] = []): EncryptionState => ({ phrase: null, decrypted: new Set(decrypted), failing: new Set(failing) });

describe('what a tile says about encryption', () => {
  it.each([
    ['a meeting that is not encrypted', null, 'off'],
    ['nothing that has arrived', state([]), 'none'],
    ['sound that decrypts', state(['bob microphone']), 'encrypted'],
    ['sound that decrypts beside a picture that does not', state(['bob microphone'], ['bob camera']), 'failing'],
    ['tracks of somebody else', state(['eve camera'], ['eve microphone']), 'none'],
  ] as const)('%s', (_, encryption, shown) => {
    expect(tileEncryption(encryption, participant('bob'), 'camera')).toBe(shown);
  });

  it('the own tile is encrypted in an encrypted meeting only', () => {
    expect(tileEncryption(state([]), participant('me', true), 'camera')).toBe('encrypted');
    expect(tileEncryption(null, participant('me', true), 'camera')).toBe('off');
  });
});
