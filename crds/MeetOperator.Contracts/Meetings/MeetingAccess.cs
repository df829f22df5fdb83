using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What people may do when they come in.</summary>
public sealed record MeetingAccess
{
    /// <summary>True lets people come in with microphone and camera muted. Default false; mutable.</summary>
    [Default("false")]
    public bool MuteOnEntry { get; init; }
}
