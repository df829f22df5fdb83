namespace MeetOperator.Contracts.Naming;

/// <summary>Field manager names of the components in server-side apply.</summary>
public static class FieldManagers
{
    public const string Operator = "meet-operator";
    public const string Signaling = "meet-signaling";
    public const string Local = "meet-local";
}
