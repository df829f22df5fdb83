using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer;

/// <summary>How an <see cref="EmbeddedApiServer"/> runs.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Where objects, token and certificates are kept; null keeps everything in memory only.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Loopback port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Bearer token that every request must carry; null makes a random one (kept in the data directory when there is one).</summary>
    public string? Token { get; init; }

    /// <summary>YAML texts of CustomResourceDefinitions to install at start; several documents a text are fine.</summary>
    public IReadOnlyList<string> Manifests { get; init; } = [];

    /// <summary>Asked after defaulting and validation, before a write is stored.</summary>
    public IReadOnlyList<IAdmissionPolicy> AdmissionPolicies { get; init; } = [];

    /// <summary>Gives the log of a container; null, or a null stream, is answered with 400.</summary>
    public Func<PodLogRequest, CancellationToken, Task<Stream?>>? PodLogs { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where faults of the server itself are reported; null reports them nowhere but to the client.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Events kept a resource, from which watches resume; older ones are answered with 410.</summary>
    public int WatchHistorySize { get; init; } = 4096;

    /// <summary>Events that a slow watch may lag behind before it is closed.</summary>
    public int WatchQueueSize { get; init; } = 8192;

    /// <summary>Largest request body, in bytes; more is answered with 413.</summary>
    public int MaxBodyBytes { get; init; } = 3 << 20;

    /// <summary>How often a watch that allows bookmarks gets one when nothing else happens.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(30);
}
