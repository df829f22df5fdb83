using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Kube.Client.Watching;

/// <summary>One watch event. A bookmark has only <c>metadata.resourceVersion</c>.</summary>
public readonly record struct WatchEvent<T>(WatchEventType Type, T Object);

public enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,

    /// <summary>Never returned by <see cref="KubeClient.WatchAsync{T}"/>, which throws <see cref="KubeApiException"/> instead.</summary>
    Error,
}
