using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Limits;

/// <summary>The limits of one participant over all its sessions, including sessions that replace others.</summary>
internal sealed class ParticipantLimits(TrackLimit newTracks)
{
    public IngressLimit Ingress { get; } = new();

    /// <summary>The limit on new tracks. It persists when the participant leaves and rejoins.</summary>
    public TrackLimit NewTracks => newTracks;

    /// <summary>The memory limit for retransmissions.</summary>
    public RetransmissionBudget Retransmissions { get; } = new(RetransmissionBudget.DefaultBytes);
}
