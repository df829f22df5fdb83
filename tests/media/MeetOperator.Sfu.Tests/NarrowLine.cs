using MeetOperator.Sfu.Egress;
using System.Buffers.Binary;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// A subscriber behind a line with a rate, a queue and a delay, in simulated time. The client reports arrivals as browsers do: transport-wide feedback about every 60 ms.
/// </summary>
internal sealed class NarrowLine : IPeerEgress
{
    public const byte NumberId = 5;
    /// <summary>More than any test sends. A loop that sends without an end fails then.</summary>
    private const int MaxPackets = 500_000;
    private const long RequestTicks = 100 * TimeSpan.TicksPerMillisecond;
    private const long FeedbackTicks = 60 * TimeSpan.TicksPerMillisecond;
    private readonly Queue<(long ArrivalTicks, byte[] Packet)> _inTransit = new();
    private readonly PriorityQueue<byte[], long> _feedback = new();
    private readonly NarrowLine _bottleneck;
    private readonly TransportArrivals _arrivals = new();
    private readonly ReceiverEstimation _estimation = new();
    private long _freeTicks;
    private long _nextFeedbackTicks;
    private long _nextReportTicks;
    private long _wakeTicks;

    /// <param name="now">The time.</param>
    /// <param name="bottleneck">The line whose rate and queue this one shares, as in one household; null for none.</param>
    public NarrowLine(long now, NarrowLine? bottleneck = null)
    {
        Now = now;
        _bottleneck = bottleneck ?? this;
        Subscriber = new Subscriber(this);
    }

    public static HeaderExtensionMap Map { get; } = HeaderExtensionMap.Empty.With(HeaderExtensionKind.TransportSequenceNumber, NumberId);

    public Subscriber Subscriber { get; }

    /// <summary>The camera, if the subscriber gets one.</summary>
    public DownTrack? Video { get; set; }

    public long Now { get; private set; }

    public long BitsPerSecond { get; set; } = 100_000_000;

    /// <summary>Packets that would wait longer are lost.</summary>
    public long QueueTicks { get; set; } = 400 * TimeSpan.TicksPerMillisecond;

    public long DelayTicks { get; set; } = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>One packet in this many is lost; 0 for none.</summary>
    public int LossInterval { get; set; }

    /// <summary>Whether the client requests lost pictures again, and reports the losses of sound, for which it gets redundancy.</summary>
    public bool RequestsLost { get; init; }

    /// <summary>How often it requests each of them, every 100 ms, whether or not it has arrived. A browser does so ten times while the packet does not arrive.</summary>
    public int Requests { get; set; } = 1;

    /// <summary>Whether the client sends feedback at all.</summary>
    public bool HasFeedback { get; set; } = true;

    /// <summary>Whether the client estimates the bandwidth itself, and sends it every second (REMB).</summary>
    public bool EstimatesBandwidth { get; init; }

    /// <summary>What arrived: the time and the packet.</summary>
    public List<(long Ticks, byte[] Packet)> Received { get; } = [];

    /// <summary>When each packet was sent, and how long it waits in the line.</summary>
    public List<(long Ticks, byte[] Packet, long WaitTicks)> Sent { get; } = [];

    /// <summary>Gets each packet that arrives, and the time.</summary>
    public Action<long, byte[]> Arrived { get; set; } = static (_, _) => { };

    public bool IsReady => true;

