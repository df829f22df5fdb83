// People without pages of their own: one page runs the SDK for all of them. Each sends a tone and a small moving picture, and measures how long the others are not heard or seen.
// Twenty of them cost less than four pages of the product with cameras, so what they notice is the product and not a busy machine.
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, until } from './kubectl.mjs';

const sdk = fileURLToPath(new URL('../../../web/client/dist/', import.meta.url));

/** Runs in the page: `globalThis.people` has those who joined, by name. */
const script = () => {
  const { Audio, AudioContext, AnalyserNode, GainNode, MediaStream, OscillatorNode, document } = globalThis;
  const block = 240; // samples, 5 ms
  globalThis.people = new Map();
  /** The SDK closes a socket itself when it looks for a better path with new connections, which open beside those that carry media. */
  let isClosing = false;
  const close = globalThis.WebSocket.prototype.close;
  globalThis.WebSocket.prototype.close = function (...args) {
    isClosing = this.readyState === globalThis.WebSocket.OPEN;
    globalThis.queueMicrotask(() => { isClosing = false; });
    return close.apply(this, args);
  };
  let context;
  let lookedAt = performance.now();
  let stoodStill = 0;
  let longestStandstill = 0;

  /** A clock in ms that stops while the page stands still, which happens on a machine whose processors are busy: nothing is known of what arrived meanwhile. */
  const awake = () => {
    const now = performance.now();
    if (now - lookedAt > 300) {
      stoodStill += now - lookedAt;
      longestStandstill = Math.max(longestStandstill, now - lookedAt);
    }
    lookedAt = now;
    return now - stoodStill;
  };
  const sound = () => (context ??= new AudioContext({ sampleRate: 48_000 }));

  /** A tone that swells three times a second, because Opus may leave out an even one. */
  const tone = () => {
    const [voice, swell, depth, level] = [new OscillatorNode(sound(), { frequency: 440 }), new OscillatorNode(sound(), { frequency: 3 }), new GainNode(sound(), { gain: 0.1 }), new GainNode(sound(), { gain: 0.3 })];
    const end = sound().createMediaStreamDestination();
    swell.connect(depth).connect(level.gain);
    voice.connect(level).connect(end);
    voice.start();
    swell.start();
    return { track: end.stream.getAudioTracks()[0], stop: () => [voice, swell].forEach(node => node.stop()) };
  };

  /** A square that moves. */
  const picture = perSecond => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
    const pen = canvas.getContext('2d');
    let step = 0;
    const timer = setInterval(() => {
      pen.fillStyle = '#246';
      pen.fillRect(0, 0, 160, 90);
      pen.fillStyle = '#fc8';
      pen.fillRect(step++ * 5 % 140, 30, 20, 20);
    }, 1_000 / perSecond);
    return { track: canvas.captureStream(perSecond).getVideoTracks()[0], stop: () => clearInterval(timer) };
  };

  /** How long something did not come. `at` and `now` are times of one clock, in ms. What has never come is late, which is no pause. */
  const pauses = now => {
    const pause = { longest: 0, at: now, hasCome: false };
    pause.came = at => {
      if (pause.hasCome) pause.longest = Math.max(pause.longest, at - pause.at);
      pause.at = Math.max(pause.at, at);
      pause.hasCome = true;
    };
    /** Nothing is sent now. What comes afterwards is late, which is no pause. */
    pause.rest = at => {
      pause.at = at;
      pause.hasCome = false;
    };
    return pause;
  };

  /**
   * Listens to one person. What the analyser keeps (two thirds of a second) is longer than the time between two looks, so no silence is missed. If the page itself stood still for longer,
   * nothing is known of that time.
   */
  const listen = () => {
    const analyser = new AnalyserNode(sound(), { fftSize: 32_768 });
    analyser.connect(new GainNode(sound(), { gain: 0 })).connect(sound().destination);
    const samples = new Float32Array(analyser.fftSize);
    const clock = () => sound().currentTime * 1000;
    const ear = { pause: pauses(clock()), track: null };
    let source = null;
    let next = null;
    let handover;
    let lookedAt = clock();
    const play = track => {
      const stream = new MediaStream([track]);
      const element = Object.assign(new Audio(), { muted: true, srcObject: stream });
      element.play().catch(() => {}); // Chromium decodes only what an element plays.
      const node = sound().createMediaStreamSource(stream);
      const gain = new GainNode(sound(), { gain: 0 });
      node.connect(gain).connect(analyser);
      return {
        track,
        hear: () => { gain.gain.value = 1; },
        stop: () => {
          element.srcObject = null;
          node.disconnect();
          gain.disconnect();
        },
      };
    };
    const takeOver = () => {
      clearTimeout(handover);
      source?.stop();
      [source, next] = [next, null];
      source?.hear();
    };
    // As the page does, plays a new track beside the former one, which is heard until the new one has begun.
    ear.use = track => {
      if (track === ear.track) return;
      ear.track = track;
      clearTimeout(handover);
      next?.stop();
      next = track === null ? null : play(track);
      if (next !== null && source?.track.readyState === 'live') handover = setTimeout(takeOver, 250);
      else takeOver();
    };
    // A period of the tone has 109 samples.
    const isSilent = start => {
      for (let index = start; index < start + block; index += 8) if (Math.abs(samples[index]) >= 0.005) return false;
      return true;
    };
    ear.look = () => {
      analyser.getFloatTimeDomainData(samples);
      const now = clock();
      const kept = samples.length / 48;
      if (now - lookedAt > kept) ear.pause.at = Math.max(ear.pause.at, now - kept);
      lookedAt = now;
      for (let start = 0; start + block <= samples.length; start += block) {
        const at = now - (samples.length - start) / 48;
        if (at > ear.pause.at && !isSilent(start)) ear.pause.came(at);
      }
    };
    ear.quiet = () => Math.max(0, clock() - ear.pause.at);
    ear.rest = () => ear.pause.rest(clock());
    ear.close = () => {
      ear.use(null);
      analyser.disconnect();
    };
    return ear;
  };

  /** Looks at one person. */
  const watch = () => {
    const eye = { pause: pauses(awake()), track: null };
    const videos = [];
    const stop = video => {
      video.srcObject = null;
      video.remove();
    };
    // As the page does, shows the former track until the new one has a picture.
    eye.use = track => {
      if (track === eye.track) return;
      eye.track = track;
      if (track === null) videos.splice(0).forEach(stop);
      else show(track);
    };
    const show = track => {
      const video = Object.assign(document.createElement('video'), { muted: true, width: 32, height: 18, srcObject: new MediaStream([track]) });
      document.body.append(video);
      videos.push(video);
      const came = () => {
        if (!videos.includes(video)) return;
        eye.pause.came(awake());
        videos.splice(0, videos.indexOf(video)).forEach(stop);
        video.requestVideoFrameCallback(came);
      };
      video.requestVideoFrameCallback(came);
      video.play().catch(() => {});
    };
    eye.quiet = () => awake() - eye.pause.at;
    eye.rest = () => eye.pause.rest(awake());
    eye.close = () => videos.splice(0).forEach(stop);
    return eye;
  };

  globalThis.joinLight = async ({ meetingId, name, region, picturesPerSecond }) => {
    const { MeetClient, browserEnvironment } = await import('/sdk/index.js');
    const meeting = await new MeetClient({ environment: browserEnvironment() }).join(meetingId, { displayName: name, ...(region === undefined ? {} : { region }) });
    const person = { meeting, others: new Map(), self: meeting.snapshot.self.id, over: null, sources: [tone(), picture(picturesPerSecond)], screen: null, restarts: [], movedAt: 0, picturesPerSecond };
    globalThis.people.set(name, person);
    meeting.on('change', () => {
      noteRestarts(person);
      if (globalThis.people.get(name) === person) attend(person);
    });
    meeting.on('connection', ({ phase, code, waitingFor }) => {
      if (['failed', 'left', 'ended', 'removed'].includes(phase)) person.over ??= `${phase} ${code ?? ''}`.trim();
      if (phase === 'reconnecting' && waitingFor === 'signaling' && !isClosing) person.restarts.push('signaling');
    });
    await meeting.publish(person.sources[0].track, 'microphone');
    await meeting.publish(person.sources[1].track, 'camera');
  };

  globalThis.leaveLight = name => {
    const person = globalThis.people.get(name);
    globalThis.people.delete(name);
    person.meeting.leave();
    for (const { ear, eye, screen } of person.others.values()) [ear, eye, screen].forEach(sense => sense.close());
    [...person.sources, person.screen].filter(source => source !== null).forEach(end);
  };
  const end = ({ track, stop }) => {
    track.stop();
    stop();
  };

  /** Mutes or unmutes the microphone (`audio`) or the camera (`video`). */
  globalThis.muteLight = ({ name, kind, isMuted }) => {
    const { meeting } = globalThis.people.get(name);
    if (isMuted) meeting.mute(kind);
    else meeting.unmute(kind);
  };

  /** Shares a small moving picture as the screen. */
  globalThis.shareLight = async name => {
    const person = globalThis.people.get(name);
    person.screen = picture(person.picturesPerSecond);
    await person.meeting.publish(person.screen.track, 'screen');
  };

  globalThis.stopSharingLight = name => {
    const person = globalThis.people.get(name);
    person.meeting.unpublish('screen');
    end(person.screen);
    person.screen = null;
  };

  /** Notes the moves for which the connections were closed before others were open. */
  const noteRestarts = person => {
    for (const { at, reason } of person.meeting.snapshot.moves) {
      if (at <= person.movedAt) continue;
      person.movedAt = at;
      if (reason === 'moved' || reason === 'lost') person.restarts.push(`${reason} after ${person.meeting.snapshot.moves.filter(one => one.at < at).map(one => `${one.reason} ${Math.round(at - one.at)} ms before`).slice(-3).join(' and ') || 'no move'}`);
    }
  };

  /** Whether the text is stored; one that was not is sent again, as a user would. */
  globalThis.chatLight = ({ name, text }) => {
    const { meeting } = globalThis.people.get(name);
    const { messages, outgoing } = meeting.snapshot;
    if (messages.some(one => one.text === text)) return true;
    const waiting = outgoing.find(one => one.text === text);
    if (waiting === undefined) meeting.sendChat(text);
    else if (waiting.state === 'failed') meeting.resendChat(waiting.reference);
    return false;
  };

  /** Listens to and looks at what a person receives now. */
  const attend = ({ meeting, others }) => {
    // Of two with one name, the former has left and is not known to be gone.
    const present = new Map(meeting.snapshot.participants.map(one => [one.displayName, one.tracks]));
    const now = performance.now();
    for (const [name, tracks] of present) {
      if (!others.has(name)) others.set(name, { ear: listen(), eye: watch(), screen: watch() });
      const other = others.get(name);
      other.presentAt = now;
      other.ear.use(tracks.microphone ?? null);
      other.eye.use(tracks.camera ?? null);
      other.screen.use(tracks.screen ?? null);
    }
    // What is not sent is no pause.
    for (const [name, { ear, eye, screen }] of others) {
      const sender = globalThis.people.get(name);
      if (sender?.meeting.isMuted('audio')) ear.rest();
      if (sender?.meeting.isMuted('video')) eye.rest();
      if (!sender?.screen) screen.rest();
    }
    // Somebody who is back within seconds was missed.
    for (const [name, { ear, eye, screen, presentAt }] of others) {
      if (now - presentAt < 5_000) continue;
      [ear, eye, screen].forEach(sense => sense.close());
      others.delete(name);
    }
  };
  setInterval(() => {
    awake();
    for (const person of globalThis.people.values()) attend(person);
  }, 50);
  setInterval(() => { for (const { others } of globalThis.people.values()) for (const { ear } of others.values()) ear.look(); }, 300);

  const of = (others, value) => Object.fromEntries([...others].map(([name, senses]) => [name, Math.round(value(senses))]));
  const pausedOf = ({ snapshot: { participants, paused } }, source) => participants.filter(one => paused.some(track => track.participantId === one.id && track.source === source)).map(one => one.displayName);
  globalThis.lightStates = () => [...globalThis.people].map(([name, { meeting, others, self, over, restarts }]) => ({
    name,
    phase: meeting.snapshot.connection.phase,
    dropped: over ?? (meeting.snapshot.self.id === self ? null : 'joined again as another participant'),
    moves: meeting.snapshot.moves.length,
    restarts,
    sends: { audio: !meeting.isMuted('audio'), video: !meeting.isMuted('video') },
    told: Object.fromEntries(meeting.snapshot.participants.map(one => [one.displayName, { audio: one.audio, video: one.video, screen: one.tracks.screen !== undefined }])),
    others: meeting.snapshot.participants.map(one => one.displayName),
    paused: pausedOf(meeting, 'camera'),
    pausedScreens: pausedOf(meeting, 'screen'),
    unreachable: meeting.snapshot.participants.filter(one => meeting.snapshot.unreachable.includes(one.id)).map(one => one.displayName),
    unheard: of(others, ({ ear }) => ear.quiet()),
    unseen: of(others, ({ eye }) => eye.quiet()),
    screenUnseen: of(others, ({ screen: eye }) => eye.quiet()),
    silences: of(others, ({ ear }) => ear.pause.longest),
    freezes: of(others, ({ eye }) => eye.pause.longest),
    texts: meeting.snapshot.messages.map(one => one.text),
  }));
  /** What the statistics of both say about the picture that `name` gets of `other`, in one second. `source`: `camera` or `screen`. */
  globalThis.describePicture = async ({ name, other, source }) => {
    const [receiver, sender] = [name, other].map(one => globalThis.people.get(one)?.meeting);
    if (receiver === undefined || sender === undefined) return 'one of them has left';
    const { id } = sender.snapshot.self;
    await Promise.all([receiver, sender].map(meeting => meeting.getStats()));
    await new Promise(resolve => setTimeout(resolve, 1_000));
    const side = async (meeting, wanted) => {
      const { rttMs, paths, tracks } = await meeting.getStats();
      const { connection, moves, paused } = meeting.snapshot;
      const picture = tracks.filter(track => track.participantId === id && track.source === source && track.direction === wanted)
        .map(({ bitrate, lossFraction, framesPerSecond, layers, limitation }) => ({ bitrate, lossFraction, framesPerSecond, layers, limitation }));
      const last = moves.at(-1);
      return { phase: connection.phase, rttMs, paths: paths.length, picture, paused: paused.length, moves: moves.length, ...(last === undefined ? {} : { last: { ...last, at: Math.round(last.at - performance.now()) } }) };
    };
    return JSON.stringify({ receives: await side(receiver, 'receive'), sends: await side(sender, 'send') });
  };
  globalThis.longestStandstill = () => Math.round(longestStandstill);
  globalThis.restartPauses = () => {
    longestStandstill = 0;
    for (const { others } of globalThis.people.values()) for (const senses of others.values()) for (const { pause } of [senses.ear, senses.eye, senses.screen]) pause.longest = 0;
  };
};

