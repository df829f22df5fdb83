using System.Buffers.Binary;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Reception;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtc.Tests.Behaviour;

/// <summary>
/// A stream over a lossy path with SRTP, gap detection, NACK, the packet history and RTX. Every packet must arrive although ten percent
/// of all packets, including requests and retransmissions, are lost.
/// </summary>
public sealed class NackRecoversLossTests : IDisposable
{
    private const uint MediaSsrc = 100;
    private const uint RtxSsrc = 101;
    private const byte MediaType = 96;
    private const byte RtxType = 97;
    private const int PacketCount = 3000;
    private const long RoundTrip = 60 * TimeSpan.TicksPerMillisecond;

    private readonly RetransmissionHistory _history = new(1024, 1 << 20);
    private readonly NackGenerator _nack = new();
    private readonly Dictionary<ushort, byte[]> _sent = [];
    private readonly Dictionary<ushort, byte[]> _received = [];
    private ExtendedSequenceNumber _sentSequence;
    private ushort _rtxSequence = 500;
    private int _clientHandled;
    private int _serverHandled;

    public void Dispose() => _history.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Stream_TenPercentLossAndReordering_ArrivesCompletely(int seed)
    {
        using var pair = new TransportPair(seed, new LinkConditions { DelayTicks = RoundTrip / 2 });
        Assert.True(pair.Connect());
        pair.Network.Conditions = pair.Network.Conditions with { LossRate = 0.1, ReorderRate = 0.02, DuplicationRate = 0.02 };
        var random = new Random(seed);
        for (var i = 0; i < PacketCount; i++)
        {
            if (i == PacketCount - 5)
            {
                pair.Network.Conditions = pair.Network.Conditions with { LossRate = 0 }; // no later packet would reveal the loss of the last ones
            }

            Send(pair, (ushort)(64_000 + i), random);
            Step(pair);
        }

        for (var i = 0; i < 400; i++)
        {
            Step(pair);
        }

        Assert.True(pair.Network.Lost > PacketCount / 20, "The path lost too few packets.");
        Assert.False(_nack.NeedsKeyFrame);
        Assert.Equal(PacketCount, _received.Count);
        Assert.All(_sent, s => Assert.Equal(s.Value, _received[s.Key]));
    }

    private void Send(TransportPair pair, ushort sequenceNumber, Random random)
    {
        var header = new byte[12];
        new RtpHeader { PayloadType = MediaType, SequenceNumber = sequenceNumber, Ssrc = MediaSsrc }.WriteFixed(header, withExtension: false);
        var payload = new byte[random.Next(1, 1000)];
        random.NextBytes(payload);
        _sent[sequenceNumber] = payload;
        _history.Add(_sentSequence.Unwrap(sequenceNumber), [.. header, .. payload]);
        pair.Client.SendRtp(header, payload);
    }

    private void Step(TransportPair pair)
    {
        pair.Run(TimeSpan.FromMilliseconds(2));
        for (; _serverHandled < pair.Server.Received.Count; _serverHandled++)
        {
            Receive(pair.Network.NowTicks, pair.Server.Received[_serverHandled]);
        }

        Span<ushort> wanted = stackalloc ushort[64];
        var count = _nack.Collect(pair.Network.NowTicks, RoundTrip, wanted);
        if (count > 0)
        {
            var writer = new RtcpWriter(new byte[1000]);
            Assert.True(writer.AddNack(1, MediaSsrc, wanted[..count]));
            pair.Server.SendRtcp(writer.Written);
        }

        for (; _clientHandled < pair.Client.Received.Count; _clientHandled++)
        {
            Answer(pair, pair.Client.Received[_clientHandled]);
        }
    }

    private void Receive(long nowTicks, byte[] packet)
    {
        Span<byte> media = packet;
        if ((packet[1] & 0x7F) == RtxType)
        {
            Assert.True(RtxPacket.TryRestore(packet, MediaType, MediaSsrc, out media));
        }

        Assert.True(RtpPacket.TryParse(media, out var parsed));
        _nack.OnPacket(nowTicks, parsed.Header.SequenceNumber);
        _received[parsed.Header.SequenceNumber] = parsed.Payload.ToArray();
    }

    private void Answer(TransportPair pair, byte[] compound)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            Assert.True(FeedbackMessage.TryParse(packet, out var message) && message.IsNack);
            foreach (var sequenceNumber in message.NackedSequenceNumbers)
            {
                Assert.True(_history.TryGet(_sentSequence.Peek(sequenceNumber), out var stored));
                Assert.True(RtpPacket.TryParse(stored, out var original));
                var payload = new byte[1500];
                var length = RtxPacket.WritePayload(sequenceNumber, original.Payload, payload);
                var header = new byte[12];
                new RtpHeader { PayloadType = RtxType, SequenceNumber = _rtxSequence++, Ssrc = RtxSsrc }.WriteFixed(header, false);
                Assert.Equal(sequenceNumber, BinaryPrimitives.ReadUInt16BigEndian(payload));
                pair.Client.SendRtp(header, payload.AsSpan(0, length));
            }
        }
    }
}
