import dgram from 'node:dgram'
import { once } from 'node:events'

/** Forwards datagrams between a browser and the node's port. Their source address at the node is that of `outside`, which can be replaced. The way to the browser can be narrow. */
export class Nat {
  /** What the way to the browser can carry; datagrams that would wait longer than 300 ms are dropped. */
  bitsPerSecond = Infinity
  #freeAt = 0

  static async start(nodePort) {
    const nat = new Nat()
    nat.nodePort = nodePort
    nat.inside = await nat.socket((datagram, from) => {
      nat.browserPort = from.port
      nat.outside.send(datagram, nodePort, '127.0.0.1')
    })
    await nat.rebind()
    return nat
  }

  async rebind() {
    this.outside?.close()
    this.outside = await this.socket(datagram => this.#deliver(datagram))
  }

  #deliver(datagram) {
    const now = performance.now()
    const start = Math.max(now, this.#freeAt)
    if (start - now > 300) return
    this.#freeAt = start + datagram.length * 8000 / this.bitsPerSecond
    const send = () => this.inside.send(datagram, this.browserPort, '127.0.0.1', () => {})
    if (this.#freeAt - now < 1) send()
    else setTimeout(send, this.#freeAt - now)
  }

  async socket(receive) {
    const socket = dgram.createSocket('udp4').on('message', receive)
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket
  }

  get port() { return this.inside.address().port }

  close() { for (const socket of [this.inside, this.outside]) socket.close() }
}
