namespace MeetOperator.Signaling;

/// <summary>Settings of the server, from the environment variables of <c>docs/architecture.md</c>.</summary>
public sealed record SignalingOptions
{
    /// <summary>Where to listen: <c>address:port</c>.</summary>
    public string HttpAddress { get; init; } = "0.0.0.0:8080";

    /// <summary>Where <c>/metrics</c> is served, and nothing else: <c>address:port</c>.</summary>
    public string MetricsAddress { get; init; } = "0.0.0.0:8081";

    /// <summary>The address that people use; links and WebSocket URLs are made from it. Absent: the address that was called.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary><c>sqlite:path</c> or a PostgreSQL connection string.</summary>
    public required string Database { get; init; }

    /// <summary>Redis configuration; absent: this is the only instance.</summary>
    public string? Redis { get; init; }

    /// <summary>Folder of the web page; absent: none is served.</summary>
    public string? WebRoot { get; init; }

    /// <summary>Tenant whose meetings any caller on this machine may create.</summary>
    public string? LocalTenant { get; init; }

    /// <summary>Secret in <see cref="Namespace"/> with the certificate for media nodes, which the operator keeps.</summary>
    public string ControlSecret { get; init; } = "meet-control-signaling";
    public required SigningKeys SigningKeys { get; init; }

    /// <summary>Between being told to end and sending the clients elsewhere: whoever routes to this server learns meanwhile that it is not ready.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.Zero;

    /// <summary>How long rows of a meeting (participants, streams, chat) are kept after its end; null: for ever.</summary>
    public TimeSpan? RowRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Networks of proxies whose <c>X-Forwarded-*</c> headers are believed; nobody else's are.</summary>
    public IReadOnlyList<System.Net.IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The installation's own namespace, where the operator keeps the hashes of API keys.</summary>
    public string Namespace { get; init; } = "meet-system";

    /// <summary>Names this process on the bus.</summary>
    public string Instance { get; init; } = Guid.NewGuid().ToString("N");
    public SignalingTimings Timings { get; init; } = new();
}
