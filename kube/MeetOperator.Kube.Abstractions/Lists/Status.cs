using System.Text.Json.Serialization;

namespace MeetOperator.Kube.Lists;

/// <summary>metav1.Status: the body of an error response of the API server.</summary>
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

    /// <summary>Machine-readable reason, such as NotFound, Conflict, or Invalid.</summary>
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public StatusDetails? Details { get; set; }
}

/// <summary>Details of an error, such as the affected object.</summary>
public sealed class StatusDetails
{
    public string? Name { get; set; }
    public string? Group { get; set; }

    /// <summary>The plural resource name or the kind, depending on the error.</summary>
    public string? Kind { get; set; }
    public string? Uid { get; set; }
    public int? RetryAfterSeconds { get; set; }
    public IList<StatusCause>? Causes { get; set; }
}

/// <summary>A field error; <see cref="Field"/> is a path such as <c>spec.schedule.endTime</c>.</summary>
public sealed class StatusCause
{
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public string? Field { get; set; }
}
