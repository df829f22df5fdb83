using MeetOperator.KubectlMeet.Reachability;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>What the Pod of a check found.</summary>
internal sealed record InsideResult
{
    public NetFindings? Ports { get; init; }

    public IReadOnlyList<TurnCheck>? Relays { get; init; }
}
