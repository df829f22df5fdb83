using MeetOperator.KubectlMeet.Reachability;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>What the Pod of a check does. It contains no secrets.</summary>
internal sealed record InsideWork
{
    /// <summary>The ports to test; null without <c>net check</c>.</summary>
    public IReadOnlyList<NetTarget>? Ports { get; init; }

    /// <summary>The relays to test; null without <c>turn check</c>. The secret of each is in the variable <see cref="InsidePod.SecretVariable"/> of its index.</summary>
    public IReadOnlyList<RelayTarget>? Relays { get; init; }

    public RelayRoute Route { get; init; } = new();
}
