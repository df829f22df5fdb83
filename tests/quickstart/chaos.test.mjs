// The schedule and the invariants of `./meet cluster chaos`, without a cluster.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatProblems, isEmpty, leftovers, MeetingHistory, nextNode, PeopleHistory, restProblems, wrongly } from '../cluster/chaos/invariants.mjs';
import { missingPictures, summary } from '../cluster/chaos/report.mjs';
import { everybody, faults, faultSchedule, fewest, firstPlaces, most, peopleSchedule } from '../cluster/chaos/schedule.mjs';

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

describe('the schedule', () => {
  it('is the same for the same seed, and differs between seeds', () => {
    assert.deepEqual([faultSchedule(7, 600), peopleSchedule(7, 600)], [faultSchedule(7, 600), peopleSchedule(7, 600)]);
    assert.notDeepEqual(faultSchedule(7, 600), faultSchedule(8, 600));
    assert.notDeepEqual(peopleSchedule(7, 600), peopleSchedule(8, 600));
  });

  it('of a short run is the beginning of that of a long one', () => {
    const short = faultSchedule(3, 120);
    assert.deepEqual(faultSchedule(3, 3600).slice(0, short.length), short);
    const people = peopleSchedule(3, 120);
    assert.deepEqual(peopleSchedule(3, 3600).slice(0, people.length), people);
  });

  it('of an hour contains every kind of fault, within its times', () => {
    for (const seed of seeds.slice(0, 20)) {
      const list = faultSchedule(seed, 3600);
      assert.deepEqual([...new Set(list.map(fault => fault.kind))].sort(), Object.keys(faults).sort());
      for (const { at, kind, hold, pick } of list) {
        const [least, most] = faults[kind].hold;
        assert.ok(at < 3600 && hold >= least && hold <= most && pick >= 0 && pick < 1, `seed ${seed}: ${kind} at ${at} for ${hold}`);
      }
    }
  });

  it('has a limit for the pauses in every fault, which is longer than the fault', () => {
    for (const [kind, { hold, silence }] of Object.entries(faults)) assert.ok(silence > (kind === 'cut-media-nodes' ? hold[1] : 0), kind);
  });

  it('contains only the kinds that are asked for', () => {
    assert.deepEqual([...new Set(faultSchedule(1, 600, ['kill-during-drain']).map(fault => fault.kind))], ['kill-during-drain']);
  });

  it('lets nobody join twice or leave without being there, and neither too few nor too many people be in a meeting', () => {
    for (const seed of seeds) {
      const places = firstPlaces();
      assert.equal(places.length, everybody);
      for (const { action, person, meeting, at } of peopleSchedule(seed, 900)) {
        const where = `seed ${seed}, ${at.toFixed(1)} s: ${action} of ${person} in ${meeting}`;
        if (action === 'join') assert.equal(places[person], null, where);
        if (action !== 'join' && action !== 'end') assert.equal(places[person], meeting, where);
        if (action === 'join') places[person] = meeting;
        if (action === 'leave') places[person] = null;
        for (const [one, least] of fewest.entries()) {
          const there = places.filter(place => place === one).length;
          assert.ok(there >= least && there <= most, where);
        }
      }
    }
  });
});

describe('what people send', () => {
  it('changes with each action, and begins again with each join', () => {
    const initial = () => ({ audio: true, video: true, screen: false });
    for (const seed of seeds) {
      const sends = firstPlaces().map(initial);
      const places = firstPlaces();
      for (const { action, person, kind, meeting, at } of peopleSchedule(seed, 900)) {
        const where = `seed ${seed}, ${at.toFixed(1)} s: ${action} ${kind ?? ''} of ${person} in ${meeting}`;
        const change = { mute: [kind, false], unmute: [kind, true], share: ['screen', true], 'stop-sharing': ['screen', false] }[action];
        if (change !== undefined) {
          const [what, isSent] = change;
          assert.equal(sends[person][what], !isSent, where);
          sends[person][what] = isSent;
        }
        if (action === 'join' || action === 'leave') [sends[person], places[person]] = [initial(), action === 'join' ? meeting : null];
        if (action === 'end') for (const [one, place] of places.entries()) if (place === meeting) sends[one] = initial();
        for (const one of fewest.keys()) assert.ok(sends.filter(({ screen }, other) => screen && places[other] === one).length <= 1, where);
      }
    }
  });

  it('has every kind of change in ten minutes', () => {
    for (const seed of seeds.slice(0, 20)) {
      const actions = new Set(peopleSchedule(seed, 600).map(({ action }) => action));
      for (const action of ['mute', 'unmute', 'share', 'stop-sharing']) assert.ok(actions.has(action), `seed ${seed}: ${action}`);
    }
  });
});

