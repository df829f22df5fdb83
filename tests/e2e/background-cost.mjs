// Measures what a background costs for each frame in Chromium and in Firefox: node background-cost.mjs [--seconds N]. Prints one line of JSON for each browser.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { launch } from './support/browser.mjs';
import { launchFirefox } from './support/firefox.mjs';
import { createMeeting, openProduct } from './support/product.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds must be an integer of at least 1');

/** Runs in the worker, before its script: tells how long each frame takes, from its arrival until the changed one is passed on, as the page counts it. */
const watchWorker = () => {
  const channel = new BroadcastChannel('cost');
  let since = 0;
  const reader = globalThis.ReadableStreamDefaultReader.prototype;
  const writer = globalThis.WritableStreamDefaultWriter.prototype;
  const { read } = reader;
  const { write } = writer;
  reader.read = async function readTimed() {
    const result = await read.call(this);
    since = performance.now();
    return result;
  };
  writer.write = async function writeTimed(frame) {
    await write.call(this, frame);
    channel.postMessage(performance.now() - since);
  };
};

/** Runs in the page, before its scripts: a blurred background is remembered, and what reads and draws frames in the page is timed. */
const watchPage = () => {
  localStorage.setItem('meet.devices', JSON.stringify({ background: 'blur' }));
  globalThis.times = [];
  globalThis.spent = 0;
  new BroadcastChannel('cost').onmessage = ({ data }) => globalThis.times.push(data);
  const timed = run => {
    const since = performance.now();
    try {
      return run();
    } finally {
      globalThis.spent += performance.now() - since;
    }
  };
  const Frame = globalThis.VideoFrame;
  globalThis.VideoFrame = class {
    constructor(...parts) {
      return timed(() => new Frame(...parts));
    }
  };
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function drawTimed(...parts) {
    return timed(() => drawImage.apply(this, parts));
  };
};

/** Passes everything on to the product, and puts `watchWorker` before the script of the worker. */
async function openProxy(product) {
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(`${product.url}${request.url}`);
    response.writeHead(status, headers).end(body);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

async function answer(url) {
  const response = await fetch(url);
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !['content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name)));
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers, body: url.includes('background-worker') ? Buffer.concat([Buffer.from(`(${watchWorker})();\n`), body]) : body };
}

async function measure(name, open, url) {
  const browser = await open();
  try {
    const page = await browser.newPage();
    await (page.addInitScript === undefined ? page.evaluateOnNewDocument(watchPage) : page.addInitScript(watchPage));
    await page.goto(url);
    await page.waitForSelector('[data-testid=preview][data-live=true]');
    await new Promise(resolve => setTimeout(resolve, 3_000));
    await page.evaluate(() => { [globalThis.times, globalThis.spent] = [[], 0]; });
    await new Promise(resolve => setTimeout(resolve, 1_000 * seconds));
    const { times, spent, ...size } = await page.evaluate(() => {
      const { videoWidth: width, videoHeight: height } = document.querySelector('[data-testid=preview] video');
      return { times: globalThis.times.sort((one, other) => one - other), spent: globalThis.spent, width, height };
    });
    const rounded = milliseconds => Math.round(10 * milliseconds) / 10;
    const at = share => rounded(times[Math.floor(share * (times.length - 1))]);
    console.log(JSON.stringify({ browser: name, ...size, framesPerSecond: rounded(times.length / seconds), workerMs: { median: at(0.5), p95: at(0.95) }, pageMs: rounded(spent / times.length) }));
  } finally {
    await browser.close();
  }
}

const product = await openProduct();
const proxy = await openProxy(product);
try {
  const { meetingId } = await createMeeting(product);
  await measure('chromium', launch, `${proxy.url}/m/${meetingId}`);
  await measure('firefox', launchFirefox, `${proxy.url}/m/${meetingId}`);
} finally {
  proxy.close();
  await product.close();
}