let built = null;
/** The SDK as modules; built once. */
const build = () => (built ??= run('npm', ['--prefix', 'web', 'run', 'build', '-w', 'client']));

export class LightPeople {
  #page;
  #picturesPerSecond;

  /** `picturesPerSecond`: few, unless the pause of pictures is measured. */
  static async open(browser, url, { picturesPerSecond = 5 } = {}) {
    await build();
    const people = new LightPeople();
    people.#picturesPerSecond = picturesPerSecond;
    const page = people.#page = await browser.newPage();
    await page.addInitScript(script);
    await page.route('**/sdk/**', async route => {
      const path = new URL(route.request().url()).pathname.replace('/sdk/', '');
      await route.fulfill({ contentType: 'text/javascript', body: await readFile(sdk + path, 'utf8') });
    });
    await page.goto(`${url}/healthz`);
    return people;
  }

  /** Joins a meeting and sends sound and pictures. Names differ within a page. */
  async join(meetingId, name, region = undefined) {
    const late = setTimeout(60_000, false, { ref: false });
    const joined = this.#page.evaluate(person => globalThis.joinLight(person), { meetingId, name, region, picturesPerSecond: this.#picturesPerSecond });
    if (await Promise.race([joined, late]) === false) throw new Error(`${name} did not join within 60 s; ${JSON.stringify(await this.states())}`);
  }

