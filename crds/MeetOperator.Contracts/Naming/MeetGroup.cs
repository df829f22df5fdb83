namespace MeetOperator.Contracts;

/// <summary>Group, version and category of every kind of the product.</summary>
public static class MeetGroup
{
    public const string Name = "meetoperator.io";
    public const string Version = "v1alpha1";
    public const string Category = "meet";
}
