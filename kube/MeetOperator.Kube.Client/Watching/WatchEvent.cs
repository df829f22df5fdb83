namespace MeetOperator.Kube.Client;

/// <summary>One change. A bookmark carries only <c>metadata.resourceVersion</c>.</summary>
public readonly record struct WatchEvent<T>(WatchEventType Type, T Object);

public enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,

    /// <summary>Never handed out by <see cref="KubeClient.WatchAsync{T}"/>: it throws <see cref="KubeApiException"/> instead.</summary>
    Error,
}
