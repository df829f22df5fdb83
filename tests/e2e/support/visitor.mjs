import { lightCapture, watchConnections } from './browser.mjs';
import { until } from './until.mjs';

export { until };

/** How long a visitor waits for an expected state, even on a busy machine. Tests that check a time limit pass their own. */
const defaultTimeoutMs = 60_000;

/** Runs in the page: records when Join was clicked and when the first frame of another participant was drawn. */
const watchFirstFrame = () => {
  globalThis.marks = {};
  addEventListener('click', event => {
    if (event.target.closest?.('[data-testid=join-button]')) globalThis.marks.join = performance.now();
  }, true);
  const look = () => {
    for (const video of document.querySelectorAll('[data-testid=tile][data-self=false] video')) {
      if (video.dataset.watched) continue;
      video.dataset.watched = 'yes';
      video.requestVideoFrameCallback(now => { globalThis.marks.frame ??= now; });
    }
  };
  addEventListener('DOMContentLoaded', () => new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true }));
};

/** A user with a browser window of their own. */
export class Visitor {
  constructor(context, page, product, name, frameRate) {
    Object.assign(this, { context, page, product, name, frameRate });
  }

  static async arrive(browser, product, name, { frameRate = 10, width = 320, ...options } = {}) {
    // Half the scale takes a quarter of the drawing, and the layout stays the same.
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 960, height: 640 }, deviceScaleFactor: 0.5, permissions: ['camera', 'microphone', 'clipboard-read', 'clipboard-write'], ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(defaultTimeoutMs);
    await page.addInitScript(lightCapture, { frameRate, width });
    for (const script of [watchConnections, watchFirstFrame]) await page.addInitScript(script);
    return new Visitor(context, page, product, name, frameRate);
  }

  async enter(meetingId, region = undefined) {
    await this.page.goto(`${this.product.url}/m/${meetingId}${region === undefined ? '' : `?region=${region}`}`);
    await this.join();
  }

  async join() {
    await this.page.getByTestId('name-input').fill(this.name);
    // A user joins after the preview shows the camera.
    await this.page.locator('[data-testid=preview][data-live=true]').waitFor();
    await this.page.getByTestId('join-button').click();
    await this.connected();
  }

  async connected(timeout = defaultTimeoutMs) {
    await this.page.locator('[data-testid=meeting][data-phase=connected]').waitFor({ timeout });
  }

  id() {
    return this.page.getByTestId('meeting').getAttribute('data-self');
  }

  control(name) {
    return this.page.getByTestId(`control-${name}`);
  }

  /** The tile of another participant. */
  tile(name, source = 'camera') {
    const label = source === 'screen' ? `${name}’s screen` : name;
    return this.page.locator(`[data-testid=tile][data-self=false][data-source=${source}]`).filter({ has: this.page.getByText(label, { exact: true }) });
  }

  notice(name) {
    return this.page.locator(`[data-testid=notice][data-notice=${name}]`);
  }

  /** Waits until the tile has drawn further frames: one second of video unless `more` says otherwise. */
  async waitForVideo(name, source = 'camera', more = this.frameRate) {
    const drawn = async () => this.tile(name, source).locator('video').last().evaluate(video => video.getVideoPlaybackQuality().totalVideoFrames, undefined, { timeout: defaultTimeoutMs });
    await until(grows(drawn, more), `${this.name} sees the ${source} of ${name}`);
  }

  /** The energy of the received sound, which stays the same during silence, and the seconds of sound that were played, including silence. */
  async sound() {
    return this.page.evaluate(async () => {
      let energy = 0;
      let played = 0;
      for (const connection of globalThis.connections) {
        if (connection.connectionState === 'closed') continue;
        (await connection.getStats()).forEach(record => { 
          if (record.type !== 'inbound-rtp' || record.kind !== 'audio') return;
          energy += record.totalAudioEnergy ?? 0;
          played += record.totalSamplesDuration ?? 0;
        });
      }
      return { energy, played };
    });
  }

  /** For each connection, the codecs of sound that the media node agreed to, in its order; a browser sends the first one. Statistics name the codec inside redundant audio instead. */
  async audioCodecs() {
    return this.page.evaluate(() => globalThis.connections.filter(connection => connection.connectionState === 'connected').map(({ remoteDescription: { sdp } }) =>
      sdp.match(/^m=audio \d+ \S+ (.*)$/m)[1].trim().split(' ').map(type => sdp.match(new RegExp(`^a=rtpmap:${type} ([^/]+)`, 'm'))[1])));
  }

  async soundEnergy() {
    return (await this.sound()).energy;
  }

  /** The number of RTP packets that the page has sent. */
  async sentPackets() {
    return this.page.evaluate(async () => {
      let packets = 0;
      for (const connection of globalThis.connections) {
        if (connection.connectionState !== 'connected') continue;
        (await connection.getStats()).forEach(record => { if (record.type === 'outbound-rtp') packets += record.packetsSent ?? 0; });
      }
      return packets;
    });
  }

  async waitForSound() {
    await until(grows(() => this.soundEnergy(), 1e-4), `${this.name} hears another participant`);
  }

  async sendMessage(text) {
    if (await this.page.getByTestId('chat-panel').count() === 0) await this.control('chat').click();
    await this.page.getByTestId('chat-input').fill(text);
    await this.page.getByTestId('chat-send').click();
  }

  async waitForMessage(text) {
    if (await this.page.getByTestId('chat-panel').count() === 0) await this.control('chat').click();
    await this.page.getByTestId('chat-text').filter({ hasText: text }).waitFor();
  }

  describe() {
    return describePage(this);
  }

  marks() {
    return this.page.evaluate(() => globalThis.marks);
  }

  close() {
    return this.context.close();
  }
}

