namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>The names of the servers under test, and the configuration of the real ones.</summary>
internal static class ServerNames
{
    /// <summary>The embedded API server, in this process; always available.</summary>
    public const string Embedded = "embedded";

    /// <summary>The API server of Kubernetes 1.20.</summary>
    public const string Kubernetes120 = "kubernetes-1.20";

    /// <summary>The apiextensions API server of Kubernetes 1.36: custom resources only, with CEL. Where servers differ, this one is the reference.</summary>
    public const string Apiextensions036 = "apiextensions-0.36";

    /// <summary>The path of the kubeconfig of a real server, or null when it is not configured.</summary>
    public static string? KubeconfigOf(string server) => server switch
    {
        Kubernetes120 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K120"),
        Apiextensions036 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K036"),
        _ => null,
    };

    /// <summary>The address of the etcd of a real server, with which tests compact the history; null when it is not configured.</summary>
    public static string? EtcdOf(string server) => server switch
    {
        Kubernetes120 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K120_ETCD"),
        Apiextensions036 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K036_ETCD"),
        _ => null,
    };

    /// <summary>The available servers.</summary>
    public static IEnumerable<string> Available =>
        new[] { Embedded, Kubernetes120, Apiextensions036 }.Where(server => server == Embedded || !string.IsNullOrEmpty(KubeconfigOf(server)));
}
