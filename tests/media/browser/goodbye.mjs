// Usage: node goodbye.mjs <control address> <callers>
// A Chromium publishes and the node ends its session. Prints the state of the page's DTLS transport and the milliseconds until it changed.
import { NodeControl } from './node-control.mjs'
import { openPage, until } from './browser.mjs'

const [address, callers] = process.argv.slice(2)
const node = new NodeControl(address, callers)
const room = `goodbye-${process.pid}`
let alice
try {
  await node.call('PUT', `/v1/rooms/${room}`, { generation: 1 })
  alice = await openPage()
  const path = `/v1/rooms/${room}/participants/alice`
  await alice.page.evaluate(() => {
    const Native = RTCPeerConnection
    window.RTCPeerConnection = class extends Native {
      constructor(...given) {
        super(...given)
        window.made = this
      }
    }
  })
  const answer = await node.call('POST', `${path}/publish`, { generation: 1, sdp: await alice.page.evaluate(o => media.publish(o), {}) })
  await alice.page.evaluate(sdp => media.published(sdp), answer.sdp)
  await until('connected', async () => ({ ok: await alice.page.evaluate(() => window.made.connectionState === 'connected') }))

  await alice.page.evaluate(() => {
    const [sender] = window.made.getSenders()
    window.ended = new Promise(resolve => sender.transport.addEventListener('statechange', () => resolve(sender.transport.state)))
  })
  const started = Date.now()
  await node.call('DELETE', path)
  const state = await alice.page.evaluate(() => Promise.race([window.ended, new Promise(resolve => setTimeout(resolve, 4000, 'nothing'))]))
  console.log(JSON.stringify({ state, afterMs: Date.now() - started }))
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await alice?.close()
}
