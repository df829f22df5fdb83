using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>A participant without a socket (WHIP, WHEP) whom this instance shows to the others; <see cref="Release"/> gives its hold on the session back, once.</summary>
public sealed record HeadlessParticipant(string SessionId, PresenceEntry Entry, Action Release)
{
    public string ParticipantId => Entry.ParticipantId;

    /// <summary>All its media sessions, and those that are being opened: it is gone when the last of them is.</summary>
    public HashSet<string> Sessions { get; } = new(StringComparer.Ordinal) { SessionId };
}
