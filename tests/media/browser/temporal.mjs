// Usage: node temporal.mjs <control address> <callers> <codec> <mode>
// One Chromium publishes a camera of one size with temporal layers, and another plays it over a line that becomes narrow and wide again. Prints one JSON line with what the
// second one shows; exits with code 1 when the number of pictures does not follow the line.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'
import { Nat } from './nat.mjs'

const [address, callers, codec, mode] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `temporal-${process.pid}`
const generation = 1
const path = name => `/v1/rooms/${room}/participants/${name}`
const windowMs = 2000
const opened = []
let nat

try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  opened.push(...await Promise.all([openPage(), openPage()]))
  const [alice, bob] = opened.map(o => o.page)
  const answer = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.evaluate(o => media.publish(o), { codec, mode, width: 640, height: 360 }) })
  await alice.evaluate(sdp => media.published(sdp), answer.sdp)

  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  const candidate = /^(a=candidate:1 1 udp \d+ 127\.0\.0\.1) (\d+)/mg
  nat = await Nat.start(Number(candidate.exec(offer.sdp)[2]))
  const sdp = await bob.evaluate(s => media.subscribe(s), offer.sdp.replace(candidate, `$1 ${nat.port}`))
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp })

  const read = async () => {
    const [inbound, outbound] = await Promise.all([bob.evaluate(() => media.inbound('subscriber')), alice.evaluate(() => media.outbound())])
    return { ...inbound, encoded: outbound.video?.frames ?? 0, at: Date.now() }
  }
  /** Pictures and bits a second in the next two seconds, and the share of the encoded pictures: on a busy machine, the encoder makes fewer. */
  const measure = async () => {
    const before = await read()
    await new Promise(resolve => setTimeout(resolve, windowMs))
    const after = await read()
    const perSecond = count => count / ((after.at - before.at) / 1000)
    return {
      width: after.video.width,
      keys: after.video.key - before.video.key,
      pictures: Math.round(perSecond(after.video.frames - before.video.frames)),
      share: (after.video.frames - before.video.frames) / (after.encoded - before.encoded),
      bits: Math.round(8 * perSecond(after.video.bytes + after.audio.bytes - before.video.bytes - before.audio.bytes)),
    }
  }
  const seen = {}
  await until('all pictures, and the encoder no longer takes more bits', async () => {
    const before = seen.wide
    seen.wide = await measure()
    return { before, ...seen.wide, ok: seen.wide.pictures >= 10 && seen.wide.share > 0.85 && seen.wide.width === 640 && before?.bits > 0.95 * seen.wide.bits }
  }, 60)
  nat.bitsPerSecond = 0.85 * seen.wide.bits // half of the pictures need 60 to 70 %
  let steady = 0
  await until('fewer pictures on a narrow line, for six seconds and without a key frame', async () => {
    seen.narrow = await measure()
    const { width, keys, share } = seen.narrow
    steady = width === 640 && keys === 0 && share > 0.2 && share < 0.7 ? steady + 1 : 0
    return { ...seen, ok: steady === 3 }
  }, 90)
  nat.bitsPerSecond = Infinity
  await until('all pictures again', async () => {
    seen.again = await measure()
    return { ...seen, ok: seen.again.share > 0.85 }
  }, 60)
  console.log(JSON.stringify(seen))
} catch (error) {
  for (const p of opened) console.error(JSON.stringify(await p.page.evaluate(() => media.states()).catch(String)))
  console.error(error)
  process.exitCode = 1
} finally {
  for (const p of opened) await p.close()
  nat?.close()
}
