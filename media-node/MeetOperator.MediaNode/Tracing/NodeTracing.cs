using System.Diagnostics;

namespace MeetOperator.MediaNode.Tracing;

/// <summary>The spans of a media node besides those of its requests.</summary>
internal static class NodeTracing
{
    private static readonly ActivitySource Source = new("MeetOperator.MediaNode");

    /// <summary>The time that a request waits for a loop and runs on it. Null outside of a request, so that the node's own surveys start no traces.</summary>
    public static Activity? StartLoopWork() => Activity.Current is null ? null : Source.StartActivity("loop work");
}
