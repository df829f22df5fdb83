import { describe, expect, it } from 'vitest';
import { findLinks } from '../src/features/chat/links';
import { presenceText } from '../src/pages/pre-join/presence-text';
import { meetingIdOf, routeOf } from '../src/navigation/router';
import { translate } from './translate';

describe('links in messages', () => {
  it.each([
    ['see https://example.org/a?b=1#c, please', 'https://example.org/a?b=1#c'],
    ['(https://example.org/x)', 'https://example.org/x'],
    ['https://en.wikipedia.org/wiki/Set_(mathematics).', 'https://en.wikipedia.org/wiki/Set_(mathematics)'],
    ['HTTP://EXAMPLE.ORG!', 'HTTP://EXAMPLE.ORG'],
  ])('the message "%s" contains the link %s', (message, href) => {
    const parts = findLinks(message);
    expect(parts.filter(part => part.href !== undefined)).toEqual([{ text: href, href }]);
    expect(parts.map(part => part.text).join('')).toBe(message);
  });

  it.each([
    'javascript:alert(1)', 'data:text/html,<script>1</script>', 'https://', 'https://user:pass@example.org', 'ftp://example.org', '<img src=x onerror=alert(1)>', 'xhttps://example.org',
  ])('the message "%s" contains no link', message => {
    expect(findLinks(message)).toEqual([{ text: message }]);
  });

  it('a link ends before invisible characters', () => {
    const [link] = findLinks('https://good.example\u202Emoc.live');
    expect(link).toEqual({ text: 'https://good.example', href: 'https://good.example' });
  });
});

describe('pasted meeting links', () => {
  const id = '6f1f3c0a-2a4e-4a0e-9d4a-3b1f0f7f2c11';
  it.each([
    id, ` ${id} `, `https://meet.example/m/${id}`, `meet.example/m/${id}`, `http://localhost:8080/m/${id}?x=1#y`, `https://meet.example/m/${id}/`,
  ])('the input "%s" leads to the meeting', input => {
    expect(meetingIdOf(input)).toBe(id);
  });

  it.each(['', 'hello', 'https://meet.example/', 'https://meet.example/other/path', '../../etc', 'm/a b'])('the input "%s" leads to no meeting', input => {
    expect(meetingIdOf(input)).toBeNull();
  });

  it('each path leads to its page', () => {
    expect(routeOf('/')).toEqual({ page: 'start' });
    expect(routeOf(`/m/${id}`)).toEqual({ page: 'meeting', meetingId: id });
    expect(routeOf('/m/')).toEqual({ page: 'unknown' });
    expect(routeOf('/m/%2e%2e')).toEqual({ page: 'unknown' });
  });
});

describe('participants who are in the meeting already', () => {
  it.each([
    [[], 'No one is here yet.'], [['Ada'], 'Ada is already here.'], [['Ada', 'Bob'], 'Ada and Bob are already here.'],
    [['Ada', 'Bob', 'Eve'], 'Ada, Bob and 1 other person are already here.'],
    [['Ada', 'Bob', 'Eve', 'Joe'], 'Ada, Bob and 2 other people are already here.'],
  ])('the names %j are shown as "%s"', async (names, sentence) => {
    expect(presenceText(await translate(['en']), names)).toBe(sentence);
  });
});
