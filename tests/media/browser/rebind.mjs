// Usage: node rebind.mjs <control address> <callers>
// A Chromium plays through a NAT that changes its port during the call. Prints how long the video is frozen, in milliseconds.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'
import { Nat } from './nat.mjs'

const [address, callers] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `rebind-${process.pid}`
const generation = 1
const opened = []
let nat
try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  opened.push(...await Promise.all([openPage(), openPage()]))
  const [alice, bob] = opened.map(o => o.page)
  const path = name => `/v1/rooms/${room}/participants/${name}`
  const answer = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.evaluate(o => media.publish(o), {}) })
  await alice.evaluate(sdp => media.published(sdp), answer.sdp)

  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  const candidate = /^(a=candidate:1 1 udp \d+ 127\.0\.0\.1) (\d+)/mg
  nat = await Nat.start(Number(candidate.exec(offer.sdp)[2]))
  const sdp = await bob.evaluate(s => media.subscribe(s), offer.sdp.replace(candidate, `$1 ${nat.port}`))
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp })
  const frames = async () => (await bob.evaluate(() => media.inbound('subscriber'))).video.frames
  await until('video frames', async () => await frames() > 30)

  await nat.rebind()
  const [before, started] = [await frames(), Date.now()]
  await until('video frames through the new mapping', async () => await frames() > before + 30)
  console.log(JSON.stringify({ frozenMs: Date.now() - started }))
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  for (const p of opened) await p.close()
  nat?.close()
}
