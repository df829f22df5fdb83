using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class FeedbackTests
{
    [Fact]
    public void OnRtcp_ManyPictureLosses_WakeThePublisherWhenItMayAskAgain()
    {
        var call = new Call();
        var (subscriber, _, _) = call.Join();
        call.Send(1, key: true);
        var losses = Call.Rtcp((ref RtcpWriter writer) =>
        {
            for (var i = 0; i < 50; i++)
            {
                writer.AddPictureLoss(7, 5000);
            }
        });
        subscriber.OnRtcp(call.Now, losses);
        call.Advance(10);
        call.Upstream.WokenAt = long.MaxValue;

        subscriber.OnRtcp(call.Now, losses);

        Assert.InRange(call.Upstream.WokenAt, call.Now + (900 * Call.Millisecond), call.Now + (1_100 * Call.Millisecond));
    }

    /// <summary>Audio leaves before video whatever a line can take, so a microphone cannot send more than audio needs.</summary>
    [Fact]
    public void OnRtp_AudioAboveTheRateOfAudio_IsDropped()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join(rtx: false);
        for (ushort i = 0; i < 5_000; i++)
        {
            call.Now += 4 * Call.Millisecond / 10;
            call.Send(i, payload: new byte[1_200]);
        }

        Assert.InRange(egress.Rtp.Sum(packet => packet.Length * 8.0) / 2, 450_000, 900_000); // in two seconds
        call.Now += TimeSpan.TicksPerSecond;
        var before = egress.Rtp.Count;
        call.Send(5_000, payload: new byte[100]);
        Assert.Equal(before + 1, egress.Rtp.Count);
    }

    /// <summary>The publisher looks at silent tracks only now and then.</summary>
    [Fact]
    public void Publisher_LossAfterSilence_RequestsAtOnce()
    {
        var call = new Call();
        var (subscriber, _, _) = call.Join();
        call.Send(1, key: true);
        call.Advance(3_050);

        call.Send(2);
        call.Send(4);
        call.Advance(30);
        Assert.Equal([3], call.Upstream.GetNackedNumbers());

        call.Send(3);
        call.Advance(3_050);
        var before = call.Upstream.PictureLossIndications;
        subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter writer) => writer.AddPictureLoss(7, 5000)));
        call.Advance(10);
        Assert.Equal(before + 1, call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_Video_RequestsKeyFrameUntilOneArrives()
    {
        var call = new Call();
        call.Join();

        call.Advance(10);
        Assert.Equal(1, call.Upstream.PictureLossIndications);
        call.Advance(600);
        Assert.Equal(3, call.Upstream.PictureLossIndications);

        call.Send(1, key: true);
        call.Advance(5000);
        Assert.Equal(3, call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_NoKeyFrameArrives_RequestsOncePerSecond()
    {
        var call = new Call();
        call.Join();
        Send(seconds: 5);
        var before = call.Upstream.PictureLossIndications;
        Send(seconds: 10);
        Assert.InRange(call.Upstream.PictureLossIndications - before, 9, 11);

        void Send(int seconds)
        {
            for (var i = 0; i < seconds * 10; i++)
            {
                call.Send((ushort)(call.Track.ReceivedPackets + 1));
                call.Advance(100);
            }
        }
    }

    [Fact]
    public void Join_PublisherSendsNothing_RequestsBecomeRareUntilItSends()
    {
        var call = new Call();
        call.Join();
        call.Advance(30_000);
        Assert.InRange(call.Upstream.PictureLossIndications, 8, 14);
        var before = call.Upstream.PictureLossIndications;
        call.Advance(80_000);
        Assert.InRange(call.Upstream.PictureLossIndications - before, 9, 11);

        before = call.Upstream.PictureLossIndications;
        while (call.Upstream.PictureLossIndications == before)
        {
            call.Advance(10);
        }

        call.Advance(3_000);
        call.Send(1);
        call.Advance(10);
        Assert.Equal(before + 2, call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void Join_PublisherSendsNothing_NewSubscriberIsRequestedForAtOnce()
    {
        var call = new Call();
        call.Join();
        call.Advance(60_000);
        var before = call.Upstream.PictureLossIndications;
        call.Join(ssrc: 6000);
        call.Advance(1_000);
        Assert.InRange(call.Upstream.PictureLossIndications - before, 3, 5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Join_TwentyWithinTwoSeconds_RequestsAtMostFive(bool isAnswered)
    {
        var call = new Call();
        var requested = 0;
        for (var i = 0; i < 200; i++)
        {
            if (i % 10 == 0)
            {
                call.Join((uint)(5000 + i));
            }

            call.Advance(10);
            var isNew = call.Upstream.PictureLossIndications > requested;
            requested = call.Upstream.PictureLossIndications;
            call.Send((ushort)(i + 1), key: isAnswered && isNew);
        }

        Assert.InRange(requested, 2, 5);
        for (var i = 0; i < 10; i++)
        {
            call.Send((ushort)(i + 201), key: isAnswered && i == 0);
            call.Advance(1_000);
        }

        Assert.InRange(call.Upstream.PictureLossIndications - requested, 0, isAnswered ? 1 : 11);
    }

    [Fact]
    public void Join_FourEachSecondForAMinute_RequestsOncePerSecond()
    {
        var call = new Call();
        var requested = 0;
        for (var i = 0; i < 1_200; i++)
        {
            if (i % 5 == 0)
            {
                call.Join((uint)(5000 + i));
            }

            call.Advance(50);
            call.Send((ushort)(i + 1), key: call.Upstream.PictureLossIndications > requested);
            requested = call.Upstream.PictureLossIndications;
        }

        Assert.InRange(requested, 40, 62);
    }

    [Fact]
    public void Join_BeforeEgressIsReady_RequestsKeyFrameWhenReady()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join(ready: false);
        call.Advance(500);
        Assert.Equal(0, call.Upstream.PictureLossIndications);
        call.Send(1, key: true);
        Assert.Empty(egress.Rtp);
        call.Advance(600); // so that the key frame is too old to be sent from the history

        egress.IsReady = true;
        subscriber.OnReady();
        call.Advance(10);
        Assert.Equal(1, call.Upstream.PictureLossIndications);
        call.Send(2, key: true);
        Assert.Single(egress.Rtp);
    }

    [Fact]
    public void OnRtcp_ManyPictureLosses_RequestsKeyFrameOncePerSecond()
    {
        var call = new Call();
        var subscribers = Enumerable.Range(0, 20).Select(i => call.Join((uint)(5000 + (i * 10)))).ToList();
        call.Advance(10);
        call.Send(1, key: true);
        var before = call.Upstream.PictureLossIndications;

        for (var i = 0; i < 200; i++)
        {
            foreach (var (subscriber, track, _) in subscribers)
            {
                subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddPictureLoss(9, track.Options.Ssrc)));
            }

            call.Advance(10);
        }

        Assert.InRange(call.Upstream.PictureLossIndications - before, 1, 3);
    }

    [Fact]
    public void OnRtcp_FullIntraRequest_RequestsKeyFrame()
    {
        var call = new Call();
        var (subscriber, _, _) = call.Join();
        call.Advance(10);
        call.Send(1, key: true);
        call.Advance(2000);
        var before = call.Upstream.PictureLossIndications;

        subscriber.OnRtcp(call.Now, [0x84, 206, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0x13, 0x88, 1, 0, 0, 0]); // for SSRC 5000
        call.Advance(10);

        Assert.Equal(before + 1, call.Upstream.PictureLossIndications);
    }

    [Fact]
    public void OnRtcp_Nack_ResendsOverRtxWithOriginalNumber()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join();
        call.Send(1, key: true);
        call.Send(2, timestamp: 3000);
        call.Send(3);
        egress.Rtp.Clear();

        subscriber.OnRtcp(call.Now, Nack(5000, 101));

        var resent = Assert.Single(egress.Rtp);
        var header = RecordingEgress.Header(resent);
        Assert.Equal((5001u, (byte)121, 3000u), (header.Ssrc, header.PayloadType, header.Timestamp));
        Assert.True(RtxPacket.TryRestore(resent, 120, 5000, out var original));
        Assert.Equal(101, RecordingEgress.Header(original.ToArray()).SequenceNumber);
        Assert.Equal(2, RecordingEgress.Payload(original.ToArray())[3]);
    }

    [Fact]
    public void OnRtcp_RepeatedNack_ResendsOncePerRoundTrip()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join();
        call.Send(1, key: true);
        egress.Rtp.Clear();

        subscriber.OnRtcp(call.Now, Nack(5000, 100));
        subscriber.OnRtcp(call.Now + Call.Millisecond, Nack(5000, 100));
        Assert.Single(egress.Rtp);
        subscriber.OnRtcp(call.Now + (30 * Call.Millisecond), Nack(5000, 100));

        Assert.Equal(2, egress.Rtp.Count);
    }

    [Fact]
    public void OnRtcp_NackFlood_LimitsRetransmissions()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join();
        for (ushort i = 0; i < 200; i++)
        {
            call.Send(i, key: i == 0);
        }

        egress.Rtp.Clear();

        for (var round = 0; round < 100; round++)
        {
            call.Advance(100);
            for (ushort i = 0; i < 200; i++)
            {
                subscriber.OnRtcp(call.Now, Nack(5000, (ushort)(100 + i)));
            }
        }

        Assert.InRange(egress.Rtp.Count, 1, 500);
    }

    [Theory]
    [InlineData(5000u, (ushort)99)]
    [InlineData(5000u, (ushort)300)]
    [InlineData(4711u, (ushort)100)]
    public void OnRtcp_NackForUnsentPacket_IsIgnored(uint ssrc, ushort sequence)
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join();
        call.Send(1, key: true);
        egress.Rtp.Clear();

        subscriber.OnRtcp(call.Now, Nack(ssrc, sequence));

        Assert.Empty(egress.Rtp);
    }

    [Fact]
    public void OnRtcp_NackWithoutRtx_ResendsSameBytesOnce()
    {
        var call = new Call();
        var (subscriber, track, egress) = call.Join(rtx: false);
        call.Send(1, key: true);
        call.Send(2, timestamp: 3000);
        call.Send(3, timestamp: 6000);
        var sent = egress.Rtp.ToList();
        egress.Rtp.Clear();

        // A renegotiation between the two must not change the bytes of the sequence number.
        track.Renegotiate(track.Options with { Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.AudioLevel, 5), PayloadType = 99 });
        subscriber.OnRtcp(call.Now, Nack(5000, 101));
        subscriber.OnRtcp(call.Now, Nack(5000, 101));

        Assert.Equal(sent[1], Assert.Single(egress.Rtp));
    }

    [Fact]
    public void OnRtcp_NackWithoutRtxForOldPacket_IsIgnored()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join(rtx: false);
        call.Send(1, key: true);
        for (ushort i = 2; i < 400; i++)
        {
            call.Send(i);
        }

        egress.Rtp.Clear();
        subscriber.OnRtcp(call.Now, Nack(5000, 100));
        subscriber.OnRtcp(call.Now, Nack(5000, 5000));

        Assert.Empty(egress.Rtp);
    }

    [Fact]
    public void OnRtcp_NackNotNegotiated_IsIgnored()
    {
        var call = new Call();
        var (subscriber, track, egress) = call.Join(rtx: false);
        track.Renegotiate(track.Options with { Nack = false });
        call.Send(1, key: true);
        egress.Rtp.Clear();

        subscriber.OnRtcp(call.Now, Nack(5000, 100));

        Assert.Empty(egress.Rtp);
    }

    [Fact]
    public void HandleTimeout_PacketLostUpstream_RequestsAndForwardsRtxCopy()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        call.Send(1, key: true);
        call.Send(3);
        call.Advance(20);
        Assert.Equal([2], call.Upstream.GetNackedNumbers().Distinct().Select(s => (int)s));

        var rtx = new byte[100];
        var payload = new byte[] { 0, 2, 0x10, 0x01, 0, 2, 0, 0 };
        var packet = Call.Packet(900, 0, false, Call.RtxSsrc, 97, null, null, null, payload);
        packet.CopyTo(rtx, 0);
        call.Publisher.OnRtp(call.Now, rtx.AsSpan(0, packet.Length));

        Assert.Equal([100, 102, 101], egress.Sequences.Select(s => (int)s));
        var asked = call.Upstream.GetNackedNumbers().Count;
        call.Advance(500);
        Assert.Equal(asked, call.Upstream.GetNackedNumbers().Count);
    }

    [Fact]
    public void OnRtp_RtxForReceivedPacket_IsNotForwarded()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        call.Send(1, key: true);

        call.Send(50, ssrc: Call.RtxSsrc, payloadType: 97, payload: [0, 1, 0x10, 0x00, 0, 1, 0, 0]);
        call.Send(51, ssrc: Call.RtxSsrc, payloadType: 97, payload: []);

        Assert.Single(egress.Rtp);
    }

    [Fact]
    public void HandleTimeout_TransportSequenceNumbers_SendsFeedbackEvery60Ms()
    {
        var call = new Call();
        for (ushort i = 0; i < 100; i++)
        {
            call.Send(i, transport: i);
            call.Advance(10);
        }

        Assert.InRange(call.Upstream.TransportFeedbacks, 14, 18);
    }

    [Fact]
    public void HandleTimeout_RepeatedExtensionInPacket_ReportsFirstNumberOnly()
    {
        var call = new Call();
        call.Publisher.OnRtp(call.Now, [0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0x03, 0xE8, 0xBE, 0xDE, 0, 2, 0x31, 0, 7, 0x31, 0x20, 0x06, 0, 0, 0x10, 0, 0, 0]);

        call.Advance(100);

        Assert.Equal([(ushort)7], ReadFeedback(call.Upstream).Select(p => p.SequenceNumber));
    }

    /// <summary>The loop read three packets at once, late. They arrived 20 ms apart, as they were sent.</summary>
    [Fact]
    public void OnRtp_BatchReadLate_MeasuresArrivalsAndNotTheBatch()
    {
        var call = new Call();
        var first = call.Now - (60 * Call.Millisecond);
        for (ushort i = 0; i < 3; i++)
        {
            call.Publisher.OnRtp(call.Now, Call.Packet(i, (uint)(i * 20 * 90), key: true, Call.Ssrc, 96, i, null, null, null), first + (i * 20 * Call.Millisecond));
        }

        Assert.Equal(0u, call.Layer.Statistics!.Jitter);
        Assert.Equal(call.Now, call.Layer.LastPacketTicks);
        call.Advance(100);
        var arrivals = ReadFeedback(call.Upstream).Select(p => p.ArrivalTicks).ToArray();
        Assert.Equal([20 * Call.Millisecond, 20 * Call.Millisecond], [arrivals[1] - arrivals[0], arrivals[2] - arrivals[1]]);
    }

    [Fact]
    public void HandleTimeout_EverySecond_ReportsLossAndLastSenderReport()
    {
        var call = new Call(MediaKind.Audio);
        call.Publisher.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(Call.Ssrc, 0x1234_5678_9ABC_DEF0, 1, 1, 1)));
        call.Send(0);
        call.Publisher.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(Call.Ssrc, 0x1234_5678_9ABC_DEF0, 1, 1, 1)));
        for (ushort i = 2; i < 220; i += 2)
        {
            call.Send(i);
            call.Advance(20);
        }

        ReportBlock? last = null;
        foreach (var compound in call.Upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (ReceiverReport.TryParse(packet, out var report))
                {
                    foreach (var block in report.Reports)
                    {
                        last = block;
                    }
                }
            }
        }

        Assert.NotNull(last);
        Assert.Equal(Call.Ssrc, last.Value.Ssrc);
        Assert.InRange(last.Value.FractionLost, 110, 140);
        Assert.Equal(0x5678_9ABCu, last.Value.LastSenderReport);
    }

    [Fact]
    public void HandleTimeout_NoPacketsForALongTime_ReportsSeldomUntilOneComes()
    {
        var call = new Call(MediaKind.Audio);
        call.Send(0);
        call.Advance(25_000);
        Assert.InRange(call.Upstream.Rtcp.Count, 5, 10);

        var before = call.Upstream.Rtcp.Count;
        call.Send(1);
        call.Advance(3_000);
        Assert.InRange(call.Upstream.Rtcp.Count - before, 3, 4);
    }

    [Fact]
    public void OnRtcp_SenderReport_IsForwardedInSubscriberClock()
    {
        var call = new Call(MediaKind.Audio);
        var (_, _, egress) = call.Join();
        call.Send(1, timestamp: 10_000);
        var offset = egress.Headers.Single().Timestamp - 10_000;

        call.Publisher.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(Call.Ssrc, 42UL << 32, 12_000, 1, 1)));

        var reader = new RtcpReader(egress.Rtcp.Single());
        Assert.True(reader.MoveNext());
        Assert.True(SenderReport.TryParse(reader.Current, out var report));
        Assert.Equal((5000u, 42UL << 32, 12_000 + offset), (report.Ssrc, report.NtpTimestamp, report.RtpTimestamp));
        Assert.Equal([0, 0, 0, 1], reader.Current.Body[16..20].ToArray()); // the packet count
        Assert.True(reader.MoveNext());
        Assert.Equal(RtcpPacketType.SourceDescription, reader.Current.Type);
        Assert.Equal([1, 5, .. "alice"u8], reader.Current.Body[4..11].ToArray()); // CNAME, length, value
    }

    /// <summary>One participant can send forty reports in each datagram. Every forwarded report costs one packet for each subscriber.</summary>
    [Fact]
    public void OnRtcp_SenderReportFlood_ForwardsTenPerSecond()
    {
        var call = new Call();
        var (_, _, egress) = call.Join();
        call.Send(1, key: true);
        for (var i = 0; i < 100; i++)
        {
            call.Publisher.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) =>
            {
                for (var report = 0; report < 40; report++)
                {
                    w.AddSenderReport(Call.Ssrc, 42UL << 32, 12_000, 1, 1);
                }
            }));
            call.Advance(10);
        }

        Assert.InRange(egress.CountFeedback((type, _) => type == RtcpPacketType.SenderReport), 9, 11);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)] // the loop rested
    public void OnRtcp_ReceiverReport_UpdatesRoundTrip(int waitedMilliseconds)
    {
        var call = new Call(MediaKind.Audio);
        var (subscriber, track, _) = call.Join();
        call.Send(1);
        call.Publisher.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddSenderReport(Call.Ssrc, 42UL << 32, 0, 1, 1)));

        var block = new ReportBlock { Ssrc = 5000, LastSenderReport = NtpTime.Middle(42UL << 32), DelaySinceLastSenderReport = 65536 / 10 };
        var arrival = call.Now + (150 * Call.Millisecond);
        subscriber.OnRtcp(arrival + (waitedMilliseconds * Call.Millisecond), Call.Rtcp((ref RtcpWriter w) => w.AddReceiverReport(9, block)), arrival);

        Assert.InRange(track.RoundTripTicks / (double)Call.Millisecond, 49, 51);

        // After a step of the clock that arrivals are read from, or with a wrong delay, the report tells nothing.
        subscriber.OnRtcp(arrival, Call.Rtcp((ref RtcpWriter w) => w.AddReceiverReport(9, block)), call.Now + (90 * Call.Millisecond));
        Assert.InRange(track.RoundTripTicks / (double)Call.Millisecond, 49, 51);
    }

    [Fact]
    public void SpeechAt_SpeechThenSilence_RisesAndFalls()
    {
        var call = new Call(MediaKind.Audio);
        for (ushort i = 0; i < 10; i++)
        {
            call.Send(i, level: 0x80 | 20);
            call.Now += 20 * Call.Millisecond;
        }

        Assert.True(call.Track.SpeechAt(call.Now).IsSpeaking);
        Assert.InRange(call.Track.SpeechAt(call.Now).Level, 95, 107);
        for (ushort i = 10; i < 110; i++)
        {
            call.Send(i, level: 127);
            call.Now += 20 * Call.Millisecond;
        }

        Assert.False(call.Track.SpeechAt(call.Now).IsSpeaking);
        Assert.InRange(call.Track.SpeechAt(call.Now).Level, 0, 10);
    }

    [Fact]
    public void OnRtcp_RandomBytes_ForwardsNothing()
    {
        var call = new Call();
        var (subscriber, _, egress) = call.Join();
        var random = new Random(5);
        for (var i = 0; i < 5000; i++)
        {
            var data = new byte[random.Next(0, 200)];
            random.NextBytes(data);
            if (data.Length > 1)
            {
                data[0] = (byte)(0x80 | (data[0] & 0x3F));
                data[1] = (byte)random.Next(200, 208);
            }

            subscriber.OnRtcp(call.Now, data);
            call.Publisher.OnRtcp(call.Now, data);
        }

        Assert.Empty(egress.Rtp);
    }

    private static byte[] Nack(uint ssrc, ushort sequence)
    {
        ushort[] missing = [sequence];
        return Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, ssrc, missing));
    }

    private static List<TransportFeedbackPacket> ReadFeedback(RecordingEgress egress)
    {
        var reported = new List<TransportFeedbackPacket>();
        foreach (var compound in egress.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (FeedbackMessage.TryParse(packet, out var message) && TransportFeedback.TryParse(message, out var feedback))
                {
                    foreach (var status in feedback.Packets)
                    {
                        reported.Add(status);
                    }
                }
            }
        }

        return reported;
    }
}
