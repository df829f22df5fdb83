import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TunnelConnection } from '../../src/features/tunnel/connection.js';

/** A connection without media whose tunnel is being opened. */
async function open() {
  const sockets: { onopen: (() => void) | null; onclose: (() => void) | null; readyState: number; send(data: string | Uint8Array): void; close(): void }[] = [];
  const sent: (string | Uint8Array)[] = [];
  const seen = { opened: 0, refused: 0 };
  const connection = new TunnelConnection({
    open: () => {
      sockets.push({ onopen: null, onclose: null, readyState: 1, send: data => { sent.push(data); }, close: () => undefined });
      return sockets.at(-1) as unknown as WebSocket;
    },
    now: () => performance.now(),
    wallTime: () => Date.now(),
    onOpen: () => { seen.opened++; },
    onRefused: () => { seen.refused++; },
  }, false);
  const offer = await connection.createOffer();
  await connection.setLocalDescription(offer as RTCLocalSessionDescriptionInit);
  connection.setSession('session');
  await connection.setRemoteDescription({ type: 'answer', sdp: '' });
  return { connection, sockets, sent, seen };
}

describe('a tunnel', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('that does not open is tried again a few times before it counts as refused', async () => {
    const { connection, sockets, seen } = await open();
    for (const wait of [300, 1_000, 2_000]) {
      sockets.at(-1)!.onclose?.();
      expect([connection.connectionState, seen.refused]).toEqual(['connecting', 0]);
      vi.advanceTimersByTime(wait);
    }
    expect(sockets).toHaveLength(4);
    sockets.at(-1)!.onclose?.();
    expect([connection.connectionState, seen.refused]).toEqual(['failed', 1]);
    vi.advanceTimersByTime(10_000);
    expect(sockets).toHaveLength(4);
  });

  it('that opens at the second attempt is used', async () => {
    const { connection, sockets, sent, seen } = await open();
    sockets[0]!.onclose?.();
    vi.advanceTimersByTime(300);
    sockets[1]!.onopen?.();
    expect([connection.connectionState, seen]).toEqual(['connected', { opened: 1, refused: 0 }]);
    expect(sent).toHaveLength(1); // the first report
    connection.close();
  });

  it('that is closed meanwhile is not opened again', async () => {
    const { connection, sockets, seen } = await open();
    sockets[0]!.onclose?.();
    connection.close();
    vi.advanceTimersByTime(10_000);
    expect([sockets.length, seen.refused]).toEqual([1, 0]);
  });
});
