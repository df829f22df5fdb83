using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Limits;

/// <summary>The limits that all connections of a network check share. They belong to persons without a place in a meeting, so all of them together get less than one participant.</summary>
internal sealed class CheckLimits
{
    /// <summary>Enough for several cameras with three layers; a client sends one. Eight checks have 64 MiB.</summary>
    public const long RetransmissionBytes = 8 * 1024 * 1024;

    /// <summary>Maximum number of tracks of one connection: a microphone and a camera.</summary>
    public const int MaxTracks = 2;

    /// <summary>Maximum number of play sessions at a time.</summary>
    public const int MaxPlays = 1;

    private readonly IngressLimit _ingress = IngressLimit.OfCheck();
    private readonly MemoryBudget _retransmissions = new(RetransmissionBytes);

    /// <summary>The limits of one connection.</summary>
    public ParticipantLimits OfConnection(TrackLimit newTracks) => new(newTracks) { Ingress = _ingress, Retransmissions = _retransmissions };
}