describe('the next media node of a drained one', () => {
  const at = (sfuNode, role, state) => ({ sfuNode, role, state });

  it('is the one that is prepared, and then the new origin until the drained one is left', () => {
    assert.equal(nextNode([meeting('a', [at('x', 'Origin', 'Ready')])], 'x'), null);
    assert.deepEqual(nextNode([meeting('a', [at('x', 'Origin', 'Ready'), at('y', 'Edge', 'Preparing')])], 'x'), { sfuNode: 'y', while: 'Preparing' });
    assert.deepEqual(nextNode([{ metadata: {} }, meeting('a', [at('y', 'Origin', 'Ready'), at('x', 'Edge', 'Leaving')])], 'x'), { sfuNode: 'y', while: 'Leaving' });
    assert.equal(nextNode([meeting('a', [at('y', 'Origin', 'Ready')])], 'x'), null);
  });

  it('is not that of a meeting which does not move', () => {
    assert.equal(nextNode([meeting('a', [at('x', 'Origin', 'Ready'), at('y', 'Standby', 'Preparing'), at('z', 'Edge', 'Ready')])], 'x'), null);
    assert.equal(nextNode([meeting('a', [at('y', 'Origin', 'Ready'), at('x', 'Edge', 'Ready'), at('z', 'Edge', 'Preparing')])], 'x'), null);
    assert.equal(nextNode([meeting('a', [at('x', 'Edge', 'Leaving')])], 'x'), null);
  });
});

const meeting = (uid, assignments, meetingId = 'id', lastGeneration = null) => ({ metadata: { uid, name: uid }, status: { meetingId, assignments, lastGeneration } });

describe('the history of meetings', () => {
  it('reports two origins, but not a lost one beside its successor', () => {
    const history = new MeetingHistory();
    const origin = (sfuNode, state = 'Ready') => ({ sfuNode, role: 'Origin', state, generation: 2 });
    assert.deepEqual(history.observe([meeting('a', [origin('x'), { ...origin('y'), role: 'Edge' }]), meeting('b', [origin('x', 'Lost'), origin('y')])]), []);
    assert.deepEqual(history.observe([meeting('a', [origin('x'), origin('y')])]), ['meeting a has 2 origins: x, y']);
  });

  it('reports the generation of an origin that falls, but not a meeting without a place', () => {
    const history = new MeetingHistory();
    const at = (generation, last = null) => [meeting('a', [{ sfuNode: 'x', role: 'Origin', state: 'Ready', generation }], 'id', last)];
    const preparing = [meeting('a', [...at(5)[0].status.assignments, { sfuNode: 'y', role: 'Edge', state: 'Preparing', generation: 6 }])];
    assert.deepEqual([at(4), [meeting('a', [])], at(5), preparing, at(5, 7)].flatMap(sample => history.observe(sample)), []);
    assert.deepEqual(history.observe([meeting('a', [{ sfuNode: 'z', role: 'Origin', state: 'Ready', generation: 4 }], 'id', 7)]), ['the generation of meeting a fell from 5 (x) to 4 (z)']);
  });

  it('lets a media node that is the origin again keep its generation, if the meeting was still on it', () => {
    const at = (...assignments) => [meeting('a', assignments.map(([sfuNode, role, state, generation]) => ({ sfuNode, role, state, generation })), 'id', 2)];
    const moving = at(['y', 'Origin', 'Ready', 2], ['x', 'Edge', 'Leaving', 1]);
    const history = new MeetingHistory();
    assert.deepEqual([at(['x', 'Origin', 'Ready', 1], ['y', 'Edge', 'Preparing', 2]), moving, at(['x', 'Origin', 'Ready', 1])].flatMap(sample => history.observe(sample)), []);
    const left = new MeetingHistory();
    const problems = [moving, at(['y', 'Origin', 'Ready', 2]), at(['x', 'Origin', 'Ready', 1])].flatMap(sample => left.observe(sample));
    assert.deepEqual(problems, ['the generation of meeting a fell from 2 (y) to 1 (x)', 'the room of meeting a on x had generation 1 and now has 1, after it had been left']);
  });

  it('reports the highest generation of a meeting that falls', () => {
    const history = new MeetingHistory();
    const at = (generation, last) => history.observe([meeting('a', [{ sfuNode: 'x', role: 'Origin', state: 'Ready', generation }], 'id', last)]);
    assert.deepEqual([at(3, null), at(3, 5), history.observe([meeting('a', [])]), at(6, null)].flat(), []);
    assert.ok(at(3, 4).includes('the highest generation of meeting a fell from 6 to 4'));
  });

  it('reports a media node that gets the meeting again without a higher generation', () => {
    const history = new MeetingHistory();
    const edge = (sfuNode, generation) => ({ sfuNode, role: 'Edge', state: 'Preparing', generation });
    const at = (...assignments) => history.observe([meeting('a', assignments)]);
    assert.deepEqual([at(edge('x', 2)), at(edge('x', 2), edge('y', 3)), at(edge('y', 3)), at(edge('x', 4), edge('y', 3)), at(edge('x', 4))].flat(), []);
    assert.deepEqual(at(edge('x', 4), edge('y', 3)), ['the room of meeting a on y had generation 3 and now has 3, after it had been left']);
    assert.deepEqual(at(edge('x', 3)), ['the highest generation of meeting a fell from 4 to 3', 'the room of meeting a on x had generation 4 and now has 3']);
  });

  it('reports another meeting ID', () => {
    const history = new MeetingHistory();
    history.observe([meeting('a', [])]);
    assert.deepEqual(history.observe([meeting('a', [], 'other')]), ['the ID of meeting a changed from id to other']);
  });
});

