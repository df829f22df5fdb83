// Two people and more in a meeting, as they see and hear it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessibilityFindings } from './support/axe.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { until } from './support/visitor.mjs';

const room = meetingRoom();
const limits = { timeout: 300_000 };

describe('a meeting', () => {
  it('is made on the start page, joined by its link, and carries sound and picture both ways', limits, async t => {
    const ada = await room.arrive('Ada');
    const bob = await room.arrive('Bob');
    try {
      await ada.page.goto(room.product.url);
      await ada.page.getByTestId('meeting-title').fill('Weekly review');
      await ada.page.getByTestId('new-meeting').click();
      await ada.join();
      await ada.page.getByTestId('alone').waitFor();
      await ada.control('end').waitFor();
      assert.deepEqual(await ada.page.evaluate(() => Object.keys(localStorage).filter(key => /host|token/.test(key))), [], 'who uses the browser later is no host');
      await assert.rejects(ada.page.evaluate(() => { document.createElement('div').innerHTML = '<b>x</b>'; }), /TrustedHTML/);
      await ada.control('copy').click();
      const link = await ada.page.evaluate(() => navigator.clipboard.readText());
      assert.equal(link, ada.page.url());

      await bob.page.goto(room.product.url);
      await bob.page.getByTestId('join-input').fill(link);
      await bob.page.getByTestId('join-go').click();
      await bob.page.getByText('Ada is there already').waitFor();
      await bob.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
      await bob.join();

      await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada'), ada.hears(), bob.hears()]);
      const { join, frame } = await bob.marks();
      t.diagnostic(`join click to first remote frame: ${Math.round(frame - join)} ms`);
      await ada.page.getByTestId('count').filter({ hasText: '2 people' }).waitFor();
    } finally {
      await Promise.all([ada.close(), bob.close()]);
    }
  });

  it('carries the chat both ways, and shows it to who comes later', limits, async () => {
    await room.withPeople(['Ada', 'Bob'], async (ada, bob, meeting) => {
      await ada.says('first, from Ada');
      await bob.reads('first, from Ada');
      await bob.says('second, from Bob');
      await ada.reads('second, from Bob');
      const eve = await room.arrive('Eve');
      try {
        await eve.enter(meeting.meetingId);
        await eve.reads('second, from Bob');
        assert.deepEqual(await eve.page.getByTestId('chat-text').allTextContents(), ['first, from Ada', 'second, from Bob']);
      } finally {
        await eve.close();
      }
    });
  });

  it('shows who is muted, and silence is silence', limits, async () => {
    await room.withPeople(['Ada', 'Bob'], async (ada, bob) => {
      await bob.hears();
      await ada.page.keyboard.press('Control+d');
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await until(async () => {
        const before = await bob.sound();
        await until(async () => (await bob.sound()).played >= before.played + 1, 'a second of sound was played');
        return (await bob.sound()).energy - before.energy < 1e-6;
      }, 'Bob hears nothing of the muted Ada');
      await ada.page.keyboard.press('Control+d');
      await bob.tile('Ada').and(bob.page.locator('[data-muted=false]')).waitFor();
      await bob.hears();
    });
  });

  it('shows a name instead of a picture while a camera is off', limits, async () => {
    await room.withPeople(['Ada', 'Bob'], async (ada, bob) => {
      await bob.seesPictures('Ada');
      await ada.control('camera').click();
      await until(async () => await bob.tile('Ada').locator('video').count() === 0, 'the picture of Ada is gone');
      await ada.control('camera').click();
      await bob.seesPictures('Ada');
    });
  });

  it('shows a shared screen as a tile of its own, and both pictures go on', limits, async () => {
    await room.withPeople(['Ada', 'Bob'], async (ada, bob) => {
      await ada.control('share').click();
      await bob.tile('Ada', 'screen').waitFor();
      await bob.page.locator('[data-testid=stage][data-layout=screen]').waitFor();
      await Promise.all([bob.seesPictures('Ada', 'screen', 3), bob.seesPictures('Ada')]);
      await ada.control('share').click();
      await until(async () => await bob.tile('Ada', 'screen').count() === 0, 'the screen is gone');
      await bob.page.locator('[data-testid=stage][data-layout=grid]').waitFor();
      await bob.seesPictures('Ada');
    });
  });

  it('goes on for three, and each sees the two others', limits, async () => {
    await room.withPeople(['Ada', 'Bob', 'Eve'], async (ada, bob, eve) => {
      await Promise.all([ada.seesPictures('Bob'), ada.seesPictures('Eve'), bob.seesPictures('Ada'), bob.seesPictures('Eve'), eve.seesPictures('Ada'), eve.seesPictures('Bob')]);
      await bob.control('leave').click();
      await bob.notice('left').waitFor();
      await until(async () => await ada.tile('Bob').count() === 0 && await eve.tile('Bob').count() === 0, 'the tile of Bob is gone');
      await Promise.all([ada.seesPictures('Eve'), eve.seesPictures('Ada')]);
      await bob.page.getByTestId('again').click();
      await bob.join();
      await Promise.all([ada.seesPictures('Bob'), eve.seesPictures('Bob'), bob.seesPictures('Ada'), bob.seesPictures('Eve')]);
    });
  });

  it('needs no mouse', limits, async () => {
    await room.withPeople(['Bob'], async (bob, meeting) => {
      const ada = await room.arrive('Ada');
      try {
        const { page } = ada;
        await page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await page.getByTestId('name-input').waitFor(); // it has the focus
        await page.keyboard.type('Ada');
        await page.keyboard.press('Enter');
        await ada.connected();
        const reach = async testId => {
          for (let presses = 0; presses < 10; presses++) {
            await page.keyboard.press('Tab');
            if (await page.evaluate(id => document.activeElement?.dataset.testid === id, testId)) return;
          }
          assert.fail(`${testId} is further than ten presses of Tab away`);
        };
        await reach('control-microphone');
        await page.keyboard.press('Space');
        await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
        await reach('control-chat');
        await page.keyboard.press('Enter');
        await page.keyboard.type('typed without a mouse');
        await page.keyboard.press('Enter');
        await bob.reads('typed without a mouse');
        await page.keyboard.press('Escape');
        assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), 'control-chat', 'the focus is back where it was');
        await reach('control-leave');
        await page.keyboard.press('Enter');
        await ada.notice('left').waitFor();
      } finally {
        await ada.close();
      }
    });
  });

  it('has nothing for axe to find, with real people in it', limits, async () => {
    await room.withPeople(['Ada', 'Bob'], async (ada, bob) => {
      await bob.seesPictures('Ada');
      assert.deepEqual(await accessibilityFindings(bob.page), []);
      await ada.says('hello');
      await bob.reads('hello');
      assert.deepEqual(await accessibilityFindings(bob.page), []);
      await bob.control('people').click();
      await bob.page.getByTestId('person').nth(1).waitFor();
      assert.deepEqual(await accessibilityFindings(bob.page), []);
    });
  });
});
