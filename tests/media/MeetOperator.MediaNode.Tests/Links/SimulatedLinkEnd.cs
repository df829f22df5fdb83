using System.Buffers.Binary;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Relay.Messages;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>One direction of a link in memory: messages arrive in order, and packets with loss, delay and jitter from a seed. The test controls the time.</summary>
internal sealed class SimulatedLinkEnd(int seed, Func<long> now) : ILinkPeer
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<byte[], (long Due, long Order)> _packets = new();
    private readonly Queue<(byte[] Message, long Due)> _messages = new();
    private long _order;

    public long DelayTicks { get; set; } = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>Maximum of a uniformly distributed additional delay of each packet.</summary>
    public long JitterTicks { get; set; }

    public double LossRate { get; set; }

    public bool IsReady { get; set; } = true;

    public bool HasRoom { get; set; } = true;

    public long RoundTripTicks => 2 * DelayTicks;

    /// <summary>The RTP packets that were sent, also those that got lost.</summary>
    public List<byte[]> Rtp { get; } = [];

    public List<byte[]> Rtcp { get; } = [];

    public List<byte[]> Messages { get; } = [];

    /// <summary>Whether packets are listed in <see cref="Rtp"/>.</summary>
    public bool IsRecording { get; set; } = true;

    public IEnumerable<TMessage> Sent<TMessage>(TryRead<TMessage> read) => Messages.Select(message => (Is: read(message, out var value), value)).Where(m => m.Is).Select(m => m.value!);

    public delegate bool TryRead<TMessage>(ReadOnlySpan<byte> message, out TMessage? value);

    /// <summary>The number of RTP packets that were sent with an SSRC.</summary>
    public int CountOf(uint ssrc) => Rtp.Count(packet => SsrcOf(packet) == ssrc);

    /// <summary>The number of requests for a key frame that were sent.</summary>
    public int PictureLossIndications
    {
        get
        {
            var count = 0;
            foreach (var compound in Rtcp)
            {
                foreach (var packet in new RtcpReader(compound))
                {
                    count += packet is { Type: RtcpPacketType.PayloadFeedback, CountOrFormat: RtcpFeedbackFormat.PayloadPictureLoss } ? 1 : 0;
                }
            }

            return count;
        }
    }

    public static uint SsrcOf(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        byte[] packet = [.. header, .. payload];
        if (IsRecording)
        {
            Rtp.Add(packet);
        }

        Transmit(packet);
        return packet;
    }

    public void Retransmit(ReadOnlySpan<byte> packet) => SendRtp(packet, []);

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        Rtcp.Add(compound.ToArray());
        Transmit(Rtcp[^1]);
    }

    public bool TrySend(ReadOnlySpan<byte> message, ulong? key = null)
    {
        Assert.InRange(message.Length, 1, LinkMessage.MaximumLength);
        Messages.Add(message.ToArray());
        _messages.Enqueue((Messages[^1], now() + DelayTicks));
        return true;
    }

    public void WakeAt(long ticks)
    {
    }

    public void Fail(Exception error) => throw new InvalidOperationException("Unexpected failure of the link.", error);

    public bool TryReceiveMessage(out byte[] message)
    {
        message = [];
        if (!_messages.TryPeek(out var next) || next.Due > now())
        {
            return false;
        }

        message = _messages.Dequeue().Message;
        return true;
    }

    /// <summary>Takes the next RTP or RTCP packet that has arrived.</summary>
    public bool TryReceive(out byte[] packet, out bool isRtcp)
    {
        isRtcp = false;
        packet = [];
        if (!_packets.TryPeek(out _, out var next) || next.Due > now())
        {
            return false;
        }

        packet = _packets.Dequeue();
        isRtcp = PacketClassifier.Classify(packet) == PacketKind.Rtcp;
        return true;
    }

    /// <summary>Forgets what is on its way, because a new channel begins.</summary>
    public void Clear()
    {
        _messages.Clear();
        _packets.Clear();
    }

    private void Transmit(byte[] packet)
    {
        if (_random.NextDouble() >= LossRate)
        {
            _packets.Enqueue([.. packet], (now() + DelayTicks + (long)(_random.NextDouble() * JitterTicks), _order++));
        }
    }
}
