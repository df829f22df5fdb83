using System.Security.Cryptography;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>What all sessions of one participant share. Used only on the loop's thread.</summary>
internal sealed class SessionContext
{
    public required string ParticipantId { get; init; }

    public required ParticipantTracks Tracks { get; init; }

    public required ParticipantLimits Limits { get; init; }

    /// <summary>The paths that the sessions may use.</summary>
    public required PathGuard Paths { get; init; }

    /// <summary>The SSRCs that the node chooses in this room.</summary>
    public required SsrcSequence Ssrcs { get; init; }

    /// <summary>The share of the room in the memory for key frames that take their lines more than a second.</summary>
    public required MemoryShare LongKeyFrames { get; init; }

    public required SessionFactory Factory { get; init; }

    public required ISessionObserver Observer { get; init; }

    /// <summary>What the participant shows.</summary>
    public ParticipantViews Views { get; set; } = ParticipantViews.Unknown;

    /// <summary>A new number for the origin line of a session description.</summary>
    public static long NextSessionNumber() => RandomNumberGenerator.GetInt32(1, int.MaxValue);
}
