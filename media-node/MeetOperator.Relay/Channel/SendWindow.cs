namespace MeetOperator.Relay.Channel;

/// <summary>
/// The sending side of an <see cref="OrderedChannel"/>: at most 64 segments that are not acknowledged, as many as an acknowledgement describes. A segment is sent again
/// when its timeout passes, or when three segments that were sent after it are acknowledged (like RFC 9002 §6.1.1). All times are in 100 ns ticks.
/// </summary>
internal sealed class SendWindow
{
    internal const int Size = 64;

    /// <summary>Time without acknowledgement after which the channel is broken.</summary>
    internal const long GiveUpTicks = 5 * TimeSpan.TicksPerSecond;

    private const int ReorderSegments = 3;
    private const long MinimumTimeoutTicks = 20 * TimeSpan.TicksPerMillisecond;
    private const long MaximumTimeoutTicks = 500 * TimeSpan.TicksPerMillisecond;
    private const long TimeoutMarginTicks = 10 * TimeSpan.TicksPerMillisecond;

    /// <summary>The timeout before the first measurement of the round trip.</summary>
    private const long InitialTimeoutTicks = 200 * TimeSpan.TicksPerMillisecond;

    private readonly SentSegment?[] _segments = new SentSegment?[Size];
    private uint _first;
    private uint _next;
    private long _order;
    private long _acknowledgedOrder;

    internal bool IsFull => _next - _first == Size;

    /// <summary>When the next segment is sent again; <see cref="long.MaxValue"/> for never.</summary>
    internal long NextTimeoutTicks { get; private set; } = long.MaxValue;

    /// <summary>Whether a segment has not been acknowledged for too long.</summary>
    internal bool HasGivenUp(long nowTicks) => _first != _next && nowTicks - At(_first).FirstSentTicks >= GiveUpTicks;

    /// <summary>Takes messages for a new segment. Returns it, or null when there is no place or no message.</summary>
    internal SentSegment? Fill(long nowTicks, MessageQueue queue, long roundTripTicks)
    {
        if (IsFull || queue.IsEmpty)
        {
            return null;
        }

        var segment = _segments[_next % Size] ??= new SentSegment();
        segment.Length = Segment.HeaderLength + queue.Take(segment.Buffer.AsSpan(Segment.HeaderLength));
        segment.IsAcknowledged = false;
        segment.Transmissions = 0;
        segment.FirstSentTicks = nowTicks;
        Segment.WriteNumber(segment.Buffer, _next++);
        RecordTransmission(nowTicks, segment, roundTripTicks);
        return segment;
    }

    /// <summary>Returns the oldest segment that is due again, or null.</summary>
    internal SentSegment? Resend(long nowTicks, long roundTripTicks)
    {
        if (nowTicks < NextTimeoutTicks)
        {
            return null;
        }

        for (var number = _first; number != _next; number++)
        {
            var segment = At(number);
            if (!segment.IsAcknowledged && segment.ResendTicks <= nowTicks)
            {
                RecordTransmission(nowTicks, segment, roundTripTicks);
                return segment;
            }
        }

        return null;
    }

    /// <summary>Applies an acknowledgement. Returns false, and changes nothing, when it names segments that were not sent.</summary>
    internal bool TryAcknowledge(long nowTicks, uint next, ulong later)
    {
        if ((int)(next - _first) < 0)
        {
            return true; // older than one that arrived before
        }

        var inFlight = _next - next;
        if ((int)inFlight < 0 || (later != 0 && (inFlight == 0 || later >> (int)(inFlight - 1) != 0)))
        {
            return false;
        }

        for (; _first != next; _first++)
        {
            RecordAcknowledgement(At(_first));
        }

        for (var number = next + 1; later != 0; later >>= 1, number++)
        {
            if ((later & 1) != 0)
            {
                RecordAcknowledgement(At(number));
            }
        }

        ScheduleLost(nowTicks);
        return true;
    }

    private SentSegment At(uint number) => _segments[number % Size]!;

    private void RecordTransmission(long nowTicks, SentSegment segment, long roundTripTicks)
    {
        var timeout = roundTripTicks == 0
            ? InitialTimeoutTicks
            : Math.Clamp((2 * roundTripTicks) + TimeoutMarginTicks, MinimumTimeoutTicks, MaximumTimeoutTicks);
        segment.ResendTicks = nowTicks + Math.Min(timeout << Math.Min(segment.Transmissions, 5), MaximumTimeoutTicks);
        segment.Transmissions++;
        segment.Order = ++_order;
        FindNextTimeout();
    }

    private void RecordAcknowledgement(SentSegment segment)
    {
        if (!segment.IsAcknowledged && segment.Transmissions == 1)
        {
            // Of a segment that was sent several times, it is not known which transmission arrived.
            _acknowledgedOrder = Math.Max(_acknowledgedOrder, segment.Order);
        }

        segment.IsAcknowledged = true;
    }

    private void ScheduleLost(long nowTicks)
    {
        for (var number = _first; number != _next; number++)
        {
            var segment = At(number);
            if (!segment.IsAcknowledged && segment.Order + ReorderSegments <= _acknowledgedOrder)
            {
                segment.ResendTicks = Math.Min(segment.ResendTicks, nowTicks);
            }
        }

        FindNextTimeout();
    }

    private void FindNextTimeout()
    {
        var next = long.MaxValue;
        for (var number = _first; number != _next; number++)
        {
            var segment = At(number);
            next = segment.IsAcknowledged ? next : Math.Min(next, segment.ResendTicks);
        }

        NextTimeoutTicks = next;
    }
}
