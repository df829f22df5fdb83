// Every screen of the built page, with a scripted server: accessibility, layout, and the strictest Content-Security-Policy.
// MEET_SHOTS=<folder> keeps a screenshot of each screen.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { accessibilityFindings } from '../e2e/support/axe.mjs';
import { launch } from '../e2e/support/browser.mjs';
import { actHidden } from '../e2e/support/hidden-tab.mjs';
import { servePage } from './support/page-server.mjs';
import { meetingId, participantsOf, scriptMeeting } from './support/scripted-meeting.mjs';
import { until } from '../e2e/support/until.mjs';

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
async function openStatistics(page) {
  await page.getByTestId('quality').click();
  await page.getByTestId('open-statistics').click();
  await page.locator('[data-testid=statistics-track][data-source=camera]').first().waitFor();
}
const notice = (page, name) => page.locator(`[data-testid=notice][data-notice=${name}]`).waitFor();
/** Visits the meeting and lets the page's time pass quickly, because the page repeats its request for ten seconds before it shows the notice. */
async function visitUntilNotice(page, name) {
  await page.clock.install();
  let open = 0;
  page.on('request', () => open++);
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, () => open--);
  await visit(page);
  await until(async () => {
    // Time that passes during a request would reach its timeout.
    if (open === 0) await page.clock.fastForward(2_000);
    return await page.locator(`[data-testid=notice][data-notice=${name}]`).count() > 0;
  }, `the notice ${name}`);
}
const rejecting = (status, code, detail) => ({ reject: { get: { status, code, detail } } });
const chat = [
  { from: 'p-0', displayName: 'Amara Okafor', message: 'Slides: https://example.org/plan' }, { from: 'me', displayName: 'Ada', message: 'Thank you' },
];

