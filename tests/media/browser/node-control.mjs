// A small NodeControl client (docs/node-control.md) for tests. Uses the operator's certificate for rooms and signaling's certificate for participants.
import { Agent, request } from 'node:https'

export class NodeControl {
  constructor(address, callers) {
    this.address = address
    const { host, byOperator, bySignaling } = JSON.parse(callers)
    const agent = ({ certificate, key, authorities }) => new Agent({ cert: certificate, key, ca: authorities, servername: host, keepAlive: true })
    this.host = host
    this.byOperator = agent(byOperator)
    this.bySignaling = agent(bySignaling)
  }

  /** Returns the response as soon as its headers arrive. Its body is a stream of text. */
  send(method, path, { body, signal } = {}) {
    const agent = /^\/v1\/(node|rooms\/[^/]+$)/.test(path) ? this.byOperator : this.bySignaling
    return new Promise((resolve, reject) => {
      const call = request(this.address + path, { method, agent, signal, headers: { host: this.host, 'content-type': 'application/json' } }, answer => resolve(answer.setEncoding('utf8')))
      call.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  async call(method, path, body) {
    const response = await this.send(method, path, { body })
    let text = ''
    for await (const chunk of response) text += chunk
    if (response.statusCode >= 300) throw new Error(`${method} ${path} returned status ${response.statusCode}: ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  /** Calls `onEvent` for every event of the room until `stop()` is called. */
  watch(room, onEvent) {
    const controller = new AbortController()
    const done = (async () => {
      const response = await this.send('GET', `/v1/rooms/${room}/events`, { signal: controller.signal })
      let rest = ''
      for await (const chunk of response) {
        rest += chunk
        const lines = rest.split('\n')
        rest = lines.pop()
        for (const line of lines) if (line) onEvent(JSON.parse(line))
      }
    })().catch(error => { if (!controller.signal.aborted) throw error })
    return { stop: () => controller.abort(), done }
  }
}
