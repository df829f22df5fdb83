import { describe, expect, it } from 'vitest';
import { backoffMs } from '../src/backoff.js';
import { parseServerMessage } from '../src/protocol.js';

describe('what the server says', () => {
  it.each([
    'null', '[]', '"joined"', '{', '{}', '{"type":7}', '{"type":"toString"}', '{"type":"__proto__"}', '{"type":"joined"}', '{"type":"joined","participantId":"a","participants":{}}',
    '{"type":"chat","from":"a","message":"b"}', '{"type":"chat","from":"a","message":"b","messageId":1}', '{"type":"chat","from":"a","message":"b","messageId":"x"}', '{"type":"offer","from":"sfu"}', '{"type":"participant-joined","participant":null}',
  ])('%s is no message', text => {
    expect(parseServerMessage(text)).toBeNull();
  });

  it('may hold fields that this version does not know', () => {
    expect(parseServerMessage('{"type":"removed","reason":"host","until":5}')).toMatchObject({ type: 'removed', reason: 'host' });
  });

  it('is text', () => {
    expect(parseServerMessage(new ArrayBuffer(4))).toBeNull();
  });
});

describe('backoff', () => {
  it('doubles, has a ceiling and spreads over half of the step', () => {
    expect([0, 1, 2, 3].map(attempt => backoffMs(attempt, 0.999))).toEqual([250, 500, 1_000, 1_999]);
    expect(backoffMs(0, 0)).toBe(125);
    expect(backoffMs(500, 0)).toBe(4_000);
    expect(backoffMs(500, 0.999)).toBeLessThanOrEqual(8_000);
  });
});
