// What a chaos run does and when, from its seed alone. The same seed gives the same schedule, and a longer run begins with the schedule of a shorter one.

/** A generator of numbers from 0 to below 1 (mulberry32). */
export function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Kinds of faults. `weight`: how often each is drawn. `hold`: the shortest and longest time in seconds for which it lasts. `silence`: for how many seconds somebody may not hear or
 * not see somebody else meanwhile. That is far longer than on an idle machine, where the benches measure what people notice: it tells media that stopped from a busy machine.
 * `seamless`: nobody may lose a connection before the next one is open.
 */
export const faults = {
  'drain-node': { weight: 3, hold: [0, 0], silence: 20 },
  'drain-taken-back': { weight: 2, hold: [0.2, 4], silence: 20 },
  'drain-machine': { weight: 2, hold: [0, 0], silence: 20 },
  'rollout-migrate': { weight: 1, hold: [0, 0], silence: 20, seamless: true },
  'rollout-immediate': { weight: 1, hold: [0, 0], silence: 20 },
  'kill-node-pod': { weight: 2, hold: [0, 0], silence: 30 },
  'crash-node': { weight: 2, hold: [0, 0], silence: 30 },
  'kill-during-drain': { weight: 2, hold: [0, 3], silence: 30 },
  'kill-signaling': { weight: 2, hold: [0, 0], silence: 20 },
  'kill-leader': { weight: 2, hold: [0, 0], silence: 20 },
  'suspend-leader': { weight: 1, hold: [5, 9], silence: 20 },
  'cut-media-nodes': { weight: 2, hold: [3, 12], silence: 30 },
  'cut-operator': { weight: 2, hold: [3, 12], silence: 20 },
  'stop-api-server': { weight: 1, hold: [3, 8], silence: 20 },
};

/** The same as `silence` of a fault, while none is in progress. */
export const silence = 20;

/** Between two faults, and between two actions of people, in seconds: shortest and longest. */
const betweenFaults = [8, 25];
const betweenActions = [4, 12];

/** How many people stay in each meeting, and how many are in it at the beginning. */
export const fewest = [3, 2];
const first = [4, 2];
export const everybody = 6;

/** How often people do what is possible then; `end` has 0.5. Few are muted at a time, because pauses of muted people are not detected. */
const weights = { chat: 6, mute: 2, unmute: 4, share: 2, 'stop-sharing': 1, join: 4, leave: 3 };

/** In each meeting at most so many people, because of the microphones of others only the three loudest are heard. */
export const most = 4;

const between = (draw, [least, most]) => least + (most - least) * draw();

function chosen(draw, weighted) {
  let left = draw() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
  return (weighted.find(([, weight]) => (left -= weight) < 0) ?? weighted.at(-1))[0];
}

/** The faults: `{ at, kind, hold, pick }` in the order of their times (seconds). `pick` (0 to 1) chooses among the objects that exist then. */
export function faultSchedule(seed, seconds, kinds = Object.keys(faults)) {
  const draw = numbers(seed);
  const list = [];
  for (let at = between(draw, betweenFaults); at < seconds; at += between(draw, betweenFaults)) {
    const kind = chosen(draw, kinds.map(name => [name, faults[name].weight]));
    list.push({ at, kind, hold: between(draw, faults[kind].hold), pick: draw() });
  }
  return list;
}

/** The meeting in which each person is at the beginning; null for those who wait. */
export const firstPlaces = () => Array.from({ length: everybody }, (_, person) => (person < first[0] ? 0 : person < first[0] + first[1] ? 1 : null));

/**
 * What people do: `{ at, action: 'chat' | 'mute' | 'unmute' | 'share' | 'stop-sharing' | 'leave' | 'join' | 'end', person?, kind?, meeting }` in the order of their times. `kind`: `audio`
 * or `video`, with `mute` and `unmute`. At most one person in each meeting shares a screen. `end` ends the meeting and opens another one in its place, which the same people join.
 * Whoever joins sends sound and pictures and no screen.
 */
export function peopleSchedule(seed, seconds) {
  const draw = numbers(seed ^ 0x5EED);
  const places = firstPlaces();
  const meetings = fewest.length;
  const muted = places.map(() => ({ audio: false, video: false }));
  const sharing = places.map(() => false);
  const list = [];
  const pick = candidates => candidates[Math.floor(draw() * candidates.length)];
  const people = places.map((_, person) => person);
  const arrive = person => {
    muted[person] = { audio: false, video: false };
    sharing[person] = false;
  };
  for (let at = between(draw, betweenActions); at < seconds; at += between(draw, betweenActions)) {
    const inside = people.filter(person => places[person] !== null);
    const open = fewest.map((_, meeting) => meeting).filter(meeting => places.filter(place => place === meeting).length < most);
    const able = {
      chat: inside,
      mute: inside.filter(person => !muted[person].audio || !muted[person].video),
      unmute: inside.filter(person => muted[person].audio || muted[person].video),
      share: inside.filter(person => !inside.some(other => sharing[other] && places[other] === places[person])),
      'stop-sharing': inside.filter(person => sharing[person]),
      join: open.length > 0 ? people.filter(person => places[person] === null) : [],
      leave: inside.filter(person => places.filter(place => place === places[person]).length > fewest[places[person]]),
    };
    const action = chosen(draw, [...Object.entries(weights).map(([name, weight]) => [name, able[name].length > 0 ? weight : 0]), ['end', 0.5]]);
    if (action === 'end') {
      const meeting = Math.floor(draw() * meetings);
      people.filter(person => places[person] === meeting).forEach(arrive);
      list.push({ at, action, meeting });
      continue;
    }

    const person = pick(able[action]);
    const meeting = action === 'join' ? pick(open) : places[person];
    const entry = { at, action, person, meeting };
    if (action === 'mute' || action === 'unmute') {
      entry.kind = pick(['audio', 'video'].filter(kind => muted[person][kind] === (action === 'unmute')));
      muted[person][entry.kind] = action === 'mute';
    }
    if (action === 'share' || action === 'stop-sharing') sharing[person] = action === 'share';
    if (action === 'join' || action === 'leave') {
      places[person] = action === 'join' ? meeting : null;
      arrive(person);
    }
    list.push(entry);
  }
  return list;
}