/** What the page of a visitor shows and what its connections receive, for the report of a test that failed. */
export async function describePage({ name, page }) {
  const late = new Promise(resolve => setTimeout(resolve, 5_000, 'the page does not respond'));
  return `${name} sees: ${await Promise.race([page.evaluate(report), late]).catch(error => error.message)}`;
}

/** Adds the text of the visitors' pages to the error of a failed test. */
export async function describeOnFailure(visitors, run) {
  try {
    return await run();
  } catch (error) {
    const pages = `\n${(await Promise.all(visitors.map(visitor => visitor.describe()))).join('\n')}`;
    error.message += pages;
    error.stack += pages; // The reporter prints the stack, whose message is that of the time of the error.
    throw error;
  }
}

/** A condition: the count has grown by `by` since its lowest value. A count falls when a new connection starts at zero. */
function grows(count, by) {
  let least = Infinity;
  return async () => {
    const now = await count();
    least = Math.min(least, now);
    return now - least >= by;
  };
}


/** Runs in the page: its text, its tiles, and the paths and streams of its connections. */
async function report() {
  const lines = [document.body.innerText.replaceAll(/\s+/g, ' ').slice(0, 300)];
  for (const tile of document.querySelectorAll('[data-testid=tile]')) {
    const videos = [...tile.querySelectorAll('video')].map(video =>
      `${video.getVideoPlaybackQuality().totalVideoFrames} frames, ready ${video.readyState}, paused ${video.paused}, tracks ${video.srcObject?.getTracks().map(track => `${track.readyState}${track.muted ? ' muted' : ''}`)}`);
    lines.push(`tile ${tile.dataset.source} "${tile.innerText.replaceAll(/\s+/g, ' ')}": ${videos.join('; ') || 'no video'}`);
  }
  for (const [index, connection] of (globalThis.connections ?? []).entries()) {
    lines.push(`connection ${index}: ${connection.connectionState}, ICE ${connection.iceConnectionState}, signaling ${connection.signalingState}`);
    if (connection.connectionState === 'closed') continue;
    const stats = await connection.getStats();
    const address = id => {
      const { relayProtocol, protocol, address: host, port } = stats.get(id) ?? {};
      return [relayProtocol, protocol, host, port].filter(part => part !== undefined).join(' ') || 'unknown';
    };
    stats.forEach(({ type, state, nominated, localCandidateId, remoteCandidateId, requestsSent, responsesReceived }) => {
      if (type === 'candidate-pair') lines.push(`  pair ${address(localCandidateId)} → ${address(remoteCandidateId)}: ${JSON.stringify({ state, nominated, requestsSent, responsesReceived })}`);
    });
    stats.forEach(({ type, kind, mid, packetsReceived, packetsLost, framesReceived, framesDecoded, keyFramesDecoded, pliCount, packetsSent, framesEncoded }) => {
      if (type === 'inbound-rtp') lines.push(`  in ${kind} ${mid}: ${JSON.stringify({ packetsReceived, packetsLost, framesReceived, framesDecoded, keyFramesDecoded, pliCount })}`);
      if (type === 'outbound-rtp') lines.push(`  out ${kind} ${mid}: ${JSON.stringify({ packetsSent, framesEncoded, pliCount })}`);
    });
  }
  return lines.join('\n    ');
}