const screens = {
  'start page': async page => { await scriptMeeting(page); await page.goto(server.url); await page.getByTestId('new-meeting').waitFor(); },
  'start page, creation rejected': async page => {
    await scriptMeeting(page, { reject: { create: { status: 429, code: 'quota-exceeded', detail: 'Tenant default may have 50 meetings.' } } });
    await page.goto(server.url);
    await page.getByTestId('new-meeting').click();
    await page.getByTestId('create-problem').waitFor();
  },
  'start page, invalid link': async page => {
    await scriptMeeting(page);
    await page.goto(server.url);
    await page.getByTestId('join-input').fill('?');
    await page.getByTestId('join-go').click();
    await page.getByText('This is not a meeting link').waitFor();
  },
  'pre-join page': async page => { await scriptMeeting(page, { others: participantsOf(2) }); await visit(page); await page.locator('[data-testid=preview][data-live=true]').waitFor(); },
  'network check, results': async page => {
    await scriptMeeting(page);
    await visit(page);
    await page.getByTestId('open-network-check').click();
    await page.getByTestId('network-check-start').click();
    await page.getByTestId('network-check-findings').getByText('allow UDP to 203.0.113.5, 2001:db8::5, ports 40000–40001').waitFor();
  },
  'network check, address of the network changed': async page => {
    await scriptMeeting(page, { reject: { way: { status: 404, code: 'unknown-check', detail: 'The network check has ended.' } } });
    await visit(page);
    await page.getByTestId('open-network-check').click();
    await page.getByTestId('network-check-start').click();
    await page.getByTestId('network-check-problem').getByText('no longer recognizes this check').waitFor();
  },
  'network check, media node of an earlier version': async page => {
    await scriptMeeting(page, { reject: { check: { status: 503, code: 'check-unavailable', detail: 'The media node has an earlier version.' } } });
    await visit(page);
    await page.getByTestId('open-network-check').click();
    await page.getByTestId('network-check-start').click();
    await page.getByTestId('network-check-problem').getByText('cannot check networks').waitFor();
  },
  'connecting': async page => {
    await scriptMeeting(page, { silentSocket: true });
    await visit(page);
    await page.getByTestId('name-input').fill('Ada');
    await page.getByTestId('join-button').click();
    await page.getByTestId('connection-banner').waitFor();
  },
  'alone': async page => { await scriptMeeting(page); await join(page); await page.getByTestId('alone').waitFor(); },
  'nine participants, list open': async page => {
    await asHost(page);
    await scriptMeeting(page, { others: participantsOf(8), role: 'host' });
    await join(page);
    await page.getByTestId('control-people').click();
    await page.getByTestId('people-panel').waitFor();
  },
  'chat open': async page => { await scriptMeeting(page, { others: participantsOf(2), chat }); await join(page); await page.getByTestId('control-chat').click(); await page.getByTestId('chat-message').nth(1).waitFor(); },
  'a message that was not sent': async page => {
    await scriptMeeting(page, { others: participantsOf(2), chat, rejectChat: () => true });
    await join(page);
    await page.getByTestId('control-chat').click();
    await page.getByTestId('chat-input').fill('Is anyone here?');
    await page.getByTestId('chat-send').click();
    await page.locator('[data-testid=chat-outgoing][data-state=failed]').waitFor();
  },
  'a shared screen': async page => { await scriptMeeting(page, { others: participantsOf(4), screenOf: 'p-0' }); await join(page); await page.locator('[data-testid=tile][data-source=screen]').waitFor(); },
  'a pinned tile': async page => {
    await scriptMeeting(page, { others: participantsOf(4), screenOf: 'p-1' });
    await join(page);
    await page.getByRole('button', { name: 'Pin Amara Okafor', exact: true }).click();
    await page.locator('[data-testid=stage][data-layout=pinned]').waitFor();
  },
  'connection statistics': async page => {
    await scriptMeeting(page, { others: participantsOf(2) });
    await join(page);
    await openStatistics(page);
  },
  'quality of the connection': async page => { await scriptMeeting(page, { others: participantsOf(2) }); await join(page); await page.getByTestId('quality').click(); await page.getByTestId('quality-details').waitFor(); },
  'a report about a problem': async page => {
    await scriptMeeting(page, { others: participantsOf(2) });
    await join(page);
    await page.getByTestId('quality').click();
    await page.getByTestId('open-report').click();
    await page.getByTestId('report-show').click();
    await page.getByTestId('report-preview').waitFor();
  },
  'a report about a problem that was sent': async page => {
    await scriptMeeting(page, { others: participantsOf(2) });
    await join(page);
    await page.getByTestId('quality').click();
    await page.getByTestId('open-report').click();
    await page.getByTestId('report-send').click();
    await page.getByTestId('report-sent').waitFor();
  },
  'audio only': async page => { await scriptMeeting(page, { others: participantsOf(2) }); await join(page); await page.getByTestId('audio-only').click(); await page.locator('[data-testid=audio-only][aria-pressed=true]').waitFor(); },
  'keyboard shortcuts': async page => { await scriptMeeting(page, { others: participantsOf(1) }); await join(page); await page.getByTestId('open-shortcuts').click(); await page.getByTestId('shortcuts').waitFor(); },
  'confirmation before ending the meeting': async page => { await asHost(page); await scriptMeeting(page, { role: 'host' }); await join(page); await page.getByTestId('control-end').click(); await page.getByTestId('confirm').waitFor(); },
  'reconnecting': async page => {
    await scriptMeeting(page, { others: participantsOf(2) });
    await join(page);
    await page.context().setOffline(true);
    await page.locator('[data-testid=connection-banner][data-waiting-for=network]').waitFor();
  },
  'left the meeting': async page => { await scriptMeeting(page); await join(page); await page.getByTestId('control-leave').click(); await notice(page, 'left'); },
  'meeting ended': async page => { const meeting = await scriptMeeting(page); await join(page); meeting.send({ type: 'meeting-ended', reason: 'host' }); await notice(page, 'ended'); },
  'a question about the call': async page => {
    await page.clock.install();
    await scriptMeeting(page, { survey: true });
    await join(page);
    await page.clock.fastForward(61_000);
    await page.getByTestId('control-leave').click();
    await page.getByTestId('survey').waitFor();
    await page.getByTestId('survey-send').click();
    await page.getByRole('alert').filter({ hasText: 'Choose' }).waitFor();
  },
  'removed by a host': async page => { const meeting = await scriptMeeting(page); await join(page); meeting.send({ type: 'removed', reason: 'host' }); await notice(page, 'removed'); },
  'meeting ended and deleted': async page => { await scriptMeeting(page, rejecting(410, 'meeting-ended')); await visit(page); await notice(page, 'ended'); },
  'service unavailable': async page => { await scriptMeeting(page, rejecting(503, 'unavailable')); await visitUntilNotice(page, 'unavailable'); },
  'meeting ended before the visit': async page => { await scriptMeeting(page, { status: 'ended' }); await visit(page); await notice(page, 'ended'); },
  'meeting full': async page => {
    await scriptMeeting(page, { reject: { join: { status: 409, code: 'meeting-full' } } });
    await visit(page);
    await page.getByTestId('name-input').fill('Ada');
    await page.getByTestId('join-button').click();
    await notice(page, 'meeting-full');
  },
  'meeting not found': async page => { await scriptMeeting(page, rejecting(404, 'unknown-meeting')); await visit(page); await notice(page, 'unknown-meeting'); },
  'no capacity': async page => { await scriptMeeting(page, rejecting(503, 'media-node-unreachable', 'Media node default-abcde is not responding.')); await visitUntilNotice(page, 'not-placed'); },
  'unknown page': async page => { await page.goto(`${server.url}/nothing/here`); await notice(page, 'unknown-page'); },
  'browser not supported': async page => {
    await page.addInitScript(() => { delete globalThis.RTCPeerConnection; });
    await page.goto(server.url);
    await notice(page, 'unsupported');
  },
};

