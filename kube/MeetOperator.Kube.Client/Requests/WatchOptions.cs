namespace MeetOperator.Kube.Client;

/// <summary>What to watch, and from where.</summary>
public sealed record WatchOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Events after this version are sent; null starts with the present state as ADDED events.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>The server ends the watch after this time, so that a dead connection is noticed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    public bool AllowBookmarks { get; init; } = true;

    /// <summary>Told when the server has taken the watch, before the first event.</summary>
    public Action? OnOpened { get; init; }

    /// <summary>Told of objects that do not fit the type, which are then left out; without it the whole call fails.</summary>
    public Action<UnreadableObjectException>? OnUnreadable { get; init; }
}
