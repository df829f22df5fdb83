using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Kube.Client.Requests;

/// <summary>Options of a watch.</summary>
public sealed record WatchOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Send the events after this version; null starts with the current state as ADDED events.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>The server ends the watch after this time, so that dead connections are detected.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    public bool AllowBookmarks { get; init; } = true;

    /// <summary>Called when the server has accepted the watch, before the first event.</summary>
    public Action? OnOpened { get; init; }

    /// <summary>Called for objects that do not match the type; they are skipped. If null, the whole call fails.</summary>
    public Action<UnreadableObjectException>? OnUnreadable { get; init; }
}