const looks = [
  ['light', { colorScheme: 'light', reducedMotion: 'no-preference', forcedColors: 'none' }, { width: 1280, height: 800 }],
  ['dark narrow', { colorScheme: 'dark', reducedMotion: 'reduce', forcedColors: 'none' }, { width: 390, height: 780 }],
  // A window of 1280 pixels at 400 % zoom (WCAG 1.4.10), in the high contrast mode of Windows.
  ['forced colours at 400 %', { colorScheme: 'light', reducedMotion: 'no-preference', forcedColors: 'active' }, { width: 320, height: 512 }],
];

describe('every screen', () => {
  for (const [name, open] of Object.entries(screens)) {
    it(`the screen "${name}" is accessible, fits its window and follows the policy`, { timeout: 180_000 }, async t => {
      const context = await browser.newContext({ locale: 'en-US', permissions: ['camera', 'microphone'] });
      try {
        const page = await context.newPage();
        const violations = [];
        page.on('console', message => { if (/Content Security Policy|Refused to/i.test(message.text())) violations.push(message.text()); });
        page.on('pageerror', error => violations.push(error.message));
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
        assert.deepEqual(violations, []);
        assert.deepEqual([...hosts], [new URL(server.url).host], 'every request goes to the origin of the page');
      } finally {
        await context.close();
      }
    });
  }
});

