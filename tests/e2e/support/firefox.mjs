import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { lightCapture, watchConnections } from './browser.mjs';
import { describePage, until } from './visitor.mjs';

const preferences = {
  'intl.accept_languages': 'en-US, en',
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // Firefox ignores loopback candidates by default; in the tests, the media node runs on the same machine.
  'media.peerconnection.ice.loopback': true,
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** Debian's Firefox. */
export const firefox = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** Starts Debian's Firefox, controlled over WebDriver BiDi. */
export function launchFirefox(more = {}) {
  return puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true, extraPrefsFirefox: preferences, env: { ...process.env, ...codecPlugin() }, ...more });
}

/** The plugin with which Firefox has H.264. It is built in a second; without the headers of OpenH264, Firefox starts without H.264. */
function codecPlugin() {
  if (!existsSync('/usr/include/wels/codec_api.h')) return {};
  return { MOZ_GMP_PATH: execFileSync(fileURLToPath(new URL('../openh264/build.sh', import.meta.url)), { encoding: 'utf8' }).trim() };
}

/** The codecs of pictures that the browser offers, as `video/VP8`. */
export async function offeredCodecs(browser) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async () => {
      const connection = new globalThis.RTCPeerConnection();
      connection.addTransceiver('video', { direction: 'sendonly' });
      const { sdp } = await connection.createOffer();
      connection.close();
      return [...new Set([...sdp.matchAll(/^a=rtpmap:\d+ ([^/]+)\/90000/gm)].map(([, name]) => `video/${name}`).filter(name => !/rtx|red|ulpfec/.test(name)))];
    });
  } finally {
    await page.close();
  }
}

/** A user with a Firefox window. */
export class FirefoxVisitor {
  constructor(page, name) {
    Object.assign(this, { page, name });
  }

  /** `prepare` gets the page before it is opened. */
  static async enter(browser, product, meetingId, name, { prepare, ...capture } = {}) {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await prepare?.(page);
    await page.evaluateOnNewDocument(lightCapture, capture);
    await page.evaluateOnNewDocument(watchConnections);
    await page.goto(`${product.url}/m/${meetingId}`);
    await page.waitForSelector('[data-testid=preview][data-live=true]');
    await page.$eval('[data-testid=name-input]', input => { input.focus(); input.select(); }); // the page remembers the name of an earlier visit
    await page.keyboard.type(name);
    await page.click('[data-testid=join-button]');
    const visitor = new FirefoxVisitor(page, name);
    await visitor.connected();
    return visitor;
  }

  async connected() {
    await this.page.waitForSelector('[data-testid=meeting][data-phase=connected]');
  }

  /** What the page has received so far: decoded frames and their codecs, sound energy and lost packets, from the browser's statistics. */
  received() {
    return this.page.evaluate(async () => {
      const sum = { frames: 0, codecs: [], energy: 0, lost: 0 };
      for (const connection of globalThis.connections) {
        if (connection.connectionState === 'closed') continue;
        const report = await connection.getStats();
        report.forEach(record => {
          if (record.type !== 'inbound-rtp') return;
          if (record.framesDecoded > 0) sum.codecs.push(report.get(record.codecId)?.mimeType);
          sum.frames += record.framesDecoded ?? 0;
          sum.energy += record.totalAudioEnergy ?? 0;
          sum.lost += record.packetsLost ?? 0;
        });
      }
      return sum;
    });
  }

  /** The layers of the camera that the browser has encoded so far: RID, codec, and width in pixels. */
  layers() {
    return this.page.evaluate(async () => {
      const layers = [];
      for (const connection of globalThis.connections) {
        const report = await connection.getStats();
        report.forEach(record => {
          if (record.type === 'outbound-rtp' && record.kind === 'video' && record.framesEncoded > 0) layers.push({ rid: record.rid, codec: report.get(record.codecId)?.mimeType, width: record.frameWidth });
        });
      }
      return layers;
    });
  }

  async waitForVideoAndSound() {
    const before = await this.received();
    await until(async () => {
      const now = await this.received();
      return now.frames >= before.frames + 20 && now.energy > before.energy + 1e-4;
    }, `${this.name} receives video and sound`, 60_000);
  }

  describe() {
    return describePage(this);
  }

  close() {
    return this.page.close();
  }
}
