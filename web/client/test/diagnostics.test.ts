import { describe, expect, it } from 'vitest';
import { withoutAddresses } from '../src/features/diagnostics/addresses.js';
import { reportOf, withText } from '../src/features/diagnostics/report.js';
import type { MediaPath } from '../src/features/stats/path.js';
import type { StatsSummary } from '../src/features/stats/summary.js';
import type { TrackStats } from '../src/features/stats/track-stats.js';
import { joinedMeeting } from './join.js';

const track = (more: Partial<TrackStats> = {}): TrackStats => ({
  participantId: 'bob', source: 'camera', direction: 'receive', bitrate: 700_400, lossFraction: 0.01234, jitterMs: 12, framesPerSecond: 29.6, frameWidth: 640, frameHeight: 360,
  frozenFraction: 0.5, concealedFraction: 0, coarseFraction: 0, codec: 'VP8', layers: [], limitation: null, ...more,
});
const path: MediaPath = { isDirect: false, use: 'send', kind: 'udp', reason: null, blocked: [{ protocol: 'udp', address: '192.0.2.9', port: 42000 }], type: 'host', protocol: 'udp', family: null, rttMs: 40 };
const summary = (more: Partial<StatsSummary> = {}): StatsSummary => ({
  at: 1_000, rttMs: 40.4, sendBitrate: 900_000, sendLossFraction: 0, receiveBitrate: 1_500_000, receiveLossFraction: 0.02, quality: 'poor', hint: 'loss-receiving',
  paths: [{ ...path, isDirect: false, type: 'srflx', protocol: 'udp' }], tracks: [track()], tiles: [{ participantId: 'bob', source: 'camera', quality: 'weak' }], ...more,
});

describe('a report about a problem', () => {
  it('has the measurements and nothing else', () => {
    expect(reportOf([summary()], 3_500, 'r-1', 'Firefox 145')).toEqual({
      reference: 'r-1',
      browser: 'Firefox 145',
      statistics: [{
        ageMs: 2_500, quality: 'poor', hint: 'loss-receiving', rttMs: 40, sendKbps: 900, sendLoss: 0, receiveKbps: 1_500, receiveLoss: 0.02,
        paths: [{ direct: false, type: 'srflx', protocol: 'udp', rttMs: 40 }],
        tracks: [{ participantId: 'bob', source: 'camera', direction: 'receive', kbps: 700, loss: 0.012, jitterMs: 12, frozen: 0.5, concealed: 0, fps: 30, width: 640, height: 360, codec: 'VP8' }],
      }],
    });
  });

  it('addresses and the names of devices are left out, wherever a browser puts them', () => {
    const secret = { address: '192.0.2.7', ip: '2001:db8::7', label: 'Built-in camera', deviceId: 'abc' };
    const report = reportOf([{
      ...summary(),
      ...secret,
      paths: [{ ...path, isDirect: true, type: '192.0.2.7', protocol: '2001:db8::7', rttMs: null, ...secret }],
      tracks: [{ ...track({ codec: '192.0.2.7', layers: ['f', '2001:db8::7'] }), ...secret }],
    }], 3_500, 'r-1', 'Browser at 192.0.2.7');
    const text = JSON.stringify(report);
    expect(text).not.toMatch(/192\.0\.2|2001:|Built-in|abc/);
    expect(report.statistics[0]!.paths).toEqual([{ direct: true, type: 'unknown', protocol: 'unknown' }]);
    expect(report.statistics[0]!.tracks[0]!.layers).toEqual(['f']);
  });

  it('what the person writes is added without addresses, and empty text is left out', () => {
    const report = reportOf([summary()], 3_500, 'r-1', 'Firefox 145');
    expect(withText(report, '  No picture from 192.0.2.7 since 12:30:45.  ').text).toBe('No picture from [address] since 12:30:45.');
    expect(withText(withText(report, 'hello'), ' \n ')).toEqual(report);
  });

  it('a report of a large meeting fits the limit of the server, with the worst tracks', () => {
    const tracks = Array.from({ length: 200 }, (_, index) => track({ participantId: `${index}-9d4a3b1f-0f7f-2c11-6f1f-3c0a2a4e4a0e`, frozenFraction: index / 200 }));
    const history = Array.from({ length: 61 }, (_, index) => summary({ at: index * 2_000, tracks }));
    const report = reportOf(history, 122_000, 'r-1', 'Firefox 145');
    expect(JSON.stringify(withText(report, '✓'.repeat(2_000))).length).toBeLessThan(256 * 1024);
    expect(report.statistics).toHaveLength(61);
    expect(report.statistics[60]!.tracks.length).toBeGreaterThanOrEqual(8);
    expect(report.statistics[60]!.tracks[0]!.participantId).toMatch(/^199-/);
  });
});

describe('addresses in text', () => {
  it.each([
    ['IPv4', 'ping 10.0.0.1, then 255.255.255.255.', 'ping [address], then [address].'],
    ['IPv6', 'from fe80::1 and 2001:db8:0:0:0:0:0:1 or ::1', 'from [address] and [address] or [address]'],
    ['MAC', 'card 00:1a:2b:3c:4d:5e', 'card [address]'],
    ['links and names before an address', 'https://192.168.1.20/m/x IP:203.0.113.9 stun:10.0.0.1:3478 IPv6:fe80::1 [2001:db8::7]:443',
      'https://[address]/m/x IP:[address] stun:[address]:3478 IPv6:[address] [[address]]:443'],
    ['times and code', 'at 12:30:45 std::vector 1.2.3 :: x', 'at 12:30:45 std::vector 1.2.3 :: x'],
    ['versions of browsers', 'Mozilla/5.0 Chrome/142.0.0.0 Safari/537.36', 'Mozilla/5.0 Chrome/142.0.0.0 Safari/537.36'],
  ])('%s', (_, text, expected) => {
    expect(withoutAddresses(text)).toBe(expected);
  });
});

describe('sending a report', () => {
  it('preparing a report sends nothing; sending it uses the ticket and says that the person agreed', async () => {
    const { meeting, server } = await joinedMeeting();
    server.respond = () => ({ status: 201, body: { reportId: 'rep-1' } });
    server.calls.length = 0;
    const report = meeting.prepareReport('Firefox 145');
    expect(server.calls).toEqual([]);
    expect(await meeting.sendReport(withText(report, 'hello'))).toBe('rep-1');
    expect(server.calls).toEqual([{
      method: 'POST', path: '/meetings/m1/diagnostics', query: '', authorization: `Bearer ${meeting.ticket}`,
      body: { consent: true, reference: report.reference, text: 'hello', browser: 'Firefox 145', statistics: [] },
    }]);
  });

  it('a report that is sent again has the same reference, and another report has another one', async () => {
    const { meeting, server } = await joinedMeeting();
    const failing = meeting.prepareReport('Firefox 145');
    server.respond = () => 'unreachable';
    await expect(meeting.sendReport(failing)).rejects.toMatchObject({ code: 'network' });
    server.respond = () => ({ status: 201, body: { reportId: 'rep-1' } });
    await meeting.sendReport(failing);
    const [first, second] = server.calls.filter(call => call.path.endsWith('/diagnostics'));
    expect(second!.body).toEqual(first!.body);
    expect(meeting.prepareReport('Firefox 145').reference).not.toBe(failing.reference);
  });
});
