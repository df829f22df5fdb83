namespace MeetOperator.Kube.Client.Config;

/// <summary>Settings of a <see cref="KubeClient"/>.</summary>
public sealed record KubeClientOptions
{
    public string UserAgent { get; init; } = "meet-kube/0.1";

    /// <summary>Timeout for the response of the server. For watches and logs it applies only to the start of the response.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Use HTTP/1.1 over TLS as well. A request that times out then closes its connection, and the next one opens another. With HTTP/2, requests keep
    /// failing on a connection whose peer is gone until its pings fail, up to 45 s later.
    /// </summary>
    public bool UseHttp1 { get; init; }

    /// <summary>Default field manager of writes.</summary>
    public string? FieldManager { get; init; }

    /// <summary>
    /// Called before every write; an exception prevents the write. A process with leader election uses it to prevent its own writes after it has
    /// lost the Lease, for example while it was suspended.
    /// </summary>
    public Action? BeforeWrite { get; init; }
}
