using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>Rules for participants who join.</summary>
public sealed record MeetingAccess
{
    /// <summary>When true, participants join with microphone and camera muted. Default false; mutable.</summary>
    [Default("false")]
    public bool MuteOnEntry { get; init; }
}
