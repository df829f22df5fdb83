// Starts Chromium with a fake camera and microphone, and adds the functions to its pages that the tests need.
import { chromium } from 'playwright-core'
import http from 'node:http'

const ARGS = [
  '--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-first-run', '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
]

/** Opens a separate browser for each participant, so that they share no state. */
export async function openPage() {
  const server = http.createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>media</title>'))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: ARGS })
  const page = await (await browser.newContext({ permissions: ['camera', 'microphone'] })).newPage()
  page.on('console', message => { if (process.env.VERBOSE) console.error('page:', message.text()) })
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  await page.evaluate(pageFunctions)
  return { page, close: async () => { await browser.close(); server.close() } }
}

/** Runs in the page and defines `window.media`. */
function pageFunctions() {
  const state = { tracks: {} }
  window.media = {
    state,
    async publish(options = {}) {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: options.audio ?? true, video: options.video === false ? false : { width: options.width ?? 640, height: options.height ?? 360 } })
      state.publisher = new RTCPeerConnection()
      for (const track of stream.getTracks()) {
        // VP9 and AV1 need a mode on each layer; otherwise Chromium encodes only the first. Of layers from small to large, it drops the largest of a small camera.
        const mode = options.mode ? { scalabilityMode: options.mode } : ['VP9', 'AV1'].includes(options.codec) ? { scalabilityMode: 'L1T2' } : {}
        const [full, half, quarter] = [{ rid: 'f', ...mode }, { rid: 'h', scaleResolutionDownBy: 2, ...mode }, { rid: 'q', scaleResolutionDownBy: 4, ...mode }]
        const layers = track.kind === 'video' && options.layers ? { sendEncodings: options.layers === 'fhq' ? [full, half, quarter] : [quarter, half, full] } : track.kind === 'video' && options.mode ? { sendEncodings: [mode] } : {}
        const transceiver = state.publisher.addTransceiver(track, { direction: 'sendonly', streams: [stream], ...layers })
        if (track.kind === 'video' && options.codec) {
          const all = RTCRtpSender.getCapabilities('video').codecs
          const first = all.filter(c => c.mimeType.toLowerCase() === `video/${options.codec.toLowerCase()}`)
          transceiver.setCodecPreferences([...first, ...all.filter(c => !first.includes(c))])
        }
      }
      await state.publisher.setLocalDescription()
      return state.publisher.localDescription.sdp
    },
    async published(sdp) { await state.publisher.setRemoteDescription({ type: 'answer', sdp }) },
    /** The protocol of the candidate pair in use. */
    async protocol(connection) {
      const stats = [...(await state[connection].getStats()).values()]
      const transport = stats.find(s => s.type === 'transport')
      const pair = stats.find(s => s.id === transport?.selectedCandidatePairId)
      return stats.find(s => s.id === pair?.localCandidateId)?.protocol
    },
    async reoffer(change) {
      if (change.iceRestart) state.publisher.restartIce()
      await state.publisher.setLocalDescription()
      return state.publisher.localDescription.sdp
    },
    async subscribe(sdp) {
      if (!state.subscriber) {
        state.subscriber = new RTCPeerConnection()
        state.subscriber.ontrack = event => {
          const element = document.createElement(event.track.kind)
          element.autoplay = true
          element.muted = true
          element.srcObject = new MediaStream([event.track])
          document.body.append(element)
          state.tracks[event.transceiver.mid] = element
        }
      }
      await state.subscriber.setRemoteDescription({ type: 'offer', sdp })
      await state.subscriber.setLocalDescription()
      return state.subscriber.localDescription.sdp
    },
    /** What arrives in the sections `audio` and `video`, and how far the two are apart in ms. */
    async inSlot({ audio, video }) {
      const records = [...(await state.subscriber.getStats()).values()]
      const found = mid => records.filter(r => r.type === 'inbound-rtp' && r.mid === mid && r.packetsReceived > 0)
      const describe = r => r && { packets: r.packetsReceived, frames: r.framesDecoded, codec: records.find(c => c.id === r.codecId)?.mimeType }
      const [[sound], [picture]] = [found(audio), found(video)]
      return { video: describe(picture), audio: describe(sound), ssrcs: found(audio).length + found(video).length, skew: picture?.estimatedPlayoutTimestamp - sound?.estimatedPlayoutTimestamp }
    },
    async play() {
      state.player = new RTCPeerConnection()
      state.player.addTransceiver('audio', { direction: 'recvonly' })
      state.player.addTransceiver('video', { direction: 'recvonly' })
      await state.player.setLocalDescription()
      return state.player.localDescription.sdp
    },
    async played(sdp) { await state.player.setRemoteDescription({ type: 'answer', sdp }) },
    /** Inbound statistics by kind, summed over all tracks. */
    async inbound(name) {
      const sum = { audio: { packets: 0, lost: 0, bytes: 0, energy: 0 }, video: { packets: 0, lost: 0, frames: 0, bytes: 0, key: 0, width: 0, pli: 0, nack: 0, freezes: 0 } }
      for (const report of (await state[name].getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue
        const to = sum[report.kind]
        to.packets += report.packetsReceived
        to.lost += report.packetsLost
        to.bytes += report.bytesReceived
        if (report.kind === 'audio') to.energy += report.totalAudioEnergy ?? 0
        else {
          to.frames += report.framesDecoded
          to.key += report.keyFramesDecoded
          to.width = Math.max(to.width, report.frameWidth ?? 0)
          to.pli += report.pliCount
          to.freezes += report.freezeCount
          to.nack += report.nackCount
        }
      }
      return sum
    },
    /** The widths of the layers that are encoded now. */
    async sentWidths() {
      return [...(await state.publisher.getStats()).values()].filter(r => r.type === 'outbound-rtp' && r.kind === 'video').map(r => [r.rid, r.frameWidth, r.framesPerSecond])
    },
    async setLayers(rids) {
      const sender = state.publisher.getSenders().find(s => s.track?.kind === 'video')
      const parameters = sender.getParameters()
      for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid)
      await sender.setParameters(parameters)
    },
    async outbound() {
      const found = {}
      const stats = await state.publisher.getStats()
      for (const report of stats.values()) {
        if (report.type === 'outbound-rtp') found[report.kind] = { packets: report.packetsSent, codec: stats.get(report.codecId)?.mimeType, pli: report.pliCount, nack: report.nackCount, key: report.keyFramesEncoded, retransmitted: report.retransmittedPacketsSent, frames: report.framesEncoded }
        if (report.type === 'remote-inbound-rtp') found[`${report.kind}Remote`] = { rtt: report.roundTripTime, lost: report.packetsLost, jitter: report.jitter }
        if (report.type === 'candidate-pair' && report.nominated) found.available = report.availableOutgoingBitrate
        if (report.type === 'transport') found.srtp = report.srtpCipher
      }
      return found
    },
    states: () => Object.fromEntries(['publisher', 'subscriber', 'player'].filter(n => state[n]).map(n => [n, state[n].connectionState])),
  }
}

/** Polls until the condition is true, or an object whose `ok` is true. Throws after the given number of seconds. */
export async function until(what, condition, seconds = 60) {
  const end = Date.now() + seconds * 1000
  let last
  while (Date.now() < end) {
    last = await condition()
    if (last === true || last?.ok) return last
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`timed out after ${seconds} s: ${what}; last value ${JSON.stringify(last)}`)
}
