using System.Buffers.Binary;
using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Two people of a room behind one line, as in a household, over real sockets. Whoever came first has the largest picture, and the other one only the smallest, because the line takes no more.
/// The clients report what the line takes (REMB), so that nothing depends on how fast this machine is. Bob's report allows the largest picture at all times: only the room reduces it.
/// </summary>
public sealed class RoomSharingTests : IAsyncLifetime
{
    /// <summary>Enough for the largest picture of one receiver, and for the middle one of both.</summary>
    private const long LineBits = 3_000_000;

    /// <summary>What is left for the second receiver while the first one has the largest picture: the smallest one.</summary>
    private const long LeftBits = 300_000;
    private const int FramesPerSecond = 30;
    private const int MaxPayload = 1_000;

    /// <summary>The layers of the camera, the smallest first.</summary>
    private static readonly (char Rid, int Bits, ushort Width, ushort Height)[] Layers = [('q', 150_000, 320, 180), ('h', 500_000, 640, 360), ('f', 1_700_000, 1280, 720)];
    private readonly SyntheticPeer _camera = new();
    private readonly Receiver _first = new();
    private readonly Receiver _second = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private TestNode _node = null!;
    private int _frames;
    private int _reports;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _camera.Connect((await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Simulcast(_camera) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("the camera is connected", () => _camera.IsConnected, _camera);
    }

    public async Task DisposeAsync()
    {
        _camera.Dispose();
        _first.Peer.Dispose();
        _second.Peer.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Subscribers_BehindOneLine_GetTheSamePicture()
    {
        await SubscribeAsync("bob", _first);
        await RunUntilAsync("bob has the largest picture", () => _first.HasOnly(layer: 2));
        await SubscribeAsync("carol", _second);
        await RunUntilAsync("carol has only the smallest picture", () => _first.HasOnly(layer: 2) && _second.HasOnly(layer: 0));

        await RunUntilAsync("both have the middle picture", () => _first.HasOnly(layer: 1) && _second.HasOnly(layer: 1));
    }

    private async Task SubscribeAsync(string name, Receiver receiver)
    {
        var offer = await _node.Control.SubscribeAsync("r", name, new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, receiver.Peer) }, default);
        await _node.Control.ViewAsync("r", name, new ViewRequest { Tracks = [new ViewedTrack { ParticipantId = "alice", Source = "camera", Width = 1280, Height = 720 }] }, default);
        receiver.Peer.Connect(offer.Sdp);
        await RunUntilAsync($"{name} is connected", () => receiver.Peer.IsConnected);
    }

    private Task RunUntilAsync(string what, Func<bool> condition) => SyntheticPeer.UntilAsync(
        what,
        () =>
        {
            SendDueFrames();
            _first.Read();
            _second.Read();
            ReportDue();
            return condition();
        },
        _camera,
        _first.Peer,
        _second.Peer);

    private void SendDueFrames()
    {
        for (var due = Elapsed(FramesPerSecond); _frames < due; _frames++)
        {
            var isKey = _frames == 0 || _camera.WasAskedForKeyFrame();
            _camera.Rtcp.Clear();
            for (var layer = 0; layer < Layers.Length; layer++)
            {
                SendFrame(layer, isKey);
            }
        }
    }

    private void SendFrame(int layer, bool isKey)
    {
        var (rid, bits, width, height) = Layers[layer];
        var timestamp = (uint)(_frames * 90_000 / FramesPerSecond);
        for (var left = bits / 8 / FramesPerSecond; left > 0; left -= MaxPayload)
        {
            var isFirst = left == bits / 8 / FramesPerSecond;
            var payload = new byte[Math.Max(32, Math.Min(left, MaxPayload))];
            if (isFirst)
            {
                // The descriptor, the tag of the frame, and in a key frame the start code and the size (RFC 6386 §9.1).
                (payload[0], payload[1]) = (0x10, (byte)(isKey ? 0 : 1));
                (payload[4], payload[5], payload[6]) = (0x9D, 0x01, 0x2A);
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(7), width);
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(9), height);
            }

            payload[^1] = (byte)layer;
            _camera.SendLayer((uint)(100 + layer), rid, timestamp, payload, marker: left <= MaxPayload);
        }
    }

    /// <summary>Each client reports four times a second what the line takes: bob all of it, and carol what bob leaves.</summary>
    private void ReportDue()
    {
        if (_reports >= Elapsed(perSecond: 4))
        {
            return;
        }

        _reports = Elapsed(perSecond: 4);
        _first.Report(LineBits);
        _second.Report(_first.HasOnly(layer: 1) ? LineBits - Layers[1].Bits : LeftBits);
    }

    private int Elapsed(int perSecond) => (int)(Stopwatch.GetElapsedTime(_start).TotalSeconds * perSecond);

    private sealed class Receiver
    {
        /// <summary>The layers of the last second of frames.</summary>
        private readonly Queue<int> _layers = new();
        private int _read;

        public SyntheticPeer Peer { get; } = new();

        public bool HasOnly(int layer) => _layers.Count == FramesPerSecond && _layers.All(l => l == layer);

        public void Read()
        {
            for (; _read < Peer.Rtp.Count; _read++)
            {
                var packet = Peer.Rtp[_read];
                Assert.True(RtpHeader.TryParse(packet, out var header));
                if (!header.Marker)
                {
                    continue;
                }

                _layers.Enqueue(packet[^1]);
                if (_layers.Count > FramesPerSecond)
                {
                    _layers.Dequeue();
                }
            }
        }

        /// <summary>Sends a REMB (draft-alvestrand-rmcat-remb-03 §2.2) without SSRCs.</summary>
        public void Report(long bitsPerSecond)
        {
            const int Exponent = 10;
            byte[] packet = [0x8F, 206, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, .. "REMB"u8, 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), (Exponent << 18) | (uint)(bitsPerSecond >> Exponent));
            if (Peer.IsConnected)
            {
                Peer.SendRtcp(packet);
            }
        }
    }
}
