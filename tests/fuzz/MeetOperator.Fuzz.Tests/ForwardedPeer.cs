using System.Buffers.Binary;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.Fuzz.Tests;

/// <summary>A participant who receives media, reports its arrival as browsers do, and checks that each packet is valid.</summary>
internal sealed class ForwardedPeer : IPeerEgress
{
    public const byte NumberId = 5;
    private const int MaximumPacketBytes = 1_500;
    private readonly List<string> _errors;
    private readonly HashSet<uint> _streams;
    private readonly TransportArrivals _arrivals = new();
    private long _now;
    private long _nextFeedback;
    private long _wake;
    private ushort? _last;

    /// <param name="errors">Gets a line for each packet that is not valid RTP of a known stream.</param>
    /// <param name="streams">The SSRCs that the participant knows.</param>
    public ForwardedPeer(List<string> errors, HashSet<uint> streams)
    {
        (_errors, _streams) = (errors, streams);
        Subscriber = new Subscriber(this);
    }

    public Subscriber Subscriber { get; }

    public bool IsReady => true;

    public int FromAlice { get; private set; }

    public int FromMallory { get; private set; }

    /// <summary>How often a packet of Alice did not follow the one before it.</summary>
    public int Gaps { get; private set; }

    /// <summary>The reports of the participant so far, at most 50.</summary>
    public List<byte[]> Feedback { get; } = [];

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        byte[] packet = [.. header, .. payload];
        if (packet.Length > MaximumPacketBytes || !RtpPacket.TryParse(packet, out var parsed))
        {
            _errors.Add($"not RTP of at most {MaximumPacketBytes} bytes: {Convert.ToHexString(packet)}");
            return packet;
        }

        if (!_streams.Contains(parsed.Header.Ssrc))
        {
            _errors.Add($"SSRC {parsed.Header.Ssrc} is unknown");
        }

        foreach (var element in parsed.Extensions)
        {
            if (element.Id == NumberId && element.Length == 2)
            {
                _arrivals.OnPacket(_now, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(element.Offset)));
            }
        }

        if (parsed.Header.Ssrc == ForwardingRoom.AliceSsrc)
        {
            FromAlice++;
            Gaps += _last is { } last && (ushort)(last + 1) != parsed.Header.SequenceNumber ? 1 : 0;
            _last = parsed.Header.SequenceNumber;
        }
        else
        {
            FromMallory++;
        }

        return packet;
    }

    public void Retransmit(ReadOnlySpan<byte> packet) => SendRtp(packet, []);

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        // What the node reports is judged by RtcpFuzzTests.
    }

    public void WakeAt(long ticks) => _wake = Math.Min(_wake, ticks);

    public void Fail(Exception error) => _errors.Add($"failed: {error}");

    /// <summary>Moves the time, reports what has arrived and runs the timers.</summary>
    public void AdvanceTo(long now)
    {
        _now = now;
        if (now >= _nextFeedback && _arrivals.HasUnreportedPackets)
        {
            _nextFeedback = now + (60 * TimeSpan.TicksPerMillisecond);
            var buffer = new byte[1200];
            while (_arrivals.WriteFeedback(1, 2, buffer) is > 0 and var length)
            {
                Subscriber.OnRtcp(now, buffer.AsSpan(0, length));
                if (Feedback.Count < 50)
                {
                    Feedback.Add(buffer[..length]);
                }
            }
        }

        if (now >= _wake)
        {
            _wake = long.MaxValue;
            WakeAt(Subscriber.HandleTimeout(now));
        }
    }
}
