using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tests.Pacing;

public sealed class PacedEgressTests
{
    private const int NumberOffset = 17;
    private static readonly byte[] Payload = new byte[1000];
    private readonly RecordingEgress _peer = new();
    private readonly PaddingSource _padding = new();
    private readonly PacedEgress _egress;
    private long _now = TimeSpan.TicksPerHour;

    public PacedEgressTests()
    {
        _egress = new PacedEgress(_peer, _padding);
        _padding.Egress = _egress;
        _egress.ExpectFeedback();
    }

    [Fact]
    public void Send_NumberedPackets_CountsThemInTheOrderInWhichTheyLeave()
    {
        for (byte i = 0; i < 40; i++)
        {
            Send(i, i % 2 == 0 ? PacketPriority.Video : PacketPriority.Audio);
        }

        Run(2000);
        Assert.Equal(40, _peer.Rtp.Count);
        Assert.Equal(Enumerable.Range(1, 40), _peer.Rtp.Select(p => (p[NumberOffset] << 8) | p[NumberOffset + 1]));
        Assert.NotEqual(_peer.Rtp.Select(p => (int)p[3]), Enumerable.Range(0, 40)); // audio has overtaken video
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * 2), _peer.Rtp.Select(p => (int)p[3]).Where(i => i % 2 == 0));
    }

    [Fact]
    public void Send_MoreThanBurst_WaitsAndAsksToBeWoken()
    {
        for (byte i = 0; i < 40; i++)
        {
            Send(i, PacketPriority.Video);
        }

        Assert.InRange(_peer.Rtp.Count, 5, 8); // 20 ms at 2.5 Mbit/s
        Assert.InRange(_peer.WokenAt, _now - 1, _now + (10 * Call.Millisecond));
    }

    /// <summary>The start estimate is 1 Mbit/s, so 80 packets take about 650 ms.</summary>
    [Fact]
    public void Send_LongWait_ItsEndIsNoBurst()
    {
        for (byte i = 0; i < 80; i++)
        {
            Send(i, PacketPriority.Video);
        }

        for (var sent = _peer.Rtp.Count; sent < 80; sent = _peer.Rtp.Count)
        {
            Run(50);

            Assert.InRange(_peer.Rtp.Count - sent, 0, 10); // 1.6 times the estimate
        }
    }

    [Fact]
    public void Send_ClientWithoutNumbers_LeavesAtOnce()
    {
        for (byte i = 0; i < 40; i++)
        {
            _egress.Send(_now, Header(i), Payload, numberOffset: 0, PacketPriority.Video);
        }

        Assert.Equal(40, _peer.Rtp.Count);
    }

    /// <summary>A client without transport-wide feedback that reports 1 Mbit/s (REMB): 80 packets take about 650 ms.</summary>
    [Fact]
    public void Send_ClientWithReceiverEstimate_SpreadsBurstAndSendsSoundFirst()
    {
        var egress = new PacedEgress(_peer, _padding);
        egress.Bandwidth.OnReceiverEstimate(_now, 1_000_000);
        egress.HandleTimeout(_now);
        for (byte i = 0; i < 80; i++)
        {
            egress.Send(_now, Header(i), Payload, numberOffset: 0, PacketPriority.Video);
        }

        Assert.InRange(_peer.Rtp.Count, 5, 8);
        Assert.InRange(_peer.WokenAt, _now - 1, _now + (10 * Call.Millisecond));
        egress.Send(_now, Header(200), Payload, numberOffset: 0, PacketPriority.Audio);
        Assert.Equal(200, _peer.Rtp[^1][3]);

        var end = _now + TimeSpan.TicksPerSecond;
        for (var sent = _peer.Rtp.Count; _peer.Rtp.Count < 81 && _now < end; sent = _peer.Rtp.Count)
        {
            for (var i = 0; i < 100; i++)
            {
                _now += Call.Millisecond / 2;
                egress.HandleTimeout(_now);
            }

            Assert.InRange(_peer.Rtp.Count - sent, 1, 10);
        }

        Assert.Equal(Enumerable.Range(0, 80), _peer.Rtp.Select(p => (int)p[3]).Where(i => i != 200));
    }

    [Fact]
    public void Send_NoFeedbackForTwoSeconds_LeavesAtOnce()
    {
        Send(0, PacketPriority.Video);
        Run(2100);
        _peer.Rtp.Clear();
        for (byte i = 0; i < 100; i++)
        {
            Send(i, PacketPriority.Video);
        }

        Assert.Equal(100, _peer.Rtp.Count);
    }

    [Fact]
    public void HasRoom_MoreThanASecondWaits_IsFalse()
    {
        var sent = 0;
        while (HasRoom() && sent < 1000)
        {
            Send((byte)sent++, PacketPriority.Video);
        }

        Assert.InRange(sent, 100, 200); // 1.25 s at 1 Mbit/s
        Run(2000);
        Assert.True(HasRoom());
        Assert.Equal(sent, _peer.Rtp.Count);
    }

    [Fact]
    public void Send_WithRecord_KeepsPacketWhenItLeaves()
    {
        using var history = new RetransmissionHistory(64, 96 * 1024);
        for (byte i = 0; i < 40; i++)
        {
            _egress.Send(_now, Header(i), Payload, NumberOffset, PacketPriority.Video, new PacketRecord(history, i));
        }

        Assert.False(history.TryGet(39, out _));
        Run(2000);
        Assert.True(history.TryGet(39, out var kept));
        Assert.Equal(_peer.Rtp.Single(p => p[3] == 39), kept.ToArray());
    }

    [Fact]
    public void HandleTimeout_ProbeIsDue_SendsPaddingAtItsRate()
    {
        _egress.Bandwidth.SetDemand(10_000_000);
        Send(0, PacketPriority.Video);
        Run(100);
        Assert.Empty(_padding.Sent); // the client may not report anything
        ReportArrivals();
        var start = _now;
        Run(60);

        Assert.InRange(_padding.Sent.Count, 4, 40);
        var bits = _padding.Sent.Skip(1).Sum(p => p.Bytes) * 8.0;
        var seconds = (_padding.Sent[^1].Ticks - _padding.Sent[0].Ticks) / (double)TimeSpan.TicksPerSecond;
        Assert.InRange(bits / seconds, 2_000_000, 4_000_000); // three times the start rate
        Assert.InRange(_padding.Sent[^1].Ticks - start, 10 * Call.Millisecond, 30 * Call.Millisecond);
    }

    [Fact]
    public void HandleTimeout_NothingCanCarryPadding_EndsProbe()
    {
        _padding.IsAvailable = false;
        _egress.Bandwidth.SetDemand(10_000_000);
        Send(0, PacketPriority.Video);
        Run(50);
        ReportArrivals();
        Run(100);
        Send(1, PacketPriority.Video);

        Assert.Equal(2, _peer.Rtp.Count);
        Assert.Empty(_padding.Sent);
    }

    [Fact]
    public void Close_PacketsWait_SendsNoMore()
    {
        for (byte i = 0; i < 40; i++)
        {
            Send(i, PacketPriority.Video);
        }

        _egress.Close();
        var before = _peer.Rtp.Count;
        Run(1000);
        Assert.Equal(before, _peer.Rtp.Count - _padding.Sent.Count);
    }

    /// <summary>A TCP connection whose reader is slow.</summary>
    [Theory]
    [InlineData(EgressPressure.None, true, true, true)]
    [InlineData(EgressPressure.Congested, false, false, true)]
    [InlineData(EgressPressure.Full, false, false, false)]
    public void HasRoom_ConnectionUnderPressure_TakesNoNewVideo(EgressPressure pressure, bool delta, bool keyFrame, bool restOfKeyFrame)
    {
        _peer.Pressure = pressure;

        Assert.Equal(delta, _egress.HasRoom(PacketPriority.Video, isKeyFrame: false, hasBegun: false, isScreen: false));
        Assert.Equal(keyFrame, _egress.HasRoom(PacketPriority.Video, isKeyFrame: true, hasBegun: false, isScreen: false));
        Assert.Equal(restOfKeyFrame, _egress.HasRoom(PacketPriority.Video, isKeyFrame: true, hasBegun: true, isScreen: false));
        Assert.Equal((delta, delta), (_egress.IsRoomFree(PacketPriority.Video), _egress.CanRetransmit));
        Send(1, PacketPriority.Audio);
        Assert.Single(_peer.Rtp);
    }

    [Fact]
    public void TryDiscard_ConnectionFull_DropsWhatWaits()
    {
        for (byte i = 0; i < 40; i++)
        {
            Send(i, PacketPriority.Video);
        }

        Assert.False(_egress.TryDiscard());
        _peer.Pressure = EgressPressure.Full;

        Assert.Equal((true, false), (_egress.TryDiscard(), _egress.HasWaiting));
    }

    [Fact]
    public void Send_SteadyStream_AllocatesNothing()
    {
        var egress = new PacedEgress(new SilentEgress(), _padding);
        egress.ExpectFeedback();
        _padding.IsAvailable = false;
        var header = Header(1);
        for (var round = 0; round < 8; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 2000; i++)
            {
                _now += Call.Millisecond / 2; // 16 Mbit/s, so most packets wait
                egress.Send(_now, header, Payload, NumberOffset, PacketPriority.Video);
                egress.HandleTimeout(_now);
                if (i % 20 == 0)
                {
                    egress.TryDiscard();
                }
            }

            if (round == 7) // the list of sent packets has reached its full size
            {
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            _now += 5 * TimeSpan.TicksPerSecond;
            egress.HandleTimeout(_now);
        }
    }

    private bool HasRoom() => _egress.HasRoom(PacketPriority.Video, isKeyFrame: false, hasBegun: false, isScreen: false);

    private static byte[] Header(byte number) => [0x90, 96, 0, number, 0, 0, 0, 0, 0, 0, 0, 7, 0xBE, 0xDE, 0, 1, 0x51, 0, 0, 0];

    private void Send(byte number, PacketPriority priority) => _egress.Send(_now, Header(number), Payload, NumberOffset, priority);

    /// <summary>The client reports that all packets have arrived.</summary>
    private void ReportArrivals()
    {
        var arrivals = new TransportArrivals();
        foreach (var packet in _peer.Rtp)
        {
            arrivals.OnPacket(_now - Call.Millisecond, (ushort)((packet[NumberOffset] << 8) | packet[NumberOffset + 1]));
        }

        var feedback = new byte[1200];
        var length = arrivals.WriteFeedback(1, 2, feedback);
        _egress.Bandwidth.OnFeedback(_now, feedback.AsSpan(0, length));
    }

    private void Run(int milliseconds)
    {
        for (var end = _now + (milliseconds * Call.Millisecond); _now < end;)
        {
            _now += Call.Millisecond / 2;
            _egress.HandleTimeout(_now);
        }
    }

    private sealed class PaddingSource : IPaddingSource
    {
        public PacedEgress? Egress { get; set; }

        public bool IsAvailable { get; set; } = true;

        public List<(long Ticks, int Bytes)> Sent { get; } = [];

        public bool HasPadding => IsAvailable;

        public bool TrySendPadding(long nowTicks)
        {
            if (!IsAvailable)
            {
                return false;
            }

            var header = Header(255);
            Egress!.Send(nowTicks, header, PaddingPacket.Payload, NumberOffset, PacketPriority.Retransmission);
            Sent.Add((nowTicks, header.Length + PaddingPacket.Payload.Length + 16));
            return true;
        }
    }

    private sealed class SilentEgress : IPeerEgress
    {
        public bool IsReady => true;

        public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => payload;

        public void Retransmit(ReadOnlySpan<byte> packet)
        {
            // The test retransmits nothing.
        }

        public void SendRtcp(ReadOnlySpan<byte> compound)
        {
            // The test sends no reports.
        }

        public void WakeAt(long ticks)
        {
            // The test runs the timers itself.
        }

        public void Fail(Exception error) => throw new InvalidOperationException("Unexpected peer failure.", error);
    }
}
