using MeetOperator.Kube.Admission;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Settings;

/// <summary>Configures an <see cref="EmbeddedApiServer"/>.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Directory for objects, token, and certificate; null keeps everything in memory.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Loopback port; 0 selects a free one.</summary>
    public int Port { get; init; }

    /// <summary>Bearer token that every request must carry; null generates a random one, which is stored in the data directory if there is one.</summary>
    public string? Token { get; init; }

    /// <summary>YAML manifests of CustomResourceDefinitions to install at startup. Each manifest may contain several documents.</summary>
    public IReadOnlyList<string> Manifests { get; init; } = [];

    /// <summary>Run after defaulting and validation, before a write is stored.</summary>
    public IReadOnlyList<IAdmissionPolicy> AdmissionPolicies { get; init; } = [];

    /// <summary>Opens the log of a container. If this is null or returns a null stream, the response is 400.</summary>
    public Func<PodLogRequest, CancellationToken, Task<Stream?>>? PodLogs { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Logs internal errors of the server; with null, only the client sees them.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Number of events kept per resource, from which watches resume. A watch that starts before the oldest of them gets 410.</summary>
    public int WatchHistorySize { get; init; } = 4096;

    /// <summary>Number of events that a slow watch may lag behind before the server closes it.</summary>
    public int WatchQueueSize { get; init; } = 8192;

    /// <summary>Largest accepted request body, in bytes; larger bodies get 413.</summary>
    public int MaxBodyBytes { get; init; } = 3 << 20;

    /// <summary>Interval between the bookmarks of an idle watch that allows bookmarks.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(30);
}
