namespace MeetOperator.Kube.Core;

/// <summary>metav1.LabelSelector: all labels and expressions must match.</summary>
public sealed class LabelSelector
{
    public IDictionary<string, string>? MatchLabels { get; set; }
    public IList<LabelSelectorRequirement>? MatchExpressions { get; set; }
}

public sealed class LabelSelectorRequirement
{
    public string Key { get; set; } = string.Empty;

    /// <summary>In, NotIn, Exists, or DoesNotExist.</summary>
    public string Operator { get; set; } = "In";
    public IList<string>? Values { get; set; }
}
