namespace MeetOperator.Contracts;

/// <summary>Annotations that the product writes on objects it owns.</summary>
public static class MeetAnnotations
{
    /// <summary>Hash of what a media node's Pod was built from; a node with another hash is outdated.</summary>
    public const string TemplateHash = "meetoperator.io/template-hash";

    /// <summary>On an SfuNode that drains because its pool wants fewer nodes; such a node is taken back when the pool wants more again.</summary>
    public const string ScaledDown = "meetoperator.io/scaled-down";
}
