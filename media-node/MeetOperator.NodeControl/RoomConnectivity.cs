namespace MeetOperator.NodeControl;

/// <summary>
/// In which ways participants may reach a media node with the sessions of one room. Without it, in all ways. A media node that enforces it returns it in <see cref="RoomReport.Connectivity"/>.
/// </summary>
public sealed record RoomConnectivity
{
    /// <summary>Participants use a relay that the node knows (<see cref="NodeRelays"/>). What comes from any other address is ignored, and so is TCP.</summary>
    public bool ForceRelay { get; init; }

    /// <summary>Participants do not use TCP to the node.</summary>
    public bool DenyTcp { get; init; }

    /// <summary>What comes from a relay that the node knows is ignored.</summary>
    public bool DenyTurn { get; init; }
}
