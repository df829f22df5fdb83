using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Kube.Tests.Client;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void FromFile_TokenAndNamespace_AreRead()
    {
        var config = KubeConfig.FromFile(Write("config", Document("token: secret", contextExtra: "namespace: team")));

        Assert.Equal(new Uri("http://127.0.0.1:7443/base"), config.Server);
        Assert.Equal("secret", config.Token);
        Assert.Equal("team", config.Namespace);
        Assert.Null(config.ClientCertificate);
    }

    [Fact]
    public void FromFile_Json_IsReadLikeYaml()
    {
        var config = KubeConfig.FromFile(Write("config", """
            {
              "clusters": [{"name": "k", "cluster": {"server": "https://10.0.0.1:6443", "insecure-skip-tls-verify": true, "tls-server-name": null}}],
              "users": [{"name": "other"}, {"name": "u", "user": {"token": "a\"b"}}],
              "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "team"}}],
              "current-context": "c"
            }
            """));

        Assert.Equal((new Uri("https://10.0.0.1:6443"), "a\"b", "team", true, null), (config.Server, config.Token, config.Namespace, config.InsecureSkipTlsVerify, config.TlsServerName));
    }

    [Fact]
    public void FromFile_NoNamespace_IsDefault() =>
        Assert.Equal("default", KubeConfig.FromFile(Write("config", Document("token: x"))).Namespace);

    [Fact]
    public void FromFile_RelativeTokenFile_IsRelativeToKubeconfig()
    {
        Write("token", "abc");
        var config = KubeConfig.FromFile(Write("config", Document("tokenFile: token")));

        Assert.Equal(Path.Combine(_folder, "token"), config.TokenFile);
    }

    [Fact]
    public void FromFile_CertificateData_LoadsCertificateKeyAndAuthorities()
    {
        var (certificate, key) = CreatePair();
        var user = $"client-certificate-data: {Base64(certificate)}\n    client-key-data: {Base64(key)}";
        var config = KubeConfig.FromFile(Write("config", Document(user, clusterExtra: $"certificate-authority-data: {Base64(certificate)}")));

        Assert.True(config.ClientCertificate!.HasPrivateKey);
        Assert.Equal("CN=tester", Assert.Single(config.CertificateAuthorities!).Subject);
    }

    [Fact]
    public void FromFile_CertificateFiles_AreRelativeToKubeconfig()
    {
        var (certificate, key) = CreatePair();
        Write("tls.crt", certificate);
        Write("tls.key", key);
        var config = KubeConfig.FromFile(Write("config", Document("client-certificate: tls.crt\n    client-key: tls.key")));

        Assert.True(config.ClientCertificate!.HasPrivateKey);
    }

    [Fact]
    public void FromFiles_TwoFiles_FirstEntriesTakePrecedence()
    {
        var first = Write("first", "apiVersion: v1\nkind: Config\ncurrent-context: c\nusers:\n- name: u\n  user: {token: first}\n");
        var second = Write("second", Document("token: second"));

        Assert.Equal("first", KubeConfig.FromFiles([first, Path.Combine(_folder, "absent"), second]).Token);
        Assert.Equal("second", KubeConfig.FromFiles([second, first]).Token);
    }

    [Fact]
    public void FromFile_OtherContext_IsUsed()
    {
        var file = Write("config", Document("token: x") + "- name: other\n  context: {cluster: k, namespace: elsewhere}\n");
        var config = KubeConfig.FromFile(file, "other");

        Assert.Equal("elsewhere", config.Namespace);
        Assert.Null(config.Token);
    }

    [Theory]
    [InlineData("", "current-context is not set")]
    [InlineData("[1, 2]", "root must be a mapping")]
    [InlineData("a: [", "not valid YAML at line")]
    [InlineData("{\"clusters\": [", "not valid YAML at line")]
    [InlineData("{clusters: [], current-context: c}", "contexts has no entry named \"c\"")]
    [InlineData("{\"current-context\": \"c\", \"contexts\": {\"a\": 1}}", "contexts must be a list")]
    [InlineData("{\"current-context\": \"c\", \"contexts\": [{\"name\": \"c\", \"context\": {\"cluster\": [1]}}]}", "contexts[c].context.cluster must be text")]
    [InlineData("current-context: c", "contexts has no entry named \"c\"")]
    [InlineData("current-context: c\ncontexts: {a: b}", "contexts must be a list")]
    [InlineData("current-context: c\ncontexts:\n- name: c", "contexts[c].context.cluster is missing")]
    [InlineData("current-context: c\ncontexts:\n- {name: c, context: {cluster: [1]}}", "contexts[c].context.cluster must be text")]
    [InlineData("current-context: c\ncontexts:\n- {name: c, context: {cluster: k}}\nclusters:\n- {name: k, cluster: {server: \"ftp://x\"}}", "is not an http or https URL")]
    [InlineData("current-context: c\ncontexts:\n- {name: c, context: {cluster: k}}\nclusters:\n- {name: k, cluster: {server: \"https://x\", insecure-skip-tls-verify: maybe}}", "must be true or false")]
    [InlineData("current-context: c\ncontexts:\n- {name: c, context: {cluster: k}}\nclusters:\n- {name: k, cluster: {server: \"https://x\", certificate-authority-data: \"%%\"}}", "is not base64")]
    [InlineData("current-context: c\ncontexts:\n- {name: c, context: {cluster: k}}\nclusters:\n- {name: k, cluster: {server: \"https://x\", certificate-authority: nowhere.pem}}", "certificate-authority")]
    [InlineData("current-context: c\ncontexts:\n- {name: c, context: {cluster: k}}\nclusters:\n- {name: k, cluster: {server: \"https://x\", certificate-authority-data: aGVsbG8=}}", "no PEM certificate")]
    public void FromFile_Malformed_ErrorNamesFileAndField(string content, string expected)
    {
        var file = Write("config", content);
        var error = Assert.Throws<KubeConfigException>(() => KubeConfig.FromFile(file));

        Assert.Contains(file, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("auth-provider: {name: gcp}", "users[u].user.auth-provider is not supported; use exec")]
    [InlineData("exec: aws", "users[u].user.exec must be a mapping")]
    [InlineData("exec: {command: aws}", "users[u].user.exec.apiVersion is missing")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}", "it must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1beta1}", "users[u].user.exec.command is missing")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}", "users[u].user.exec.interactiveMode is missing")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Maybe}", "it must be Never, IfAvailable or Always")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: eks}", "users[u].user.exec.args must be a list")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, env: [A]}", "users[u].user.exec.env[0] must be a mapping")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, env: [{value: a}]}", "users[u].user.exec.env[0].name is missing")]
    [InlineData("client-certificate-data: aGVsbG8=", "must be set together")]
    [InlineData("client-certificate-data: aGVsbG8=\n    client-key-data: aGVsbG8=", "not a matching PEM pair")]
    public void FromFile_UnsupportedUser_ErrorNamesField(string user, string expected)
    {
        var file = Write("config", Document(user));
        Assert.Contains(expected, Assert.Throws<KubeConfigException>(() => KubeConfig.FromFile(file)).Message);
    }

    [Fact]
    public void FromFile_Exec_IsReadUnlessThereIsAToken()
    {
        const string Exec = "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/kubelogin, args: [get-token], installHint: get it}";
        var exec = KubeConfig.FromFile(Write("config", Document(Exec))).Exec!;

        Assert.Equal((Path.Combine(_folder, "bin/kubelogin"), ExecInteraction.IfAvailable, "get it"), (exec.Command, exec.Interaction, exec.InstallHint));
        Assert.Equal(["get-token"], exec.Arguments);
        Assert.Null(KubeConfig.FromFile(Write("config", Document(Exec + "\n    token: x"))).Exec);
    }

    [Fact]
    public void FromFile_ProxyUrl_IsRead()
    {
        Assert.Equal(new Uri("socks5://127.0.0.1:1080"), KubeConfig.FromFile(Write("config", Document("token: x", clusterExtra: "proxy-url: socks5://127.0.0.1:1080"))).ProxyUrl);
        Assert.Contains(
            "clusters[k].cluster.proxy-url: \"proxy\" is not an http, https or socks5 URL",
            Assert.Throws<KubeConfigException>(() => KubeConfig.FromFile(Write("config", Document("token: x", clusterExtra: "proxy-url: proxy")))).Message);
    }

    [Fact]
    public void FromFile_MissingFile_Throws() =>
        Assert.Contains("No kubeconfig file exists at", Assert.Throws<KubeConfigException>(() => KubeConfig.FromFile(Path.Combine(_folder, "absent"))).Message);

    [Fact]
    public void TryLoad_ServiceAccountFolder_ReadsAllFields()
    {
        Write("token", "abc");
        Write("namespace", "team\n");
        Write("ca.crt", CreatePair().Certificate);
        var config = InClusterConfig.TryLoad(_folder, "fd00::1", "6443")!;

        Assert.Equal("https://[fd00::1]:6443/", config.Server.AbsoluteUri);
        Assert.Equal(Path.Combine(_folder, "token"), config.TokenFile);
        Assert.Equal("team", config.Namespace);
        Assert.Single(config.CertificateAuthorities!);
    }

    [Fact]
    public void TryLoad_OutsideAPod_ReturnsNull()
    {
        Assert.Null(InClusterConfig.TryLoad(_folder, "10.0.0.1", "443"));
        Write("token", "abc");
        Assert.Null(InClusterConfig.TryLoad(_folder, null, null));
        Assert.Throws<KubeConfigException>(() => InClusterConfig.TryLoad(_folder, "10.0.0.1", "tcp://10.0.0.1:443"));
    }

    private static (string Certificate, string Key) CreatePair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=tester", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Document(string user, string contextExtra = "", string clusterExtra = "") => $"""
        apiVersion: v1
        kind: Config
        current-context: c
        clusters:
        - name: k
          cluster:
            server: http://127.0.0.1:7443/base
            {clusterExtra}
        users:
        - name: u
          user:
            {user}
        contexts:
        - name: c
          context:
            cluster: k
            user: u
            {contextExtra}

        """;

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
