using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Limits;

/// <summary>The limits of one participant over all its sessions, including sessions that replace others.</summary>
internal sealed class ParticipantLimits(TrackLimit newTracks)
{
    /// <summary>Enough for 25 published video tracks, for 17 with three layers, or for 170 subscribed tracks without RTX. Conforming clients need memory for one or two.</summary>
    public const long RetransmissionBytes = 16 * 1024 * 1024;

    public IngressLimit Ingress { get; init; } = new();

    /// <summary>The limit on new tracks. It persists when the participant leaves and rejoins.</summary>
    public TrackLimit NewTracks => newTracks;

    /// <summary>The memory that all tracks of the participant may use for retransmissions. A track without memory does not answer NACKs.</summary>
    public MemoryBudget Retransmissions { get; init; } = new(RetransmissionBytes);
}
