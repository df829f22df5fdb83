// What must hold during a chaos run and after it. Pure: samples in, problems out.

/** How long a person may be without a connection to signaling, in ms: the replica that served them can die, and its Pod take some time to be replaced. */
const longestDisconnect = 30_000;

/** How long joining may take, in ms. */
const longestJoin = 10_000;

/** Follows Meeting objects through samples. `observe` returns the problems of a sample as sentences. */
export class MeetingHistory {
  #origins = new Map();
  #highest = new Map();
  #rooms = new Map();
  #ids = new Map();

  observe(meetings) {
    return meetings.flatMap(meeting => [...this.#onlyOrigin(meeting), ...this.#highestGeneration(meeting), ...this.#originGeneration(meeting), ...this.#roomGenerations(meeting), ...this.#id(meeting)]);
  }

  #onlyOrigin({ metadata, status }) {
    const origins = (status?.assignments ?? []).filter(one => one.role === 'Origin' && one.state !== 'Lost');
    return origins.length <= 1 ? [] : [`meeting ${metadata.name} has ${origins.length} origins: ${origins.map(one => one.sfuNode).join(', ')}`];
  }

  /** The highest number that the meeting has used never falls, whichever media nodes it leaves. A status without a number says nothing. */
  #highestGeneration({ metadata, status }) {
    const numbers = [...(status?.assignments ?? []).map(one => one.generation), ...(status?.lastGeneration ? [status.lastGeneration] : [])];
    if (numbers.length === 0) return [];
    const [before, now] = [this.#highest.get(metadata.uid) ?? 0, Math.max(...numbers)];
    this.#highest.set(metadata.uid, now);
    return now >= before ? [] : [`the highest generation of meeting ${metadata.name} fell from ${before} to ${now}`];
  }

  /** A new origin has a higher number than the former one, unless the meeting was on its media node before: then that one keeps its room and its number. */
  #originGeneration({ metadata, status }) {
    const origin = (status?.assignments ?? []).find(one => one.role === 'Origin' && one.state !== 'Lost');
    const before = this.#origins.get(metadata.uid);
    if (origin !== undefined) this.#origins.set(metadata.uid, origin);
    const room = this.#rooms.get(metadata.uid)?.get(origin?.sfuNode);
    const hadIt = room !== undefined && room.isPresent && room.generation === origin.generation;
    return origin === undefined || before === undefined || origin.generation >= before.generation || hadIt ? []
      : [`the generation of meeting ${metadata.name} fell from ${before.generation} (${before.sfuNode}) to ${origin.generation} (${origin.sfuNode})`];
  }

  /** A room keeps its generation. A media node that gets the meeting again gets a higher one, so that a late call for the former room cannot change the present one. */
  #roomGenerations({ metadata, status }) {
    const assignments = status?.assignments ?? [];
    if (!this.#rooms.has(metadata.uid)) this.#rooms.set(metadata.uid, new Map());
    const rooms = this.#rooms.get(metadata.uid);
    const problems = assignments.flatMap(({ sfuNode, generation }) => {
      const before = rooms.get(sfuNode);
      return before === undefined || (before.isPresent ? generation >= before.generation : generation > before.generation) ? []
        : [`the room of meeting ${metadata.name} on ${sfuNode} had generation ${before.generation} and now has ${generation}${before.isPresent ? '' : ', after it had been left'}`];
    });
    for (const before of rooms.values()) before.isPresent = false;
    for (const { sfuNode, generation } of assignments) rooms.set(sfuNode, { generation, isPresent: true });
    return problems;
  }

  #id({ metadata, status }) {
    const before = this.#ids.get(metadata.uid);
    if (status?.meetingId) this.#ids.set(metadata.uid, status.meetingId);
    return before === undefined || before === status?.meetingId ? [] : [`the ID of meeting ${metadata.name} changed from ${before} to ${status?.meetingId}`];
  }
}

