using MeetOperator.Sfu.Egress;
using System.Buffers.Binary;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// A camera over a path with delay that loses ten percent of all packets, including requests and retransmissions. The media node measures the
/// round trip, and every packet reaches the subscriber.
/// </summary>
public sealed class LossRecoveryTests : IDisposable
{
    private const int PacketCount = 3000;
    private const long Step = 2 * TimeSpan.TicksPerMillisecond;
    private readonly RetransmissionHistory _history = new(4096, 1 << 20);
    private readonly Call _call = new();
    private TransportPair _pair = null!;
    private bool _answersReports;
    private int _nodeHandled;
    private int _clientHandled;
    private int _retransmitted;
    private ushort _rtxSequence = 500;
    private (uint Reference, long AtTicks) _reference;

    public void Dispose()
    {
        _pair?.Dispose();
        _history.Dispose();
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(60, false)]
    [InlineData(150, true)]
    [InlineData(150, false)]
    [InlineData(300, true)]
    [InlineData(300, false)]
    public void Publisher_TenPercentLoss_RecoversEveryPacketWithFewRequests(int roundTripMilliseconds, bool answersReports)
    {
        _answersReports = answersReports;
        _pair = new TransportPair(seed: roundTripMilliseconds, new LinkConditions { DelayTicks = roundTripMilliseconds * TimeSpan.TicksPerMillisecond / 2 });
        Assert.True(_pair.Connect());
        _pair.Network.Conditions = _pair.Network.Conditions with { ReorderRate = 0.01, ReorderDelayTicks = 4 * TimeSpan.TicksPerMillisecond };
        var upstream = new NodeEgress(_pair.Server);
        var publisher = new Publisher(upstream, ownSsrc: 1);
        _call.Publisher.Renegotiate(_call.Track, _call.Track.Options with { ReferenceTime = answersReports });
        publisher.Add(_call.Track);
        var (_, _, subscriber) = _call.Join();
        var lostAtStart = _pair.Network.Lost;
        for (var i = 0; i < PacketCount + 2000; i++)
        {
            // The loss of the first packet or of the last ones would not create a detectable gap.
            _pair.Network.Conditions = _pair.Network.Conditions with { LossRate = i is > 0 and < PacketCount - 5 ? 0.1 : 0 };
            if (i < PacketCount)
            {
                SendMedia((ushort)(64_000 + i), key: i == 0);
            }

            _pair.Run(TimeSpan.FromTicks(Step));
            Deliver(publisher);
            if (i % 5 == 0)
            {
                publisher.HandleTimeout(_pair.Network.NowTicks);
            }

            AnswerAsClient();
        }

        var lost = (int)(_pair.Network.Lost - lostAtStart);
        Assert.True(lost > PacketCount / 20, $"The path lost only {lost} packets.");
        Assert.Equal(PacketCount, subscriber.Sequences.Distinct().Count());
        Assert.Equal(1, upstream.PictureLossIndications); // the request for the new subscriber; an unrecovered packet would cause another
        Assert.True(_retransmitted < PacketCount / 5, $"{_retransmitted} retransmissions for about {PacketCount / 10} losses.");
    }

    /// <summary>A sender that probes its line sends its newest packets again, so the copy of a lost packet can come before any later packet shows the gap.</summary>
    [Fact]
    public void Publisher_RepeatsItsNewestPacket_IsForwardedOnce()
    {
        var (_, _, egress) = _call.Join();
        _call.Send(1, key: true);
        Repeat(2);
        Repeat(2);
        Repeat(1);
        _call.Send(3);
        _call.Advance(100);

        Assert.Equal([100, 101, 102], egress.Sequences.Select(s => (int)s));
        Assert.DoesNotContain(_call.Upstream.Rtcp, compound => Requests(compound));

        void Repeat(byte sequence) => _call.Send(sequence, ssrc: Call.RtxSsrc, payloadType: 97, payload: [0, sequence, 0x10, 0x01, 0, sequence, 0, 0]);
    }

