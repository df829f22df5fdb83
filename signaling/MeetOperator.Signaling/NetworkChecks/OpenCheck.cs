using System.Diagnostics.CodeAnalysis;
using System.Globalization;
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
/// <param name="Until">When the check has ended at the latest, in Unix seconds.</param>
internal sealed record OpenCheck(string Namespace, string Node, string Room, long Until)
{
    public string Seal(MediaSessionSeal seal, MeetingView view, string caller) => seal.Seal(Owner(view, caller), string.Create(CultureInfo.InvariantCulture, $"{Namespace}/{Node}/{Room}/{Until}"));

    public static bool TryRead(MediaSessionSeal seal, MeetingView view, string caller, string id, [NotNullWhen(true)] out OpenCheck? check)
    {
        check = seal.TryOpen(Owner(view, caller), id, out var text) && text.Split('/') is [var @namespace, var node, var room, var until]
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? new OpenCheck(@namespace, node, room, seconds)
                : null;
        return check is not null;
    }

    /// <summary>Whether the check has ended, so that its media node need not be asked.</summary>
    public bool IsOver(DateTimeOffset now) => now.ToUnixTimeSeconds() > Until;

    /// <summary>What stands for a participant in the ID and for relays: an address, or a participant whose check it is. IDs of participants of meetings are UUIDs.</summary>
    public static string ParticipantOf(string caller) => $"check {caller}";

    private static TokenSubject Owner(MeetingView view, string caller) => new() { Tenant = view.TenantName, MeetingId = view.Id, ParticipantId = ParticipantOf(caller) };
}
