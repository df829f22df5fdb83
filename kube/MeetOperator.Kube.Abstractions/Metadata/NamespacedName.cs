namespace MeetOperator.Kube.Metadata;

/// <summary>Identifies an object of one kind. <c>Namespace</c> is null for cluster-scoped kinds.</summary>
public readonly record struct NamespacedName(string? Namespace, string Name)
{
    public override string ToString() => string.IsNullOrEmpty(Namespace) ? Name : $"{Namespace}/{Name}";
}