describe('the history of people', () => {
  const sample = (phase, dropped = null, visit = 1) => [{ name: 'Ada', visit, phase, dropped, restarts: [], wrong: [], missing: [], unheard: {}, unseen: {}, screens: {} }];

  it('reports somebody who is dropped, once, and again after joining again', () => {
    const history = new PeopleHistory();
    assert.deepEqual(history.observe(0, sample('connected'), 10), []);
    assert.deepEqual(history.observe(1000, sample('failed', 'failed room-full'), 10), ['Ada was dropped: failed room-full']);
    assert.deepEqual(history.observe(2000, sample('failed', 'failed room-full'), 10), []);
    assert.deepEqual(history.observe(3000, sample('removed', 'removed', 2), 10), ['Ada was dropped: removed']);
  });

  it('lets a connection be replaced at once, but not while everything must be seamless, except of somebody who has just joined', () => {
    const history = new PeopleHistory();
    const at = (now, restarts, seamless, visit = 1) => history.observe(now, sample('connected', null, visit).map(one => ({ ...one, restarts })), 10, seamless);
    assert.deepEqual([at(0, [], false), at(20_000, ['moved'], false), at(21_000, ['moved'], true), at(22_000, ['moved'], true, 2)].flat(), []);
    assert.deepEqual(at(23_000, ['moved', 'lost', 'signaling'], true), ['Ada lost a connection before the next one was open: lost, signaling']);
    assert.deepEqual(at(24_000, ['moved', 'lost', 'signaling'], true), []);
  });

  it('accepts a short interruption, and reports a long one', () => {
    const history = new PeopleHistory();
    history.observe(0, sample('connected'), 10);
    assert.deepEqual(history.observe(29_000, sample('reconnecting'), 10), []);
    history.observe(30_000, sample('connected'), 10);
    assert.deepEqual(history.observe(59_000, sample('reconnecting'), 10), []);
    assert.deepEqual(history.observe(60_500, sample('reconnecting'), 10), ['Ada has had no connection to signaling for 30 s (phase reconnecting)']);
  });
});

