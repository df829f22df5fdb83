// The same page in two whole browsers, of two makers: Firefox and Chromium in one meeting.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { desktop, launch } from './support/browser.mjs';
import { FirefoxVisitor, launchFirefox } from './support/firefox.mjs';
import { meetingRoom } from './support/meeting-room.mjs';

const room = meetingRoom(() => launch([], desktop));
const limits = { timeout: 300_000 };

describe('Firefox', () => {
  let firefox;
  before(async () => { firefox = await launchFirefox(); });
  after(() => firefox?.close());

  it('and Chromium see and hear each other, whoever comes first', limits, async () => {
    await room.withPeople(['Ada'], async (ada, meeting) => {
      const fay = await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Fay');
      await Promise.all([fay.seesAndHears(), ada.seesPictures('Fay'), ada.hears()]);
      // Somebody who comes and goes makes the node offer anew to Firefox.
      const bob = await room.arrive('Bob');
      await bob.enter(meeting.meetingId);
      await Promise.all([bob.seesPictures('Fay'), bob.seesPictures('Ada')]);
      await bob.close();
      await fay.page.waitForFunction(() => globalThis.document.querySelectorAll('[data-testid=tile][data-self=false]').length === 1);
      await fay.seesAndHears();
      assert.equal((await fay.received()).lost, 0);
      await fay.page.close();
    });
  });

  it('and Firefox see and hear each other', limits, async () => {
    await room.withPeople([], async meeting => {
      const [fay, gus] = [await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Fay'), await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Gus')];
      await Promise.all([fay.seesAndHears(), gus.seesAndHears()]);
    });
  });
});
