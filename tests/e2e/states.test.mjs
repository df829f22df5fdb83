// Meetings that cannot be joined, and the actions of a host.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessibilityFindings } from './support/axe.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { createMeeting, hostCall } from './support/product.mjs';
import { until } from './support/visitor.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

describe('a meeting that cannot be joined', { concurrency: true }, () => {
  it('an unknown meeting leads to a notice', options, async () => {
    const ada = await room.arrive('Ada');
    try {
      await ada.page.goto(`${room.product.url}/m/00000000-0000-4000-8000-000000000000`);
      await ada.notice('unknown-meeting').waitFor();
      assert.deepEqual(await accessibilityFindings(ada.page), []);
    } finally {
      await ada.close();
    }
  });

  it('a full meeting can be joined after a participant has left', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      const eve = await room.arrive('Eve');
      try {
        await eve.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await eve.page.getByTestId('name-input').fill('Eve');
        await eve.page.getByTestId('join-button').click();
        await eve.notice('meeting-full').waitFor();
        assert.deepEqual(await accessibilityFindings(eve.page), []);
        await bob.control('leave').click();
        await bob.notice('left').waitFor();
        await until(async () => await ada.tile('Bob').count() === 0, 'the tile of Bob disappears');
        await eve.page.getByTestId('again').click();
        await eve.join();
        await ada.tile('Eve').waitFor();
      } finally {
        await eve.close();
      }
    }, { settings: { maxParticipants: 2 } });
  });

  it('the end of a meeting is shown to its participants and to later visitors', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      await hostCall(room.product, meeting, 'DELETE');
      await ada.notice('ended').waitFor();
      await bob.notice('ended').waitFor();
      const eve = await room.arrive('Eve');
      try {
        await eve.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await eve.notice('ended').waitFor();
      } finally {
        await eve.close();
      }
    });
  });
});

describe('a host', { concurrency: true }, () => {
  it('a host can mute and remove participants and end the meeting', options, async () => {
    const meeting = await createMeeting(room.product);
    const [host, bob, eve] = await Promise.all(['Ada', 'Bob', 'Eve'].map(name => room.arrive(name)));
    try {
      await host.page.addInitScript(({ meetingId, hostToken }) => sessionStorage.setItem(`meet.host.${meetingId}`, hostToken), meeting);
      await host.enter(meeting.meetingId);
      await bob.enter(meeting.meetingId);
      await eve.enter(meeting.meetingId);
      await host.control('people').click();
      const row = name => host.page.getByTestId('person').filter({ hasText: name });

      await bob.page.locator('[data-testid=control-microphone][aria-pressed=true]').waitFor();
      await row('Bob').getByTestId('mute-person').click();
      await bob.page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      await eve.tile('Bob').and(eve.page.locator('[data-muted=true]')).waitFor();
      await bob.control('microphone').click();
      await eve.tile('Bob').and(eve.page.locator('[data-muted=false]')).waitFor();
      await eve.waitForSound();

      await row('Eve').getByTestId('remove-person').click();
      await host.page.getByTestId('confirm-yes').click();
      await eve.notice('removed').waitFor();
      await until(async () => await bob.tile('Eve').count() === 0, 'the tile of Eve disappears');

      await host.control('end').click();
      await host.page.getByTestId('confirm-yes').click();
      await Promise.all([host.notice('ended').waitFor(), bob.notice('ended').waitFor()]);
    } finally {
      await Promise.all([host, bob, eve].map(person => person.close()));
    }
  });

  it('with muteOnEntry, participants join muted, are told so and can unmute themselves', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      await bob.page.getByTestId('toasts').filter({ hasText: 'Your microphone was muted' }).waitFor();
      await bob.page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      await ada.tile('Bob').and(ada.page.locator('[data-muted=true]')).waitFor();
      await bob.control('microphone').click();
      await ada.tile('Bob').and(ada.page.locator('[data-muted=false]')).waitFor();
      await ada.waitForSound();
    }, { settings: { muteOnEntry: true } });
  });
});
