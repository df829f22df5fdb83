// The question about the call: who is asked, when, and what is sent.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../e2e/support/browser.mjs';
import { servePage } from './support/page-server.mjs';
import { meetingId, scriptMeeting } from './support/scripted-meeting.mjs';

const options = { timeout: 180_000 };
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

const enter = async page => {
  await page.getByTestId('name-input').fill('Ada Lovelace');
  await page.getByTestId('join-button').click();
  await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
};
const notice = (page, name) => page.locator(`[data-testid=notice][data-notice=${name}]`);

/** Joins a scripted meeting whose tenant asks, and lets so much time of the page pass. */
async function afterAStay(stayedMs, script, run) {
  const context = await browser.newContext({ locale: 'en-US', permissions: ['camera', 'microphone'] });
  try {
    const page = await context.newPage();
    await page.clock.install();
    Object.assign(script, { survey: script.survey ?? true });
    const meeting = await scriptMeeting(page, script);
    await page.goto(`${server.url}/m/${meetingId}`);
    await enter(page);
    await page.clock.fastForward(stayedMs);
    await run(page, meeting, () => meeting.calls.filter(({ call }) => call === 'survey'));
  } finally {
    await context.close();
  }
}

describe('the question about the call', () => {
  it('a person who leaves answers it with the keyboard, and is not asked again after rejoining', options, async () => {
    await afterAStay(61_000, {}, async (page, meeting, answers) => {
      await page.getByTestId('control-leave').click();
      await page.getByTestId('survey').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the reading order starts at the heading');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Tab');
      await page.keyboard.type('<b>Late</b> sound');
      assert.deepEqual(answers(), []);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByTestId('survey-sent').waitFor();
      assert.deepEqual(answers().map(({ method, authorization, body }) => ({ method, authorization, body })), [{ method: 'PUT', authorization: 'Bearer ticket', body: { rating: 4, text: '<b>Late</b> sound' } }]);

      await page.getByTestId('again').click();
      await enter(page);
      await page.clock.fastForward(120_000);
      await page.getByTestId('control-leave').click();
      await notice(page, 'left').waitFor();
      assert.equal(await page.getByTestId('survey').count(), 0);
    });
  });

  it('it is asked when the meeting ends, can be skipped, and is not asked again after a reload', options, async () => {
    await afterAStay(61_000, {}, async (page, meeting, answers) => {
      meeting.send({ type: 'meeting-ended', reason: 'ended' });
      await page.getByTestId('survey').waitFor();
      await page.getByTestId('survey-skip').click();
      await page.getByTestId('survey').waitFor({ state: 'detached' });
      await notice(page, 'ended').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
      await page.reload();
      await enter(page);
      await page.clock.fastForward(61_000);
      meeting.send({ type: 'meeting-ended', reason: 'ended' });
      await notice(page, 'ended').waitFor();
      assert.equal(await page.getByTestId('survey').count(), 0);
      assert.deepEqual(answers(), []);
    });
  });

  it('the time before a reload counts', options, async () => {
    await afterAStay(40_000, {}, async page => {
      await page.reload();
      await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      await page.clock.fastForward(25_000);
      await page.getByTestId('control-leave').click();
      await page.getByTestId('survey').waitFor();
    });
  });

  it('an answer that could not be sent can be sent again', options, async () => {
    const script = { reject: { survey: { status: 503, code: 'unavailable' } } };
    await afterAStay(61_000, script, async (page, meeting, answers) => {
      await page.getByTestId('control-leave').click();
      await page.getByTestId('survey-rating-2').check();
      await page.getByTestId('survey-send').click();
      await page.getByRole('alert').filter({ hasText: 'could not be sent' }).waitFor();
      delete script.reject;
      await page.getByTestId('survey-send').click();
      await page.getByTestId('survey-sent').waitFor();
      assert.deepEqual(answers().map(({ body }) => body), [{ rating: 2 }, { rating: 2 }]);
    });
  });

  for (const [name, stayedMs, script, end] of [
    ['somebody who was in for less than a minute', 30_000, {}, 'left'],
    ['a person whose tenant does not want it', 61_000, { survey: false }, 'left'],
    ['a person whom a host removed', 61_000, {}, 'removed'],
  ]) {
    it(`it is not asked of ${name}`, options, async () => {
      await afterAStay(stayedMs, script, async (page, meeting) => {
        if (end === 'removed') meeting.send({ type: 'removed', reason: 'removed' });
        else await page.getByTestId('control-leave').click();
        await notice(page, end).waitFor();
        assert.equal(await page.getByTestId('survey').count(), 0);
      });
    });
  }
});
