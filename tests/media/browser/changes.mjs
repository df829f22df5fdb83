// Usage: node changes.mjs <control address> <callers>
// Participants join, restart ICE and leave, with a simulcast publisher and a WHEP player. Prints one JSON line; exits with code 1 when video freezes.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `changes-${process.pid}`
const generation = 1
const path = name => `/v1/rooms/${room}/participants/${name}`
const opened = []
const offers = []
let watching

async function publish(participant, options) {
  const answer = await node.call('POST', `${path(participant.name)}/publish`, { generation, sdp: await participant.page.evaluate(o => media.publish(o), options) })
  await participant.page.evaluate(sdp => media.published(sdp), answer.sdp)
}

async function answer(participant, offer) {
  const sdp = await participant.page.evaluate(s => media.subscribe(s), offer.sdp)
  await node.call('POST', `${path(participant.name)}/subscribe/answer`, { revision: offer.revision, sdp })
}

const next = revision => until(`offer ${revision}`, () => ({ ok: offers.some(o => o.revision === revision) })).then(() => offers.find(o => o.revision === revision))
const frames = async participant => (await participant.page.evaluate(() => media.inbound('subscriber'))).video.frames
const moving = async (what, read) => {
  const before = await read()
  await until(what, async () => ({ ok: await read() > before + 3 }))
}

try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  watching = node.watch(room, event => { if (event.type === 'offer' && event.participantId === 'bob') offers.push(event) })
  for (const name of ['alice', 'bob']) opened.push({ name, ...await openPage() })
  const [alice, bob] = opened

  await publish(alice, { layers: 'fhq' })
  const first = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  await answer(bob, first)
  await moving('video of the simulcast publisher', () => frames(bob))
  await until('the larger of the two layers that Chromium sends of this camera', async () => ({ ok: (await bob.page.evaluate(() => media.inbound('subscriber'))).video.width === 640 }))

  // The publisher's network changes: both transports of the same session get new credentials.
  const restarted = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.page.evaluate(() => media.reoffer({ iceRestart: true })) })
  await alice.page.evaluate(sdp => media.published(sdp), restarted.sdp)
  await moving('video after an ICE restart', () => frames(bob))

  // bob publishes too, and alice plays his tracks as a WHEP player does.
  await publish(bob, {})
  const played = await node.call('POST', `${path('alice')}/play`, { generation, sdp: await alice.page.evaluate(() => media.play()), feeds: ['bob'] })
  await alice.page.evaluate(sdp => media.played(sdp), played.sdp)
  await moving('video in the player', async () => (await alice.page.evaluate(() => media.inbound('player'))).video.frames)

  // Muted video stops and resumes with a key frame.
  await node.call('PATCH', `${path('alice')}/tracks`, { muted: { camera: true } })
  await until('muted video stops', async () => { const a = await frames(bob); await new Promise(r => setTimeout(r, 700)); return { ok: await frames(bob) === a } })
  await node.call('PATCH', `${path('alice')}/tracks`, { muted: { camera: false } })
  await moving('video after unmuting', () => frames(bob))

  // alice leaves and rejoins: the sections are reused.
  await node.call('DELETE', path('alice'))
  await answer(bob, await next(first.revision + 1))
  await publish(alice, {})
  const back = await next(first.revision + 2)
  if (back.sdp.match(/^m=/gm).length !== 2) throw new Error('a section was added instead of being reused')
  await answer(bob, back)
  await moving('video of the participant that rejoined', () => frames(bob))
  console.log(JSON.stringify({ ok: true, offers: offers.length }))
} catch (error) {
  for (const p of opened) console.error(p.name, JSON.stringify(await p.page.evaluate(() => media.states()).catch(String)))
  console.error(error)
  process.exitCode = 1
} finally {
  watching?.stop()
  for (const p of opened) await p.close()
}
