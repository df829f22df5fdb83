namespace MeetOperator.Kube.Metadata;

/// <summary>References the owner of an object. The garbage collector deletes dependents after their owner.</summary>
public sealed class OwnerReference
{
    public required string ApiVersion { get; set; }
    public required string Kind { get; set; }
    public required string Name { get; set; }
    public required string Uid { get; set; }
    public bool? Controller { get; set; }
    public bool? BlockOwnerDeletion { get; set; }
}
