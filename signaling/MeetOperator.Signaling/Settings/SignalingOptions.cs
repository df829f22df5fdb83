using MeetOperator.Signaling.Keys;

namespace MeetOperator.Signaling.Settings;

/// <summary>Settings of the server, read from the environment variables that <c>docs/configuration.md</c> documents.</summary>
public sealed record SignalingOptions
{
    /// <summary>The address to listen on: <c>address:port</c>.</summary>
    public string HttpAddress { get; init; } = "0.0.0.0:8080";

    /// <summary>The address that serves only <c>/metrics</c>: <c>address:port</c>.</summary>
    public string MetricsAddress { get; init; } = "0.0.0.0:8081";

    /// <summary>The public URL for links and WebSocket URLs. Null: the URL of the request.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary><c>sqlite:path</c> or a PostgreSQL connection string.</summary>
    public required string Database { get; init; }

    /// <summary>Redis configuration. Null: this is the only replica.</summary>
    public string? Redis { get; init; }

    /// <summary>Folder of the web app. Null: the web app is not served.</summary>
    public string? WebRoot { get; init; }

    /// <summary>Tenant for which any caller on this machine may create meetings. Null: none.</summary>
    public string? LocalTenant { get; init; }

    /// <summary>Name of the Secret in <see cref="Namespace"/> with the client certificate for media nodes. The operator writes it.</summary>
    public string ControlSecret { get; init; } = "meet-control-signaling";

    /// <summary>Name of the Secret in <see cref="Namespace"/> with the relays (TURN) of the installation. The operator writes it.</summary>
    public string TurnSecret { get; init; } = "meet-turn";
    public required SigningKeys SigningKeys { get; init; }

    /// <summary>Time between the start of a shutdown and closing the sockets. Meanwhile, load balancers notice that the server is unready.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.Zero;

    /// <summary>How long the rows of a meeting (participants, streams, chat) are kept after its end. Null: forever.</summary>
    public TimeSpan? RowRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Networks of trusted proxies. <c>X-Forwarded-*</c> headers from other addresses are ignored.</summary>
    public IReadOnlyList<System.Net.IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The namespace of the installation, where the operator writes the hashes of API keys.</summary>
    public string Namespace { get; init; } = "meet-system";

    /// <summary>ID of this process on the bus.</summary>
    public string ReplicaId { get; init; } = Guid.NewGuid().ToString("N");
    public SignalingTimings Timings { get; init; } = new();
}
