import { describe, expect, it } from 'vitest';
import { joinedMeeting } from './join.js';

describe('the survey', () => {
  it('the meeting says whether the person should be asked, as the server says in `joined`', async () => {
    expect((await joinedMeeting([], { survey: true })).meeting.snapshot.survey).toBe(true);
    expect((await joinedMeeting()).meeting.snapshot.survey).toBe(false);
  });

  it('an answer can be sent after the participant has left', async () => {
    const { meeting, server } = await joinedMeeting([], { survey: true });
    const { ticket } = meeting;
    meeting.leave();
    server.calls.length = 0;
    await meeting.answerSurvey(4, '  The sound was late. ');
    await meeting.answerSurvey(5, ' ');
    expect(meeting.snapshot.survey).toBe(true);
    expect(server.calls).toEqual([
      { method: 'PUT', path: '/meetings/m1/survey', query: '', authorization: `Bearer ${ticket}`, body: { rating: 4, text: 'The sound was late.' } },
      { method: 'PUT', path: '/meetings/m1/survey', query: '', authorization: `Bearer ${ticket}`, body: { rating: 5 } },
    ]);
  });

  it('an answer that the server refuses is an error with its code', async () => {
    const { meeting, server } = await joinedMeeting([], { survey: true });
    server.respond = () => ({ status: 410, body: { type: 'urn:meetoperator:error:meeting-ended' } });
    await expect(meeting.answerSurvey(1)).rejects.toMatchObject({ code: 'meeting-ended' });
  });
});
