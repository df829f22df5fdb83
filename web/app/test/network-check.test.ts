import { MeetError, type MeetErrorCode, type NetworkCheck, type Rung } from '@meetoperator/client';
import { describe, expect, it } from 'vitest';
import { bandwidthText, checkText, findingTexts, problemText, rowsOf } from '../src/features/network-check/check-texts';
import { translate } from './translate';

const udp: Rung = { name: 'udp-ipv4', path: 'udp', family: 'ipv4', protocol: 'udp', hosts: ['203.0.113.5'], ports: [40_000, 40_001, 40_002, 40_003], relay: null };
const tcp: Rung = { ...udp, name: 'tcp-ipv4', path: 'tcp', protocol: 'tcp', ports: [40_100] };
const tls: Rung = { ...udp, name: 'relay-tls-1', path: 'relay-tls', family: 'unknown', protocol: 'tcp', hosts: ['relay.example.com'], ports: [443], relay: { urls: ['turns:relay.example.com:443'] } };
const none = { connectMs: null, rttMs: null, sendLoss: null, refusal: null, isAllocated: false };
const withoutUdp: NetworkCheck = {
  results: [{ rung: udp, state: 'failed', ...none }, { rung: tcp, state: 'connected', ...none, connectMs: 120, rttMs: 34, sendLoss: 0.015 }, { rung: tls, state: 'trying', ...none }],
  denied: [],
  bandwidth: { rung: tcp, sendBitrate: 2_400_000, isSendLimited: false, largestSentBitrate: 1_500_000, receiveBitrate: 900_000, sendLoss: 0.001, receiveLoss: null }, isDone: true,
};

