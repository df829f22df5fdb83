namespace MeetOperator.Contracts.Naming;

/// <summary>API group, version and category of all kinds.</summary>
public static class MeetGroup
{
    public const string Name = "meetoperator.io";
    public const string Version = "v1alpha1";
    public const string Category = "meet";
}
