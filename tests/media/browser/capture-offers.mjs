// Usage: node capture-offers.mjs <folder>
// Writes the offers of the installed Chromium that the SDP tests use.
import { openPage } from './browser.mjs'
import { writeFileSync } from 'node:fs'

const folder = process.argv[2]
const { page, close } = await openPage()
const offers = await page.evaluate(async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } })
  const [audio, video] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]]
  const offer = async setUp => {
    const connection = new RTCPeerConnection()
    setUp(connection)
    await connection.setLocalDescription()
    const sdp = connection.localDescription.sdp
    connection.close()
    return sdp
  }
  return {
    'chromium-publish': await offer(c => stream.getTracks().forEach(t => c.addTransceiver(t, { direction: 'sendonly', streams: [stream] }))),
    'chromium-simulcast': await offer(c => c.addTransceiver(video, { direction: 'sendonly', sendEncodings: [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }] })),
    'chromium-play': await offer(c => { c.addTransceiver('audio', { direction: 'recvonly' }); c.addTransceiver('video', { direction: 'recvonly' }) }),
    'chromium-data': await offer(c => { c.createDataChannel('chat'); c.addTrack(audio, stream) }),
    'chromium-call': await offer(c => { c.addTrack(audio, stream); c.addTrack(video, stream); c.addTransceiver(video.clone(), { direction: 'sendonly' }) }),
  }
})
for (const [name, sdp] of Object.entries(offers)) writeFileSync(`${folder}/${name}.sdp`, sdp)
await close()
