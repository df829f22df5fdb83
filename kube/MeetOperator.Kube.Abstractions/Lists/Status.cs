using System.Text.Json.Serialization;

namespace MeetOperator.Kube;

/// <summary>metav1.Status: how a server tells an error.</summary>
public sealed class Status
{
    public string? ApiVersion { get; set; } = "v1";
    public string? Kind { get; set; } = "Status";
    public ListMeta? Metadata { get; set; }

    /// <summary>Success or Failure.</summary>
    [JsonPropertyName("status")]
    public string? Outcome { get; set; }

    /// <summary>The HTTP status code.</summary>
    public int? Code { get; set; }

    /// <summary>Machine-readable cause such as NotFound, Conflict, Invalid.</summary>
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public StatusDetails? Details { get; set; }
}

/// <summary>What a failure is about.</summary>
public sealed class StatusDetails
{
    public string? Name { get; set; }
    public string? Group { get; set; }

    /// <summary>The plural resource or the kind, as the server chooses.</summary>
    public string? Kind { get; set; }
    public string? Uid { get; set; }
    public int? RetryAfterSeconds { get; set; }
    public IList<StatusCause>? Causes { get; set; }
}

/// <summary>One finding; <see cref="Field"/> is a path such as <c>spec.schedule.endTime</c>.</summary>
public sealed class StatusCause
{
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public string? Field { get; set; }
}
