using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Tests.Testing;

/// <summary>A test resource.</summary>
[KubernetesEntity(Group = "example.io", Version = "v1", Kind = "Widget", Plural = "widgets", ShortNames = ["wd"])]
[StatusSubresource]
[ScaleSubresource(".spec.replicas", ".status.replicas", LabelSelectorPath = ".status.selector")]
[RbacRule("tester", Group = "example.io", Resources = ["widgets"], Verbs = ["get"], Reason = "Reads widgets.")]
public sealed class Widget : CustomResource<WidgetSpec, WidgetStatus>;

/// <summary>The desired state of a widget.</summary>
public sealed class WidgetSpec
{
    /// <summary>The color of the widget.</summary>
    public string? Colour { get; set; }

    /// <summary>The desired number of replicas.</summary>
    public int? Replicas { get; set; }
}

/// <summary>The observed state of a widget.</summary>
public sealed class WidgetStatus
{
    /// <summary>The current number of replicas.</summary>
    public int Replicas { get; set; }

    /// <summary>The label selector of the replicas.</summary>
    public string? Selector { get; set; }

    /// <summary>The conditions of the widget.</summary>
    [ListMapKey("type")]
    public IList<Condition>? Conditions { get; set; }
}
