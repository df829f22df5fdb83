// Every screen of the page, with a scripted server: how it looks to a screen reader, and that it lives with the strictest policy.
// MEET_SHOTS=<folder> keeps a picture of each.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { accessibilityFindings } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { servePage } from './support/page-server.mjs';
import { meetingId, participantsOf, scriptMeeting } from './support/scripted-meeting.mjs';

const shots = process.env.MEET_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
let server;
let browser;
before(async () => {
  server = await servePage();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const visit = page => page.goto(`${server.url}/m/${meetingId}`);
const asHost = page => page.addInitScript(id => sessionStorage.setItem(`meet.host.${id}`, 'host-token'), meetingId);
async function join(page) {
  await visit(page);
  await page.getByTestId('name-input').fill('Ada Lovelace');
  await page.getByTestId('join-button').click();
  await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
}
const notice = (page, name) => page.locator(`[data-testid=notice][data-notice=${name}]`).waitFor();
const refusing = (status, code, detail) => ({ refuse: { get: { status, code, detail } } });
const chat = [
  { from: 'p-0', displayName: 'Amara Okafor', message: 'Slides: https://example.org/plan' }, { from: 'me', displayName: 'Ada', message: 'Thank you' },
];

const screens = {
  'start': async page => { await scriptMeeting(page); await page.goto(server.url); await page.getByTestId('new-meeting').waitFor(); },
  'start, creation refused': async page => {
    await scriptMeeting(page, { refuse: { create: { status: 429, code: 'quota-exceeded', detail: 'Tenant default may have 50 meetings.' } } });
    await page.goto(server.url);
    await page.getByTestId('new-meeting').click();
    await page.getByTestId('create-problem').waitFor();
  },
  'start, not a link': async page => {
    await scriptMeeting(page);
    await page.goto(server.url);
    await page.getByTestId('join-input').fill('?');
    await page.getByTestId('join-go').click();
    await page.getByText('That is no meeting link').waitFor();
  },
  'before joining': async page => { await scriptMeeting(page, { others: participantsOf(2) }); await visit(page); await page.locator('[data-testid=preview][data-live=true]').waitFor(); },
  'connecting': async page => {
    await scriptMeeting(page, { silentSocket: true });
    await visit(page);
    await page.getByTestId('name-input').fill('Ada');
    await page.getByTestId('join-button').click();
    await page.getByTestId('connection-banner').waitFor();
  },
  'alone': async page => { await scriptMeeting(page); await join(page); await page.getByTestId('alone').waitFor(); },
  'nine people, list open': async page => {
    await asHost(page);
    await scriptMeeting(page, { others: participantsOf(8), role: 'host' });
    await join(page);
    await page.getByTestId('control-people').click();
    await page.getByTestId('people-panel').waitFor();
  },
  'chat open': async page => { await scriptMeeting(page, { others: participantsOf(2), chat }); await join(page); await page.getByTestId('control-chat').click(); await page.getByTestId('chat-message').nth(1).waitFor(); },
  'a line not sent': async page => {
    await scriptMeeting(page, { others: participantsOf(2), chat, refuseChat: () => true });
    await join(page);
    await page.getByTestId('control-chat').click();
    await page.getByTestId('chat-input').fill('Does anybody read this?');
    await page.getByTestId('chat-send').click();
    await page.locator('[data-testid=chat-outgoing][data-state=failed]').waitFor();
  },
  'a shared screen': async page => { await scriptMeeting(page, { others: participantsOf(4), screenOf: 'p-0' }); await join(page); await page.locator('[data-testid=tile][data-source=screen]').waitFor(); },
  'shortcuts': async page => { await scriptMeeting(page, { others: participantsOf(1) }); await join(page); await page.getByTestId('open-shortcuts').click(); await page.getByTestId('shortcuts').waitFor(); },
  'ending for all': async page => { await asHost(page); await scriptMeeting(page, { role: 'host' }); await join(page); await page.getByTestId('control-end').click(); await page.getByTestId('confirm').waitFor(); },
  'reconnecting': async page => {
    await scriptMeeting(page, { others: participantsOf(2) });
    await join(page);
    await page.context().setOffline(true);
    await page.locator('[data-testid=connection-banner][data-waiting-for=network]').waitFor();
  },
  'left': async page => { await scriptMeeting(page); await join(page); await page.getByTestId('control-leave').click(); await notice(page, 'left'); },
  'ended': async page => { const meeting = await scriptMeeting(page); await join(page); meeting.say({ type: 'meeting-ended', reason: 'host' }); await notice(page, 'ended'); },
  'removed': async page => { const meeting = await scriptMeeting(page); await join(page); meeting.say({ type: 'removed', reason: 'host' }); await notice(page, 'removed'); },
  'ended and removed long ago': async page => { await scriptMeeting(page, refusing(410, 'meeting-ended')); await visit(page); await notice(page, 'ended'); },
  'a part away': async page => { await scriptMeeting(page, refusing(503, 'unavailable')); await visit(page); await notice(page, 'unavailable'); },
  'ended before': async page => { await scriptMeeting(page, { status: 'ended' }); await visit(page); await notice(page, 'ended'); },
  'full': async page => {
    await scriptMeeting(page, { refuse: { join: { status: 409, code: 'meeting-full' } } });
    await visit(page);
    await page.getByTestId('name-input').fill('Ada');
    await page.getByTestId('join-button').click();
    await notice(page, 'meeting-full');
  },
  'not found': async page => { await scriptMeeting(page, refusing(404, 'unknown-meeting')); await visit(page); await notice(page, 'unknown-meeting'); },
  'no room': async page => { await scriptMeeting(page, refusing(503, 'media-node-unreachable', 'node default-abcde does not answer')); await visit(page); await notice(page, 'not-placed'); },
  'no such page': async page => { await page.goto(`${server.url}/nothing/here`); await notice(page, 'unknown-page'); },
  'browser not supported': async page => {
    await page.addInitScript(() => { delete globalThis.RTCPeerConnection; });
    await page.goto(server.url);
    await notice(page, 'unsupported');
  },
};

const looks = [
  ['light', { colorScheme: 'light', reducedMotion: 'no-preference', forcedColors: 'none' }, { width: 1280, height: 800 }],
  ['dark narrow', { colorScheme: 'dark', reducedMotion: 'reduce', forcedColors: 'none' }, { width: 390, height: 780 }],
  // What a 1280 pixel window shows at 400 % zoom (WCAG 1.4.10), in Windows' high contrast.
  ['forced colours at 400 %', { colorScheme: 'light', reducedMotion: 'no-preference', forcedColors: 'active' }, { width: 320, height: 512 }],
];

describe('every screen', () => {
  for (const [name, open] of Object.entries(screens)) {
    it(name, { timeout: 180_000 }, async t => {
      const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
      try {
        const page = await context.newPage();
        const complaints = [];
        page.on('console', message => { if (/Content Security Policy|Refused to/i.test(message.text())) complaints.push(message.text()); });
        page.on('pageerror', error => complaints.push(error.message));
        const hosts = new Set();
        page.on('request', request => hosts.add(new URL(request.url()).host));
        await open(page);
        for (const [look, media, size] of looks) {
          await t.test(look, async () => {
            await page.emulateMedia(media);
            await page.setViewportSize(size);
            await page.waitForFunction(() => document.getAnimations().every(one => one.playState !== 'running' || one.effect.getComputedTiming().iterations === Infinity));
            if (shots) await page.screenshot({ path: `${shots}/${look}-${name}.png`.replaceAll(' ', '-') });
            assert.deepEqual(await accessibilityFindings(page), []);
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
          });
        }
        assert.deepEqual(complaints, []);
        assert.deepEqual([...hosts], [new URL(server.url).host], 'nothing is loaded from elsewhere');
      } finally {
        await context.close();
      }
    });
  }
});

describe('the page', () => {
  const withPage = async (options, run) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    try {
      await run(await context.newPage());
    } finally {
      await context.close();
    }
  };

  it('weighs at most 300 kB compressed on the first load', async () => {
    await withPage({}, async page => {
      const { gzipSync } = await import('node:zlib');
      const weights = [];
      page.on('response', response => weights.push(response.body().then(body => gzipSync(body).length, () => 0)));
      await page.goto(server.url, { waitUntil: 'networkidle' });
      const bytes = (await Promise.all(weights)).reduce((sum, weight) => sum + weight, 0);
      assert.ok(bytes > 10_000 && bytes <= 300_000, `${bytes} bytes`);
    });
  });

  it('joins without permission for camera and microphone, and says how to give it', { timeout: 180_000 }, async () => {
    const strict = await launch();
    // Without the fake permission prompt the browser refuses, as somebody does who clicks "block".
    const context = await strict.newContext({ permissions: [] });
    try {
      const page = await context.newPage();
      await page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Permission denied', 'NotAllowedError'); };
      });
      const meeting = await scriptMeeting(page, { others: participantsOf(1) });
      await visit(page);
      await page.getByText('Microphone is blocked').waitFor();
      await page.getByText('Camera is blocked').waitFor();
      assert.deepEqual(await accessibilityFindings(page), []);
      await page.getByTestId('name-input').fill('Ada');
      await page.getByTestId('join-button').click();
      await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      assert.deepEqual(meeting.sent.filter(message => message.type === 'mute').map(message => message.mediaType), ['audio', 'video']);
      assert.equal(meeting.sent.some(message => message.type === 'offer'), false);
    } finally {
      await strict.close();
    }
  });

  it('joins without any device, and says so', { timeout: 180_000 }, async () => {
    await withPage({}, async page => {
      await page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Requested device not found', 'NotFoundError'); };
        navigator.mediaDevices.enumerateDevices = async () => [];
      });
      await scriptMeeting(page);
      await visit(page);
      await page.getByText('No microphone found').waitFor();
      await page.getByText('No camera found').waitFor();
      await join(page);
    });
  });

  it('shows text as text, whatever it is', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const attacks = ['<img src=x onerror="globalThis.hit=1">', '<script>globalThis.hit=1</script>', 'javascript:globalThis.hit=1', '"><svg onload=globalThis.hit=1>', '{{constructor.constructor("globalThis.hit=1")()}}', '\u202Egnp.exe'];
      const others = attacks.map((displayName, index) => ({ participantId: `p-${index}`, displayName, audio: true, video: false, role: 'participant' }));
      const lines = attacks.map((message, index) => ({ from: `p-${index}`, displayName: message, message }));
      await scriptMeeting(page, { title: attacks[0], others, chat: lines });
      await join(page);
      await page.getByTestId('control-chat').click();
      await page.getByTestId('chat-message').nth(attacks.length - 1).waitFor();
      assert.deepEqual(await page.getByTestId('chat-text').allTextContents(), attacks);
      assert.equal(await page.evaluate(() => globalThis.hit), undefined);
      assert.equal(await page.locator('[data-testid=chat-panel] a').count(), 0);
    });
  });

  it('does not steal keys from a text field', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      await scriptMeeting(page, { others: participantsOf(1) });
      await join(page);
      await page.keyboard.press('Control+d');
      await page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      await page.keyboard.press('Control+d');
      await page.locator('[data-testid=control-microphone][aria-pressed=true]').waitFor();
      await page.keyboard.press('c');
      await page.getByTestId('chat-input').pressSequentially('cp?');
      assert.equal(await page.getByTestId('chat-input').inputValue(), 'cp?');
      assert.equal(await page.getByTestId('shortcuts').count(), 0);
      await page.keyboard.press('Escape');
      await page.getByTestId('chat-panel').waitFor({ state: 'detached' });
      await page.keyboard.press('?');
      await page.getByTestId('shortcuts').waitFor();
      await page.getByText('Use the single-key shortcuts').click();
      await page.keyboard.press('Escape');
      await page.getByTestId('shortcuts').waitFor({ state: 'detached' });
      await page.keyboard.press('c');
      assert.equal(await page.getByTestId('chat-panel').count(), 0);
    });
  });

  it('shows a line that the server refused, and sends it again when asked to', { timeout: 180_000 }, async () => {
    await withPage({}, async page => {
      let refusals = 1;
      const meeting = await scriptMeeting(page, { others: participantsOf(1), refuseChat: () => refusals-- > 0 });
      await join(page);
      await page.getByTestId('control-chat').click();
      await page.getByTestId('chat-input').fill('hello');
      await page.getByTestId('chat-send').click();
      await page.getByTestId('chat-resend').click();
      await page.getByTestId('chat-text').filter({ hasText: 'hello' }).waitFor();
      assert.equal(await page.getByTestId('chat-outgoing').count(), 0);
      const lines = meeting.sent.filter(message => message.type === 'chat');
      assert.deepEqual(lines.map(message => message.message), ['hello', 'hello']);
      assert.equal(lines[0].reference, lines[1].reference);
    });
  });

  it('keeps a draft, counts what was not read, and tells a screen reader who came', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(1) });
      await join(page);
      await page.getByTestId('control-chat').click();
      await page.getByTestId('chat-input').fill('half a thought');
      await page.getByTestId('control-chat').click();
      meeting.say({ type: 'chat', from: 'p-0', displayName: 'Amara', message: 'hello', messageId: '7', timestamp: new Date().toISOString() });
      await page.getByTestId('control-chat-badge').filter({ hasText: '1' }).waitFor();
      meeting.say({ type: 'participant-joined', participant: { participantId: 'new', displayName: 'Noor', audio: true, video: false, role: 'participant' } });
      await page.getByTestId('announcer').filter({ hasText: 'Noor joined' }).waitFor();
      await page.getByTestId('control-chat').click();
      assert.equal(await page.getByTestId('chat-input').inputValue(), 'half a thought');
      assert.equal(await page.getByTestId('control-chat-badge').count(), 0);
    });
  });
});
