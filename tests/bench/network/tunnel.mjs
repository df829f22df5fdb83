// A call on a tunnel through an HTTP proxy, on a line of 1 Mbit/s: how much of the sound is missing, and how late it is.
import { busyCamera } from '../../e2e/support/busy-camera.mjs';
import { startProxy } from '../../e2e/support/http-proxy.mjs';
import { createMeeting } from '../../e2e/support/product.mjs';
import { Visitor } from '../../e2e/support/visitor.mjs';
import { hearEachOther, talk, talking } from './talk.mjs';

const lineKbps = 1_000;
const seconds = 60;
const frameRate = 15;

/**
 * Prints `tunnel.concealed` (the percentage of the sound that was missing or made up, of the two directions the larger one) and `tunnel.delay` (from the microphone to the loudspeaker, 95th percentile of all
 * beeps in the worse direction), while both have cameras on whose pictures need more than the line has.
 */
export async function measureTunnel({ product, network, outside, print }) {
  const proxy = await startProxy([product.page.ports].flat().map(String));
  const inside = await network.launch(product.page.ports, [`--proxy-server=http://${network.host.ipv4}:${proxy.port}`, '--proxy-bypass-list=<-loopback>']);
  const people = [];
  try {
    network.allow([{ family: 4, protocol: 'tcp', ports: proxy.port }]);
    network.narrow(lineKbps);
    const meeting = await createMeeting(product);
    for (const [browser, name] of [[outside, 'Bob'], [inside, 'Ada']]) {
      const person = await Visitor.arrive(browser, product, name, { frameRate });
      people.push(person);
      await person.page.addInitScript(busyCamera, frameRate);
      await person.page.addInitScript(talk, talking);
      await person.enter(meeting.meetingId);
    }
    const [bob, ada] = people;
    await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
    await ada.page.locator('[data-testid=tunnel-banner][data-state=on]').waitFor();
    await ada.page.waitForTimeout(5_000); // the media node has found out what the line carries
    const directions = await hearEachOther(people, seconds);
    const late = directions.map(({ delays }) => delays.sort((one, other) => one - other)[Math.ceil(0.95 * delays.length) - 1] ?? Infinity);
    console.error(`from Ada to Bob and from Bob to Ada: ${directions.map(({ delays, missing }, index) => `${delays.length} beeps, ${Math.round(late[index])} ms, ${(100 * missing).toFixed(2)} % missing`).join('; ')}`);
    print('tunnel.concealed', 100 * Math.max(...directions.map(({ missing }) => missing)), '%', 2);
    print('tunnel.delay', Math.max(...late), 'ms', 400);
  } finally {
    await Promise.all(people.map(person => person.close()));
    network.narrow(null);
    await inside.close();
    await proxy.close();
  }
}