  /** Leaves, or forgets somebody whose meeting is over. */
  leave(name) {
    return this.#page.evaluate(person => globalThis.leaveLight(person), name);
  }

  /** Mutes or unmutes the microphone (`audio`) or the camera (`video`). What is muted is neither unheard nor unseen. */
  mute(name, kind, isMuted = true) {
    return this.#page.evaluate(change => globalThis.muteLight(change), { name, kind, isMuted });
  }

  /** Shares a small moving picture as the screen. Does not wait for the media node. */
  share(name) {
    return this.#page.evaluate(person => { void globalThis.shareLight(person); }, name);
  }

  stopSharing(name) {
    return this.#page.evaluate(person => globalThis.stopSharingLight(person), name);
  }

  /** Sends a line and waits until it is stored. */
  chat(name, text) {
    return until(() => this.#page.evaluate(message => globalThis.chatLight(message), { name, text }), `${name} sends a chat message`, 60_000);
  }

  /**
   * For each person: `name`, `phase`, why they were `dropped` or null, how often the media node changed (`moves`), where a connection was closed before the next one was open (`restarts`, a
   * list: `moved` and `lost` are moves of that kind, with the moves before them; `signaling` is a socket that was lost, and not one that the SDK replaces for a better path), what they
   * send according to their SDK (`sends: { audio, video }`), and by name of the other what they are `told` of that and of a `screen`, the names of the `others` and of those who the SDK says
   * are `unreachable`, of those whose camera (`paused`) or screen (`pausedScreens`) the media node does not send because the line is too narrow, the `texts` of the chat, and by name of the
   * other, in ms: how long they have not been heard (`unheard`) or seen (`unseen`), or their screen has not been seen while they share it (`screenUnseen`), and their longest pauses since
   * `restart` (`silences`, and `freezes`, in which the usual time between two pictures counts). They do not include a pause that has not ended.
   */
  states() {
    return this.#page.evaluate(() => globalThis.lightStates());
  }

  /** For how long at a time the page has stood still since `restart`, in ms; 0 below 300. No pause includes that time. */
  longestStandstill() {
    return this.#page.evaluate(() => globalThis.longestStandstill());
  }

  /** Why one person does not see another one, or their screen: what the statistics of both say, as text. */
  describe(name, other, source = 'camera') {
    return this.#page.evaluate(picture => globalThis.describePicture(picture), { name, other, source });
  }

  /** From now on, `states` has the longest pauses since now. */
  restart() {
    return this.#page.evaluate(() => globalThis.restartPauses());
  }

  /** Waits until each of `count` people hears and sees those of the others for which `expects(name, other)` is true; then restarts. */
  async meet(count, expects = () => true, within = 60_000) {
    const perceives = ({ name, others, unheard, unseen }) => others.length > 0 && others.filter(other => expects(name, other)).every(other => unheard[other] < 500 && unseen[other] < 1_000);
    let states;
    await until(async () => {
      states = await this.states();
      return states.length === count && states.every(perceives);
    }, `${count} people hear and see each other`, within).catch(error => { throw new Error(`${error.message}: ${JSON.stringify(states)}`); });
    await this.restart();
  }

  close() {
    return this.#page.close();
  }
}