    /// <summary>The client sends a compound RTCP packet.</summary>
    public void Report(byte[] compound) => _feedback.Enqueue(compound, Now + DelayTicks);

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        byte[] packet = [.. header, .. payload];
        Assert.True(Sent.Count < MaxPackets, "the subscriber is sent packets without an end");
        var wait = Math.Max(0, _bottleneck._freeTicks - Now);
        Sent.Add((Now, packet, wait));
        if (wait <= _bottleneck.QueueTicks && (LossInterval == 0 || Sent.Count % LossInterval != 0))
        {
            _bottleneck._freeTicks = Now + wait + (packet.Length * 8 * TimeSpan.TicksPerSecond / _bottleneck.BitsPerSecond);
            _inTransit.Enqueue((_bottleneck._freeTicks + DelayTicks, packet));
        }
        else if (RequestsLost && RecordingEgress.Header(packet) is { Ssrc: NarrowCall.VideoSsrc, SequenceNumber: var lost })
        {
            for (var request = 0; request < Requests; request++)
            {
                _feedback.Enqueue(Call.Rtcp((ref RtcpWriter writer) => writer.AddNack(9, NarrowCall.VideoSsrc, [lost])), Now + wait + (2 * DelayTicks) + (request * RequestTicks));
            }
        }

        return packet;
    }

    public void Retransmit(ReadOnlySpan<byte> packet) => SendRtp(packet, []);

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        // Reports are small and rare.
    }

    public void WakeAt(long ticks) => _wakeTicks = Math.Min(_wakeTicks, ticks);

    public void Fail(Exception error) => throw new InvalidOperationException("Unexpected peer failure.", error);

    /// <summary>Moves the time, delivers what arrives and runs the timers of the subscriber.</summary>
    public void AdvanceTo(long now)
    {
        Now = now;
        while (_inTransit.TryPeek(out var packet) && packet.ArrivalTicks <= now)
        {
            _inTransit.Dequeue();
            Received.Add(packet);
            Arrived(packet.ArrivalTicks, packet.Packet);
            _estimation.OnPacket(packet.ArrivalTicks, packet.Packet.Length);
            if (NumberOf(packet.Packet) is { } number)
            {
                _arrivals.OnPacket(packet.ArrivalTicks, number);
            }
        }

        SendFeedback(now);
        if (EstimatesBandwidth && _estimation.TryReport(now, Math.Max(0, _freeTicks - now), out var bitsPerSecond))
        {
            _feedback.Enqueue(ReceiverEstimation.Write(bitsPerSecond), now + DelayTicks);
        }

        if (RequestsLost && LossInterval > 0 && now >= _nextReportTicks)
        {
            _nextReportTicks = now + TimeSpan.TicksPerSecond;
            var block = new ReportBlock { Ssrc = NarrowCall.AudioSsrc, FractionLost = (byte)(256 / LossInterval) };
            _feedback.Enqueue(Call.Rtcp((ref RtcpWriter writer) => writer.AddReceiverReport(9, block)), now + DelayTicks);
        }

        while (_feedback.TryPeek(out var compound, out var arrivalTicks) && arrivalTicks <= now)
        {
            _feedback.Dequeue();
            Subscriber.OnRtcp(now, compound);
        }

        if (now >= _wakeTicks)
        {
            _wakeTicks = long.MaxValue;
            WakeAt(Subscriber.HandleTimeout(now));
        }
    }

    /// <summary>The rate in bits per second at which packets of an SSRC arrived between two times; of all SSRCs with null.</summary>
    public double RateOf(long from, long to, uint? ssrc = null) =>
        Received.Where(r => r.Ticks >= from && r.Ticks < to && (ssrc is null || RecordingEgress.Header(r.Packet).Ssrc == ssrc)).Sum(r => r.Packet.Length * 8.0) / ((to - from) / (double)TimeSpan.TicksPerSecond);

    private static ushort? NumberOf(byte[] packet)
    {
        foreach (var element in RecordingEgress.Header(packet).ExtensionsIn(packet))
        {
            if (element.Id == NumberId)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(element.Offset));
            }
        }

        return null;
    }

    private void SendFeedback(long now)
    {
        if (!HasFeedback || now < _nextFeedbackTicks || !_arrivals.HasUnreportedPackets)
        {
            return;
        }

        _nextFeedbackTicks = now + FeedbackTicks;
        var buffer = new byte[1200];
        while (_arrivals.WriteFeedback(1, 2, buffer) is > 0 and var length)
        {
            _feedback.Enqueue(buffer[..length], now + DelayTicks);
        }
    }
}
