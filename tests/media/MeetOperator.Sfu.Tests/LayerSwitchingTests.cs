using System.Buffers.Binary;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A receiver of a camera with three layers changes its view, and gets one continuous stream.</summary>
public sealed class LayerSwitchingTests
{
    private const int FrameTicks = 3_000; // 30 frames per second at 90 kHz
    private static readonly HeaderExtensionMap From = Call.PublisherMap.With(HeaderExtensionKind.DependencyDescriptor, 12);
    private static readonly HeaderExtensionMap To = HeaderExtensionMap.Empty.With(HeaderExtensionKind.DependencyDescriptor, 3);
    private static readonly (int Width, int Height)[] Sizes = [(1280, 720), (640, 360), (320, 180)];

    [Theory]
    [InlineData(1, false, false, VideoCodec.Vp8)]
    [InlineData(2, true, false, VideoCodec.Vp8)]
    [InlineData(3, false, true, VideoCodec.Vp8)]
    [InlineData(4, true, true, VideoCodec.Vp8)]
    [InlineData(5, true, true, VideoCodec.Vp8)]
    [InlineData(1, false, false, VideoCodec.Vp9)]
    [InlineData(2, true, false, VideoCodec.Vp9)]
    [InlineData(3, false, true, VideoCodec.Vp9)]
    [InlineData(4, true, true, VideoCodec.Vp9)]
    [InlineData(5, true, true, VideoCodec.Vp9)]
    [InlineData(1, false, false, VideoCodec.H264)]
    [InlineData(2, true, false, VideoCodec.H264)]
    [InlineData(3, false, true, VideoCodec.H264)]
    [InlineData(4, true, true, VideoCodec.H264)]
    [InlineData(1, false, false, VideoCodec.Av1)]
    [InlineData(2, true, false, VideoCodec.Av1)]
    [InlineData(3, false, true, VideoCodec.Av1)]
    [InlineData(4, true, true, VideoCodec.Av1)]
    public void Switches_LossAndReordering_StreamStaysContinuous(int seed, bool reports, bool loss, VideoCodec codec)
    {
        var random = new Random(seed);
        var scene = new Scene(random, reports, codec);
        for (var frame = 0; frame < 1_500; frame++)
        {
            if (random.Next(6) == 0) // five changes per second
            {
                scene.Down.SetView(random.Next(8) == 0 ? TrackView.Hidden : TrackView.Of(Sizes[random.Next(3)].Width, Sizes[random.Next(3)].Height));
            }

            scene.SendFrames(loss ? random.Next(4) : 0);
        }

        var received = scene.Received.OrderBy(p => p.Sequence).ToList();
        Assert.True(received.Count > 1_000);
        Assert.Equal(received.Count, received.Select(p => p.Sequence).Distinct().Count());
        var switches = 0;
        for (var i = 1; i < received.Count; i++)
        {
            var (before, after) = (received[i - 1], received[i]);
            var isSameFrame = before.Layer == after.Layer && before.Frame == after.Frame;
            if (before.Layer != after.Layer)
            {
                Assert.True(after.StartsKeyFrame, "a layer starts with a key frame");
                switches++;
            }

            if (!loss)
            {
                Assert.Equal(before.Sequence + 1, after.Sequence); // a gap would be requested again and again
            }

            // The order of the packets is the order of the frames, and a receiver can tell frames apart by each of their numbers.
            Assert.Equal(isSameFrame, before.Timestamp == after.Timestamp);
            Assert.Equal(isSameFrame || codec is VideoCodec.H264 or VideoCodec.Av1, before.PictureId == after.PictureId); // those have none
            Assert.Equal(isSameFrame, before.FrameNumber == after.FrameNumber);
            Assert.True((int)(after.Timestamp - before.Timestamp) >= 0);
            Assert.InRange((after.PictureId - before.PictureId) & 0x7FFF, 0, 1_000);
            Assert.InRange((byte)(after.Tl0 - before.Tl0), 0, 250);
            Assert.InRange((ushort)(after.FrameNumber - before.FrameNumber), 0, 1_000);
            if (codec == VideoCodec.Vp9 && before.Layer == after.Layer && !after.StartsKeyFrame)
            {
                Assert.Equal(after.Frame - before.Frame, (after.PictureId - before.PictureId) & 0x7FFF); // a picture refers to others by the difference of the IDs
            }
        }

        Assert.True(switches > 50, $"{switches} switches");
    }

