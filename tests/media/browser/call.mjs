// Usage: node call.mjs <control address> <callers> [codec] [protocol]
// With a protocol (udp or tcp), the browsers get only the node's candidates of that protocol.
// One Chromium publishes and another subscribes through the node. Prints one JSON line; exits with code 1 when media does not flow.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers, codec, protocol] = process.argv.slice(2)
const only = sdp => protocol ? sdp.split('\r\n').filter(line => !line.startsWith('a=candidate:') || line.split(' ')[2] === protocol).join('\r\n') : sdp
const node = new NodeControl(address, callers)
const room = `call-${process.pid}`
const generation = 1
const opened = []
let watching
try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  const offers = []
  watching = node.watch(room, event => { if (event.type === 'offer' && event.participantId === 'bob') offers.push(event) })
  const [alice, bob] = await Promise.all([openPage(), openPage()])
  opened.push(alice, bob)

  const path = name => `/v1/rooms/${room}/participants/${name}`
  const answer = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.page.evaluate(o => media.publish(o), { codec }) })
  await alice.page.evaluate(sdp => media.published(sdp), only(answer.sdp))

  const started = Date.now()
  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  const sdp = await bob.page.evaluate(s => media.subscribe(s), only(offer.sdp))
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp })

  const seen = await until('video and audio received', async () => {
    const inbound = await bob.page.evaluate(() => media.inbound('subscriber'))
    return { ...inbound, ok: inbound.video.frames > 0 && inbound.audio.packets > 0 }
  })
  const firstFrameMs = Date.now() - started
  await new Promise(resolve => setTimeout(resolve, Number(process.env.HOLD ?? 3) * 1000))
  const inbound = await bob.page.evaluate(() => media.inbound('subscriber'))
  const outbound = await alice.page.evaluate(() => media.outbound())
  if (inbound.video.frames <= seen.video.frames) throw new Error('the video is frozen')
  console.log(JSON.stringify({ firstFrameMs, inbound, outbound, protocols: [await alice.page.evaluate(() => media.protocol('publisher')), await bob.page.evaluate(() => media.protocol('subscriber'))], states: [await alice.page.evaluate(() => media.states()), await bob.page.evaluate(() => media.states())] }))
} catch (error) {
  for (const p of opened) console.error(JSON.stringify(await p.page.evaluate(() => media.states()).catch(String)))
  console.error(error)
  process.exitCode = 1
} finally {
  watching?.stop()
  for (const p of opened) await p.close()
}
