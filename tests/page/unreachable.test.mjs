// The page says whom the person cannot see or hear while the media nodes of the meeting cannot reach each other.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessibilityFindings } from '../e2e/support/axe.mjs';
import { launch } from '../e2e/support/browser.mjs';
import { servePage } from './support/page-server.mjs';
import { meetingId, participantsOf, scriptMeeting } from './support/scripted-meeting.mjs';

const options = { timeout: 120_000 };
const others = participantsOf(5).map(one => ({ ...one, audio: false, video: false }));
const start = 'You cannot see or hear some people at the moment';
const end = 'The connection between the servers is interrupted. The chat still works.';

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

/** Runs a test in a meeting with five others. */
async function inMeeting(run) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const meeting = await scriptMeeting(page, { others });
    await page.goto(`${server.url}/m/${meetingId}`);
    await page.getByTestId('name-input').fill('Ada Lovelace');
    await page.getByTestId('join-button').click();
    await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
    const banner = page.getByTestId('unreachable-banner');
    await run({
      page, banner, meeting,
      lose: (...participantIds) => meeting.send({ type: 'unreachable', participantIds }),
      says: text => banner.getByText(text, { exact: true }).waitFor(),
    });
  } finally {
    await context.close();
  }
}

describe('people who cannot be reached', () => {
  it('are named, as long as they cannot be reached', options, async () => {
    await inMeeting(async ({ page, banner, lose, says }) => {
      assert.equal(await banner.count(), 0);

      lose('p-1');
      await says(`${start}: Jonas Lindqvist. ${end}`);
      await page.getByTestId('announcer').filter({ hasText: `${start}: Jonas Lindqvist.` }).waitFor({ state: 'attached' });
      assert.deepEqual(await accessibilityFindings(page), []);

      lose('p-0', 'p-1', 'p-2', 'p-3', 'p-4');
      await says(`${start}: Amara Okafor, Jonas Lindqvist, Mei-Ling Chen and 2 more. ${end}`);

      lose();
      await banner.waitFor({ state: 'detached' });
      assert.equal(await page.locator('[data-testid=meeting][data-phase=connected]').count(), 1);
    });
  });

  it('are not named any more when they leave', options, async () => {
    await inMeeting(async ({ banner, meeting, lose, says }) => {
      lose('p-1', 'p-2');
      await says(`${start}: Jonas Lindqvist, Mei-Ling Chen. ${end}`);

      meeting.send({ type: 'participant-left', participantId: 'p-1' });
      await says(`${start}: Mei-Ling Chen. ${end}`);

      meeting.send({ type: 'participant-left', participantId: 'p-2' });
      await banner.waitFor({ state: 'detached' });
    });
  });

  it('are named again after a reconnect only if the server says so', options, async () => {
    await inMeeting(async ({ page, banner, meeting, lose, says }) => {
      lose('p-1');
      await says(`${start}: Jonas Lindqvist. ${end}`);

      await meeting.cut();
      await banner.waitFor({ state: 'detached' });
      await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      assert.equal(await banner.count(), 0);

      lose('p-1');
      await says(`${start}: Jonas Lindqvist. ${end}`);
    });
  });
});
