namespace MeetOperator.Contracts;

/// <summary>Names under which the product's parts own fields in server-side apply.</summary>
public static class FieldManagers
{
    public const string Operator = "meet-operator";
    public const string Signaling = "meet-signaling";
    public const string Local = "meet-local";
}
