import { describe, expect, it } from 'vitest';
import { backoffMs } from '../src/core/backoff.js';
import { parseServerMessage } from '../src/protocol.js';

describe('messages from the server', () => {
  it.each([
    'null', '[]', '"joined"', '{', '{}', '{"type":7}', '{"type":"toString"}', '{"type":"__proto__"}', '{"type":"joined"}', '{"type":"joined","participantId":"a","participants":{}}',
    '{"type":"chat","from":"a","message":"b"}', '{"type":"chat","from":"a","message":"b","messageId":1}', '{"type":"chat","from":"a","message":"b","messageId":"x"}', '{"type":"offer","from":"sfu"}', '{"type":"participant-joined","participant":null}',
    '{"type":"media-move"}', '{"type":"media-move","generation":2}', '{"type":"media-move","generation":2,"deadline":-1}', '{"type":"media-move","generation":2,"deadline":"soon"}',
  ])('the text %s is rejected as a message', text => {
    expect(parseServerMessage(text)).toBeNull();
  });

  it('a message with unknown fields is accepted', () => {
    expect(parseServerMessage('{"type":"removed","reason":"host","until":5}')).toMatchObject({ type: 'removed', reason: 'host' });
  });

  it('binary data is rejected as a message', () => {
    expect(parseServerMessage(new ArrayBuffer(4))).toBeNull();
  });
});

describe('backoff', () => {
  it('the delay doubles up to a ceiling and varies by half a step', () => {
    expect([0, 1, 2, 3].map(attempt => backoffMs(attempt, 0.999))).toEqual([250, 500, 1_000, 1_999]);
    expect(backoffMs(0, 0)).toBe(125);
    expect(backoffMs(500, 0)).toBe(4_000);
    expect(backoffMs(500, 0.999)).toBeLessThanOrEqual(8_000);
  });
});
