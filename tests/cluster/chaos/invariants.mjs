// What must hold during a chaos run and after it. Pure: samples in, problems out.

/** How long a person may be without a connection to signaling, in ms: the replica that served them can die, and its Pod take some time to be replaced. */
const longestDisconnect = 30_000;

/** Follows Meeting objects through samples. `observe` returns the problems of a sample as sentences. */
export class MeetingHistory {
  #generations = new Map();
  #ids = new Map();

  observe(meetings) {
    return meetings.flatMap(meeting => [...this.#origins(meeting), ...this.#generation(meeting), ...this.#id(meeting)]);
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

  #id({ metadata, status }) {
    const before = this.#ids.get(metadata.uid);
    if (status?.meetingId) this.#ids.set(metadata.uid, status.meetingId);
    return before === undefined || before === status?.meetingId ? [] : [`the ID of meeting ${metadata.name} changed from ${before} to ${status?.meetingId}`];
  }
}

/** Follows the pages of people. `observe(now, samples)` takes `{ name, visit, phase, self }` of each person who is in a meeting; `visit` changes when they join again. */
export class PeopleHistory {
  #visits = new Map();

  observe(now, samples) {
    return samples.flatMap(sample => this.#one(now, sample));
  }

  #one(now, { name, visit, phase, self }) {
    let known = this.#visits.get(visit);
    if (known === undefined) this.#visits.set(visit, known = { self, connectedAt: now, reported: false });
    if (phase === 'connected') known.connectedAt = now;
    if (known.reported) return [];
    const problem = ['failed', 'left', 'ended', 'removed', null].includes(phase) ? `${name} was dropped: the page is in phase ${phase}`
      : known.self !== self ? `${name} was dropped: the page joined again as another participant`
        : now - known.connectedAt > longestDisconnect ? `${name} has had no connection to signaling for ${longestDisconnect / 1000} s (phase ${phase})`
          : null;
    known.reported = problem !== null;
    return problem === null ? [] : [problem];
  }
}

/**
 * Compares what two or more pages of one meeting show in the chat. `sent`: the texts that their senders saw confirmed, in any order. `pages`: `{ name, from, texts }`, where the page
 * must show everything that was confirmed from the number `from` in `sent` on.
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

/** Problems after everybody has left and everything was deleted. `left`: kind → names of the objects in the tenant's namespaces. */
export const leftovers = left => Object.entries(left).filter(([, names]) => names.length > 0).map(([kind, names]) => `left behind: ${kind} ${names.join(', ')}`);
