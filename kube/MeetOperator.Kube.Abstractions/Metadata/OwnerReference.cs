namespace MeetOperator.Kube;

/// <summary>Names the object that owns another; the garbage collector deletes dependents when it goes.</summary>
public sealed class OwnerReference
{
    public required string ApiVersion { get; set; }
    public required string Kind { get; set; }
    public required string Name { get; set; }
    public required string Uid { get; set; }
    public bool? Controller { get; set; }
    public bool? BlockOwnerDeletion { get; set; }
}
