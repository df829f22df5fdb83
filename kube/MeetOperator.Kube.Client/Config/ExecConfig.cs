using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client.Config;

/// <summary>
/// A program that provides credentials: <c>users[].user.exec</c> of a kubeconfig, in the versions v1 and v1beta1 of client.authentication.k8s.io. Cloud providers use it, for
/// example kubelogin for AKS, aws for EKS and gke-gcloud-auth-plugin for GKE.
/// </summary>
public sealed record ExecConfig
{
    /// <summary>The group of <see cref="ApiVersion"/>.</summary>
    internal const string Group = "client.authentication.k8s.io";

    /// <summary>Where it is written, for error messages.</summary>
    public required string Origin { get; init; }

    /// <summary>The version of input and output of the program.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>A path, or a name that is looked up in the folders of PATH.</summary>
    public required string Command { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>How to install the program, for the error message when it is missing.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Whether the program may read from the terminal.</summary>
    public ExecInteraction Interaction { get; init; } = ExecInteraction.IfAvailable;

    /// <summary>The description of the cluster that the program gets; null unless it asks for it with <c>provideClusterInfo</c>.</summary>
    internal JsonObject? Cluster { get; init; }
}

/// <summary>Whether a program that provides credentials may read from the terminal; the values of <c>interactiveMode</c>.</summary>
public enum ExecInteraction
{
    Never,
    IfAvailable,

    /// <summary>The program needs a terminal.</summary>
    Always,
}