describe('what people see and hear', () => {
  const perceives = (unheard, unseen, missing = [], wrong = []) => [{ name: 'Ada', visit: 1, phase: 'connected', dropped: null, restarts: [], wrong, missing, unheard, unseen, screens: {} }];

  it('may pause for the time that a fault allows; a longer pause is reported once, for each person', () => {
    const history = new PeopleHistory();
    assert.deepEqual(history.observe(0, perceives({ Bob: 9_000, Cleo: 0 }, { Bob: 0 }), 10), []);
    assert.deepEqual(history.observe(2_000, perceives({ Bob: 11_000, Cleo: 0 }, { Bob: 0 }), 30), []);
    assert.deepEqual(history.observe(2_000, perceives({ Bob: 11_000, Cleo: 0 }, { Bob: 0 }), 10), ['Ada has not heard Bob for 10 s']);
    assert.deepEqual(history.observe(3_000, perceives({ Bob: 12_000, Cleo: 10_001 }, { Bob: 0 }), 10), ['Ada has not heard Cleo for 10 s']);
    assert.deepEqual(history.observe(4_000, perceives({ Bob: 10 }, { Bob: 10_001 }), 10), ['Ada has not seen Bob for 10 s']);
    assert.deepEqual(history.observe(15_000, perceives({ Bob: 11_000 }, { Bob: 11_000 }), 10), ['Ada has not heard Bob for 10 s']);
  });

  it('includes somebody who is missing in the list of people, until they are back', () => {
    const history = new PeopleHistory();
    const observe = (at, missing) => history.observe(at, perceives({}, {}, missing), 10);
    assert.deepEqual([observe(0, ['Bob']), observe(9_000, ['Bob']), observe(10_000, []), observe(19_000, ['Bob']), observe(29_000, ['Bob'])].flat(), []);
    assert.deepEqual(observe(29_001, ['Bob']), ['Ada has not been told of Bob for 10 s']);
    assert.deepEqual(observe(40_000, ['Bob']), []);
  });

  it('includes screens, beside cameras', () => {
    const [sample] = perceives({}, { Bob: 11_000 });
    const observe = screens => new PeopleHistory().observe(0, [{ ...sample, screens }], 10);
    assert.deepEqual(observe({ Bob: 9_000 }), ['Ada has not seen Bob for 10 s']);
    assert.deepEqual(observe({ Bob: 11_000 }), ['Ada has not seen Bob for 10 s', 'Ada has not seen the screen of Bob for 10 s']);
  });

  it('is wrong only while both are connected', () => {
    const set = { audio: true, video: true, screen: false };
    for (const [ada, bob] of [['reconnecting', 'connected'], ['connected', 'reconnecting']]) {
      const history = new PeopleHistory();
      const observe = (at, adaPhase, bobPhase) => history.observe(at, [
        { ...perceives({}, {}, ['Cleo'], [...wrongly('Bob', set, { ...set, audio: false }), ...wrongly('Ada', set, { ...set, video: false }, 'their own')])[0], phase: adaPhase },
        { ...perceives({}, {})[0], name: 'Bob', visit: 2, phase: bobPhase },
        { ...perceives({}, {})[0], name: 'Cleo', visit: 3, phase: bobPhase },
      ], 20);
      const own = 'Ada has seen for 20 s that their own camera is muted, although it is on';
      const ofOthers = ['Ada has not been told of Cleo for 20 s', "Ada has seen for 20 s that Bob's microphone is muted, although it is on"];
      assert.deepEqual([observe(0, 'connected', 'connected'), observe(1_000, ada, bob), observe(25_000, ada, bob)].flat(), ada === 'connected' ? [own] : []);
      assert.deepEqual([observe(26_000, 'connected', 'connected'), observe(46_000, 'connected', 'connected')].flat(), []);
      assert.deepEqual(observe(46_001, 'connected', 'connected').sort(), (ada === 'connected' ? ofOthers : [...ofOthers, own]).sort());
    }
  });

  it('includes what somebody sends, which may be wrong for a time after a change or a fault', () => {
    const history = new PeopleHistory();
    const set = { audio: false, video: true, screen: true };
    const observe = (at, seen) => history.observe(at, perceives({}, {}, [], wrongly('Bob', set, seen)), 10);
    assert.deepEqual([observe(0, { ...set, audio: true }), observe(9_000, { ...set, audio: true }), observe(10_000, set), observe(15_000, { ...set, screen: false })].flat(), []);
    assert.deepEqual(observe(25_001, { ...set, screen: false }), ["Ada has seen for 10 s that Bob's screen is not shared, although it is"]);
    assert.deepEqual(wrongly('Bob', set, { audio: true, video: false, screen: true }), [
      { other: 'Bob', what: "has seen that Bob's microphone is on, although it is muted" }, { other: 'Bob', what: "has seen that Bob's camera is muted, although it is on" },
    ]);
    assert.deepEqual(wrongly('Ada', set, { audio: false, video: true }, 'their own'), []);
  });
});

