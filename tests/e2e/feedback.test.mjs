// What people say about a call, from the page to the host: reports about problems, and the question at the end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { hostCall } from './support/product.mjs';
import { until } from './support/visitor.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

async function read(meeting, path) {
  const response = await fetch(`${room.product.url}/meetings/${meeting.meetingId}/${path}`, { headers: { authorization: `Bearer ${meeting.hostToken}` } });
  assert.equal(response.status, 200);
  return response.json();
}

/** Lets the visitor have joined a minute earlier. */
const stayAMinute = (visitor, { meetingId }) => visitor.page.evaluate(id => {
  const key = `meet.session.${id}`;
  const session = JSON.parse(sessionStorage.getItem(key));
  sessionStorage.setItem(key, JSON.stringify({ ...session, since: session.since - 61_000 }));
}, meetingId);

describe('what people say about a call', () => {
  it('the host reads the report about a problem that a participant agreed to send', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      await bob.waitForVideo('Ada');
      await bob.page.getByTestId('quality').click();
      await bob.page.getByTestId('open-statistics').click();
      await bob.page.locator('[data-testid=statistics-track][data-direction=receive][data-source=camera]').waitFor();
      await bob.page.getByTestId('report-from-statistics').click();
      await bob.page.getByTestId('report-text').fill('<i>Ada</i> is hard to understand');
      assert.deepEqual((await read(meeting, 'diagnostics')).reports, []);
      await bob.page.getByTestId('report-send').click();
      const id = await bob.page.getByTestId('report-number').textContent();

      const { reports } = await read(meeting, 'diagnostics');
      assert.deepEqual(reports.map(one => [one.reportId, one.displayName, one.text]), [[id, 'Bob', '<i>Ada</i> is hard to understand']]);
      const report = await read(meeting, `diagnostics/${id}`);
      const adaId = await ada.id();
      assert.ok(report.statistics.some(sample => sample.tracks.some(track => track.participantId === adaId && track.source === 'camera' && track.height > 0)));
      assert.doesNotMatch(JSON.stringify(report), /\b127\.0\.0\.1\b|\.local\b/);
    });
  });

  it('people who leave, and people whose meeting ends, say how the call was, if the tenant wants it', options, async t => {
    if (room.product.home === null) {
      t.skip('MEET_HOME is not set, so the Tenant cannot be changed');
      return;
    }
    const ask = enabled => execFileSync('kubectl', ['--kubeconfig', `${room.product.home}/kubeconfig`, 'patch', 'tenant', 'default', '--type=merge', '-p', JSON.stringify({ spec: { survey: { enabled } } })]);
    ask(true);
    try {
      await room.withParticipants(['Ada', 'Bob', 'Eve'], async (ada, bob, eve, meeting) => {
        await stayAMinute(bob, meeting);
        await bob.control('leave').click();
        await bob.page.getByTestId('survey-rating-2').check();
        await bob.page.getByTestId('survey-text').fill('The sound was late');
        await bob.page.getByTestId('survey-send').click();
        await bob.page.getByTestId('survey-sent').waitFor();

        await stayAMinute(ada, meeting);
        await hostCall(room.product, meeting, 'DELETE');
        await ada.page.getByTestId('survey-rating-5').check();
        await ada.page.getByTestId('survey-send').click();
        await ada.page.getByTestId('survey-sent').waitFor();
        await eve.notice('ended').waitFor();
        assert.equal(await eve.page.getByTestId('survey').count(), 0, 'Eve was in for less than a minute');

        const { survey, answers } = await read(meeting, 'quality/survey');
        assert.deepEqual(survey, { count: 2, average: 3.5, ratings: [0, 1, 0, 0, 1] });
        assert.deepEqual(answers.map(one => [one.displayName, one.rating, one.text]).sort(), [['Ada', 5, null], ['Bob', 2, 'The sound was late']]);
        await until(async () => (await read(meeting, 'quality')).survey.count === 2, 'the quality has the answers');
      });
    } finally {
      ask(false);
    }
  });
});
