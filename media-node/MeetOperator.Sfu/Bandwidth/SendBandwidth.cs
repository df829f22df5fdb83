using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Estimates how much one connection can carry from the media node to its client. Used by one thread; times are in 100 ns ticks. Allocates only when a client first sends and when
/// rings grow.
/// </summary>
internal sealed class SendBandwidth
{
    /// <summary>REMB is ignored so long after transport-wide feedback, which tells more.</summary>
    private const long FeedbackPriorityTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Limits how much leaves for a line that became narrower before the first feedback shows it.</summary>
    private const long MaxStartBitsPerSecond = 20_000_000;

    private SendBandwidthOptions _options;
    private FeedbackEstimator? _estimator;
    private long _demand = long.MaxValue;
    private long _next;
    private long _receiverEstimate; // of REMB; 0 for none
    private long _lastFeedbackTicks;

    public SendBandwidth(SendBandwidthOptions? options = null) => _options = options ?? SendBandwidthOptions.Default;

    /// <summary>The estimate before the first feedback.</summary>
    public long StartBitsPerSecond => _options.StartBitsPerSecond;

    /// <summary>Whether it is known from the beginning that the line is narrow.</summary>
    public bool StartsNarrow => _options.StartBitsPerSecond < SendBandwidthOptions.Default.StartBitsPerSecond;

    /// <summary>UDP payload per second, of all packets that carry a transport-wide sequence number.</summary>
    public long EstimateBitsPerSecond => _receiverEstimate > 0 ? _receiverEstimate : _estimator?.BitsPerSecond ?? _options.StartBitsPerSecond;

    /// <inheritdoc cref="FeedbackEstimator.SustainedBitsPerSecond"/>
    public long SustainedBitsPerSecond => _receiverEstimate > 0 ? _receiverEstimate : _estimator?.SustainedBitsPerSecond ?? _options.StartBitsPerSecond;

    /// <inheritdoc cref="FeedbackEstimator.CapacityBitsPerSecond"/>
    public long CapacityBitsPerSecond => _receiverEstimate > 0 ? _receiverEstimate : _estimator?.CapacityBitsPerSecond ?? _options.StartBitsPerSecond;

    /// <summary>Whether delay, loss or the client has shown what the line takes. Otherwise the estimate is only what was needed so far.</summary>
    public bool IsLimitKnown => _receiverEstimate > 0 || _estimator is { IsLimitKnown: true };

    /// <inheritdoc cref="RateControl.IsNarrowed"/>
    public bool IsNarrowed => _receiverEstimate == 0 && _estimator is { IsNarrowed: true };

    /// <summary>Whether less is sent for a moment so that a queue drains.</summary>
    public bool IsDraining => EstimateBitsPerSecond < SustainedBitsPerSecond;

    /// <summary>0 until known.</summary>
    public long RoundTripTicks => _estimator?.RoundTripTicks ?? 0;

    /// <summary>The share of packets that did not arrive in the last half second or more, from 0 to 1.</summary>
    public double LossRatio => _receiverEstimate > 0 ? 0 : _estimator?.LossRatio ?? 0;

    /// <summary>Whether the delay grows now.</summary>
    public bool IsOverused => _estimator is { IsOverused: true };

    /// <summary>Whether the client sends transport-wide feedback, or REMB.</summary>
    public bool HasFeedback => _receiverEstimate > 0 || _estimator is { HasFeedback: true };

    /// <summary>Whether the estimate is the client's own (REMB), because it sends no transport-wide feedback.</summary>
    public bool HasReceiverEstimate => _receiverEstimate > 0;

    /// <inheritdoc cref="FeedbackEstimator.IsSilent"/>
    public bool IsSilent => _receiverEstimate == 0 && _estimator is { IsSilent: true };

    /// <summary>Whether probes can show what the line takes. A REMB shows only what it carries.</summary>
    public bool CanProbe => _receiverEstimate == 0;

    /// <summary>Feedback packets that were ignored because they are malformed or report packets that were not sent.</summary>
    public long IgnoredFeedback { get; private set; }

    /// <summary>Whether a probe that is due comes about every 1.5 s, and not every 5 to 8 s.</summary>
    public bool ProbesOften
    {
        set => _estimator?.ProbesOften = value;
    }

