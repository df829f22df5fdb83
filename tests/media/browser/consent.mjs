// Usage: node consent.mjs <control address> <callers>
// One Chromium publishes and another plays until the node has sent two connectivity checks to each.
// Prints the check counters of the selected candidate pair of each.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `consent-${process.pid}`
const generation = 1
const opened = []

const pair = (page, name) => page.evaluate(async name => {
  const stats = await media.state[name].getStats()
  const transport = [...stats.values()].find(report => report.type === 'transport')
  const { requestsReceived, responsesSent } = stats.get(transport?.selectedCandidatePairId) ?? {}
  return { requestsReceived, responsesSent, ok: requestsReceived >= 2 && responsesSent === requestsReceived }
}, name)

try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation })
  opened.push(...await Promise.all([openPage(), openPage()]))
  const [alice, bob] = opened.map(o => o.page)
  const path = name => `/v1/rooms/${room}/participants/${name}`
  const answer = await node.call('POST', `${path('alice')}/publish`, { generation, sdp: await alice.evaluate(o => media.publish(o), {}) })
  await alice.evaluate(sdp => media.published(sdp), answer.sdp)
  const offer = await node.call('POST', `${path('bob')}/subscribe`, { generation })
  await node.call('POST', `${path('bob')}/subscribe/answer`, { revision: offer.revision, sdp: await bob.evaluate(s => media.subscribe(s), offer.sdp) })

  const publisher = await until('two answered checks of the publisher', () => pair(alice, 'publisher'), 60)
  const subscriber = await until('two answered checks of the subscriber', () => pair(bob, 'subscriber'), 60)
  console.log(JSON.stringify({ publisher, subscriber }))
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  for (const p of opened) await p.close()
}
