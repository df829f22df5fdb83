namespace MeetOperator.Contracts;

/// <summary>Annotations that the product writes on objects it owns.</summary>
public static class MeetAnnotations
{
    /// <summary>Hash of what a media node's Pod was built from; a node with another hash is outdated.</summary>
    public const string TemplateHash = "meetoperator.io/template-hash";
}
