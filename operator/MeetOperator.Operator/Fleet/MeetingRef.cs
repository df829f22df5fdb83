using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>Identifies one Meeting object and its room. An object that is recreated under the same name is a different one, and two objects may share an ID.</summary>
/// <param name="Name">Namespace and name of the object.</param>
/// <param name="Uid">Distinguishes the object from every other one, including earlier ones with the same name.</param>
/// <param name="Id">The meeting ID, by which media nodes identify the room.</param>
internal readonly record struct MeetingRef(NamespacedName Name, string Uid, string Id)
{
    public static MeetingRef Of(Meeting meeting) => new(meeting.Metadata.NamespacedName, meeting.Metadata.Uid ?? string.Empty, MeetingId.Of(meeting));
}
