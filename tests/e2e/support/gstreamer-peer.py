"""A WHIP or WHEP client that is made of GStreamer's webrtcbin: gstreamer-peer.py whip|whep URL TICKET. Prints one line of JSON for each event, and ends its session at SIGTERM.

whip publishes H.264 of the constrained baseline profile and Opus; whep plays VP8 or H.264 and Opus. Run it with Debian's Python, which has the bindings.
"""
import json, signal, sys, urllib.error, urllib.parse, urllib.request
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

PUBLISH = """webrtcbin name=peer bundle-policy=max-bundle
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=300
    ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency ! application/x-rtp,media=video,encoding-name=H264,payload=96 ! peer.
  audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer."""
PLAYED = {"video": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96;application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=98",
          "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=97"}


def say(**event):
    print(json.dumps(event), flush=True)


def http(method, url, ticket, body=None):
    request = urllib.request.Request(url, method=method, data=body and body.encode(), headers={"authorization": "Bearer " + ticket, "content-type": "application/sdp"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode(), answer.headers.get("location")


class Peer:
    def __init__(self, kind, url, ticket):
        self.url, self.ticket, self.session = url, ticket, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PUBLISH) if kind == "whip" else Gst.Pipeline()
        self.peer = self.pipeline.get_by_name("peer") or Gst.parse_launch("webrtcbin bundle-policy=max-bundle")
        if kind == "whep":
            self.pipeline.add(self.peer)
        self.peer.connect("notify::ice-gathering-state", self.on_gathering)
        self.peer.connect("notify::connection-state", lambda peer, _: say(state=peer.get_property("connection-state").value_nick))
        if kind == "whip":
            self.peer.connect("on-new-transceiver", lambda _, transceiver: transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY))
            self.peer.connect("on-negotiation-needed", lambda peer: self.offer())
        else:
            self.peer.connect("pad-added", self.on_pad)
            for caps in PLAYED.values():
                self.peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))
        self.pipeline.get_bus().add_signal_watch()
        self.pipeline.get_bus().connect("message", self.on_message)
        self.pipeline.set_state(Gst.State.PLAYING)
        if kind == "whep":
            GLib.idle_add(self.offer)
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, self.end)

    def offer(self):
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise):
        promise.wait()
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())

    def on_gathering(self, peer, _):
        if peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE and self.session is None:
            GLib.idle_add(self.exchange)

    def exchange(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        try:
            answer, location = http("POST", self.url, self.ticket, offer)
        except urllib.error.HTTPError as error:
            say(error=error.read().decode(), offer=offer)
            return self.end()
        self.session = urllib.parse.urljoin(self.url, location)
        say(session=self.session, offer=offer, answer=answer)
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.peer.emit("set-remote-description", description, Gst.Promise.new())
        return False

    def on_pad(self, peer, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", self.on_decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_decoded(self, decoder, pad):
        is_video = pad.get_current_caps().to_string().startswith("video")
        sink = Gst.parse_bin_from_description("fakesink name=sink sync=false signal-handoffs=true" if is_video else "audioconvert ! level interval=500000000 ! fakesink sync=false", True)
        if is_video:
            self.frames = 0
            sink.get_by_name("sink").connect("handoff", self.on_frame)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def on_frame(self, *_):
        self.frames += 1
        if self.frames % 10 == 0:
            say(frames=self.frames)

    def on_message(self, _, message):
        if message.type == Gst.MessageType.ERROR:
            error, _ = message.parse_error()
            say(error=str(error))
            self.end()
        elif message.get_structure() is not None and message.get_structure().get_name() == "level":
            say(decibels=max(message.get_structure().get_value("rms")))

    def end(self):
        if self.session:
            try:
                http("DELETE", self.session, self.ticket)
            except OSError as error:
                say(error=str(error))
        self.loop.quit()
        return False


Gst.init(None)
peer = Peer(*sys.argv[1:4])
peer.loop.run()
peer.pipeline.set_state(Gst.State.NULL)