/**
 * Follows people. `observe(now, samples, silence, seamless)` takes `{ name, visit, phase, dropped, restarts, wrong, missing, unheard, unseen, screens }` of each person who is in a meeting.
 * `visit` changes when they join again; `restarts`: see LightPeople; `missing` are the others who they are not told of, and `wrong` says what they see differently from what was set (see
 * `wrongly`); `unheard`, `unseen` and `screens` have, for each other person, how long in ms they have not been heard or seen, or their screen has not been seen. `silence`: for how many
 * seconds any of this may last. `missing` and `wrong` count only while both people are connected. `seamless`: nobody may have a restart now.
 */
export class PeopleHistory {
  #visits = new Map();

  observe(now, samples, silence, seamless = false) {
    const away = new Set(samples.filter(({ phase }) => phase !== 'connected').map(({ name }) => name));
    return samples.flatMap(sample => [...this.#presence(now, sample), ...this.#restarts(now, sample, seamless), ...this.#others(now, sample, silence, away)]);
  }

  #presence(now, { name, visit, phase, dropped }) {
    const known = this.#known(now, visit);
    if (phase === 'connected') known.connectedAt = now;
    if (known.reported) return [];
    const problem = dropped !== null ? `${name} was dropped: ${dropped}`
      : now - known.connectedAt > longestDisconnect ? `${name} has had no connection to signaling for ${longestDisconnect / 1000} s (phase ${phase})`
        : null;
    known.reported = problem !== null;
    return problem === null ? [] : [problem];
  }

  /** Somebody who has just joined may be sent to another media node before anything is connected. */
  #restarts(now, { name, visit, restarts }, seamless) {
    const known = this.#known(now, visit);
    const more = restarts.slice(known.restarts);
    known.restarts = restarts.length;
    return seamless && more.length > 0 && now - known.since > longestJoin ? [`${name} lost a connection before the next one was open: ${more.join(', ')}`] : [];
  }

  /** Each pause is reported once. */
  #others(now, { name, visit, missing, wrong, unheard, unseen, screens }, silence, away) {
    const { pauses, wrongSince } = this.#known(now, visit);
    const all = [...missing.map(other => ({ other, what: `has not been told of ${other}` })), ...wrong].filter(({ other }) => !away.has(name) && !away.has(other)).map(({ what }) => what);
    for (const what of wrongSince.keys()) if (!all.includes(what)) wrongSince.delete(what);
    for (const what of all) if (!wrongSince.has(what)) wrongSince.set(what, now);
    const lasting = [
      ...[...wrongSince].map(([what, since]) => [what, now - since]),
      ...Object.entries(unheard).map(([other, pause]) => [`has not heard ${other}`, pause]),
      ...Object.entries(unseen).map(([other, pause]) => [`has not seen ${other}`, pause]),
      ...Object.entries(screens).map(([other, pause]) => [`has not seen the screen of ${other}`, pause]),
    ].filter(([, pause]) => pause > silence * 1000).map(([what]) => what);
    const begun = lasting.filter(what => !pauses.has(what));
    pauses.clear();
    for (const what of lasting) pauses.add(what);
    return begun.map(what => `${name} ${what.replace(/(?= that )|$/, ` for ${silence} s`)}`);
  }

  #known(now, visit) {
    if (!this.#visits.has(visit)) this.#visits.set(visit, { since: now, connectedAt: now, reported: false, restarts: 0, pauses: new Set(), wrongSince: new Map() });
    return this.#visits.get(visit);
  }
}

/**
 * Where what somebody sees of the microphone, the camera and the screen of `other` differs from what that person has set, as `{ other, what }` for `wrong` of PeopleHistory. `set` and
 * `seen` are `{ audio, video, screen }`, true for what is sent; what `seen` does not have is not compared.
 */
