namespace MeetOperator.Relay.Transport;

/// <summary>Dropped link datagrams by reason.</summary>
public sealed class LinkDropCounters
{
    private readonly long[] _counts = new long[(int)LinkDropReason.Closed + 1];

    public long this[LinkDropReason reason] => _counts[(int)reason];

    internal void Count(LinkDropReason reason) => _counts[(int)reason]++;
}
