// Usage: node layers.mjs <control address> <callers> <codec>
// One Chromium publishes three layers of a 960-pixel camera, and another shows them in changing sizes. Prints one JSON line; exits with code 1 when a size never
// arrives or the picture freezes.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers, codec] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `layers-${process.pid}`
const generation = 1
const path = name => `/v1/rooms/${room}/participants/${name}`
const opened = []
let watching

try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  const [alice, bob] = await Promise.all([openPage(), openPage()])
  opened.push(alice, bob)
  const asked = []
  watching = node.watch(room, event => {
    if (event.type !== 'layers') return
    asked.push(event.layers.join(''))
    void alice.page.evaluate(rids => media.setLayers(rids), event.layers)
  })
  const answer = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.page.evaluate(o => media.publish(o), { codec, layers: 'fhq', mode: 'L1T3', width: 960, height: 540 }) })
  await alice.page.evaluate(sdp => media.published(sdp), answer.sdp)
  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp: await bob.page.evaluate(s => media.subscribe(s), offer.sdp) })

  const inbound = async () => (await bob.page.evaluate(() => media.inbound('subscriber'))).video
  const show = tracks => node.call('PUT', `${path('bob')}/view`, { tracks })
  const camera = (width, height) => ({ participantId: 'alice', source: 'camera', width, height })
  const arrives = async (what, width) => {
    const from = Date.now()
    let frames
    await until(`${what}: a picture of ${width} pixels`, async () => {
      const now = await inbound()
      if (now.width === width) frames ??= now.frames
      return { ...now, sent: await alice.page.evaluate(() => media.sentWidths()), ok: frames !== undefined && now.frames > frames + 5 }
    })
    return Date.now() - from
  }

  const seen = {}
  seen.middle = await arrives('no view', 480)
  for (const [width, height] of [[960, 540], [240, 135], [480, 270], [960, 540], [240, 135], [960, 540]]) {
    await show([camera(width, height)])
    seen[`to${width}`] = await arrives(`view of ${width}`, width)
  }

  await show([])
  await until('nothing while hidden', async () => {
    const before = await inbound()
    await new Promise(resolve => setTimeout(resolve, 500))
    return { ok: (await inbound()).packets === before.packets }
  })
  await until('the publisher stops all layers', async () => {
    const layers = await alice.page.evaluate(() => media.sentWidths())
    return { layers, asked, ok: asked.at(-1) === '' && layers.every(([, , rate]) => !rate) }
  })
  await show([camera(240, 135)])
  seen.again = await arrives('shown again', 240)
  const last = await inbound()
  console.log(JSON.stringify({ ...seen, asked, key: last.key, pli: last.pli, nack: last.nack, freezes: last.freezes }))
} catch (error) {
  for (const p of opened) console.error(JSON.stringify(await p.page.evaluate(() => media.states()).catch(String)))
  console.error(error)
  process.exitCode = 1
} finally {
  watching?.stop()
  for (const p of opened) await p.close()
}
