namespace MeetOperator.Relay.Channel;

/// <summary>
/// Carries small messages in order over packets that may be lost, copied or reordered, in bounded memory. Messages that wait together share a segment. The owner writes
/// due packets and passes received ones; both ends start with an empty channel. Not thread-safe. All times are in 100 ns ticks.
/// </summary>
internal sealed class OrderedChannel
{
    /// <summary>Maximum length of a message in bytes, so that a message is never split.</summary>
    internal const int MaximumMessageLength = 1000;

    /// <summary>How long the acknowledgement of a segment that arrived in order waits for a segment that carries it.</summary>
    private const long AcknowledgementDelayTicks = 5 * TimeSpan.TicksPerMillisecond;

    private readonly MessageQueue _queue = new();
    private readonly SendWindow _sent = new();
    private readonly ReceiveWindow _received = new();
    private long _acknowledgeAtTicks = long.MaxValue;

    /// <summary>
    /// Whether a limit was reached: too many waiting messages, or a segment that was not acknowledged for five seconds. The channel is then of no more use.
    /// </summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Whether at most half of the messages wait that may wait.</summary>
    internal bool HasRoom => !IsBroken && _queue.HasRoom;

    /// <summary>The round trip for timeouts; 0 when unknown.</summary>
    internal long RoundTripTicks { get; set; }

    /// <summary>When <see cref="Write"/> has something to write; 0 for now.</summary>
    internal long NextTimeoutTicks => !_queue.IsEmpty && !_sent.IsFull ? 0 : Math.Min(_acknowledgeAtTicks, _sent.NextTimeoutTicks);

    /// <summary>Queues a copy of a message. False when the message is empty or too long, or when the channel is broken or breaks by it.</summary>
    /// <param name="message">1 to 1,000 bytes.</param>
    /// <param name="key">A message with the same key that was not sent yet is replaced; null for none.</param>
    internal bool TrySend(ReadOnlySpan<byte> message, ulong? key)
    {
        if (message.Length is 0 or > MaximumMessageLength || IsBroken)
        {
            return false;
        }

        IsBroken = !_queue.TryAdd(message, key);
        return !IsBroken;
    }

    /// <summary>Detects that the other end does not acknowledge.</summary>
    internal void HandleTimeout(long nowTicks) => IsBroken |= _sent.HasGivenUp(nowTicks);

    /// <summary>Gets the next received message. It is valid until the next call of a method.</summary>
    internal bool TryReceive(out ReadOnlySpan<byte> message) => _received.TryTake(out message);

    /// <summary>Writes the next due segment or acknowledgement. Returns its length, or 0 when nothing is due.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="destination">Space for <see cref="Segment.MaximumLength"/> bytes.</param>
    /// <param name="isSegment">Whether a segment was written.</param>
    internal int Write(long nowTicks, Span<byte> destination, out bool isSegment)
    {
        isSegment = false;
        if (IsBroken || nowTicks < NextTimeoutTicks)
        {
            return 0;
        }

        if ((_sent.Resend(nowTicks, RoundTripTicks) ?? _sent.Fill(nowTicks, _queue, RoundTripTicks)) is { } segment)
        {
            segment.Buffer.AsSpan(0, segment.Length).CopyTo(destination);
            Segment.WriteAcknowledgement(destination[4..], _received.Next, _received.Later);
            _acknowledgeAtTicks = long.MaxValue;
            isSegment = true;
            return segment.Length;
        }

        if (nowTicks < _acknowledgeAtTicks)
        {
            return 0;
        }

        Segment.WriteAcknowledgement(destination, _received.Next, _received.Later);
        _acknowledgeAtTicks = long.MaxValue;
        return Segment.AcknowledgementLength;
    }

    /// <summary>Handles a received segment. False when it is malformed.</summary>
    internal bool TryHandleSegment(long nowTicks, ReadOnlySpan<byte> segment)
    {
        if (segment.Length is < Segment.HeaderLength or > Segment.MaximumLength || !IsWellFormed(segment[Segment.HeaderLength..]))
        {
            return false;
        }

        if (!TryAcknowledge(nowTicks, segment[4..Segment.HeaderLength]))
        {
            return false;
        }

        // A gap or a copy means that the other end waits for the acknowledgement.
        var isInOrder = _received.TryStore(Segment.ReadNumber(segment), segment[Segment.HeaderLength..]) && _received.Later == 0;
        _acknowledgeAtTicks = Math.Min(_acknowledgeAtTicks, isInOrder ? nowTicks + AcknowledgementDelayTicks : nowTicks);
        return true;
    }

    /// <summary>Handles a received acknowledgement. False when it is malformed.</summary>
    internal bool TryHandleAcknowledgement(long nowTicks, ReadOnlySpan<byte> data) => data.Length == Segment.AcknowledgementLength && TryAcknowledge(nowTicks, data);

    private static bool IsWellFormed(ReadOnlySpan<byte> content)
    {
        bool isValid;
        while (Segment.TryTakeMessage(ref content, MaximumMessageLength, out _, out isValid))
        {
        }

        return isValid;
    }

    private bool TryAcknowledge(long nowTicks, ReadOnlySpan<byte> data)
    {
        var (next, later) = Segment.ReadAcknowledgement(data);
        return _sent.TryAcknowledge(nowTicks, next, later);
    }
}
