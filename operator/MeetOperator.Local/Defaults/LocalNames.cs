namespace MeetOperator.Local.Defaults;

/// <summary>Names of objects that every embedded installation has.</summary>
internal static class LocalNames
{
    public const string SystemNamespace = "meet-system";
    public const string DefaultNamespace = "meet-default";
    public const string Default = "default";
    public const string KeysSecret = "meet-keys";
    public const string KubeconfigSecret = "meet-kubeconfig";
    public const string OperatorImage = "meetoperator/operator";
    public const string SignalingImage = "meetoperator/signaling";
    public const string MediaNodeImage = "meetoperator/media-node";
    public const string TurnImage = "meetoperator/turn";
}
