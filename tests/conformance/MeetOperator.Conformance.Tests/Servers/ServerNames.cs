namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>The servers that judge, and where the real ones are found.</summary>
internal static class ServerNames
{
    /// <summary>Our own, in this process; always there.</summary>
    public const string Embedded = "embedded";

    /// <summary>A whole Kubernetes 1.20 cluster.</summary>
    public const string Kubernetes120 = "kubernetes-1.20";

    /// <summary>The apiextensions API server of Kubernetes 1.36: custom resources only, with CEL; where two servers differ, it is right.</summary>
    public const string Apiextensions036 = "apiextensions-0.36";

    /// <summary>The kubeconfig of a real server, or null when there is none.</summary>
    public static string? KubeconfigOf(string server) => server switch
    {
        Kubernetes120 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K120"),
        Apiextensions036 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K036"),
        _ => null,
    };

    /// <summary>Address of a real server's etcd, through which a test compacts history; null when not known.</summary>
    public static string? EtcdOf(string server) => server switch
    {
        Kubernetes120 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K120_ETCD"),
        Apiextensions036 => Environment.GetEnvironmentVariable("MEET_CONFORMANCE_K036_ETCD"),
        _ => null,
    };

    /// <summary>Those that are there now.</summary>
    public static IEnumerable<string> Present =>
        new[] { Embedded, Kubernetes120, Apiextensions036 }.Where(server => server == Embedded || !string.IsNullOrEmpty(KubeconfigOf(server)));
}
