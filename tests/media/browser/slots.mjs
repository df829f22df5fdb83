// Usage: node slots.mjs <control address> <callers>
// Chromium receives one participant after the other, each with another codec, in one slot, without a second offer. Prints one JSON line; exits with code 1 when a picture
// or a voice does not arrive.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `slots-${process.pid}`
const generation = 1
const path = name => `/v1/rooms/${room}/participants/${name}`
const opened = []
let watching

try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  const [publisher, bob] = await Promise.all([openPage(), openPage()])
  opened.push(publisher, bob)
  let slots
  let offers = 0
  watching = node.watch(room, event => {
    if (event.participantId !== 'bob') return
    if (event.type === 'slots') slots = event
    if (event.type === 'offer' && event.revision > 1) offers++
  })
  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation, slots: { audio: 1, video: 1 } })
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp: await bob.page.evaluate(s => media.subscribe(s), offer.sdp) })

  const seen = {}
  let mids
  for (const codec of ['VP8', 'H264', 'AV1', 'VP9', 'VP8']) {
    const name = `${codec.toLowerCase()}-${Object.keys(seen).length}`
    const answer = await node.call('POST', `${path(name)}/publish`, { generation, sdp: await publisher.page.evaluate(o => media.publish(o), { codec, width: 320, height: 180 }) })
    await publisher.page.evaluate(sdp => media.published(sdp), answer.sdp)
    const from = Date.now()
    await until(`${name} has the slot`, async () => ({ slots, ok: slots?.tracks.some(track => track.participantId === name && track.source === 'camera') === true }))
    const midOf = source => slots.tracks.find(track => track.participantId === name && track.source === source)?.mid
    mids = { audio: midOf('microphone'), video: midOf('camera') }
    let before
    await until(`${name} is seen and heard`, async () => {
      const now = await bob.page.evaluate(m => media.inSlot(m), mids)
      const { video, audio } = now
      if (video?.codec?.endsWith(codec)) before ??= now
      return { ...now, ok: before !== undefined && video.frames > before.video.frames + 10 && audio.packets > before.audio.packets + 20 }
    })
    seen[name] = Date.now() - from
    await node.call('DELETE', path(name))
    await until(`the slot of ${name} is free`, async () => ({ ok: slots.tracks.length === 0 }))
    await node.call('PUT', `${path('bob')}/slots`, { sessionId: slots.sessionId, version: slots.slotsVersion })
  }

  const { ssrcs, skew } = await bob.page.evaluate(m => media.inSlot(m), mids)
  console.log(JSON.stringify({ seen, offers, ssrcs, skew }))
} catch (error) {
  for (const p of opened) console.error(JSON.stringify(await p.page.evaluate(() => media.states()).catch(String)))
  console.error(error)
  process.exitCode = 1
} finally {
  watching?.stop()
  for (const p of opened) await p.close()
}
