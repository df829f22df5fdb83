namespace MeetOperator.MediaNode.Links;

/// <summary>Dropped messages of the other end of a link by reason.</summary>
internal sealed class LinkRefusalCounters
{
    private readonly long[] _counts = new long[(int)LinkRefusal.Contradiction + 1];

    public long this[LinkRefusal refusal] => _counts[(int)refusal];

    public long Total => _counts.Sum();

    public void Count(LinkRefusal refusal) => _counts[(int)refusal]++;
}
