// People without pages of their own: a page runs the SDK for several of them. Each sends a tone and measures how long the others are not heard. Twenty cost less than four Chromium pages with cameras.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, until } from './kubectl.mjs';

const sdk = fileURLToPath(new URL('../../../web/client/dist/', import.meta.url));

/** Runs in the page: `globalThis.people` has those who joined, by name. */
const script = () => {
  const { AudioContext, AnalyserNode, GainNode, OscillatorNode, MediaStream, Audio } = globalThis;
  const block = 240;
  globalThis.people = new Map();
  let context;
  const sound = () => (context ??= new AudioContext({ sampleRate: 48_000 }));

  /** A tone that swells three times a second, because Opus may leave out an even one. */
  const tone = () => {
    const [voice, swell, depth, level] = [new OscillatorNode(sound(), { frequency: 440 }), new OscillatorNode(sound(), { frequency: 3 }), new GainNode(sound(), { gain: 0.1 }), new GainNode(sound(), { gain: 0.3 })];
    const end = sound().createMediaStreamDestination();
    swell.connect(depth).connect(level.gain);
    voice.connect(level).connect(end);
    voice.start();
    swell.start();
    return end.stream.getAudioTracks()[0];
  };

  /** Listens to one person. What the analyser keeps (two thirds of a second) is longer than the time between two looks, so no silence is missed. */
  const listen = () => {
    const analyser = new AnalyserNode(sound(), { fftSize: 32_768 });
    analyser.connect(new GainNode(sound(), { gain: 0 })).connect(sound().destination);
    const samples = new Float32Array(analyser.fftSize);
    const ear = { heardAt: null, silence: 0, use: null, track: null };
    let source = null;
    ear.use = track => {
      if (track === ear.track) return;
      ear.track = track;
      source?.disconnect();
      source = null;
      if (track === null) return;
      const stream = new MediaStream([track]);
      Object.assign(new Audio(), { srcObject: stream, muted: true }).play().catch(() => {}); // Chromium decodes only what an element plays.
      source = sound().createMediaStreamSource(stream);
      source.connect(analyser);
    };
    // A period of the tone has 109 samples.
    const isSilent = start => {
      for (let index = start; index < start + block; index += 8) if (Math.abs(samples[index]) >= 0.005) return false;
      return true;
    };
    ear.look = () => {
      analyser.getFloatTimeDomainData(samples);
      const now = sound().currentTime * 1000;
      for (let start = 0; start + block <= samples.length; start += block) {
        const at = now - (samples.length - start) / 48;
        if (at <= ear.heardAt || isSilent(start)) continue;
        if (ear.heardAt !== null) ear.silence = Math.max(ear.silence, at - ear.heardAt - block / 48);
        ear.heardAt = at;
      }
    };
    ear.quiet = () => (ear.heardAt === null ? Infinity : sound().currentTime * 1000 - ear.heardAt);
    return ear;
  };

  globalThis.joinLight = async ({ meetingId, name, region }) => {
    const { MeetClient, browserEnvironment } = await import('/sdk/index.js');
    const meeting = await new MeetClient({ environment: browserEnvironment() }).join(meetingId, { displayName: name, ...(region === undefined ? {} : { region }) });
    const person = { meeting, ears: new Map(), self: meeting.snapshot.self.id, dropped: null };
    globalThis.people.set(name, person);
    meeting.on('connection', ({ phase, code }) => { if (['failed', 'left', 'ended', 'removed'].includes(phase)) person.dropped ??= `${phase} ${code ?? ''}`.trim(); });
    await meeting.publish(tone(), 'microphone');
  };
  setInterval(() => {
    for (const { meeting, ears } of globalThis.people.values()) {
      for (const { id, displayName, tracks } of meeting.snapshot.participants) {
        if (!ears.has(displayName)) ears.set(displayName, Object.assign(listen(), { id }));
        ears.get(displayName).use(tracks.microphone ?? null);
      }
    }
  }, 20);
  setInterval(() => { for (const { ears } of globalThis.people.values()) for (const ear of ears.values()) ear.look(); }, 150);

  globalThis.lightStates = () => [...globalThis.people].map(([name, { meeting, ears, self, dropped }]) => ({
    name,
    dropped: dropped ?? (meeting.snapshot.self.id === self ? null : 'joined again as another participant'),
    phase: meeting.snapshot.connection.phase,
    moves: meeting.snapshot.moves.length,
    others: meeting.snapshot.participants.map(one => one.displayName),
    unreachable: meeting.snapshot.participants.filter(one => meeting.snapshot.unreachable.includes(one.id)).map(one => one.displayName),
    quiet: Math.max(0, ...[...ears.values()].map(ear => ear.quiet())),
    quietOf: Object.fromEntries([...ears].map(([other, ear]) => [other, ear.quiet()])),
    silences: Object.fromEntries([...ears].map(([other, ear]) => [other, ear.silence])),
  }));
  globalThis.restartSilences = () => { for (const { ears } of globalThis.people.values()) for (const ear of ears.values()) ear.silence = 0; };
};

let built = null;
/** The SDK as modules; built once. */
const build = () => (built ??= run('npm', ['--prefix', 'web', 'run', 'build', '-w', 'client']));

export class LightPeople {
  #page;

  static async open(browser, url) {
    await build();
    const people = new LightPeople();
    const page = people.#page = await browser.newPage();
    await page.addInitScript(script);
    await page.route('**/sdk/**', async route => {
      const path = new URL(route.request().url()).pathname.replace('/sdk/', '');
      await route.fulfill({ contentType: 'text/javascript', body: await readFile(sdk + path, 'utf8') });
    });
    await page.goto(`${url}/healthz`);
    return people;
  }

  /** Joins a meeting. Names differ within a page. */
  async join(meetingId, name, region = undefined) {
    const late = setTimeout(60_000, false, { ref: false });
    const joined = this.#page.evaluate(person => globalThis.joinLight(person), { meetingId, name, region });
    if (await Promise.race([joined, late]) === false) throw new Error(`${name} did not join within 60 s; ${JSON.stringify(await this.states())}`);
  }

  /** For each person: `name`, `phase`, why they were `dropped` or null, the names of the `others` and of those who the SDK
   * says are `unreachable`, how often the media node changed (`moves`), and in ms the `silences` of each other
   * person (the longest one that has ended) and how long they have not been heard (`quietOf`, at most `quiet`; the looks are 150 ms apart). */
  states() {
    return this.#page.evaluate(() => globalThis.lightStates());
  }

  /** From now on, `states` has the longest silences since now. */
  restart() {
    return this.#page.evaluate(() => globalThis.restartSilences());
  }

  /** Waits until each of `count` people hears those of the others for which `heard(name, other)` is true; then restarts. */
  async hearEachOther(count, heard = () => true, within = 60_000) {
    const hears = state => state.others.length > 0 && state.others.filter(other => heard(state.name, other)).every(other => state.quietOf[other] < 500);
    await until(async () => {
      const states = await this.states();
      return states.length === count && states.every(hears);
    }, `${count} people hear each other`, within);
    await this.restart();
  }

  close() {
    return this.#page.close();
  }
}