export function wrongly(other, set, seen, whose = `${other}'s`) {
  const muted = name => [`${name} is on, although it is muted`, `${name} is muted, although it is on`];
  const texts = { audio: muted('microphone'), video: muted('camera'), screen: ['screen is shared, although it is not', 'screen is not shared, although it is'] };
  return Object.keys(seen).filter(kind => set[kind] !== seen[kind]).map(kind => ({ other, what: `has seen that ${whose} ${texts[kind][seen[kind] ? 0 : 1]}` }));
}

/**
 * The media node to which a meeting moves from a drained one, as `{ sfuNode, while }`: `while` is `Preparing` before that node is the origin, and `Leaving` until the drained one is left;
 * null while no meeting moves from it. One that is prepared for a region counts too: the status does not tell them apart, and it can become the origin.
 */
export function nextNode(meetings, drained) {
  for (const { status } of meetings) {
    const others = (status?.assignments ?? []).filter(one => one.sfuNode !== drained);
    const entry = status?.assignments?.find(one => one.sfuNode === drained);
    const next = entry?.state === 'Leaving' ? others.find(one => one.role === 'Origin' && one.state === 'Ready')
      : entry?.role === 'Origin' ? others.find(one => one.role === 'Edge' && one.state === 'Preparing')
        : undefined;
    if (next !== undefined) return { sfuNode: next.sfuNode, while: entry.state === 'Leaving' ? 'Leaving' : 'Preparing' };
  }
  return null;
}

/** Whether a media node carries no meeting, or does not exist any more. `reading`: the promise of the object. After any other error it is not known, so false. */
export const isEmpty = reading => reading.then(({ status }) => (status?.meetings ?? 0) === 0, isNotFound);

/** Whether the API server says that the object does not exist. */
export const isNotFound = error => error.message.includes('(NotFound)');

/**
 * Compares what two or more people of one meeting see in the chat. `sent`: the texts that their senders saw confirmed, in any order. `pages`: `{ name, from, texts }`, where the person
 * must see everything that was confirmed from the number `from` in `sent` on.
 */
export function chatProblems(sent, pages) {
  const problems = [];
  for (const { name, from, texts } of pages) {
    const missing = sent.slice(from).filter(text => !texts.includes(text));
    if (missing.length > 0) problems.push(`${name} misses ${missing.length} chat messages: ${missing.join(', ')}`);
    const twice = texts.filter((text, at) => texts.indexOf(text) !== at);
    if (twice.length > 0) problems.push(`${name} shows chat messages twice: ${twice.join(', ')}`);
  }
  const [first, ...others] = pages;
  for (const other of others) {
    const [left, right] = [first.texts.filter(text => other.texts.includes(text)), other.texts.filter(text => first.texts.includes(text))];
    if (left.join('\n') !== right.join('\n')) problems.push(`${first.name} and ${other.name} show the chat in different orders`);
  }
  return problems;
}

/** Problems of meetings that nobody is in any more: each has one media node, which it neither leaves nor prepares, and no link; one of class `Critical` has its Standby too, linked with it. */
export const restProblems = meetings => meetings.flatMap(({ metadata: { name }, spec, status }) => {
  const nodes = spec?.placement?.availabilityClass === 'Critical' ? 2 : 1;
  const assignments = (status?.assignments ?? []).map(one => `${one.sfuNode} ${one.role} ${one.state}`);
  const links = (status?.cascade ?? []).map(one => `${one.from} to ${one.to}`);
  return [
    ...(nodes === 2 && assignments.length === 1 ? [`meeting ${name} has no standby`] : []),
    ...(assignments.length > nodes || (nodes === 2 && assignments.length === 2 && !assignments[1].endsWith(' Standby Ready')) ? [`meeting ${name} is still on several media nodes: ${assignments.join(', ')}`] : []),
    ...(links.length > 2 * (nodes - 1) ? [`meeting ${name} still has links: ${links.join(', ')}`] : []),
  ];
});

/** Problems after objects were deleted. `left`: kind → names of the objects that should not exist any more. */
export const leftovers = left => Object.entries(left).filter(([, names]) => names.length > 0).map(([kind, names]) => `left behind: ${kind} ${names.join(', ')}`);
