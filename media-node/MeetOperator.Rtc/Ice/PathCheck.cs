using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The media node's own check of an address and its schedule. The transaction ID goes only to that address and cannot be guessed, so a response
/// with it confirms that the peer receives there. At most one check is outstanding. Retransmissions back off, because the address may be unreachable.
/// </summary>
internal sealed class PathCheck
{
    /// <summary>Time before the first retransmission; doubles with each one.</summary>
    internal const long RetransmitTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>
    /// The time from a confirmation to the next check. The peer checks consent itself (RFC 7675 §5.1), a lite agent need not; the check only keeps the address confirmed, and leaves
    /// time for retransmissions before the confirmation ends after 30 s. It is multiplied by 0.8 to 1.2, so that the checks of many sessions do not synchronize.
    /// </summary>
    internal const long IntervalTicks = 15 * TimeSpan.TicksPerSecond;

    /// <summary>The longest time between two retransmissions.</summary>
    private const long MaximumRetransmitTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Rc in RFC 8489 §6.2.1. After that many transmissions a new transaction starts.</summary>
    private const int MaximumTransmissions = 7;

    private readonly byte[] _transactionId = new byte[StunConstants.TransactionIdLength];
    private byte[]? _password;
    private int _transmissions;
    private long _sentTicks;

    /// <summary>The earliest time of the next transmission; <see cref="long.MinValue"/> before the first check.</summary>
    internal long DueTicks { get; private set; } = long.MinValue;

    /// <summary>The strongest evidence that came from this address since the check was sent.</summary>
    internal PathEvidence Evidence { get; private set; }

    internal bool IsOutstanding { get; private set; }

    /// <summary>Records evidence from the address if it is stronger than the current one.</summary>
    internal void AddEvidence(PathEvidence evidence) => Evidence = evidence > Evidence ? evidence : Evidence;

    /// <summary>Schedules the next transmission and returns its transaction ID: that of the outstanding check, or a new one.</summary>
    internal ReadOnlySpan<byte> BeginTransmission(long nowTicks, PathEvidence evidence, byte[] remotePassword, Random random)
    {
        if (!IsOutstanding || _transmissions % MaximumTransmissions == 0 || _password != remotePassword)
        {
            random.NextBytes(_transactionId);
            (Evidence, _password) = (IsOutstanding ? Evidence : evidence, remotePassword);
        }

        AddEvidence(evidence);
        (IsOutstanding, _sentTicks) = (true, nowTicks);
        DueTicks = nowTicks + Math.Min(RetransmitTicks << Math.Min(_transmissions++, 10), MaximumRetransmitTicks);
        return _transactionId;
    }

    internal bool IsResponse(in StunMessage message) => IsOutstanding && message.TransactionId.SequenceEqual(_transactionId);

    /// <summary>
    /// The round trip when the response arrived at <paramref name="arrivalTicks"/>. Null after a retransmission, because the response may be to any transmission, and when the
    /// clock that arrivals are read from was set back to before the check.
    /// </summary>
    internal long? RoundTripAt(long arrivalTicks) => IsOutstanding && _transmissions == 1 && arrivalTicks >= _sentTicks ? arrivalTicks - _sentTicks : null;

    internal bool VerifyIntegrity(in StunMessage message) => message.VerifyIntegrity(_password);

    /// <summary>Ends the outstanding check, because the address is confirmed, and schedules the next one.</summary>
    internal void Complete(long nowTicks, Random random)
    {
        (IsOutstanding, _transmissions) = (false, 0);
        DueTicks = nowTicks + (long)(IntervalTicks * (0.8 + (0.4 * random.NextDouble())));
    }

    /// <summary>Delays the check because it could not be sent.</summary>
    internal void Postpone(long nowTicks) => DueTicks = nowTicks + RetransmitTicks;

    /// <summary>Resets the schedule for a new use of the address.</summary>
    internal void Reset() => (IsOutstanding, _transmissions, DueTicks) = (false, 0, long.MinValue);
}
