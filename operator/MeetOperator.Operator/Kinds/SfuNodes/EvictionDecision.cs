namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>The decision about one eviction.</summary>
/// <param name="Allowed">Whether the Pod may be evicted now.</param>
/// <param name="Message">Why it may not.</param>
/// <param name="ShouldDrain">Whether the drain of the media node must be started.</param>
internal sealed record EvictionDecision(bool Allowed, string Message, bool ShouldDrain)
{
    public static EvictionDecision Allow { get; } = new(true, string.Empty, false);

    public static EvictionDecision Refuse(string message, bool shouldDrain) => new(false, message, shouldDrain);
}
