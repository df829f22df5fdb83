namespace MeetOperator.Kube.Client.Config;

/// <summary>Reads kubeconfig files (the format of <c>kubectl config</c>).</summary>
internal static class KubeConfigFile
{
    public static KubeConfig Load(IEnumerable<string> paths, string? contextName)
    {
        var files = paths.ToList();
        var documents = files.Where(File.Exists).Select(KubeConfigDocument.Read).ToList();
        if (documents.Count == 0)
        {
            throw new KubeConfigException($"No kubeconfig file exists at {string.Join(", ", files)}.");
        }

        contextName ??= documents.Select(d => d.CurrentContext).FirstOrDefault(name => !string.IsNullOrEmpty(name))
            ?? throw new KubeConfigException($"{documents[0].Path}: current-context is not set. Run: kubectl config use-context <name>");
        var context = Find(documents, "contexts", "context", contextName);
        var cluster = Find(documents, "clusters", "cluster", context.Require("cluster"));
        var userName = context.Text("user");
        var user = userName is null ? null : Find(documents, "users", "user", userName);
        ThrowIfUnsupported(user);

        var server = cluster.Require("server");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new KubeConfigException($"{cluster.FieldPath("server")}: \"{server}\" is not an http or https URL.");
        }

        var certificate = ReadClientCertificate(user);
        return new KubeConfig
        {
            Server = address,
            Namespace = context.Text("namespace") is { Length: > 0 } name ? name : "default",
            Token = user?.Text("token"),
            TokenFile = user?.File("tokenFile"),
            CertificateAuthorities = cluster.Pem("certificate-authority") is { } pem
                ? Certificates.ReadAuthorities(pem, cluster.FieldPath("certificate-authority"))
                : null,
            ClientCertificate = certificate,
            Exec = user?.Text("token") is null && user?.Text("tokenFile") is null && certificate is null ? ExecReader.Read(user, cluster) : null,
            ProxyUrl = ReadProxy(cluster),
            InsecureSkipTlsVerify = cluster.Flag("insecure-skip-tls-verify"),
            TlsServerName = cluster.Text("tls-server-name"),
        };
    }

    private static System.Security.Cryptography.X509Certificates.X509Certificate2? ReadClientCertificate(KubeConfigEntry? user)
    {
        var certificate = user?.Pem("client-certificate");
        var key = user?.Pem("client-key");
        return (certificate, key) switch
        {
            (null, null) => null,
            (not null, not null) => Certificates.ReadClient(certificate, key, user!.FieldPath("client-certificate")),
            _ => throw new KubeConfigException($"{user!.FieldPath("client-certificate")}: client-certificate and client-key must be set together."),
        };
    }

    private static Uri? ReadProxy(KubeConfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https" or "socks5" } ? url
            : throw new KubeConfigException($"{cluster.FieldPath("proxy-url")}: \"{text}\" is not an http, https or socks5 URL.");
    }

    private static void ThrowIfUnsupported(KubeConfigEntry? user)
    {
        foreach (var field in (string[])["auth-provider", "username"])
        {
            if (user?.Has(field) == true)
            {
                throw new KubeConfigException($"{user.FieldPath(field)} is not supported; use exec, token, tokenFile, or client-certificate with client-key.");
            }
        }
    }

    private static KubeConfigEntry Find(List<KubeConfigDocument> documents, string list, string field, string name)
    {
        foreach (var document in documents)
        {
            if (document.TryFind(list, field, name) is { } entry)
            {
                return entry;
            }
        }

        throw new KubeConfigException($"{documents[0].Path}: {list} has no entry named \"{name}\".");
    }
}
