import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

/**
 * A UDP relay between the browser of one person and a media node, which loses and delays packets, the same share and for the same
 * time in both directions, and has a rate in each. The losses are seeded.
 */
export class BadLine {
  /** Share of the packets that is lost in each direction, 0 to 1. */
  loss = 0;
  /** Milliseconds in each direction. */
  delay = 0;
  /** Bits per second towards the browser. */
  rate = Infinity;
  /** Bits per second towards the media node. */
  uplinkRate = Infinity;
  /** Milliseconds; packets that would wait longer for the rate are lost. */
  longestQueue = 500;
  /** Gets how long each packet towards the browser waits for the rate, in milliseconds. A packet that is lost because of it waits for the longest time. */
  onWait = () => {};
  /** When the last packet that waits for the rate leaves, for each direction. */
  #freeAt = { down: 0, up: 0 };
  #random;
  #socket = createSocket('udp4');
  #node = null;
  #upstream = new Map();
  #isOpen = true;
  #address;
  #at;

  /**
   * @param {number} [seed] of the losses
   * @param {string} [address] that the media node sees. People without a line have 127.0.0.1, so the media node tries whether somebody with that address shares a line with them.
   * @param {string} [at] the address that the browser sends to.
   */
  constructor(seed = 1, address = '127.0.0.2', at = '127.0.0.1') {
    this.#random = seededRandom(seed);
    this.#address = address;
    this.#at = at;
  }

  /** Opens the line and returns its port, to which the browser sends. */
  async open() {
    this.#socket.on('message', (data, from) => this.#queueUp('up', this.uplinkRate, data.length, () => this.#upstreamOf(from).send(data, this.#node.port, this.#node.address)));
    await new Promise(resolve => this.#socket.bind(0, this.#at, resolve));
    return this.#socket.address().port;
  }

  /** The address of the media node, from a candidate that the browser got. */
  connectTo(address, port) {
    this.#node = { address, port };
  }

  /** How long a packet from the media node that arrives now waits for the rate, in milliseconds. */
  get queue() {
    return this.#queueOf('down');
  }

  close() {
    this.#isOpen = false;
    for (const socket of [this.#socket, ...this.#upstream.values()]) socket.close();
  }

  #upstreamOf(client) {
    const key = `${client.address}:${client.port}`;
    let socket = this.#upstream.get(key);
    if (socket === undefined) {
      socket = createSocket('udp4');
      socket.bind(0, this.#address);
      socket.on('message', data => this.#queueUp('down', this.rate, data.length, () => this.#socket.send(data, client.port, client.address)));
      this.#upstream.set(key, socket);
    }
    return socket;
  }

  #queueOf(direction) {
    return Math.max(0, this.#freeAt[direction] - performance.now());
  }

  #queueUp(direction, rate, bytes, send) {
    const queue = this.#queueOf(direction);
    if (direction === 'down') this.onWait(Math.min(queue, this.longestQueue));
    if (queue > this.longestQueue) return;
    const wait = rate === Infinity ? 0 : queue + bytes * 8_000 / rate;
    this.#freeAt[direction] = performance.now() + wait;
    this.#pass(send, wait);
  }

  #pass(send, wait) {
    if (this.#random() < this.loss) return;
    setTimeout(() => this.#isOpen && send(), this.delay + wait);
  }
}

/** An IPv4 address of this machine that is not a loopback address, which Firefox needs for a line; undefined without a network. */
export const hostAddress = () => Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The lines of people to all addresses that they connect to, one line for each. */
export class Lines {
  #open = new Map();
  #all = [];

  /** The connections of the page use these lines. Call this before the page is opened. */
  async attach(page) {
    await page.exposeFunction('reportNode', (address, port) => this.#portTo(address, port));
    await page.addInitScript(useLine);
  }

  /** The present lines carry nothing more, in either direction. What is negotiated from now on uses new ones. */
  cut() {
    for (const line of this.#all) line.loss = 1;
    this.#open.clear();
  }

  close() {
    for (const line of this.#all) line.close();
  }

  #portTo(address, port) {
    const target = `${address}:${port}`;
    if (!this.#open.has(target)) {
      const line = new BadLine();
      line.connectTo(address, port);
      this.#all.push(line);
      this.#open.set(target, line.open());
    }
    return this.#open.get(target);
  }
}

/** Runs in the page: all connections go to the line instead of the other side. Reports the address of the other side, and uses the port that it gets for it, or else `port`. `at` is the address of the line. */
export const useLine = (port, at = '127.0.0.1') => {
  const apply = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function (description) {
    if (!description?.sdp) return apply.call(this, description);
    const [first] = description.sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (127\.\S+|\d+\.\S+) (\d+) typ host.*\r\n/gim);
    const linePort = first ? await globalThis.reportNode(first[1], Number(first[2])) ?? port : port;
    const sdp = description.sdp.replaceAll(/^a=candidate:.*\r\n/gim, line => (line === first?.[0] ? line.replace(`${first[1]} ${first[2]} typ`, `${at} ${linePort} typ`) : ''));
    return apply.call(this, { type: description.type, sdp });
  };
};
