// A small NodeControl client (docs/node-control.md) for tests.
export class NodeControl {
  constructor(address, token) {
    this.address = address
    this.token = token
  }

  async call(method, path, body) {
    const response = await fetch(this.address + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  /** Calls onEvent for every event of the room until stop() is called. */
  watch(room, onEvent) {
    const controller = new AbortController()
    const done = (async () => {
      const response = await fetch(`${this.address}/v1/rooms/${room}/events`, {
        headers: { authorization: `Bearer ${this.token}` },
        signal: controller.signal,
      })
      let rest = ''
      const decoder = new TextDecoder()
      for await (const chunk of response.body) {
        rest += decoder.decode(chunk, { stream: true })
        const lines = rest.split('\n')
        rest = lines.pop()
        for (const line of lines) if (line) onEvent(JSON.parse(line))
      }
    })().catch(error => { if (error.name !== 'AbortError') throw error })
    return { stop: () => controller.abort(), done }
  }
}
