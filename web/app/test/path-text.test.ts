import type { Meeting, MediaPath, StatsSummary } from '@meetoperator/client';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { pathTexts } from '../src/features/statistics/path-text';
import StatsPanel from '../src/features/statistics/StatsPanel';
import { translate } from './translate';

const path = (more: Partial<MediaPath> = {}): MediaPath => ({
  isDirect: false, use: 'send', kind: 'udp', reason: null, blocked: [], type: 'host', protocol: 'udp', family: 'ipv4', rttMs: 20, ...more,
});
const both = (more: Partial<MediaPath>): MediaPath[] => [path(more), path({ ...more, use: 'receive' })];
const udp = { protocol: 'udp', address: '203.0.113.7', port: 42000 } as const;
const relay = { type: 'relay', protocol: 'tls', kind: 'relay-tls' } as const;
const tcp = { kind: 'tcp', protocol: 'tcp', reason: 'udp-unanswered', blocked: [udp] } as const;

describe('the words for the path of media', () => {
  it.each<[string, MediaPath[], string, string | null]>([
    ['UDP', both({}), 'Media flows directly over UDP (IPv4).', null],
    ['UDP over IPv6', both({ family: 'ipv6' }), 'Media flows directly over UDP (IPv6).', null],
    ['TCP', both(tcp), 'Media flows over TCP (IPv4), because UDP to the media server gets no answer. On a bad line, sound and pictures are delayed more.',
      'If a firewall is the cause, allow UDP to 203.0.113.7, port 42000. In other meetings, the addresses and ports may differ.'],
    ['TCP for an unknown reason', both({ kind: 'tcp', protocol: 'tcp' }), 'Media flows directly over TCP (IPv4).', null],
    ['TCP of a browser without UDP', both({ kind: 'tcp', protocol: 'tcp', reason: 'udp-not-gathered' }),
      'Media flows over TCP (IPv4), because this browser does not use UDP. On a bad line, sound and pictures are delayed more.', 'Check the settings, extensions and policies of the browser for WebRTC.'],
    ['a relay', both({ ...relay, reason: 'direct-unanswered', blocked: [udp, { ...udp, port: 42001 }, { ...udp, address: '2001:db8::7' }] }),
      'Media flows through a relay over TLS, because no direct connection gets through.',
      'If a firewall is the cause, allow UDP to 203.0.113.7, ports 42000, 42001; 2001:db8::7, port 42000. In other meetings, the addresses and ports may differ.'],
    ['no path', both({ kind: 'none', protocol: 'unknown', type: 'unknown', family: null, reason: 'direct-unanswered', blocked: [udp] }), 'No connection to the media server gets through.',
      'If a firewall is the cause, allow UDP to 203.0.113.7, port 42000. In other meetings, the addresses and ports may differ.'],
    ['a relay because nothing else is allowed', both({ ...relay, reason: 'relay-only' }), 'Media flows through a relay over TLS, because the organization of this meeting allows nothing else.', null],
    ['no path, because only relays are allowed', both({ kind: 'none', protocol: 'unknown', type: 'unknown', family: null, reason: 'relay-only' }),
      'The organization of this meeting allows media through its relays only, and no relay gets through.', null],
    ['no path, because others use all relays', both({ kind: 'none', protocol: 'unknown', type: 'unknown', family: null, reason: 'relay-refused', blocked: [udp] }),
      'No connection to the media server gets through, and the organization of this meeting uses all the relays that it may use. You get one when there is room again. Whoever runs the meetings of the organization can raise its quota.',
      'If a firewall is the cause, allow UDP to 203.0.113.7, port 42000. In other meetings, the addresses and ports may differ.'],
    ['a relay for an unknown reason', both(relay), 'Media flows through a relay over TLS.', null],
    ['other participants, with the connections to the media node kept', [...both({}), path({ isDirect: true, use: 'both', kind: 'p2p' })], 'Media flows directly between the browsers.', null],
  ])('%s', async (_, paths, text, help) => {
    expect(pathTexts(await translate(['en']), paths)).toEqual([{ text, help }]);
  });

  it('say which direction uses which path where they differ', async () => {
    expect(pathTexts(await translate(['en']), [path(), path({ ...tcp, use: 'receive' })]).map(({ text }) => text)).toEqual([
      'Sending: Media flows directly over UDP (IPv4).',
      'Receiving: Media flows over TCP (IPv4), because UDP to the media server gets no answer. On a bad line, sound and pictures are delayed more.',
    ]);
  });

  it('say nothing about a path that the browser hides', async () => {
    expect(pathTexts(await translate(['en']), [path({ kind: null })])).toEqual([]);
  });

  it('exist in German', async () => {
    const t = await translate(['de']);
    expect(pathTexts(t, both(tcp))).toEqual([{
      text: 'Ton und Bild werden über TCP (IPv4) übertragen, weil der Medienserver über UDP nicht antwortet. Auf einer schlechten Leitung kommen sie mit mehr Verzögerung an.',
      help: 'Falls eine Firewall die Ursache ist: UDP zu 203.0.113.7, Port 42000 erlauben. In anderen Meetings können Adressen und Ports abweichen.',
    }]);
    expect(pathTexts(t, both({ ...relay, reason: 'direct-unanswered' }))[0]!.text).toBe('Ton und Bild werden über ein Relay mit TLS übertragen, weil keine direkte Verbindung zustande kommt.');
  });
});

it('the statistics panel shows the path and what would help', async () => {
  await translate(['en']);
  const summary = { at: 0, paths: both(tcp), tracks: [], tiles: [] } as unknown as StatsSummary;
  const meeting = { statsHistory: [], snapshot: { moves: [] } } as unknown as Meeting;
  const shown = renderToStaticMarkup(createElement(StatsPanel, { meeting, stats: summary, people: [], onReport: () => undefined, onCheck: () => undefined, onClose: () => undefined }));
  expect(shown).toContain('Media flows over TCP (IPv4), because UDP to the media server gets no answer.');
  expect(shown).toContain('allow UDP to 203.0.113.7, port 42000.');
});