describe('the page', () => {
  it('the page is in German for a browser that prefers German, and in English for other languages', async () => {
    for (const [locale, lang, text] of [['de-AT', 'de', 'Neues Meeting'], ['fr-FR', 'en', 'New meeting']]) {
      const context = await browser.newContext({ locale });
      try {
        const page = await context.newPage();
        await page.goto(server.url);
        await page.getByRole('button', { name: text }).waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
        assert.deepEqual(await accessibilityFindings(page), []);
      } finally {
        await context.close();
      }
    }
  });

  const withPage = async (options, run) => {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options });
    try {
      await run(await context.newPage());
    } finally {
      await context.close();
    }
  };

  it('the first load of the page is at most 300 kB compressed', async () => {
    await withPage({}, async page => {
      const { gzipSync } = await import('node:zlib');
      const weights = [];
      page.on('response', response => weights.push(response.body().then(body => gzipSync(body).length, () => 0)));
      await page.goto(server.url, { waitUntil: 'networkidle' });
      const bytes = (await Promise.all(weights)).reduce((sum, weight) => sum + weight, 0);
      assert.ok(bytes > 10_000 && bytes <= 300_000, `${bytes} bytes`);
    });
  });

  it('a participant can join while camera and microphone are blocked, and the page explains how to allow them', { timeout: 180_000 }, async () => {
    const strict = await launch();
    // The browser rejects the request, as after a click on "Block" in the permission prompt.
    const context = await strict.newContext({ locale: 'en-US', permissions: [] });
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

  it('a participant can join without any device, and the page reports the missing devices', { timeout: 180_000 }, async () => {
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

  it('names and messages are shown as text, whatever they contain', { timeout: 180_000 }, async () => {
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

  it('a participant who joins with microphone and camera on is never reported as muted, and asks for pictures in the sizes of the tiles', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(2), capabilities: { view: true } });
      await visit(page);
      await page.locator('[data-testid=preview][data-live=true]').waitFor();
      await page.getByTestId('name-input').fill('Ada Lovelace');
      await page.getByTestId('join-button').click();
      await page.locator('[data-testid=tile][data-self=false] video[data-ready=true]').first().waitFor();
      await until(() => meeting.sent.some(({ type, tracks }) => type === 'view' && tracks.length === 2), 'the page asks for two pictures');
      assert.deepEqual(meeting.sent.filter(({ type }) => /mute/.test(type)).map(({ type, mediaType }) => `${type} ${mediaType}`), ['unmute audio', 'unmute video']);
      for (const { tracks } of meeting.sent.filter(({ type }) => type === 'view')) assert.ok(tracks.every(({ width, height }) => width > 100 && height > 50), JSON.stringify(tracks));
    });
  });

  it('the offers of a camera, and of a screen without a camera, have the dependency descriptor', { timeout: 180_000 }, async () => {
    const sections = async (meeting, source) => {
      const offerOf = () => meeting.sent.find(({ type, tracks }) => type === 'offer' && tracks.some(track => track.source === source));
      await until(offerOf, `an offer with a ${source}`);
      return offerOf().sdp.split(/^(?=m=)/m).filter(section => section.startsWith('m=video'));
    };
    const hasDescriptor = section => /^a=extmap:\d+(\/\w+)? https:\/\/aomediacodec\.github\.io\/av1-rtp-spec\/#dependency-descriptor-rtp-header-extension/m.test(section);
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const meeting = await scriptMeeting(page);
      await join(page);
      assert.deepEqual((await sections(meeting, 'camera')).map(hasDescriptor), [true]);
    });
    await withPage({}, async page => {
      await page.addInitScript(() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Requested device not found', 'NotFoundError'); }; });
      const meeting = await scriptMeeting(page);
      await join(page);
      await page.getByTestId('control-share').click();
      assert.deepEqual((await sections(meeting, 'screen')).map(hasDescriptor), [true]);
    });
  });

  it('in audio only mode, the page asks for no picture and shows none, also after a reload', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(2), capabilities: { view: true } });
      const shown = () => meeting.sent.filter(message => message.type === 'view').at(-1)?.tracks.length;
      await join(page);
      await page.locator('[data-testid=tile][data-self=false] video[data-ready=true]').first().waitFor();
      await until(() => shown() === 2, 'the page asks for two pictures');
      await page.getByTestId('audio-only').click();
      await until(() => shown() === 0, 'the page asks for no picture');
      assert.equal(await page.locator('[data-testid=tile][data-self=false] video').count(), 0);
      meeting.sent.length = 0;
      await page.reload();
      await page.locator('[data-testid=audio-only][aria-pressed=true]').waitFor();
      await until(() => shown() === 0, 'the page asks for no picture after the reload');
      await page.getByTestId('audio-only').click();
      await until(() => shown() === 2, 'the page asks for two pictures again');
    });
  });

  it('a tile can be pinned and released with the keyboard, and is the first and the largest while it is pinned', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(8), capabilities: { view: true } });
      await join(page);
      const view = () => meeting.sent.filter(({ type }) => type === 'view').at(-1)?.tracks ?? [];
      const pinned = () => view().filter(track => track.pinned).map(track => `${track.participantId} ${track.source}`);
      await until(() => view().length === 8 && pinned().length === 0, 'the page asks for eight pictures');
      const button = page.getByRole('button', { name: 'Pin Tomasz Zielinski', exact: true });
      assert.equal(await button.getAttribute('aria-pressed'), 'false');
      await page.keyboard.press('Tab'); // a focus that the keyboard moves is a visible one
      await button.focus();
      await until(() => button.evaluate(element => getComputedStyle(element).opacity === '1'), 'the focused button is visible');
      await page.keyboard.press('Enter');
      await page.locator('[data-testid=stage][data-layout=pinned]').waitFor();
      await until(() => pinned().join() === 'p-5 camera', 'the page asks for the pinned picture before the others');
      const areas = await page.getByTestId('tile').evaluateAll(tiles => tiles.map(tile => [tile.dataset.participant, tile.clientWidth * tile.clientHeight]));
      assert.equal(areas[0][0], 'p-5');
      assert.ok(areas.slice(1).every(([, area]) => area * 4 < areas[0][1]), JSON.stringify(areas));
      const large = view().find(({ participantId }) => participantId === 'p-5');
      assert.ok(view().every(track => track === large || track.width * 2 < large.width), JSON.stringify(view()));
      assert.equal(await button.getAttribute('aria-pressed'), 'true');
      assert.equal(await button.evaluate(element => element === document.activeElement), true, 'the button keeps the focus');
      await page.keyboard.press(' ');
      await page.locator('[data-testid=stage][data-layout=grid]').waitFor();
      await until(() => view().length === 8 && pinned().length === 0, 'no picture is pinned');
      assert.equal(await button.evaluate(element => element === document.activeElement), true, 'the button keeps the focus');
    });
  });

  it('the statistics can be opened, copied and closed with the keyboard, and have no address in them', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'] }, async page => {
      await scriptMeeting(page, { others: participantsOf(2) });
      await join(page);
      await page.getByTestId('quality').focus();
      await page.keyboard.press('Enter');
      await page.getByTestId('open-statistics').focus();
      await page.keyboard.press('Enter');
      await page.locator('[data-testid=statistics-track][data-source=camera]').first().waitFor();
      await page.getByTestId('copy-statistics').focus();
      await page.keyboard.press('Enter');
      let copied = '';
      await until(async () => {
        copied = await page.evaluate(() => navigator.clipboard.readText());
        return copied.startsWith('[');
      }, 'the statistics are in the clipboard');
      const history = JSON.parse(copied);
      assert.ok(history.at(-1).tracks.some(track => track.source === 'camera' && track.frameHeight > 0));
      assert.doesNotMatch(copied, /127\.0\.0\.1|candidate:|\.local/);
      await page.keyboard.press('Escape');
      await page.getByTestId('statistics-panel').waitFor({ state: 'detached' });
    });
  });

  it('a pinned person stays pinned in a hidden tab and with audio only, where nothing is shown', { timeout: 180_000 }, async () => {
    await withPage({}, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(4), screenOf: 'p-1', capabilities: { view: true } });
      await join(page);
      const view = () => meeting.sent.findLast(({ type }) => type === 'view');
      const says = (shown, pinned, what) => until(() => view() !== undefined && view().tracks.length > 0 === shown && (view().pinned ?? []).join() === pinned, what)
        .catch(error => { throw new Error(`${error.message}: ${JSON.stringify(view())}`); });
      for (const [name, id] of [['Amara Okafor', 'p-0'], ['Jonas Lindqvist’s screen', 'p-1']]) {
        await page.getByRole('button', { name: `Pin ${name}`, exact: true }).click();
        await says(true, id, `${name} is pinned`);
        await page.evaluate(actHidden);
        await says(false, id, `${name} is pinned in a hidden tab`);
        await page.evaluate(() => globalThis.actVisible());
        await says(true, id, `${name} is pinned when the tab is shown again`);
        await page.getByTestId('audio-only').click();
        await says(false, id, `${name} is pinned with audio only`);
        await page.getByTestId('audio-only').click();
        await says(true, id, `${name} is pinned with pictures again`);
      }
      await page.locator('[data-testid=pin][aria-pressed=true]').click();
      await says(true, '', 'nobody is pinned');
    });
  });

  it('when a person is released who has no other tile, the focus stays on the stage, and the next Tab reaches a tile', { timeout: 180_000 }, async () => {
    await withPage({ viewport: { width: 390, height: 780 } }, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(30) });
      await join(page);
      const focused = () => page.evaluate(() => document.activeElement?.dataset.testid);
      // Somebody without a tile speaks, gets one, is pinned, and somebody else speaks.
      meeting.send({ type: 'speaking', participantId: 'p-29', level: 20 });
      await page.locator('[data-pins="p-29:camera"]').focus();
      await page.keyboard.press('Enter');
      await page.locator('[data-testid=stage][data-layout=pinned]').waitFor();
      assert.equal(await focused(), 'pin', 'the focus stays on the button of the pinned tile');
      meeting.send({ type: 'speaking', participantId: 'p-28', level: 20 });
      await page.locator('[data-pins="p-28:camera"]').waitFor();
      await page.keyboard.press('Enter');
      await page.locator('[data-testid=stage][data-layout=grid]').waitFor();
      assert.equal(await page.locator('[data-pins="p-29:camera"]').count(), 0);
      assert.equal(await focused(), 'stage');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'pin');
    });
  });

  it('keyboard shortcuts do not interfere with text fields', { timeout: 180_000 }, async () => {
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
      await page.getByText('Use single-key shortcuts').click();
      await page.keyboard.press('Escape');
      await page.getByTestId('shortcuts').waitFor({ state: 'detached' });
      await page.keyboard.press('c');
      assert.equal(await page.getByTestId('chat-panel').count(), 0);
    });
  });

  it('a message that the server rejected is shown and can be sent again', { timeout: 180_000 }, async () => {
    await withPage({}, async page => {
      let rejections = 1;
      const meeting = await scriptMeeting(page, { others: participantsOf(1), rejectChat: () => rejections-- > 0 });
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

  it('the chat keeps a draft and counts unread messages, and screen readers announce new participants', { timeout: 180_000 }, async () => {
    await withPage({ permissions: ['camera', 'microphone'] }, async page => {
      const meeting = await scriptMeeting(page, { others: participantsOf(1) });
      await join(page);
      await page.getByTestId('control-chat').click();
      await page.getByTestId('chat-input').fill('half a thought');
      await page.getByTestId('control-chat').click();
      meeting.send({ type: 'chat', from: 'p-0', displayName: 'Amara', message: 'hello', messageId: '7', timestamp: new Date().toISOString() });
      await page.getByTestId('control-chat-badge').filter({ hasText: '1' }).waitFor();
      meeting.send({ type: 'participant-joined', participant: { participantId: 'new', displayName: 'Noor', audio: true, video: false, role: 'participant' } });
      await page.getByTestId('announcer').filter({ hasText: 'Noor joined' }).waitFor();
      await page.getByTestId('control-chat').click();
      assert.equal(await page.getByTestId('chat-input').inputValue(), 'half a thought');
      assert.equal(await page.getByTestId('control-chat-badge').count(), 0);
    });
  });
});