    [Fact]
    public void Switches_Reports_KeepTimestampsAtCaptureTime()
    {
        var random = new Random(7);
        var scene = new Scene(random, reports: true);
        for (var frame = 0; frame < 900; frame++)
        {
            if (frame % 30 == 0)
            {
                scene.Down.SetView(TrackView.Of(Sizes[frame / 30 % 3].Width, Sizes[frame / 30 % 3].Height));
            }

            scene.SendFrames(0);
        }

        // Each switch can add one unit of 1/90,000 s, when the new layer begins with a picture that was captured at the same time as the last one.
        var drift = scene.Received.Select(p => (int)(p.Timestamp - (uint)(p.Frame * FrameTicks))).ToList();
        Assert.InRange(drift.Max() - drift.Min(), 0, 40);
    }

    [Fact]
    public void OnRtcp_NackOfPacketBeforeSwitch_SendsItAsItWas()
    {
        var scene = new Scene(new Random(8), reports: true);
        for (var frame = 0; frame < 120; frame++)
        {
            scene.Down.SetView(TrackView.Of(Sizes[frame / 20 % 3].Width, Sizes[frame / 20 % 3].Height));
            scene.SendFrames(0);
        }

        var sent = scene.Egress.Rtp.TakeLast(150).ToList();
        Assert.True(scene.Received.TakeLast(150).Select(p => p.Layer).Distinct().Count() > 1);
        scene.Egress.Rtp.Clear();
        foreach (var packet in sent)
        {
            ushort[] missing = [RecordingEgress.Header(packet).SequenceNumber];
            scene.Subscriber.OnRtcp(scene.Call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, missing)));
        }

        Assert.Equal(sent.Count, scene.Egress.Rtp.Count);
        foreach (var (original, resent) in sent.Zip(scene.Egress.Rtp))
        {
            var (first, second) = (RecordingEgress.Header(original), RecordingEgress.Header(resent));
            Assert.Equal(first.Timestamp, second.Timestamp);
            Assert.Equal([.. original.AsSpan(2, 2), .. RecordingEgress.Payload(original)], RecordingEgress.Payload(resent));
            Assert.Equal(Scene.DescriptorOf(original).FrameNumber, Scene.DescriptorOf(resent).FrameNumber);
        }
    }

    [Fact]
    public void SetView_Hidden_SendsNothingAndRequestsNothing()
    {
        var scene = new Scene(new Random(9), reports: true);
        scene.SendFrames(0, count: 60);
        scene.Down.SetView(TrackView.Hidden);
        var sent = scene.Received.Count;
        var keyFrames = scene.KeyFrames;

        scene.SendFrames(0, count: 60);
        Assert.Equal(sent, scene.Received.Count);
        Assert.Equal(keyFrames, scene.KeyFrames);

        scene.Down.SetView(TrackView.Of(320, 180));
        scene.SendFrames(0, count: 60);
        Assert.True(scene.Received.Count > sent);
        Assert.Equal(2, scene.Received[^1].Layer);
    }

    [Fact]
    public void RequestedLayers_UnusedLayers_AreNotRequestedUntilNeeded()
    {
        var scene = new Scene(new Random(14), reports: true) { ObeysRequests = true };
        scene.Down.SetView(TrackView.Of(320, 180));
        scene.SendFrames(0, count: 180);
        Assert.Equal(["q"], scene.Call.Track.RequestedLayers);
        Assert.Equal(2, scene.Received[^1].Layer);

        scene.Down.SetView(TrackView.Of(1280, 720));
        scene.SendFrames(0, count: 2);
        Assert.Equal(["f", "q"], scene.Call.Track.RequestedLayers);
        scene.SendFrames(0, count: 30);
        Assert.Equal(0, scene.Received[^1].Layer);

        scene.Down.SetView(TrackView.Hidden);
        scene.SendFrames(0, count: 180);
        Assert.Empty(scene.Call.Track.RequestedLayers);

        scene.Down.SetView(TrackView.Of(640, 360));
        scene.SendFrames(0, count: 30);
        Assert.Equal(["h"], scene.Call.Track.RequestedLayers);
        Assert.Equal(1, scene.Received[^1].Layer);
    }

    /// <summary>Browsers send a small camera in one layer, whatever was negotiated.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void HandleTimeout_OnlyOneLayerEverArrives_ReceiversGetItSoon(int only)
    {
        var scene = new Scene(new Random(16), reports: true) { ObeysRequests = true, Only = only };
        scene.SendFrames(0, count: 10);
        Assert.Equal(only, scene.Received[^1].Layer);

        scene.Down.SetView(TrackView.Hidden);
        scene.SendFrames(0, count: 300);
        Assert.DoesNotContain("fhq"[only].ToString(), scene.Call.Track.RequestedLayers);
        var before = scene.Received.Count;
        scene.Down.SetView(TrackView.Of(640, 360));
        scene.SendFrames(0, count: 10);
        Assert.True(scene.Received.Count > before, "a picture within 0.3 s");
    }

    [Fact]
    public void TryTakeRequest_NewTrackAndChanges_ReturnsTrueOnce()
    {
        var scene = new Scene(new Random(15), reports: true) { ObeysRequests = true };
        Assert.True(scene.Call.Track.TryTakeRequest());
        Assert.False(scene.Call.Track.TryTakeRequest());

        scene.Down.SetView(TrackView.Of(320, 180));
        scene.SendFrames(0, count: 180);
        Assert.True(scene.Call.Track.TryTakeRequest());
        Assert.False(scene.Call.Track.TryTakeRequest());
    }

    [Fact]
    public void HandleTimeout_LayerStops_SwitchesToNextLower()
    {
        var scene = new Scene(new Random(10), reports: true);
        scene.Down.SetView(TrackView.Of(1280, 720));
        scene.SendFrames(0, count: 60);
        Assert.Equal(0, scene.Received[^1].Layer);

        scene.Stopped = 0;
        scene.SendFrames(0, count: 60);
        Assert.Equal(1, scene.Received[^1].Layer);

        scene.Stopped = null;
        scene.SendFrames(0, count: 60);
        Assert.Equal(0, scene.Received[^1].Layer);
    }

    /// <summary>An encoder that has spent its bits on a key frame leaves out pictures, and its layer is still announced as sent.</summary>
    [Fact]
    public void HandleTimeout_AnnouncedLayerPausesForTwoSeconds_IsKept()
    {
        var scene = new Scene(new Random(18), reports: true);
        scene.Down.SetView(TrackView.Of(1280, 720));
        scene.SendFrames(0, count: 90);
        Announce(scene, scene.Call.Track.Layers[0], "20111000010101");
        scene.Stopped = 0;
        scene.SendFrames(0, count: 60);
        Assert.Equal(0, scene.Received[^1].Layer);

        scene.SendFrames(0, count: 60);
        Assert.Equal(1, scene.Received[^1].Layer);
    }

    /// <summary>The announcement that a layer is sent again can get lost. Its packets show it too.</summary>
    [Fact]
    public void OnRtp_PacketsOfLayerAnnouncedAsStopped_ArriveAsAvailableLayer()
    {
        var scene = new Scene(new Random(17), reports: true);
        scene.Down.SetView(TrackView.Of(1280, 720));
        scene.SendFrames(0, count: 90);
        Assert.Equal(0, scene.Received[^1].Layer);
        var layers = scene.Call.Track.Layers;

        // Each layer announces its own index; then the second one that the first is stopped.
        Announce(scene, layers[0], "20111000010101");
        Announce(scene, layers[1], "600110000101");
        scene.Stopped = 0;
        scene.SendFrames(0, count: 15);
        Assert.Equal(1, scene.Received[^1].Layer);

        scene.Stopped = null;
        scene.SendFrames(0, count: 30);
        Assert.Equal(0, scene.Received[^1].Layer);
    }

    [Fact]
    public void OnRtp_KeyFrameOfLowerLayerFirst_StartsWithIt()
    {
        var scene = new Scene(new Random(12), reports: true);
        scene.SendFrames(0, count: 30);
        var (_, down, egress) = scene.Call.Join(6000);
        down.SetView(TrackView.Of(1280, 720));

        scene.SendKeyFrame(layer: 2);
        Assert.Equal(2, RecordingEgress.Payload(egress.Rtp[^1])[16]);

        scene.SendFrames(0, count: 30);
        Assert.Equal(0, RecordingEgress.Payload(egress.Rtp[^1])[16]);
        Assert.Equal(Enumerable.Range(100, egress.Rtp.Count), egress.Sequences.Select(s => (int)s));
    }

    [Fact]
    public void SetView_ChangesAllTheTime_PublisherIsAskedForOneKeyFrameASecond()
    {
        var scene = new Scene(new Random(13), reports: true);
        scene.SendFrames(0, count: 60);
        var flood = 0;
        for (var change = 0; change < 120; change++)
        {
            flood = change == 60 ? scene.KeyFrames : flood;
            scene.Down.SetView(change % 2 == 0 ? TrackView.Hidden : TrackView.Of(320, 180));
            scene.SendFrames(0, count: 8); // about four changes a second
        }

        Assert.InRange(scene.KeyFrames - flood, 1, 18); // within 16 seconds
    }

    [Fact]
    public void OnRtp_SharedPayload_IsNotChangedForOthers()
    {
        var scene = new Scene(new Random(11), reports: true);
        var (_, other, egress) = scene.Call.Join(6000);
        other.SetView(TrackView.Of(1280, 720));
        scene.SendFrames(0, count: 60);
        scene.Down.SetView(TrackView.Hidden);
        scene.SendFrames(0, count: 30);
        scene.Down.SetView(TrackView.Of(1280, 720));
        scene.SendFrames(0, count: 60);

        var (mine, theirs) = (scene.Egress.Rtp[^1], egress.Rtp[^1]);
        Assert.Equal(RecordingEgress.Payload(mine)[6..], RecordingEgress.Payload(theirs)[6..]);
        Assert.NotEqual(Scene.PictureIdOf(mine), Scene.PictureIdOf(theirs));
        var ids = egress.Rtp.Select(Scene.PictureIdOf).Distinct().ToList();
        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.Equal(1, (pair.Second - pair.First) & 0x7FFF));
    }

    private sealed record Seen(long Sequence, uint Timestamp, int PictureId, byte Tl0, ushort FrameNumber, int Layer, int Frame, bool StartsKeyFrame);

    private static void Announce(Scene scene, UpLayer layer, string hex)
    {
        Assert.True(VideoLayersAllocation.TryParse(Convert.FromHexString(hex), out var allocation));
        scene.Call.Track.OnAllocation(scene.Call.Now, layer, allocation);
    }

    /// <summary>A camera that sends three layers with dependency descriptors, each layer with numbers of its own. VP8 and VP9 also have picture IDs and TL0PICIDX.</summary>
    private sealed class Scene
    {
        private readonly Random _random;
        private readonly bool _reports;
        private readonly VideoCodec _codec;
        private readonly Layer[] _layers;
        private readonly List<byte[]> _late = [];
        private ExtendedSequenceNumber _received;
        private int _frame;
        private int _read;

        public Scene(Random random, bool reports, VideoCodec codec = VideoCodec.Vp8)
        {
            (_random, _reports, _codec) = (random, reports, codec);
            _layers = [.. Enumerable.Range(0, 3).Select(_ => new Layer
            {
                Sequence = (ushort)random.Next(65_536),
                Clock = (uint)random.Next(),
                PictureId = random.Next(32_768),
                Tl0 = (byte)random.Next(256),
                FrameNumber = (ushort)random.Next(65_536),
            })];
            Call = new Call(layers: [new() { Ssrc = 100, Rid = "f" }, new() { Ssrc = 200, Rid = "h" }, new() { Ssrc = 300, Rid = "q" }]);
            Call.Publisher.Renegotiate(Call.Track, Call.Track.Options with { Codec = codec, Extensions = From });
            (Subscriber, Down, Egress) = Call.Join();
            Down.Renegotiate(Down.Options with { Extensions = To });
        }

        public Call Call { get; }

        public Subscriber Subscriber { get; }

        public DownTrack Down { get; }

        public RecordingEgress Egress { get; }

        /// <summary>The layer that is not sent.</summary>
        public int? Stopped { get; set; }

        public List<Seen> Received { get; } = [];

        public int KeyFrames { get; private set; }

        /// <summary>The only layer that the camera can send; null for all.</summary>
        public int? Only { get; init; }

        /// <summary>Whether the camera sends only the layers that it is asked for.</summary>
        public bool ObeysRequests { get; init; }

        public static int PictureIdOf(byte[] packet) => PictureNumbers.Read(VideoCodec.Vp8, RecordingEgress.Payload(packet)).PictureId;

        public static DependencyDescriptor DescriptorOf(byte[] packet)
        {
            Assert.True(RtpPacket.TryParse(packet, out var parsed));
            foreach (var element in parsed.Extensions)
            {
                if (element.Id == 3 && DependencyDescriptor.TryParse(packet.AsSpan(element.Offset, element.Length), out var descriptor))
                {
                    return descriptor;
                }
            }

            throw new InvalidOperationException("no descriptor");
        }

        /// <summary>Sends one picture of each layer in two packets, some of which get lost or arrive late.</summary>
        public void SendFrames(int trouble, int count = 1)
        {
            for (var i = 0; i < count; i++, _frame++)
            {
                var wanted = TakeKeyFrameRequests();
                for (var layer = 0; layer < 3; layer++)
                {
                    var isRequested = Call.Track.RequestedLayers.Contains(Call.Track.Layers[layer].Rid);
                    if (layer != Stopped && layer == (Only ?? layer) && (isRequested || !ObeysRequests))
                    {
                        SendFrame(layer, trouble, wanted);
                    }
                }

                Call.Advance(30);
                Call.Now += 3 * Call.Millisecond;
            }
        }

        /// <summary>Sends one key frame of one layer, without being asked.</summary>
        public void SendKeyFrame(int layer)
        {
            SendFrame(layer, 0, [(uint)((layer + 1) * 100)]);
            _frame++;
        }

        private void SendFrame(int index, int trouble, HashSet<uint> wanted)
        {
            var layer = _layers[index];
            var ssrc = (uint)((index + 1) * 100);
            var timestamp = layer.Clock + (uint)(_frame * FrameTicks);
            var key = _frame == 0 || wanted.Contains(ssrc);
            KeyFrames += key ? 1 : 0;
            layer.PictureId = (layer.PictureId + 1) & 0x7FFF;
            layer.FrameNumber++;
            layer.Tl0 += (byte)(key || _frame % 2 == 0 ? 1 : 0);
            if (_reports && _frame % 30 == 0)
            {
                var ntp = NtpTime.FromUnixTicks(TimeSpan.TicksPerSecond / 30 * _frame);
                Call.Publisher.OnRtcp(Call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(ssrc, ntp, timestamp, 1, 1)));
            }

            for (var part = 0; part < 2; part++)
            {
                var packet = Packet(layer, ssrc, timestamp, index, part, key);
                var fate = trouble == 0 ? 99 : _random.Next(40);
                if (fate == 0 && !key)
                {
                    continue; // lost
                }

                if (fate == 1)
                {
                    _late.Add(packet);
                    continue;
                }

                Deliver(packet);
            }

            if (_late.Count > 0 && _random.Next(4) == 0)
            {
                _late.ForEach(Deliver);
                _late.Clear();
            }
        }

        private byte[] Packet(Layer layer, uint ssrc, uint timestamp, int index, int part, bool key)
        {
            var payload = new byte[24];
            if (_codec == VideoCodec.H264)
            {
                payload[0] = (byte)(key ? 0x65 : 0x61); // NAL unit header: IDR or non-IDR slice
            }
            else if (_codec == VideoCodec.Av1)
            {
                // Z or Y, because the packets share an OBU; one OBU; N in the first packet of a key frame. Then the header of an OBU_FRAME.
                (payload[0], payload[1]) = ((byte)((part == 0 ? 0x40 : 0x80) | 0x10 | (key && part == 0 ? 0x08 : 0)), 0x30);
            }
            else if (_codec == VideoCodec.Vp9)
            {
                // The I and L bits, the P bit except in key pictures, and B or E; then a long picture ID, the layer index and TL0PICIDX.
                payload[0] = (byte)(0xA0 | (key ? 0 : 0x40) | (part == 0 ? 0x08 : 0x04));
                BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(1), (ushort)(0x8000 | layer.PictureId));
                payload[4] = layer.Tl0;
            }
            else
            {
                // X bit, and S bit in the first packet; then I, L and T with K, a long picture ID, TL0PICIDX, TID and KEYIDX.
                payload[0] = (byte)(part == 0 ? 0x90 : 0x80);
                payload[1] = 0xE0;
                BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(0x8000 | layer.PictureId));
                payload[4] = layer.Tl0;
                payload[6] = (byte)(key ? 0 : 1);
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(12), (ushort)Sizes[index].Width);
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(14), (ushort)Sizes[index].Height);
            }

            payload[16] = (byte)index;
            payload[17] = (byte)part;
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(20), _frame);
            var descriptor = new byte[key && part == 0 ? 5 : 3];
            descriptor[0] = (byte)(part == 0 ? 0x80 : 0x40);
            BinaryPrimitives.WriteUInt16BigEndian(descriptor.AsSpan(1), layer.FrameNumber);
            if (descriptor.Length > 3)
            {
                descriptor[3] = 0x80;
            }

            return Call.Packet(layer.Sequence++, timestamp, key, ssrc, 96, null, null, null, payload, descriptor: descriptor);
        }

        private void Deliver(byte[] packet)
        {
            ReadSent(); // what was sent with the timers
            Assert.Equal(ReceivedMedia.Active, Call.Publisher.OnRtp(Call.Now, packet.ToArray()));
            ReadSent();
        }

        private void ReadSent()
        {
            for (; _read < Egress.Rtp.Count; _read++)
            {
                var sent = Egress.Rtp[_read];
                var payload = RecordingEgress.Payload(sent);
                var header = RecordingEgress.Header(sent);
                var numbers = PictureNumbers.Read(_codec, payload);
                var descriptor = DescriptorOf(sent);
                Received.Add(new Seen(
                    _received.Unwrap(header.SequenceNumber), header.Timestamp, numbers.PictureId, numbers.Tl0PictureIndex, descriptor.FrameNumber,
                    payload[16], BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(20)), descriptor.StartsKeyFrame && payload[17] == 0));
            }
        }

        /// <summary>The layers of which the publisher was asked for a key frame since the last call.</summary>
        private HashSet<uint> TakeKeyFrameRequests()
        {
            var wanted = new HashSet<uint>();
            foreach (var compound in Call.Upstream.Rtcp)
            {
                foreach (var packet in new RtcpReader(compound))
                {
                    if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss)
                    {
                        wanted.Add(feedback.MediaSsrc);
                    }
                }
            }

            Call.Upstream.Rtcp.Clear();
            return wanted;
        }

        private sealed class Layer
        {
            public ushort Sequence { get; set; }

            public uint Clock { get; init; }

            public int PictureId { get; set; }

            public byte Tl0 { get; set; }

            public ushort FrameNumber { get; set; }
        }
    }
}
