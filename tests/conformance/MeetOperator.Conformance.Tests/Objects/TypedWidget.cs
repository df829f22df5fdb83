using MeetOperator.Kube;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>The Widget for the typed client.</summary>
[KubernetesEntity(Group = "conformance.example.io", Version = "v1", Kind = "Widget", Plural = "widgets")]
internal sealed class TypedWidget : CustomResource<TypedWidgetSpec, TypedWidgetStatus>;

internal sealed record TypedWidgetSpec
{
    public string? Size { get; init; }

    public int? Replicas { get; init; }

    public string? Title { get; init; }
}

internal sealed record TypedWidgetStatus
{
    public string? Phase { get; init; }

    public int? Replicas { get; init; }
}
