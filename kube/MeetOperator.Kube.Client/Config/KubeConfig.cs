using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Kube.Client;

/// <summary>Where the API server is and who we are there.</summary>
public sealed record KubeConfig
{
    /// <summary>Address of the server; paths are appended to it.</summary>
    public required Uri Server { get; init; }

    /// <summary>Namespace of the context, "default" when it names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Bearer token; <see cref="TokenFile"/> wins when both are set.</summary>
    public string? Token { get; init; }

    /// <summary>File with the bearer token, read again for requests after it has changed.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Trusted roots; null trusts what the system trusts.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>Certificate with private key that we present.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Accept any server certificate.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>Name expected in the server's certificate when it differs from the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>
    /// The configuration that kubectl would use: <c>KUBECONFIG</c> (several paths are merged), else <c>~/.kube/config</c>, else the Pod's service account.
    /// </summary>
    /// <param name="context">Context to use instead of current-context.</param>
    /// <exception cref="KubeConfigException">Nothing usable was found, or a file is malformed.</exception>
    public static KubeConfig Load(string? context = null)
    {
        var variable = Environment.GetEnvironmentVariable("KUBECONFIG");
        if (!string.IsNullOrWhiteSpace(variable))
        {
            return FromFiles(variable.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), context);
        }

        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        if (File.Exists(home))
        {
            return FromFiles([home], context);
        }

        return InClusterConfig.TryLoad(InClusterConfig.ServiceAccountDirectory)
            ?? throw new KubeConfigException($"No Kubernetes configuration: KUBECONFIG is not set, {home} does not exist, and this is not a Pod. Set KUBECONFIG to a kubeconfig file.");
    }

    /// <summary>Reads and merges kubeconfig files; of two entries with one name the first counts, as in kubectl.</summary>
    public static KubeConfig FromFiles(IEnumerable<string> paths, string? context = null) => KubeConfigFile.Load(paths, context);

    /// <summary>Reads one kubeconfig file.</summary>
    public static KubeConfig FromFile(string path, string? context = null) => FromFiles([path], context);
}