describe('the words of the network check', () => {
  it('name the firewall rule that would help', async () => {
    expect(findingTexts(await translate(['en']), withoutUdp)).toEqual([
      'Calls work over TCP. On a bad line, sound and pictures are delayed more than over UDP.',
      'Direct, UDP is blocked. If a firewall is the cause, allow UDP to 203.0.113.5, ports 40000–40003. Calls may use other addresses, ports and relays.',
    ]);
  });

  it('name further rules as what they are', async () => {
    const onlyTls: NetworkCheck = { ...withoutUdp, results: withoutUdp.results.map(result => ({ ...result, ...none, state: result.rung === tls ? 'connected' : 'failed' })) };
    expect(findingTexts(await translate(['en']), onlyTls)).toEqual([
      'Calls work through a relay over TLS. On a bad line, sound and pictures are delayed more than over UDP.',
      expect.stringMatching(/^Direct, UDP is blocked\. If/), 'Direct, TCP is blocked, too. Allowing TCP to 203.0.113.5, port 40100 also helps, but less.',
    ]);
  });

  it('describe each way and what it carries', async () => {
    const t = await translate(['en']);
    expect(rowsOf(t, withoutUdp).map(({ way, address, result, connectTime, roundTrip, loss }) => [way, address, result, connectTime, roundTrip, loss])).toEqual([
      ['Direct, UDP (IPv4)', '203.0.113.5, ports 40000–40003', 'gets no answer', '–', '–', '–'],
      ['Direct, TCP (IPv4)', '203.0.113.5, port 40100', 'works', '120 ms', '34 ms', '1.5 %'],
      ['Relay, TLS', 'relay.example.com, port 443', 'trying', '–', '–', '–'],
    ]);
    expect(bandwidthText(t, withoutUdp)).toBe('Sending: 2.4 Mbit/s, 0.1 % lost. Receiving: at least 900 kbit/s, unknown lost.');
    expect(bandwidthText(t, { ...withoutUdp, bandwidth: null, isDone: false })).toBeNull();
    expect(bandwidthText(t, { ...withoutUdp, bandwidth: null })).toMatch(/could not be measured/);
  });

  it('are copied as text with everything that a help desk needs', async () => {
    const text = checkText(await translate(['en']), withoutUdp, 'https://meet.example.org', 'Firefox/152', 'Nov 30, 2026');
    for (const part of ['https://meet.example.org', 'Firefox/152', 'Nov 30, 2026', 'allow UDP to 203.0.113.5, ports 40000–40003', 'Direct, TCP (IPv4), 203.0.113.5, port 40100: works', '34 ms', '2.4 Mbit/s']) expect(text).toContain(part);
  });

  it.each([['en', 'allow relays only'], ['de', 'erlauben nur Relays']])('say in %s what the settings deny', async (language, text) => {
    expect(findingTexts(await translate([language]), { ...withoutUdp, results: [], bandwidth: null, denied: ['direct', 'tcp', 'relay'] })[1]).toContain(text);
  });

  it.each([['en', 'uses all the relays that it may use'], ['de', 'nutzt bereits alle Relays']])('say in %s that others use all relays', async (language, text) => {
    expect(findingTexts(await translate([language]), { ...withoutUdp, results: [], bandwidth: null, denied: ['relay-quota'] })[1]).toContain(text);
  });

  const tunnel: Rung = { name: 'tunnel', path: 'tunnel', family: 'unknown', protocol: 'tcp', hosts: ['meet.example.org'], ports: [443], relay: null };
  const onlyTunnel: NetworkCheck = { results: [{ rung: udp, state: 'failed', ...none }, { rung: tunnel, state: 'connected', ...none, connectMs: 80, rttMs: 30 }], denied: [], bandwidth: null, isDone: true };

  it.each([
    ['en', 'Calls work on a tunnel through the web server', 'Tunnel through the web server', 'works', 'no WebSocket to meet.example.org either', 'Sending: 900 kbit/s. Receiving: 2.0 Mbit/s.'],
    ['de', 'Anrufe funktionieren mit einem Tunnel über den Webserver', 'Tunnel über den Webserver', 'funktioniert', 'auch kein WebSocket zu meet.example.org', 'Senden: 900 kbit/s. Empfangen: 2,0 Mbit/s.'],
  ])('describe a tunnel in %s', async (language, works, way, result, fails, rates) => {
    const t = await translate([language]);
    expect(findingTexts(t, onlyTunnel)[0]).toContain(works);
    expect(rowsOf(t, onlyTunnel)[1]).toMatchObject({ way, address: expect.stringMatching(/^meet\.example\.org, [Pp]ort 443$/) as string, result, connectTime: '80 ms', roundTrip: '30 ms', loss: '–' });
    expect(bandwidthText(t, onlyTunnel)).toBe(t('networkCheck.unmeasured'));
    expect(bandwidthText(t, { ...onlyTunnel, bandwidth: { rung: tunnel, sendBitrate: 900_000, isSendLimited: true, largestSentBitrate: 4_000_000, receiveBitrate: 2_000_000, sendLoss: null, receiveLoss: null } })).toBe(rates);
    expect(findingTexts(t, { ...onlyTunnel, results: onlyTunnel.results.map(one => ({ ...one, state: 'failed' as const })) })[0]).toContain(fails);
  });

  it.each([['en', 'do not allow tunnels', 'this browser cannot use them'], ['de', 'erlauben keine Tunnel', 'dieser Browser kann sie nicht']])('say in %s why no tunnel was tried', async (language, settings, browser) => {
    const texts = findingTexts(await translate([language]), { ...withoutUdp, results: [], bandwidth: null, denied: ['tunnel', 'tunnel-browser'] });
    expect(texts[1]).toContain(settings);
    expect(texts[2]).toContain(browser);
  });

  it('exist in German', async () => {
    expect(findingTexts(await translate(['de']), withoutUdp)[1]).toBe('Direkt, UDP ist blockiert. Falls eine Firewall die Ursache ist: UDP zu 203.0.113.5, Ports 40000–40003 erlauben. Anrufe können andere Adressen, Ports und Relays verwenden.');
  });

  it.each<[MeetErrorCode | null, RegExp]>([
    ['check-unavailable', /cannot check networks/], ['quota-exceeded', /Try again in a minute/], ['forbidden', /no longer in this meeting/], ['meeting-ended', /has ended/], ['unknown-check', /several addresses/], [null, /The check failed/],
  ])('say why there is no check: %s', async (code, text) => {
    expect(problemText(await translate(['en']), code === null ? new Error('broken') : new MeetError(code, 'no'))).toMatch(text);
  });
});
