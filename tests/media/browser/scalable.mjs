// Usage: node scalable.mjs <control address> <callers> <codec> <mode>
// One Chromium publishes a 960-pixel camera in one stream with spatial layers (SVC), and another shows it in changing sizes. Prints one JSON line; exits with code 1 when a
// size never arrives.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers, codec, mode] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `scalable-${process.pid}`
const generation = 1
const path = name => `/v1/rooms/${room}/participants/${name}`
const opened = []

try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  const [alice, bob] = await Promise.all([openPage(), openPage()])
  opened.push(alice, bob)
  const answer = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.page.evaluate(o => media.publish(o), { codec, mode, width: 960, height: 540 }) })
  await alice.page.evaluate(sdp => media.published(sdp), answer.sdp)
  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp: await bob.page.evaluate(s => media.subscribe(s), offer.sdp) })

  const inbound = async () => (await bob.page.evaluate(() => media.inbound('subscriber'))).video
  const show = (width, height) => node.call('PUT', `${path('bob')}/view`, { tracks: [{ participantId: 'alice', source: 'camera', width, height }] })
  const seen = {}
  for (const [width, height] of [[960, 540], [240, 135], [480, 270], [960, 540], [240, 135]]) {
    await show(width, height)
    const from = Date.now()
    let frames
    await until(`view of ${width}: a picture of ${width} pixels`, async () => {
      const now = await inbound()
      if (now.width === width) frames ??= now.frames
      else frames = undefined
      return { ...now, sent: await alice.page.evaluate(() => media.sentWidths()), ok: frames !== undefined && now.frames > frames + 20 }
    }, 20)
    seen[`to${width}`] = Date.now() - from
  }

  const last = await inbound()
  console.log(JSON.stringify({ ...seen, key: last.key, pli: last.pli, nack: last.nack, freezes: last.freezes }))
} catch (error) {
  for (const p of opened) console.error(JSON.stringify(await p.page.evaluate(() => media.states()).catch(String)))
  console.error(error)
  process.exitCode = 1
} finally {
  for (const p of opened) await p.close()
}