describe('the log', () => {
  const sample = { name: 'Ada', unseen: { Bob: 5_000, Cleo: 1_000, Dan: 5_000 }, screens: { Bob: 5_000, Cleo: 5_000 }, paused: ['Dan'], pausedScreens: ['Cleo'] };

  it('tells a missing camera from a missing screen, and a paused one from a missing one', () => {
    assert.deepEqual(missingPictures([sample], 4_000).map(({ what }) => what), [
      'Ada does not see Bob', 'Ada does not see Dan, whose picture is paused because the line is too narrow',
      'Ada does not see the screen of Bob', 'Ada does not see the screen of Cleo, which is paused because the line is too narrow',
    ]);
  });

  it('names the person and the track to describe', () => {
    const { name, other, source } = missingPictures([{ ...sample, unseen: {} }], 4_000)[0];
    assert.deepEqual({ name, other, source }, { name: 'Ada', other: 'Bob', source: 'screen' });
  });

  it('ends with the faults of each kind, and how many of those that may find nothing to kill did kill', () => {
    const pauses = { picture: 1, sound: 0.5, standstill: 0 };
    const lines = summary({ faults: 3, actions: 4, problems: [], pauses: [{ kind: 'crash-node', ...pauses }, { kind: 'kill-during-drain', ...pauses, hasKilled: true }, { kind: 'kill-during-drain', ...pauses, hasKilled: false }] }).split('\n');
    assert.equal(lines[0], 'crash-node ×1: longest pause 0.5 s of sound, 1.0 s of pictures; longest standstill of the page 0.0 s');
    assert.equal(lines[1], 'kill-during-drain ×2 (1 killed a media node): longest pause 0.5 s of sound, 1.0 s of pictures; longest standstill of the page 0.0 s');
    assert.equal(lines[2], '3 faults, 4 actions of people, 0 problems');
  });
});

describe('a drained media node', () => {
  it('is empty if it carries nothing or is gone, but not while the API server cannot say', async () => {
    const says = meetings => Promise.resolve({ status: { meetings } });
    const fails = text => Promise.reject(new Error(text));
    assert.deepEqual(await Promise.all([says(0), fails('Error from server (NotFound): sfunodes.meetoperator.io "a" not found')].map(isEmpty)), [true, true]);
    assert.deepEqual(await Promise.all([says(1), fails('The connection to the server was refused'), fails('Error from server (Forbidden): not found')].map(isEmpty)), [false, false, false]);
  });
});

describe('the chat', () => {
  const page = (name, texts, from = 0) => ({ name, from, texts });

  it('is complete if everybody sees what was confirmed while it was there', () => {
    assert.deepEqual(chatProblems(['1', '2', '3'], [page('Ada', ['1', '2', '3', 'not confirmed']), page('Bob', ['2', '3'], 1)]), []);
  });

  it('reports messages that are missing, shown twice or in another order', () => {
    assert.deepEqual(chatProblems(['1', '2'], [page('Ada', ['1'])]), ['Ada misses 1 chat messages: 2']);
    assert.deepEqual(chatProblems(['1'], [page('Ada', ['1', '1'])]), ['Ada shows chat messages twice: 1']);
    assert.deepEqual(chatProblems(['1', '2'], [page('Ada', ['1', '2']), page('Bob', ['2', '1'])]), ['Ada and Bob show the chat in different orders']);
  });
});

describe('the end', () => {
  it('reports a meeting that nobody is in and that still has links or a second media node', () => {
    const origin = { sfuNode: 'x', role: 'Origin', state: 'Ready' };
    assert.deepEqual(restProblems([meeting('a', [origin]), { metadata: { name: 'b' } }]), []);
    assert.deepEqual(restProblems([meeting('a', [origin, { sfuNode: 'y', role: 'Edge', state: 'Leaving' }])]), ['meeting a is still on several media nodes: x Origin Ready, y Edge Leaving']);
    assert.deepEqual(restProblems([{ metadata: { name: 'a' }, status: { assignments: [origin], cascade: [{ from: 'x', to: 'y' }] } }]), ['meeting a still has links: x to y']);
  });

  it('lets a meeting of class Critical keep its standby', () => {
    const critical = (role, state) => [{
      metadata: { name: 'a' }, spec: { placement: { availabilityClass: 'Critical' } },
      status: { assignments: [{ sfuNode: 'x', role: 'Origin', state: 'Ready' }, { sfuNode: 'y', role, state }], cascade: [{ from: 'x', to: 'y' }, { from: 'y', to: 'x' }] },
    }];
    assert.deepEqual(restProblems(critical('Standby', 'Ready')), []);
    const [{ status, ...rest }] = critical('Standby', 'Ready');
    assert.deepEqual(restProblems([{ ...rest, status: { assignments: status.assignments.slice(0, 1) } }]), ['meeting a has no standby']);
    assert.deepEqual(restProblems(critical('Edge', 'Leaving')), ['meeting a is still on several media nodes: x Origin Ready, y Edge Leaving']);
  });

  it('reports what is left behind', () => {
    assert.deepEqual(leftovers({ pods: [], secrets: ['a', 'b'] }), ['left behind: secrets a, b']);
    assert.deepEqual(leftovers({ pods: [] }), []);
  });
});
