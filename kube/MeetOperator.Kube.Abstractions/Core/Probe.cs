using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

/// <summary>A liveness, readiness, or startup probe of a container; exactly one of the four actions is set.</summary>
public sealed class Probe : ExtensibleObject
{
    public HttpGetAction? HttpGet { get; set; }
    public TcpSocketAction? TcpSocket { get; set; }
    public ExecAction? Exec { get; set; }
    public GrpcAction? Grpc { get; set; }
    public int? InitialDelaySeconds { get; set; }
    public int? PeriodSeconds { get; set; }
    public int? TimeoutSeconds { get; set; }
    public int? SuccessThreshold { get; set; }
    public int? FailureThreshold { get; set; }
    public long? TerminationGracePeriodSeconds { get; set; }
}

public sealed class HttpGetAction : ExtensibleObject
{
    public string? Path { get; set; }
    public IntOrString Port { get; set; }
    public string? Host { get; set; }

    /// <summary>HTTP (the default of the server) or HTTPS.</summary>
    public string? Scheme { get; set; }
    public IList<HttpHeader>? HttpHeaders { get; set; }
}

public sealed class HttpHeader
{
    public string Name { get; set; } = string.Empty;
    public string Value { get; set; } = string.Empty;
}

public sealed class TcpSocketAction
{
    public IntOrString Port { get; set; }
    public string? Host { get; set; }
}

public sealed class ExecAction
{
    public IList<string>? Command { get; set; }
}

public sealed class GrpcAction
{
    public int Port { get; set; }
    public string? Service { get; set; }
}

/// <summary>Hooks that run after the start and before the stop of a container.</summary>
public sealed class Lifecycle : ExtensibleObject
{
    public LifecycleHandler? PostStart { get; set; }
    public LifecycleHandler? PreStop { get; set; }
}

public sealed class LifecycleHandler : ExtensibleObject
{
    public HttpGetAction? HttpGet { get; set; }
    public ExecAction? Exec { get; set; }
}
