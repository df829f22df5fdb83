using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>One Meeting object and the id of its room. An object that is made again under the same name is another; two objects may have one id.</summary>
/// <param name="Name">Namespace and name of the object.</param>
/// <param name="Uid">What tells it from every other object, earlier ones of the same name included.</param>
/// <param name="Id">The meeting id, by which media nodes know the room.</param>
internal readonly record struct MeetingRef(NamespacedName Name, string Uid, string Id)
{
    public static MeetingRef Of(Meeting meeting) => new(meeting.Metadata.NamespacedName, meeting.Metadata.Uid ?? string.Empty, MeetingId.Of(meeting));
}
