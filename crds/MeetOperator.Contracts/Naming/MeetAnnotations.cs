namespace MeetOperator.Contracts;

/// <summary>Annotations that the product writes on objects it owns.</summary>
public static class MeetAnnotations
{
    /// <summary>On a media node's Pod: hash of the Pod as the operator rendered it. One that would be rendered otherwise today is outdated.</summary>
    public const string PodHash = "meetoperator.io/pod-hash";

    /// <summary>Hash of the pool's fields that a node was made from, as version 0.1 wrote and compares it: read on nodes that it made, and written so that it can be rolled back to.</summary>
    public const string TemplateHash = "meetoperator.io/template-hash";

    /// <summary>On an SfuNode that drains because its pool wants fewer nodes; such a node is taken back when the pool wants more again.</summary>
    public const string ScaledDown = "meetoperator.io/scaled-down";
}
