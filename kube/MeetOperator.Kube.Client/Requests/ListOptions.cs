using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Lists;

namespace MeetOperator.Kube.Client.Requests;

/// <summary>Options of a list.</summary>
public sealed record ListOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Maximum number of items per page; null returns all items at once.</summary>
    public int? Limit { get; init; }

    /// <summary>Token of the page to read, from <see cref="ListMeta.Continue"/>.</summary>
    public string? Continue { get; init; }

    /// <summary>"0" accepts a cached response; null requests the latest state.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Called for objects that do not match the type; they are skipped. If null, the whole call fails.</summary>
    public Action<UnreadableObjectException>? OnUnreadable { get; init; }
}
