using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Estimates how much one connection can carry from the media node to its client. Used by one thread; times are in 100 ns ticks. Allocates only when a client first sends and when
/// rings grow.
/// </summary>
internal sealed class SendBandwidth
{
    private readonly SendBandwidthOptions _options;
    private SentPackets? _sent;
    private AcknowledgedRate _acknowledged;

    public SendBandwidth(SendBandwidthOptions? options = null)
    {
        _options = options ?? SendBandwidthOptions.Default;
        EstimateBitsPerSecond = _options.StartBitsPerSecond;
    }

    /// <summary>UDP payload per second, of all packets that carry a transport-wide sequence number.</summary>
    public long EstimateBitsPerSecond { get; private set; }

    /// <summary>0 until known.</summary>
    public long RoundTripTicks { get; private set; }

    /// <summary>The recent share of packets that did not arrive, from 0 to 1.</summary>
    public double LossRatio { get; private set; }

    /// <summary>Whether the delay grows now.</summary>
    public bool IsOverused { get; private set; }

    /// <summary>Whether the client sends transport-wide feedback, or REMB.</summary>
    public bool HasFeedback { get; private set; }

    /// <summary>Feedback packets that were ignored because they are malformed or report packets that were not sent.</summary>
    public long IgnoredFeedback { get; private set; }

    /// <summary>Records a packet that leaves now. Returns the transport-wide sequence number for it.</summary>
    public ushort OnSent(long nowTicks, int bytes, int probeId = 0) => (ushort)(_sent ??= new SentPackets()).Add(nowTicks, bytes, probeId);

    /// <summary>Processes one RTCP transport feedback packet, header included. Malformed packets are ignored and counted.</summary>
    public void OnFeedback(long nowTicks, ReadOnlySpan<byte> packet)
    {
        var reader = new RtcpReader(packet);
        if (_sent is null || !reader.MoveNext() || !FeedbackMessage.TryParse(reader.Current, out var message) || !TransportFeedback.TryParse(message, out var feedback)
            || feedback.PacketCount > _sent.Capacity || _sent.Unwrap(feedback.BaseSequenceNumber) + feedback.PacketCount > _sent.Next)
        {
            IgnoredFeedback++;
            return;
        }

        HasFeedback = true;
        var (received, lost) = (0, 0);
        foreach (var reported in feedback.Packets)
        {
            var number = _sent.Unwrap(reported.SequenceNumber);
            if (!_sent.Contains(number) || _sent.At(number).State == SentPacketState.Received)
            {
                continue;
            }

            ref var sent = ref _sent.At(number);
            sent.State = reported.IsReceived ? SentPacketState.Received : SentPacketState.Lost;
            if (reported.IsReceived)
            {
                received++;
                RoundTripTicks = Math.Max(1, nowTicks - sent.SentTicks);
                _acknowledged.OnAcknowledged(reported.ArrivalTicks, sent.Bytes);
            }
            else
            {
                lost++;
            }
        }

        if (received + lost > 0)
        {
            LossRatio += (((double)lost / (received + lost)) - LossRatio) / 8;
        }

        if (_acknowledged.BitsPerSecond > 0)
        {
            Set(Math.Max(_options.StartBitsPerSecond, _acknowledged.BitsPerSecond * 3 / 2));
        }
    }

    /// <summary>Processes a REMB, for clients that send only that.</summary>
    public void OnReceiverEstimate(long nowTicks, long bitsPerSecond)
    {
        HasFeedback = true;
        Set(bitsPerSecond);
    }

    /// <summary>Sets what would be sent if the line allowed it. The estimate is not probed above it.</summary>
    public void SetDemand(long wantedBitsPerSecond) => Demand = wantedBitsPerSecond;

    internal long Demand { get; private set; }

    /// <summary>Call about every 10 ms.</summary>
    public void HandleTimeout(long nowTicks) => IsOverused = false;

    /// <summary>Takes a probe that is due: the pacer then sends at its rate and passes its ID to <see cref="OnSent"/>.</summary>
    public bool TryTakeProbe(long nowTicks, out ProbeCluster probe)
    {
        probe = default;
        return false;
    }

    private void Set(long bitsPerSecond) => EstimateBitsPerSecond = Math.Clamp(bitsPerSecond, _options.MinBitsPerSecond, _options.MaxBitsPerSecond);
}
