using MeetOperator.Rtp.Congestion;

namespace MeetOperator.Sfu.Bandwidth;

/// <summary>Makes one continuous time of the reference times of feedback, which wrap every 12 days.</summary>
internal struct ArrivalClock
{
    private const long WrapTicks = (1L << 24) * 64 * TimeSpan.TicksPerMillisecond;

    private bool _started;
    private long _reference;
    private long _continuous;

    /// <summary>Returns what to add to the arrival times of a feedback.</summary>
    public long OffsetOf(in TransportFeedback feedback)
    {
        var reference = feedback.ReferenceTicks;
        if (!_started)
        {
            (_started, _reference, _continuous) = (true, reference, WrapTicks + reference);
        }

        var step = reference - _reference;
        step = step > WrapTicks / 2 ? step - WrapTicks : step < -WrapTicks / 2 ? step + WrapTicks : step;
        _continuous += step;
        _reference = reference;
        return _continuous - reference;
    }
}
