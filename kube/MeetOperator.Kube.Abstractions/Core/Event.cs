using System.Text.Json.Serialization;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

/// <summary>core/v1 Event: reports something that happened to an object, with a count of repetitions.</summary>
[KubernetesEntity(Version = "v1", Kind = "Event", Plural = "events", ShortNames = ["ev"])]
public sealed class Event : KubernetesObject
{
    public ObjectReference InvolvedObject { get; set; } = new();
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public EventSource? Source { get; set; }
    public DateTimeOffset? FirstTimestamp { get; set; }
    public DateTimeOffset? LastTimestamp { get; set; }
    public int? Count { get; set; }

    /// <summary>Normal or Warning.</summary>
    public string? Type { get; set; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; set; }
    public string? Action { get; set; }
    public string? ReportingComponent { get; set; }
    public string? ReportingInstance { get; set; }
}

public sealed class EventSource
{
    public string? Component { get; set; }
    public string? Host { get; set; }
}

public sealed class ObjectReference
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public string? Namespace { get; set; }
    public string? Name { get; set; }
    public string? Uid { get; set; }
    public string? ResourceVersion { get; set; }
    public string? FieldPath { get; set; }

    /// <summary>A reference to <paramref name="target"/> in its current version.</summary>
    public static ObjectReference To(KubernetesObject target) => new()
    {
        ApiVersion = target.ApiVersion,
        Kind = target.Kind,
        Namespace = target.Metadata.Namespace,
        Name = target.Metadata.Name,
        Uid = target.Metadata.Uid,
        ResourceVersion = target.Metadata.ResourceVersion,
    };
}
