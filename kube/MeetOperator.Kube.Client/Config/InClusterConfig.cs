using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Kube.Client.Config;

/// <summary>Reads the service account that Kubernetes mounts into a Pod.</summary>
internal static class InClusterConfig
{
    public const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static KubeConfig? TryLoad(string directory) => TryLoad(
        directory,
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"),
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"));

    public static KubeConfig? TryLoad(string directory, string? host, string? port)
    {
        var tokenFile = Path.Combine(directory, "token");
        if (string.IsNullOrEmpty(host) || !File.Exists(tokenFile))
        {
            return null;
        }

        if (!int.TryParse(port ?? "443", NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new KubeConfigException($"KUBERNETES_SERVICE_PORT is \"{port}\"; it must be a port number.");
        }

        var authorityFile = Path.Combine(directory, "ca.crt");
        var namespaceFile = Path.Combine(directory, "namespace");
        return new KubeConfig
        {
            Server = new UriBuilder(Uri.UriSchemeHttps, host, number).Uri,
            TokenFile = tokenFile,
            CertificateAuthorities = File.Exists(authorityFile) ? Certificates.ReadAuthorities(File.ReadAllText(authorityFile), authorityFile) : null,
            Namespace = File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default",
        };
    }
}
