namespace MeetOperator.Kube.Client;

/// <summary>What to list, and how.</summary>
public sealed record ListOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Items in one page; null lets the server send all at once.</summary>
    public int? Limit { get; init; }

    /// <summary>Token of the page to read, from <see cref="ListMeta.Continue"/>.</summary>
    public string? Continue { get; init; }

    /// <summary>"0" accepts a cached answer, null asks for the newest.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Told of objects that do not fit the type, which are then left out; without it the whole call fails.</summary>
    public Action<UnreadableObjectException>? OnUnreadable { get; init; }
}
