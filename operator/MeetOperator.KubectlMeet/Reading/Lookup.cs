using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube;
using MeetOperator.KubectlMeet.Arguments;

namespace MeetOperator.KubectlMeet.Reading;

/// <summary>
/// Finds the object that a name means. A name without a namespace means the object in the namespace of the context, otherwise the only one of that name that can be read.
/// Pure.
/// </summary>
internal static class Lookup
{
    /// <exception cref="MissingObjectException">There is no such object, or several.</exception>
    public static T Find<T>(IReadOnlyList<T> objects, string name, string contextNamespace, IReadOnlyList<string> notReadable)
        where T : KubernetesObject
    {
        var kind = typeof(T).Name;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (space, plain) = slash < 0 ? (null, name) : (name[..slash], name[(slash + 1)..]);
        var matches = objects.Where(item => IsNamed(item, plain) && (space is null || item.Metadata.Namespace == space)).ToArray();
        if (matches.Length > 1 && matches.FirstOrDefault(item => item.Metadata.Namespace == contextNamespace) is { } own)
        {
            return own;
        }

        return matches switch
        {
            [var one] => one,
            [] => throw new MissingObjectException(
                $"no {kind} is named '{name}'.{Similar.Suggest(plain, objects.Select(item => item.Metadata.Name ?? string.Empty))}{string.Concat(notReadable.Select(text => $" Note: {text}."))}"),
            _ => throw new MissingObjectException(
                $"{matches.Length} objects of kind {kind} are named '{name}': choose one of {string.Join(", ", matches.Select(item => item.Metadata.NamespacedName.ToString()).Order(StringComparer.Ordinal))}"),
        };
    }

    private static bool IsNamed(KubernetesObject item, string name) => item.Metadata.Name == name || (item is Meeting meeting && MeetingId.Of(meeting) == name);
}
