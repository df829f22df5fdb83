namespace MeetOperator.Kube.Tests;

/// <summary>Something to test with.</summary>
[KubernetesEntity(Group = "example.io", Version = "v1", Kind = "Widget", Plural = "widgets", ShortNames = ["wd"])]
[StatusSubresource]
[ScaleSubresource(".spec.replicas", ".status.replicas", LabelSelectorPath = ".status.selector")]
[RbacRule("tester", Group = "example.io", Resources = ["widgets"], Verbs = ["get"], Reason = "Reads widgets.")]
public sealed class Widget : CustomResource<WidgetSpec, WidgetStatus>;

/// <summary>What is wanted of a widget.</summary>
public sealed class WidgetSpec
{
    /// <summary>Paint of the widget.</summary>
    public string? Colour { get; set; }

    /// <summary>How many are wanted.</summary>
    public int? Replicas { get; set; }
}

/// <summary>What was observed of a widget.</summary>
public sealed class WidgetStatus
{
    /// <summary>How many there are.</summary>
    public int Replicas { get; set; }

    /// <summary>Selector of its parts.</summary>
    public string? Selector { get; set; }

    /// <summary>Aspects of its state.</summary>
    [ListMapKey("type")]
    public IList<Condition>? Conditions { get; set; }
}
