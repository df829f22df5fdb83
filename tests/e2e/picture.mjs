// Usage: node picture.mjs [file]
// Makes the picture of a meeting in the README, docs/images/meeting.png, from the product at MEET_URL or from a new one.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './support/browser.mjs';
import { portraitCamera, portraits } from './support/portrait-camera.mjs';
import { createMeeting, openProduct } from './support/product.mjs';
import { until, Visitor } from './support/visitor.mjs';

const file = process.argv[2] ?? fileURLToPath(new URL('../../docs/images/meeting.png', import.meta.url));
const size = { width: 1280, height: 800 };
const product = await openProduct();
const browser = await launch();
try {
  const { meetingId } = await createMeeting(product, { title: 'Weekly review' });
  const arrive = async (name, look, speaks = false) => {
    const visitor = await Visitor.arrive(browser, product, name, { viewport: size });
    await visitor.page.addInitScript(portraitCamera, { look, speaks });
    await visitor.enter(meetingId);
    return visitor;
  };
  const amara = await arrive('Amara Okafor', portraits.amara, true);
  const jonas = await arrive('Jonas Weber', portraits.jonas);
  const mei = await arrive('Mei Tanaka', portraits.mei);
  const sam = await arrive('Sam Rivera', portraits.sam);
  const { page } = sam;

  for (const name of [amara, jonas, mei].map(visitor => visitor.name)) await sam.waitForVideo(name);
  await jonas.control('microphone').click();
  await amara.sendMessage('Good morning! The agenda: https://example.org/agenda');
  await jonas.sendMessage('Thanks. I can take the notes today.');
  await mei.sendMessage('The rollout finished overnight. No meeting was interrupted.');
  await sam.sendMessage('Great work!');

  await page.locator('[data-testid=tile][data-speaking=true]').waitFor();
  await page.locator('[data-testid=tile][data-muted=true]').waitFor();
  await page.locator('[data-testid=quality][data-quality=good]').waitFor();
  await until(async () => await page.getByTestId('chat-message').count() === 4 && await page.getByTestId('chat-outgoing').count() === 0, 'the messages are stored');
  await until(async () => await page.getByTestId('toasts').locator('p').count() === 0, 'the last toast is gone');
  await page.evaluate(() => { globalThis.document.activeElement?.blur(); });

  mkdirSync(dirname(file), { recursive: true });
  await page.screenshot({ path: file });
  console.log(`${file}: ${size.width} × ${size.height}, ${Math.round(statSync(file).size / 1000)} kB`);
} finally {
  await browser.close();
  await product.close();
}
