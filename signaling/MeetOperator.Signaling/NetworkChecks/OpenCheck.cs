using System.Diagnostics.CodeAnalysis;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>
/// Where a network check is. Its public ID contains this, authenticated for the meeting and the address of the caller, so that any replica finds the node, and requests from other addresses are
/// refused. Media may come from elsewhere. Pure.
/// </summary>
/// <param name="Namespace">Namespace of the SfuNode.</param>
/// <param name="Node">Name of the SfuNode.</param>
/// <param name="Room">The room of the check on this node.</param>
internal sealed record OpenCheck(string Namespace, string Node, string Room)
{
    public string Seal(MediaSessionSeal seal, MeetingView view, string caller) => seal.Seal(Owner(view, caller), $"{Namespace}/{Node}/{Room}");

    public static bool TryRead(MediaSessionSeal seal, MeetingView view, string caller, string id, [NotNullWhen(true)] out OpenCheck? check)
    {
        check = seal.TryOpen(Owner(view, caller), id, out var text) && text.Split('/') is [var @namespace, var node, var room] ? new OpenCheck(@namespace, node, room) : null;
        return check is not null;
    }

    /// <summary>The participant of the check. IDs of participants of meetings are UUIDs.</summary>
    public static string ParticipantOf(string caller) => $"check {caller}";

    private static TokenSubject Owner(MeetingView view, string caller) => new() { Tenant = view.TenantName, MeetingId = view.Id, ParticipantId = ParticipantOf(caller) };
}
