namespace MeetOperator.Contracts;

/// <summary>Values of the label <see cref="MeetLabels.Component"/>, and the components that RBAC is generated for.</summary>
public static class MeetComponents
{
    public const string Operator = "operator";
    public const string Signaling = "signaling";
    public const string MediaNode = "media-node";

    /// <summary>Runs after everything else is gone: takes the finalizers off what is left.</summary>
    public const string Uninstall = "uninstall";
}
