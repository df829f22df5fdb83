// What must hold during a chaos run and after it. Pure: samples in, problems out.

/** How long a person may be without a connection to signaling, in ms: the replica that served them can die, and its Pod take some time to be replaced. */
const longestDisconnect = 30_000;

/** Follows Meeting objects through samples. `observe` returns the problems of a sample as sentences. */
export class MeetingHistory {
  #generations = new Map();
  #rooms = new Map();
  #ids = new Map();

  observe(meetings) {
    return meetings.flatMap(meeting => [...this.#origins(meeting), ...this.#generation(meeting), ...this.#roomGenerations(meeting), ...this.#id(meeting)]);
  }

  #origins({ metadata, status }) {
    const origins = (status?.assignments ?? []).filter(one => one.role === 'Origin' && one.state !== 'Lost');
    return origins.length <= 1 ? [] : [`meeting ${metadata.name} has ${origins.length} origins: ${origins.map(one => one.sfuNode).join(', ')}`];
  }

  /** Only of the origin: a media node that is being prepared has a higher one, and disappears when the move is taken back. */
  #generation({ metadata, status }) {
    const origin = (status?.assignments ?? []).find(one => one.role === 'Origin' && one.state !== 'Lost');
    const before = this.#generations.get(metadata.uid);
    if (origin !== undefined) this.#generations.set(metadata.uid, origin);
    return origin === undefined || before === undefined || origin.generation >= before.generation ? []
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
 * Follows people. `observe(now, samples, silence)` takes `{ name, visit, phase, dropped, missing, unheard, unseen }` of each person who is in a meeting. `visit` changes when they join
 * again; `missing` are the others who they are not told of; `unheard` and `unseen` have, for each other person, how long in ms they have not been heard or seen. `silence`: for how many
 * seconds any of this may last.
 */
export class PeopleHistory {
  #visits = new Map();

  observe(now, samples, silence) {
    return samples.flatMap(sample => [...this.#presence(now, sample), ...this.#others(now, sample, silence)]);
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

  /** Each pause is reported once. */
  #others(now, { name, visit, missing, unheard, unseen }, silence) {
    const { pauses, missingSince } = this.#known(now, visit);
    for (const other of missingSince.keys()) if (!missing.includes(other)) missingSince.delete(other);
    for (const other of missing) if (!missingSince.has(other)) missingSince.set(other, now);
    const lasting = [
      ...[...missingSince].map(([other, since]) => [`has not been told of ${other}`, now - since]),
      ...Object.entries(unheard).map(([other, pause]) => [`has not heard ${other}`, pause]),
      ...Object.entries(unseen).map(([other, pause]) => [`has not seen ${other}`, pause]),
    ].filter(([, pause]) => pause > silence * 1000).map(([what]) => what);
    const begun = lasting.filter(what => !pauses.has(what));
    pauses.clear();
    for (const what of lasting) pauses.add(what);
    return begun.map(what => `${name} ${what} for ${silence} s`);
  }

  #known(now, visit) {
    if (!this.#visits.has(visit)) this.#visits.set(visit, { connectedAt: now, reported: false, pauses: new Set(), missingSince: new Map() });
    return this.#visits.get(visit);
  }
}

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
