using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Transport;

/// <summary>Dropped datagrams by reason.</summary>
public sealed class DropCounters
{
    private readonly long[] _counts = new long[(int)DropReason.SrtpTooManyStreams + 1];

    public long this[DropReason reason] => _counts[(int)reason];

    internal void Count(DropReason reason) => _counts[(int)reason]++;
}
