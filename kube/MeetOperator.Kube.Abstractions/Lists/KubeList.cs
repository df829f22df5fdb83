namespace MeetOperator.Kube.Lists;

/// <summary>One page or all pages of a collection.</summary>
public sealed class KubeList<T>
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public ListMeta Metadata { get; set; } = new();
    public IList<T> Items { get; set; } = [];
}

/// <summary>metav1.ListMeta: the resource version of the collection and the token of the next page.</summary>
public sealed class ListMeta
{
    public string? ResourceVersion { get; set; }

    /// <summary>Opaque token of the next page; null or empty on the last page.</summary>
    public string? Continue { get; set; }
    public long? RemainingItemCount { get; set; }
}