    /// <inheritdoc cref="FeedbackEstimator.MayBeShared"/>
    public bool MayBeShared
    {
        set => _estimator?.MayBeShared = value;
    }

    /// <summary>Begins with another estimate, within the bounds and at most 20 Mbit/s. Does nothing once a numbered packet was sent.</summary>
    public void StartAt(long bitsPerSecond)
    {
        if (_estimator is null)
        {
            _options = _options with { StartBitsPerSecond = Math.Clamp(bitsPerSecond, _options.MinBitsPerSecond, Math.Min(MaxStartBitsPerSecond, _options.MaxBitsPerSecond)) };
        }
    }

    /// <summary>Records a packet that leaves now. Returns the transport-wide sequence number for it.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="bytes">The UDP payload.</param>
    /// <param name="probeId">The probe that the packet is part of; 0 for none.</param>
    public ushort OnSent(long nowTicks, int bytes, int probeId = 0) => (_estimator ?? Start()).OnSent(nowTicks, bytes, probeId);

    /// <summary>Processes one RTCP transport feedback packet, header included. Malformed packets are ignored and counted.</summary>
    public void OnFeedback(long nowTicks, ReadOnlySpan<byte> packet)
    {
        var reader = new RtcpReader(packet);
        if (reader.MoveNext() && FeedbackMessage.TryParse(reader.Current, out var message))
        {
            OnFeedback(nowTicks, message);
        }
        else
        {
            IgnoredFeedback++;
        }
    }

    /// <summary>Processes one transport feedback message. Malformed ones are ignored and counted.</summary>
    public void OnFeedback(long nowTicks, scoped in FeedbackMessage message)
    {
        if (_estimator is null || !TransportFeedback.TryParse(message, out var feedback) || !_estimator.TryProcess(nowTicks, feedback))
        {
            IgnoredFeedback++;
            return;
        }

        (_lastFeedbackTicks, _receiverEstimate) = (nowTicks, 0);
    }

    /// <summary>Processes a REMB, for clients that send only that.</summary>
    public void OnReceiverEstimate(long nowTicks, long bitsPerSecond)
    {
        if (_estimator is { HasFeedback: true } && nowTicks - _lastFeedbackTicks < FeedbackPriorityTicks)
        {
            return;
        }

        _receiverEstimate = Math.Clamp(bitsPerSecond, _options.MinBitsPerSecond, _options.MaxBitsPerSecond);
    }

    /// <summary>
    /// Sets what would be sent if the line allowed it. Nothing is probed more than a fifth above it, and the estimate does not grow further.
    /// </summary>
    /// <param name="wantedBitsPerSecond">What would be sent.</param>
    /// <param name="nextBitsPerSecond">The estimate with which a little more would be sent, so that a probe need not fill the line to show that it carries this; 0 for none.</param>
    public void SetDemand(long wantedBitsPerSecond, long nextBitsPerSecond = 0)
    {
        (_demand, _next) = (wantedBitsPerSecond, nextBitsPerSecond);
        _estimator?.SetDemand(wantedBitsPerSecond, nextBitsPerSecond);
    }

    /// <summary>Much more or much less is sent from now on, apart from what the estimate causes.</summary>
    public void OnRateChanged(long nowTicks) => _estimator?.OnRateChanged(nowTicks);

    /// <summary>Call about every 10 ms. Lowers the estimate while feedback is missing.</summary>
    public void HandleTimeout(long nowTicks) => _estimator?.HandleTimeout(nowTicks);

    /// <summary>
    /// Takes a probe that is due. The pacer then sends at its rate, with padding if there is too little to send, and passes its ID to <see cref="OnSent"/>.
    /// </summary>
    public bool TryTakeProbe(long nowTicks, out ProbeCluster probe)
    {
        probe = default;
        return _receiverEstimate == 0 && (_estimator ?? Start()).TryTakeProbe(nowTicks, out probe);
    }

    private FeedbackEstimator Start()
    {
        _estimator = new FeedbackEstimator(_options);
        _estimator.SetDemand(_demand, _next);
        return _estimator;
    }
}
