using System.Buffers.Binary;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>How both sides of a connection measure its round trip (RFC 3611 §4.4, §4.5).</summary>
public sealed class RoundTripTests
{
    private const uint Receiver = 9;
    private static readonly ulong Reference = NtpTime.FromUnixTicks(TimeSpan.TicksPerDay);
    private readonly Call _call = new();

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void HandleTimeout_Report_HasReferenceTimeIfNegotiated(bool isNegotiated, int expected)
    {
        _call.Publisher.Renegotiate(_call.Track, _call.Track.Options with { ReferenceTime = isNegotiated });
        _call.Send(1, key: true);
        _call.Advance(1_000);

        Assert.Equal(1, _call.Upstream.CountFeedback((type, _) => type == RtcpPacketType.ReceiverReport));
        Assert.Equal(expected, _call.Upstream.CountFeedback((type, _) => type == RtcpPacketType.ExtendedReport));
    }

    /// <summary>The client answers no reference times, so only checks of the path show how long a request takes.</summary>
    [Theory]
    [InlineData(0, 5)] // a path of a few metres: one every 20 ms, then 40 ms
    [InlineData(400, 1)]
    public void HandleTimeout_LongRoundTripOfCheck_WaitsForTheAnswer(int roundTripMilliseconds, int requests)
    {
        for (var i = 0; i < 3; i++)
        {
            _call.Publisher.OnPathCheck(1, roundTripMilliseconds * Call.Millisecond);
        }

        _call.Send(1, key: true);
        _call.Send(3);
        _call.Advance(150);

        Assert.Equal(requests, _call.Upstream.GetNackedNumbers().Count(n => n == 2));
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(0, 5)] // the loop rested for 400 ms
    public void OnRtcp_ReferenceReply_RoundTripEndsWithItsArrival(int roundTripMilliseconds, int requests)
    {
        var reply = Call.Rtcp((ref RtcpWriter w) => w.AddReferenceReply(Call.Ssrc, receiver: 1, NtpTime.Middle(NtpTime.FromUnixTicks(_call.Now))));
        for (var i = 0; i < 3; i++)
        {
            _call.Publisher.OnRtcp(_call.Now + (400 * Call.Millisecond), reply, _call.Now + (roundTripMilliseconds * Call.Millisecond));
        }

        _call.Now += 400 * Call.Millisecond;
        _call.Send(1, key: true);
        _call.Send(3);
        _call.Advance(150);

        Assert.Equal(requests, _call.Upstream.GetNackedNumbers().Count(n => n == 2));
    }

    [Theory]
    [InlineData(6000, 6000)]
    [InlineData(1, 5000)] // a report about no known stream
    public void OnRtcp_ReferenceTime_IsReturnedByTheReportedStream(uint reported, uint expected)
    {
        var (subscriber, _, egress) = _call.Join();
        subscriber.Add(_call.Track, NarrowCall.Down(6000, null));

        subscriber.OnRtcp(_call.Now, Compound(reported));

        var packets = new List<(RtcpPacketType Type, uint Sender)>();
        foreach (var packet in new RtcpReader(egress.Rtcp.Single()))
        {
            packets.Add((packet.Type, BinaryPrimitives.ReadUInt32BigEndian(packet.Body)));
            if (packet.Type == RtcpPacketType.ExtendedReport)
            {
                Assert.True(ExtendedReport.TryReadDelay(packet, Receiver, out var reference, out var delay));
                Assert.Equal((NtpTime.Middle(Reference), 0u), (reference, delay));
            }
        }

        Assert.Equal([(RtcpPacketType.ReceiverReport, expected), (RtcpPacketType.ExtendedReport, expected)], packets);
    }

    /// <summary>A client sends one for each of its streams, or as many as it likes.</summary>
    [Fact]
    public void OnRtcp_ManyReferenceTimes_AreAnsweredTwiceASecond()
    {
        var (subscriber, _, egress) = _call.Join();
        for (var i = 0; i < 100; i++)
        {
            subscriber.OnRtcp(_call.Now + (i * 10 * Call.Millisecond), Compound(5000));
        }

        Assert.Equal(2, egress.Rtcp.Count);
    }

    [Fact]
    public void OnRtcp_ReferenceTimeWithoutTracks_IsIgnored()
    {
        var (subscriber, track, egress) = _call.Join();
        subscriber.Remove(track);

        subscriber.OnRtcp(_call.Now, Compound(5000));

        Assert.Empty(egress.Rtcp);
    }

    private static byte[] Compound(uint reported) => Call.Rtcp((ref RtcpWriter writer) =>
    {
        writer.AddReceiverReport(Receiver, new ReportBlock { Ssrc = reported });
        writer.AddReferenceTime(Receiver, Reference);
    });
}
