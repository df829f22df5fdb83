#!/usr/bin/env python3
"""Drive one SFU with N publishers and M subscribers on loopback and report its CPU cost.

  python3 bench.py --sfu janus --pubs 4 --subs 20 --runs 3
  python3 bench.py --sfu http --url http://127.0.0.1:9000 --pid 1234 --pubs 4 --subs 20

Every subscriber receives all publishers over one peer connection. loadgen (C)
sends and receives media; this file does the signaling and reads /proc. See README.md.
"""
import argparse, glob, http.client, json, os, re, shutil, signal, ssl, statistics, subprocess, sys, tempfile, time, urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- load generator ---------------------------------------------------------
class LoadGen:
    def __init__(self, srtp, cpu):
        binary = os.environ.get("LOADGEN", os.path.join(HERE, "build", "loadgen"))
        self.p = subprocess.Popen(pin(cpu) + [binary, srtp], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.connected = {}

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        while True:
            r = self.p.stdout.readline().split()
            if not r:
                raise SystemExit("loadgen exited")
            if r[0] == "connected":
                self.connected[int(r[1])] = r[2]
                continue
            return r

    def stats(self):
        return {k: int(v) for k, v in (x.split("=") for x in self.ask("stats")[1:])}

    def wait_connected(self, n, limit=20):
        end = time.time() + limit
        while len(self.connected) < n:
            if time.time() > end:
                raise SystemExit(f"only {len(self.connected)} of {n} peers connected")
            self.ask("stats")
            time.sleep(0.05)

    def close(self):
        try:
            self.p.stdin.write("quit\n")
            self.p.wait(3)
        except Exception:
            self.p.kill()


def pin(cpu):
    return ["taskset", "-c", str(cpu)] if cpu not in (None, "", "-") else []


# ---- SDP --------------------------------------------------------------------
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


def formats(pt):
    """As browsers offer them: retransmissions and transport-wide feedback."""
    return [f"a=rtpmap:{pt} VP8/90000", f"a=rtcp-fb:{pt} nack", f"a=rtcp-fb:{pt} nack pli", f"a=rtcp-fb:{pt} transport-cc",
            f"a=rtpmap:{pt + 1} rtx/90000", f"a=fmtp:{pt + 1} apt={pt}", f"a=extmap:3 {TRANSPORT_CC}"]


# RID, width, height, packets per frame, payload bytes: 1.6 Mbit/s, 480 and 140 kbit/s at 30 frames per second.
LAYERS = [("f", 1280, 720, 6, 1100), ("h", 640, 360, 2, 1000), ("q", 320, 180, 1, 600)]
SIMULCAST = ["a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
             *(f"a=rid:{layer[0]} send" for layer in LAYERS), "a=simulcast:send " + ";".join(layer[0] for layer in LAYERS)]


def answered(offer, feedback):
    """The sections of an answer that accepts all formats and extensions of the offer, without feedback all but transport-wide feedback."""
    for section in offer.split("m=video ")[1:]:
        lines = section.splitlines()
        yield dict(mid=re.search(r"^a=mid:(\S+)", section, re.M).group(1), pts=lines[0].split(" ", 2)[2], dir="recvonly",
                   formats=[x for x in lines if re.match(r"a=(rtpmap|fmtp|rtcp-fb|extmap):", x) and (feedback or not re.search(f"transport-cc|{re.escape(TRANSPORT_CC)}", x))])


def negotiated(text):
    """The ID of the extension for transport-wide feedback. A server without it would be compared under a lighter load."""
    found = re.search(rf"^a=extmap:(\d+)(?:/\S+)? {re.escape(TRANSPORT_CC)}", text, re.M)
    if not found:
        raise SystemExit("the server did not agree to transport-wide feedback:\n" + text)
    return int(found.group(1))


def sdp(peer, kind, medias, setup, bind):
    _, _, ufrag, pwd, fp, port = peer
    out = ["v=0", f"o=- {kind} 1 IN IP4 {bind}", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(m["mid"] for m in medias)]
    for m in medias:
        out += [f"m=video 9 UDP/TLS/RTP/SAVPF {m['pts']}", f"c=IN IP4 {bind}", f"a=mid:{m['mid']}", "a=" + m["dir"], "a=rtcp-mux", *m["formats"],
                f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}", f"a=fingerprint:sha-256 {fp}", f"a=setup:{setup}"]
        if "ssrc" in m:
            rtx = m["ssrc"] + 100000
            out += [f"a=ssrc-group:FID {m['ssrc']} {rtx}", f"a=ssrc:{m['ssrc']} cname:bench{m['ssrc']}", f"a=ssrc:{rtx} cname:bench{m['ssrc']}"]
        out += [f"a=candidate:1 1 udp 2130706431 {bind} {port} typ host", "a=end-of-candidates"]
    return "\r\n".join(out) + "\r\n"


def remote(text, protocol="udp"):
    g = lambda k: re.search(rf"^a={k}:(\S+)", text, re.M).group(1)
    c = [x.split() for x in re.findall(r"^a=candidate:(.*)$", text, re.M)]
    c = [x for x in c if x[2].lower() == protocol and x[7] == "host" and ":" not in x[4]]
    c.sort(key=lambda x: x[4] != "127.0.0.1")
    if not c:
        raise SystemExit(f"no {protocol} candidate in:\n" + text)
    return c[0][4], int(c[0][5]), g("ice-ufrag"), g("ice-pwd"), g("setup")


# ---- adapters: publish(room, id, offer) -> answer; subscribe(room, id, feeds, peer) -> remote SDP, role. Janus has one room.
class Janus:
    """Starts a private Janus with a generated configuration in a temporary folder."""

    def __init__(self, a):
        self.subscribers, self.bind, self.feedback = {}, a.bind, not a.no_feedback
        self.dir = tempfile.mkdtemp(prefix="janus-bench-")
        files = subprocess.run(["dpkg", "-L", "janus"], capture_output=True, text=True).stdout.split()
        for sub, so in (("plugins", "libjanus_videoroom.so"), ("transports", "libjanus_http.so")):
            os.mkdir(f"{self.dir}/{sub}")
            os.symlink(next(f for f in files if f.endswith("/" + so)), f"{self.dir}/{sub}/{so}")
        os.mkdir(f"{self.dir}/none")
        for name in glob.glob(HERE + "/janus/*.jcfg.in"):
            text = open(name).read()
            for k, v in {"DIR": self.dir, "HTTP_PORT": a.http_port, "ADMIN_PORT": a.http_port + 1, "IFACE": a.iface,
                         "EVENT_LOOPS": f"event_loops = {a.event_loops}" if a.event_loops else ""}.items():
                text = text.replace(f"@{k}@", str(v))
            open(f"{self.dir}/" + os.path.basename(name)[:-3], "w").write(text)
        self.log = open(f"{self.dir}/log", "w")
        env = dict(os.environ, LD_PRELOAD=os.path.join(HERE, "build", "lo_shim.so"))
        self.p = subprocess.Popen(pin(a.sfu_cpu) + ["janus", "-F", self.dir, "-C", self.dir + "/janus.jcfg"], stdout=self.log, stderr=self.log, env=env)
        self.pid, self.port = self.p.pid, a.http_port
        for _ in range(100):
            try:
                self.call("", {"janus": "ping"})
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("janus did not start:\n" + open(f"{self.dir}/log").read()[-2000:])

    def call(self, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=35)
        if body is None:
            c.request("GET", "/janus" + path)
        else:
            c.request("POST", "/janus" + path, json.dumps(dict(body, transaction="t")), {"Content-Type": "application/json"})
        r = json.loads(c.getresponse().read())
        c.close()
        return r

    def handle(self):
        s = self.call("", {"janus": "create"})["data"]["id"]
        h = self.call(f"/{s}", {"janus": "attach", "plugin": "janus.plugin.videoroom"})["data"]["id"]
        return s, h

    def message(self, sh, body, jsep=None, want_sdp=False):
        m = {"janus": "message", "body": body}
        if jsep:
            m["jsep"] = jsep
        self.call(f"/{sh[0]}/{sh[1]}", m)
        while True:
            e = self.call(f"/{sh[0]}")
            if e.get("janus") == "event":
                d = e["plugindata"]["data"]
                if "error" in d:
                    raise SystemExit(f"janus: {d}")
                if "jsep" in e or not want_sdp:  # other events (new publishers) may arrive first
                    return d, e.get("jsep", {}).get("sdp")

    def allocations(self):
        return None

    def publish(self, room, pid, offer):
        sh = self.handle()
        self.message(sh, {"request": "join", "ptype": "publisher", "room": 1000, "id": pid})
        _, answer = self.message(sh, {"request": "publish"}, {"type": "offer", "sdp": offer}, want_sdp=True)
        return answer

    def subscribe(self, room, sid, feeds, peer):
        sh = self.handle()
        _, offer = self.message(sh, {"request": "join", "ptype": "subscriber", "room": 1000, "streams": [{"feed": f} for f in feeds]}, want_sdp=True)
        answer = sdp(peer, sid, list(answered(offer, self.feedback)), "active", self.bind)
        self.message(sh, {"request": "start"}, {"type": "answer", "sdp": answer})
        self.subscribers[sid] = sh, re.findall(r"^a=mid:(\S+)", offer, re.M)
        return offer, "active"

    def select(self, room, sid, feeds, layer):
        sh, mids = self.subscribers[sid]
        self.message(sh, {"request": "configure", "streams": [{"mid": mid, "substream": len(LAYERS) - 1 - layer} for mid in mids]})

    def close(self):
        self.p.send_signal(signal.SIGTERM)
        try:
            self.p.wait(5)
        except subprocess.TimeoutExpired:
            self.p.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class Http:
    """Our media node, or another server with the same API (README.md)."""

    def __init__(self, a):
        self.u = urllib.parse.urlparse(a.url)
        self.pid, self.p, self.tls, self.bind, self.feedback = a.pid, None, None, a.bind, not a.no_feedback
        if a.credentials:
            self.tls = ssl.create_default_context(cafile=a.credentials + "/authorities.pem")
            self.tls.check_hostname = False  # the certificate has the name of the node
            self.tls.load_cert_chain(a.credentials + "/caller.pem")
        if a.start:
            self.p = subprocess.Popen(pin(a.sfu_cpu) + ["/bin/sh", "-c", "exec " + a.start])
            self.pid = self.p.pid
            for _ in range(200):
                try:
                    self.call("/bench/ping", {})
                    break
                except OSError:
                    time.sleep(0.1)

    def call(self, path, body, method="POST"):
        connect = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        c = connect(self.u.hostname, self.u.port, timeout=10, **(dict(context=self.tls) if self.tls else {}))
        c.request(method, self.u.path.rstrip("/") + path, json.dumps(body), {"Content-Type": "application/json"})
        answer = c.getresponse()
        text = answer.read()
        c.close()
        if answer.status == 404 and path.startswith("/bench/"):
            return {}
        if answer.status >= 300:
            raise SystemExit(f"{path}: {answer.status} {text.decode()}")
        return json.loads(text or "{}")

    def participant(self, room, pid, path, body, method="POST"):
        return self.call(f"/v1/rooms/{room}/participants/{pid}/{path}", body, method)

    def allocations(self):
        """Return allocated managed bytes, packets and messages so far, or None when the server does not report them."""
        r = self.call("/bench/allocations", {})
        return (r["bytes"], r["packets"], r["messages"]) if "bytes" in r else None

    def publish(self, room, pid, offer):
        return self.participant(room, pid, "publish", {"generation": 1, "sdp": offer})["sdp"]

    def subscribe(self, room, sid, feeds, peer):
        offer = self.participant(room, sid, "subscribe", {"generation": 1})
        answer = sdp(peer, sid, list(answered(offer["sdp"], self.feedback)), "active", self.bind)
        self.participant(room, sid, "subscribe/answer", {"revision": offer["revision"], "sdp": answer})
        return offer["sdp"], "active"

    def select(self, room, sid, feeds, layer):
        _, width, height, _, _ = LAYERS[layer]
        tracks = [dict(participantId=str(feed), source="camera", width=width, height=height) for feed in feeds]
        self.participant(room, sid, "view", {"tracks": tracks}, "PUT")

    def close(self):
        if self.p:
            self.p.send_signal(signal.SIGTERM)
            try:
                self.p.wait(5)
            except subprocess.TimeoutExpired:
                self.p.kill()


# ---- measurement --------------------------------------------------------------
def proc(pid):
    f = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    sw = 0
    for s in glob.glob(f"/proc/{pid}/task/*/status"):
        try:
            sw += sum(int(x) for x in re.findall(r"ctxt_switches:\s+(\d+)", open(s).read()))
        except OSError:
            pass
    return dict(user=int(f[11]) / tick, sys=int(f[12]) / tick, threads=int(f[17]), rss_mb=int(f[21]) * os.sysconf("SC_PAGESIZE") / 1e6, switches=sw)


def core(cpu):
    for line in open("/proc/stat"):
        f = line.split()
        if f[0] == (f"cpu{cpu}" if cpu not in (None, "", "-") else "cpu"):
            v = [int(x) for x in f[1:]]
            tick = os.sysconf("SC_CLK_TCK")
            return (v[0] + v[1] + v[2] + v[5] + v[6]) / tick, v[6] / tick, v[7] / tick


def comm(pid):
    """Return the process name, which the result shows so that a wrong pid is noticed: taskset and sh exec their target, so the pid must be the SFU."""
    return open(f"/proc/{pid}/comm").read().strip()


def wait_quiet(limit, busy_pct=8):
    """Wait up to limit seconds for one idle second, because other load on the machine distorts runs."""
    end = time.time() + limit
    while time.time() < end:
        x = core(None)[0]
        time.sleep(1)
        if 100 * (core(None)[0] - x) / os.cpu_count() < busy_pct:
            return


def connect(a, sfu, gen, room, number):
    """Connects the peers of one generator to a room. Only the first generator of a room has publishers."""
    pubs = a.pubs if number == 0 else 0
    for i in range(1, pubs + 1):
        peer = gen.ask(f"peer {i}")
        media = dict(formats=formats(96) + SIMULCAST) if a.simulcast else dict(formats=formats(96), ssrc=1000 + i)
        ans = sfu.publish(room, i, sdp(peer, i, [dict(media, mid="0", pts="96 97", dir="sendonly")], "actpass", a.bind))
        ip, port, u, w, setup = remote(ans)
        gen.ask(f"remote {i} {ip} {port} {u} {w} {'passive' if setup == 'active' else 'active'}")
        gen.ask(f"cc {i} {negotiated(ans)}")
    gen.wait_connected(pubs)
    for s in range(a.subs):
        i = 10001 + number * a.subs + s
        peer = gen.ask(f"peer {i}")
        text, role = sfu.subscribe(room, i, list(range(1, a.pubs + 1)), peer)
        protocol = "tcp" if a.tcp_every and s % a.tcp_every == 0 else "udp"
        ip, port, u, w, setup = remote(text, protocol)
        role = role or ("passive" if setup == "active" else "active")
        gen.ask(f"remote {i} {ip} {port} {u} {w} {role} {protocol}")
        gen.ask(f"receive {i} {re.search(r'^m=video [0-9]+ [A-Z/]+ ([0-9]+)', text, re.M).group(1)} {0 if a.no_feedback else negotiated(text)}")
    gen.wait_connected(pubs + a.subs)


def send(a, sfu, gen, room):
    """Starts what the publishers of a room send, and chooses what the subscribers of its first generator get."""
    for i in range(1, a.pubs + 1):
        for n, (rid, width, height, ppf, size) in enumerate(LAYERS if a.simulcast else [("-", 640, 360, a.ppf, a.bytes)]):
            gen.ask(f"send {i} {1000 * (n + 1) + i} 96 {a.fps} {ppf} {size} {ppf if a.simulcast and a.burst > 1 else a.burst} {width} {height} {rid}")
    if a.simulcast:
        time.sleep(1)  # the servers must have seen all layers
        for s in range(a.subs):
            sfu.select(room, 10001 + s, list(range(1, a.pubs + 1)), s % len(LAYERS))


def together(stats):
    """The statistics of several generators: of delays and of their processor time the highest, otherwise the sum."""
    return {k: (max if k[0] == "p" or k in ("max", "cpu_ms") else sum)(s[k] for s in stats) for k in stats[0]}


def one_run(a):
    gens, sfu = [], None
    wait_quiet(a.wait_quiet)
    try:
        sfu = {"janus": Janus, "http": Http}[a.sfu](a)
        rooms = a.rooms.split(",")
        for n, (room, cpu) in enumerate(zip(rooms, a.gen_cpu.split(","), strict=True)):
            gens.append(LoadGen(a.srtp, cpu))
            connect(a, sfu, gens[-1], room, rooms[:n].count(room))
        for n, room in enumerate(rooms):
            if room not in rooms[:n]:
                send(a, sfu, gens[n], room)
        time.sleep(a.warmup)
        for gen in gens:
            gen.ask("reset")
        asked = sfu.allocations()
        a0 = sfu.allocations()
        p0, c0, m0, t0, g0 = proc(sfu.pid), core(a.sfu_cpu), core(None), time.time(), [gen.stats()["cpu_ms"] for gen in gens]
        time.sleep(a.seconds)
        s, p1, c1, m1, t1 = [gen.stats() for gen in gens], proc(sfu.pid), core(a.sfu_cpu), core(None), time.time()
        a1 = sfu.allocations()
        own = a0[0] - asked[0] if a0 else 0  # what the answer to the question allocates
        alloc = round(max(0, a1[0] - a0[0] - own) / max(1, a1[1] - a0[1]), 3) if a0 and a1 else None
        merged = round((a1[1] - a0[1]) / max(1, a1[2] - a0[2]), 2) if a0 and a1 else None
        wall, cpu = t1 - t0, p1["user"] + p1["sys"] - p0["user"] - p0["sys"]
        gen_cpu = [(now["cpu_ms"] - before) / 1000 for now, before in zip(s, g0)]
        s = together(s)
        fwd, other = s["rx"], max(0, m1[0] - m0[0] - cpu - sum(gen_cpu))
        return dict(sfu=comm(sfu.pid), pubs=a.pubs, subs=a.subs, in_pps=round(s["tx"] / wall), out_pps=round(fwd / wall),
                    expected_pps=len(gens) * a.pubs * a.fps * sum(LAYERS[s % len(LAYERS)][3] if a.simulcast else a.ppf for s in range(a.subs)), loss_pct=round(100 * s["lost"] / max(1, fwd + s["lost"]), 3),
                    cpu_pct=round(100 * cpu / wall, 1), user_pct=round(100 * (p1["user"] - p0["user"]) / wall, 1), core_busy_pct=round(100 * (c1[0] - c0[0]) / wall, 1),
                    softirq_pct=round(100 * (c1[1] - c0[1]) / wall, 1), steal_pct=round(100 * (c1[2] - c0[2]) / wall, 1),
                    pkts_per_cpu_s=round(fwd / max(cpu, 0.01)), pkts_per_core_busy_s=round(fwd / max(c1[0] - c0[0], 0.01)),
                    us_per_pkt=round(1e6 * cpu / max(fwd, 1), 2), switches_per_pkt=round((p1["switches"] - p0["switches"]) / max(fwd, 1), 3),
                    alloc_per_pkt=alloc, pkts_per_message=merged, threads=p1["threads"], rss_mb=round(p1["rss_mb"], 1), lat_us={k: s[k] for k in ("p50", "p95", "p99", "p999", "max")},
                    bad=s["bad"], extra_pps=round(s["extra"] / wall), sampled=s["sampled"], gen_cpu_pct=round(100 * max(gen_cpu) / wall, 1), other_cpu_pct=round(100 * other / wall, 1), srtp=next(iter(gens[0].connected.values())))
    finally:
        for gen in gens:
            gen.close()
        if sfu:
            sfu.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--sfu", choices=["janus", "http"], default="janus")
    for name, d in (("pubs", 4), ("subs", 20), ("fps", 30), ("ppf", 8), ("bytes", 1100), ("runs", 1), ("event-loops", 0), ("burst", 1), ("http-port", 18088), ("pid", 0), ("tcp-every", 0)):
        p.add_argument("--" + name, type=int, default=d)
    p.add_argument("--simulcast", action="store_true", help="each publisher sends three layers, and a third of the subscribers receives each")
    p.add_argument("--no-feedback", action="store_true", help="the subscribers do not agree to transport-wide feedback, so the server does not estimate their lines")
    p.add_argument("--seconds", type=float, default=12)
    p.add_argument("--warmup", type=float, default=3)
    p.add_argument("--wait-quiet", type=float, default=60, help="seconds to wait for an idle machine before a run")
    p.add_argument("--srtp", choices=["cm80", "gcm"], default="cm80")
    p.add_argument("--sfu-cpu", default="0")
    p.add_argument("--rooms", default="bench", help="names of rooms, separated by commas; each has the load, from a generator of its own (http adapter). A name that comes again adds only subscribers to that room")
    p.add_argument("--gen-cpu", default="1", help="one for each room, separated by commas")
    p.add_argument("--credentials", default="", help="folder with caller.pem (certificate and key) and authorities.pem, for TLS (http adapter)")
    p.add_argument("--bind", default="127.0.0.1")
    p.add_argument("--iface", default="lo")
    p.add_argument("--url", default="")
    p.add_argument("--start", default="", help="command that starts the SFU (http adapter)")
    p.add_argument("--out", default="")
    a = p.parse_args()
    if a.seconds + a.warmup > 50:
        raise SystemExit("--seconds plus --warmup must not exceed 50")
    rows = []
    for n in range(a.runs):
        r = one_run(a)
        rows.append(r)
        print(json.dumps(r), flush=True)
        if a.out:
            open(a.out, "a").write(json.dumps(dict(r, args=vars(a))) + "\n")
    if len(rows) > 1:
        med = lambda k: statistics.median(x[k] for x in rows)
        print(f"median of {len(rows)}: out {med('out_pps'):.0f} pps, {med('pkts_per_cpu_s'):.0f} packets per CPU-second, {med('us_per_pkt')} us/packet, "
              f"loss {med('loss_pct')} %, p99 {statistics.median(x['lat_us']['p99'] for x in rows)} us")


if __name__ == "__main__":
    main()
