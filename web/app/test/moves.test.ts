import type { MediaMove } from '@meetoperator/client';
import { expect, it } from 'vitest';
import { moveText } from '../src/features/statistics/move-text';
import { translate } from './translate';

const textsOf = async (language: string): Promise<string[]> => {
  const t = await translate([language]);
  const reasons: MediaMove['reason'][] = ['leaving', 'region', 'standby', 'unreachable', 'returned', 'moved', 'lost'];
  return reasons.map(reason => moveText(t, { at: 0, reason, durationMs: null }).replace(/^.*?: /, '').replace(/, (not replaced yet|noch nicht ersetzt)$/, ''));
};

it('the statistics say why the page used another media node', async () => {
  expect(await textsOf('en')).toEqual([
    'the meeting leaves the media node',
    'the meeting has a media node in your region',
    'the media node does not respond, and the standby takes its place',
    'the media node does not respond, and another one takes its place',
    'the standby is no longer needed',
    'the meeting is on another media node',
    'the media node lost the connection',
  ]);
});

it('and do so in German', async () => {
  expect(await textsOf('de')).toEqual([
    'die Besprechung verlässt den Medienserver',
    'die Besprechung hat einen Medienserver in Ihrer Region',
    'der Medienserver antwortet nicht, der Ersatzserver übernimmt',
    'der Medienserver antwortet nicht, ein anderer übernimmt',
    'der Ersatzserver wird nicht mehr gebraucht',
    'die Besprechung ist auf einem anderen Medienserver',
    'der Medienserver hat die Verbindung verloren',
  ]);
});
