namespace MeetOperator.Kube.Client.Config;

/// <summary>The configuration is invalid. The message names the file, the field, and the fix.</summary>
public sealed class KubeConfigException : Exception
{
    public KubeConfigException(string message)
        : base(message)
    {
    }

    public KubeConfigException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