    [Fact]
    public void HandleTimeout_SparseLossOnManyTracks_RequestsAllPackets()
    {
        _pair = new TransportPair(seed: 1);
        var upstream = new RecordingEgress();
        var publisher = new Publisher(upstream, ownSsrc: 1);
        for (uint i = 0; i < 6; i++)
        {
            var options = _call.Track.Options with { Mid = $"{i}", Layers = Call.OneLayer(3000 + i, 4000 + i) };
            publisher.Add(new Tracks.UpTrack(options, "alice", TrackSource.Camera, $"camera-{i}"));
            for (ushort sequence = 0; sequence < 2_000; sequence += (ushort)(sequence % 20 == 18 ? 2 : 1))
            {
                publisher.OnRtp(_call.Now, Call.Packet(sequence, 0, false, 3000 + i, 96, null, null, null, null));
            }
        }

        publisher.HandleTimeout(_call.Now + (10 * Call.Millisecond));

        Assert.Equal(6 * 99, upstream.GetNackedNumbers().Count);
    }

    private void SendMedia(ushort sequence, bool key)
    {
        var packet = Call.Packet(sequence, sequence * 180u, key, Call.Ssrc, 96, null, null, null, null);
        _history.Add(sequence, packet);
        _pair.Client.SendRtp(packet.AsSpan(0, 12), packet.AsSpan(12));
    }

    private void Deliver(Publisher publisher)
    {
        for (; _nodeHandled < _pair.Server.Received.Count; _nodeHandled++)
        {
            var packet = _pair.Server.Received[_nodeHandled];
            if (PacketClassifier.Classify(packet) == PacketKind.Rtcp)
            {
                publisher.OnRtcp(_pair.Network.NowTicks, packet);
            }
            else
            {
                publisher.OnRtp(_pair.Network.NowTicks, packet);
            }
        }
    }

    /// <summary>Retransmits the requested packets and, if the client answers reports, responds to reference times.</summary>
    private void AnswerAsClient()
    {
        for (; _clientHandled < _pair.Client.Received.Count; _clientHandled++)
        {
            foreach (var packet in new RtcpReader(_pair.Client.Received[_clientHandled]))
            {
                if (FeedbackMessage.TryParse(packet, out var message) && message.IsNack)
                {
                    foreach (var sequence in message.NackedSequenceNumbers)
                    {
                        Retransmit(sequence);
                    }
                }
                else if (packet.Type == RtcpPacketType.ExtendedReport)
                {
                    _reference = (BinaryPrimitives.ReadUInt32BigEndian(packet.Body[10..]), _pair.Network.NowTicks);
                }
            }
        }

        // The response is sent half a second after the reference time, so that the delay matters.
        if (_answersReports && _reference.Reference != 0 && _pair.Network.NowTicks - _reference.AtTicks >= 500 * TimeSpan.TicksPerMillisecond)
        {
            var delay = NtpTime.TicksToShort(_pair.Network.NowTicks - _reference.AtTicks);
            byte[] report = [0x80, 207, 0, 5, 0, 0, 0, 9, 5, 0, 0, 3, 0, 0, 0, 1, .. BigEndian(_reference.Reference), .. BigEndian(delay)];
            _pair.Client.SendRtcp(report);
            _reference = default;
        }
    }

    private void Retransmit(ushort sequence)
    {
        Assert.True(_history.TryGet(sequence, out var stored));
        Assert.True(RtpPacket.TryParse(stored, out var original));
        var payload = new byte[1500];
        var length = RtxPacket.WritePayload(sequence, original.Payload, payload);
        var header = new byte[12];
        new RtpHeader { PayloadType = 97, SequenceNumber = _rtxSequence++, Ssrc = Call.RtxSsrc, Timestamp = original.Header.Timestamp }.WriteFixed(header, false);
        _pair.Client.SendRtp(header, payload.AsSpan(0, length));
        _retransmitted++;
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>Sends to the client over the simulated path.</summary>
    private sealed class NodeEgress(SimulatedPeer peer) : IPeerEgress
    {
        public int PictureLossIndications { get; private set; }

        public bool IsReady => true;

        public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => throw new NotSupportedException("A publisher receives no media.");

        public void Retransmit(ReadOnlySpan<byte> packet) => throw new NotSupportedException("A publisher receives no media.");

        public void SendRtcp(ReadOnlySpan<byte> compound)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                PictureLossIndications += FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss ? 1 : 0;
            }

            peer.SendRtcp(compound);
        }

        public void WakeAt(long ticks)
        {
            // The test runs the timers itself.
        }

        public void Fail(Exception error) => throw new InvalidOperationException("Unexpected peer failure.", error);
    }

    private static bool Requests(byte[] compound)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsNack)
            {
                return true;
            }
        }

        return false;
    }
}
