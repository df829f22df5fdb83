namespace MeetOperator.NodeControl;

/// <summary>
/// In which ways participants may reach a media node with the sessions of one room. Without it, in all ways but tunnels. A media node that enforces it returns it in <see cref="RoomReport.Connectivity"/>.
/// </summary>
public sealed record RoomConnectivity
{
    /// <summary>Participants use a relay that the node knows (<see cref="NodeRelays"/>). What comes from any other address is ignored, and so is TCP.</summary>
    public bool ForceRelay { get; init; }

    /// <summary>Participants do not use TCP to the node.</summary>
    public bool DenyTcp { get; init; }

    /// <summary>What comes from a relay that the node knows is ignored.</summary>
    public bool DenyTurn { get; init; }

    /// <summary>Participants may use tunnels through signaling, also with <see cref="ForceRelay"/>: nobody learns an address from a tunnel. The node rejects sessions on tunnels otherwise.</summary>
    public bool AllowTunnels { get; init; }

    /// <summary>Whether a node that returns this admits nobody whom <paramref name="rule"/> denies. A node of an earlier version admits no tunnels, and does not know the word.</summary>
    public static bool Keeps(RoomConnectivity? enforced, RoomConnectivity rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return enforced == rule || (enforced ?? new RoomConnectivity()) == rule with { AllowTunnels = false };
    }
}
