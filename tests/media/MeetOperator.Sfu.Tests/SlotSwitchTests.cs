using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A down track that carries one source after the other: for the subscriber it is one stream, and nothing of a former source appears in it.</summary>
public sealed class SlotSwitchTests
{
    private readonly RecordingEgress _egress = new();
    private readonly Subscriber _subscriber;
    private readonly Call _alice = new();
    private readonly Call _bob = new();

    public SlotSwitchTests() => _subscriber = new Subscriber(_egress);

    [Theory]
    [InlineData(MediaKind.Video)]
    [InlineData(MediaKind.Audio)]
    public void Start_ManyTimesASecond_StreamIsContinuous(MediaKind kind)
    {
        Call[] calls = [new(kind), new(kind), new(kind)];
        var slot = _subscriber.Add(Options());
        ushort[] next = [65_500, 7, 30_000];
        uint[] clocks = [uint.MaxValue - 3_000, 900_000, 5];
        for (var i = 0; i < 300; i++)
        {
            var call = i % calls.Length;
            _subscriber.Start(slot, calls[call].Track, Options());
            for (var frame = 0; frame < 2; frame++)
            {
                foreach (var one in calls)
                {
                    one.Now += 10 * Call.Millisecond;
                }

                for (var other = 0; other < calls.Length; other++)
                {
                    calls[other].Send(next[other]++, clocks[other] += 900, key: frame == 0);
                }
            }
        }

        var headers = _egress.Headers.ToList();
        Assert.Equal(600, headers.Count);
        Assert.Single(headers.Select(h => h.Ssrc).Distinct());
        for (var i = 1; i < headers.Count; i++)
        {
            Assert.Equal(1, (ushort)(headers[i].SequenceNumber - headers[i - 1].SequenceNumber));
            Assert.InRange((int)(headers[i].Timestamp - headers[i - 1].Timestamp), 1, 5_000);
        }
    }

    [Fact]
    public void Start_InTheMiddleOfAPicture_SendsNothingBeforeTheNextKeyFrame()
    {
        var slot = Carry(_alice);
        _alice.Send(1, key: true);
        _subscriber.Start(slot, _bob.Track, Options());

        _alice.Send(2); // late
        _bob.Send(50);
        _bob.Send(51);
        Assert.Single(_egress.Rtp);

        _bob.Send(52, key: true);
        _alice.Send(3, key: true);
        Assert.Equal([1, 52], _egress.Rtp.Select(p => (int)RecordingEgress.Payload(p)[3]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OnRtcp_NackForFormerSource_SendsNothing(bool rtx)
    {
        var slot = Carry(_alice, rtx);
        for (ushort i = 1; i <= 20; i++)
        {
            _alice.Send(i, key: i == 1); // 100 to 119
        }

        _subscriber.Start(slot, _bob.Track, Options(rtx));
        NackAll();
        Assert.Equal(20, _egress.Rtp.Count);

        for (ushort i = 1; i <= 20; i++)
        {
            _bob.Send(i, key: i == 1); // 120 to 139
        }

        _egress.Rtp.Clear();
        NackAll();
        Assert.Empty(_egress.Rtp);

        _subscriber.OnRtcp(_bob.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, [(ushort)125])));
        Assert.Single(_egress.Rtp);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OnRtcp_NackForSourceThatCameBack_SendsNothingOfItsFormerTurn(bool rtx)
    {
        var slot = Carry(_alice, rtx);
        for (ushort i = 1; i <= 20; i++)
        {
            _alice.Send(i, key: i == 1); // 100 to 119
        }

        _subscriber.Start(slot, _bob.Track, Options(rtx));
        _subscriber.Start(slot, _alice.Track, Options(rtx));
        _alice.Send(21, key: true);
        _egress.Rtp.Clear();

        NackAll();

        Assert.Empty(_egress.Rtp);
    }

    [Fact]
    public void Source_MutedOrRemovedInTheMiddleOfASwitch_IsNotSent()
    {
        var slot = Carry(_alice);
        _alice.Send(1, key: true);
        _bob.Track.SetMuted(true);
        _subscriber.Start(slot, _bob.Track, Options());
        _bob.Send(1, key: true);
        Assert.Single(_egress.Rtp);

        _bob.Track.Close();
        _bob.Send(2, key: true);
        _subscriber.Start(slot, _bob.Track, Options());
        _bob.Send(3, key: true);
        Assert.Single(_egress.Rtp);
        Assert.Null(slot.Source);
        Assert.DoesNotContain(_egress.Rtcp, IsGoodbye);

        _subscriber.Start(slot, _alice.Track, Options());
        _alice.Send(2, key: true);
        Assert.Equal([100, 101], _egress.Sequences.Select(s => (int)s));
    }

    [Fact]
    public void Audio_NotHeard_SendsNothingAndContinuesWithTheNextPacket()
    {
        var call = new Call(MediaKind.Audio);
        var heard = false;
        _subscriber.SetViews(_ => heard ? default : TrackView.Hidden);
        var slot = _subscriber.Add(Options());
        _subscriber.Start(slot, call.Track, Options());
        call.Send(1);
        call.Send(2);
        Assert.Empty(_egress.Rtp);

        heard = true;
        _subscriber.SetViews(_ => default);
        call.Send(3, timestamp: 1_920);
        _subscriber.SetViews(_ => TrackView.Hidden);
        call.Send(4);
        _subscriber.SetViews(_ => default);
        call.Send(50, timestamp: 1_920 + (47 * 960));

        Assert.Equal([100, 101], _egress.Sequences.Select(s => (int)s));
        Assert.Equal(47u * 960, _egress.Headers.Last().Timestamp - _egress.Headers.First().Timestamp);
    }

    private static bool IsGoodbye(byte[] compound)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            if (packet.Type == RtcpPacketType.Goodbye)
            {
                return true;
            }
        }

        return false;
    }

    private static DownTrackOptions Options(bool rtx = true) => new()
    {
        Ssrc = 5000,
        PayloadType = 120,
        RtxSsrc = rtx ? 5001 : null,
        RtxPayloadType = rtx ? 121 : null,
        Nack = true,
        Extensions = HeaderExtensionMap.Empty,
        FirstSequenceNumber = 100,
        Cname = "slots",
        OutlivesSource = true,
    };

    private DownTrack Carry(Call call, bool rtx = true)
    {
        var slot = _subscriber.Add(Options(rtx));
        _subscriber.Start(slot, call.Track, Options(rtx));
        return slot;
    }

    /// <summary>Asks for the first 20 packets again.</summary>
    private void NackAll()
    {
        var missing = Enumerable.Range(100, 20).Select(i => (ushort)i).ToArray();
        _subscriber.OnRtcp(_bob.Now + TimeSpan.TicksPerSecond, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, missing)));
    }
}
