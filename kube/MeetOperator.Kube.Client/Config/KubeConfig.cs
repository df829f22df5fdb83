using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Kube.Client.Config;

/// <summary>Address of the API server and credentials for it.</summary>
public sealed record KubeConfig
{
    /// <summary>Address of the server; paths are appended to it.</summary>
    public required Uri Server { get; init; }

    /// <summary>Namespace of the context; "default" if it names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Bearer token. If both are set, <see cref="TokenFile"/> takes precedence.</summary>
    public string? Token { get; init; }

    /// <summary>File with the bearer token. It is read for every request, so a changed token takes effect at once.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Trusted root certificates; null uses the system trust store.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>Client certificate with private key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>A program that provides token and client certificate. Then the other credentials here are not used.</summary>
    public ExecConfig? Exec { get; init; }

    /// <summary>Proxy for all requests: an http, https or socks5 URL. Null uses the proxy of the environment.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary>Accept any server certificate.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>Expected name in the server certificate, if it differs from the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>
    /// Loads the configuration that kubectl would use: <c>KUBECONFIG</c> (several paths are merged), else <c>~/.kube/config</c>, else the service account
    /// of the Pod.
    /// </summary>
    /// <param name="context">Context to use instead of current-context.</param>
    /// <exception cref="KubeConfigException">No configuration was found, or a file is malformed.</exception>
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
            ?? throw new KubeConfigException($"No Kubernetes configuration found: KUBECONFIG is not set, {home} does not exist, and this process does not run in a Pod. Set KUBECONFIG to a kubeconfig file.");
    }

    /// <summary>Reads and merges kubeconfig files. As in kubectl, the first of several entries with the same name is used.</summary>
    public static KubeConfig FromFiles(IEnumerable<string> paths, string? context = null) => KubeConfigFile.Load(paths, context);

    /// <summary>Reads one kubeconfig file.</summary>
    public static KubeConfig FromFile(string path, string? context = null) => FromFiles([path], context);
}
