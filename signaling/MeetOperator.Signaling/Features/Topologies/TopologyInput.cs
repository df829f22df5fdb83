using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Signaling.Features.Topologies;

/// <summary>What <see cref="TopologyChoice"/> decides on.</summary>
internal readonly record struct TopologyInput
{
    public required MeetingMode Mode { get; init; }

    /// <summary>Up to this number of participants, media may flow directly.</summary>
    public required int MaxDirectParticipants { get; init; }

    public required int Participants { get; init; }

    /// <summary>True if the clients of all participants can connect directly. WHIP and WHEP clients cannot.</summary>
    public required bool CanAllConnectDirectly { get; init; }

    /// <summary>The generation in which a client reports that a direct connection failed; null if there is no report.</summary>
    public long? FailedGeneration { get; init; }

    /// <summary>How long at least two participants must have been there without anybody who needs the SFU before media flows directly.</summary>
    public required TimeSpan DirectDelay { get; init; }
}
