// Reports about problems: what the page sends, and when.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../e2e/support/browser.mjs';
import { until } from '../e2e/support/until.mjs';
import { servePage } from './support/page-server.mjs';
import { meetingId, participantsOf, scriptMeeting } from './support/scripted-meeting.mjs';

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

/** Joins a scripted meeting and waits until the page has measured the received pictures. */
async function inMeeting(script, run) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, permissions: ['camera', 'microphone'] });
  try {
    const page = await context.newPage();
    const meeting = await scriptMeeting(page, Object.assign(script, { others: participantsOf(2) }));
    await page.goto(`${server.url}/m/${meetingId}`);
    await page.getByTestId('name-input').fill('Ada Lovelace');
    await page.getByTestId('join-button').click();
    await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
    await page.getByTestId('quality').click();
    await page.getByTestId('open-statistics').click();
    await page.locator('[data-testid=statistics-track][data-source=camera]').first().waitFor();
    await run(page, () => meeting.calls.filter(({ call }) => call === 'report'));
  } finally {
    await context.close();
  }
}

describe('a report about a problem', () => {
  it('with the keyboard, a person sees the report, agrees, and exactly that is sent once', options, async () => {
    await inMeeting({}, async (page, uploads) => {
      await page.getByTestId('report-from-statistics').focus();
      await page.keyboard.press('Enter');
      await page.getByTestId('report').waitFor();
      await page.getByTestId('report-text').fill('<b>No picture</b> from 192.0.2.7');
      await page.getByTestId('report-show').focus();
      await page.keyboard.press('Enter');
      const preview = await page.getByTestId('report-preview').textContent();
      assert.deepEqual(uploads(), [], 'nothing is sent before the person agrees');
      await page.getByTestId('report-send').focus();
      await page.keyboard.press('Enter');
      await page.getByTestId('report-number').filter({ hasText: 'c0ffee00-report' }).waitFor();

      const [upload, ...more] = uploads();
      assert.deepEqual(more, []);
      const { consent, ...report } = upload.body;
      assert.equal(consent, true);
      assert.equal(upload.authorization, 'Bearer ticket');
      assert.deepEqual(report, JSON.parse(preview));
      assert.equal(report.text, '<b>No picture</b> from [address]');
      assert.equal(report.browser, await page.evaluate(() => navigator.userAgent));
      assert.ok(report.statistics.at(-1).tracks.some(track => track.source === 'camera' && track.height > 0));
      const labels = await page.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).map(device => device.label).filter(Boolean));
      assert.ok(labels.length > 0);
      for (const secret of [...labels, '127.0.0.1', '192.0.2.7', 'candidate', '.local', 'Ada Lovelace', 'Amara']) assert.ok(!JSON.stringify(report).includes(secret), `the report contains ${secret}`);

      await page.keyboard.press('Enter');
      await page.getByTestId('report').waitFor({ state: 'detached' });
    });
  });

  it('a person who does not agree sends nothing', options, async () => {
    await inMeeting({}, async (page, uploads) => {
      for (const leave of [() => page.keyboard.press('Escape'), () => page.getByTestId('report').getByRole('button', { name: 'Cancel' }).click(), () => page.getByTestId('report').getByRole('button', { name: 'Close' }).click()]) {
        await page.getByTestId('quality').click();
        await page.getByTestId('open-report').click();
        await page.getByTestId('report-text').fill('never mind');
        await leave();
        await page.getByTestId('report').waitFor({ state: 'detached' });
      }
      assert.deepEqual(uploads(), []);
    });
  });

  it('a report that could not be sent can be sent again under the same reference', options, async () => {
    const script = { reject: { report: { status: 503, code: 'unavailable' } } };
    await inMeeting(script, async (page, uploads) => {
      await page.getByTestId('report-from-statistics').click();
      await page.getByTestId('report-text').fill('No sound');
      await page.getByTestId('report-send').click();
      await page.getByRole('alert').filter({ hasText: 'could not be sent' }).waitFor();
      assert.equal(await page.getByTestId('report-text').inputValue(), 'No sound');
      delete script.reject;
      await page.getByTestId('report-send').click();
      await page.getByTestId('report-sent').waitFor();
      await until(() => uploads().length === 2, 'two uploads');
      assert.deepEqual(uploads()[0].body, uploads()[1].body);
    });
  });
});
