using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Credentials;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Testing;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

/// <summary>Programs that provide credentials, as shell scripts, against the embedded API server.</summary>
[SupportedOSPlatform("linux")]
public sealed class ExecCredentialTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";
    private const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    private readonly string _folder = Directory.CreateTempSubdirectory("exec-credential").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(V1)]
    [InlineData(V1Beta1)]
    public async Task Request_TokenOfProgram_IsAcceptedAndProgramRunsOnce(string version)
    {
        await using var server = await TestApiServer.StartAsync();
        var config = Config(server.Server.Address, version, Answer(version, new JsonObject { ["token"] = server.Server.Token }));
        using var client = new KubeClient(config);

        await client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "a" } }, default);
        var list = await client.ListAllAsync<Namespace>(null, new(), default);

        Assert.Contains(list.Items, item => item.Metadata.Name == "a");
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task Request_SeveralAtOnce_ShareOneRun()
    {
        await using var server = await TestApiServer.StartAsync();
        var config = Config(server.Server.Address, V1, "sleep 0.3\n" + Answer(V1, new JsonObject { ["token"] = server.Server.Token }));
        using var client = new KubeClient(config);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.ListAllAsync<Namespace>(null, new(), default)));

        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task Request_CredentialExpires_RunsProgramAgain()
    {
        await using var server = await TestApiServer.StartAsync();
        var time = new ManualTime();
        var end = time.GetUtcNow().AddMinutes(10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var config = Config(server.Server.Address, V1, Answer(V1, new JsonObject { ["token"] = server.Server.Token, ["expirationTimestamp"] = end }));
        using var client = new KubeClient(config, time: time);

        await client.ListAllAsync<Namespace>(null, new(), default);
        time.Advance(TimeSpan.FromMinutes(9));
        await client.ListAllAsync<Namespace>(null, new(), default);
        Assert.Equal(1, Runs);
        time.Advance(TimeSpan.FromSeconds(55));
        await client.ListAllAsync<Namespace>(null, new(), default);

        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task Request_ServerRejectsCredential_RunsProgramAgainAndSucceeds()
    {
        await using var server = await TestApiServer.StartAsync();
        var script = $"if [ $(wc -l < runs) = 1 ]; then\n{Answer(V1, new JsonObject { ["token"] = "old" })}\nelse\n{Answer(V1, new JsonObject { ["token"] = server.Server.Token })}\nfi";
        using var client = new KubeClient(Config(server.Server.Address, V1, script));

        await client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "b" } }, default);

        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task Request_ServerRejectsEveryCredential_FailsAfterOneRenewal()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = new KubeClient(Config(server.Server.Address, V1, Answer(V1, new JsonObject { ["token"] = "wrong" })));

        var error = await Assert.ThrowsAsync<KubeApiException>(() => client.ListAllAsync<Namespace>(null, new(), default));

        Assert.True(error.IsUnauthorized);
        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task Run_ArgumentsAndCluster_AreGivenToProgram()
    {
        await using var server = await TestApiServer.StartAsync();
        var script = $"echo \"$1|$2|$REGION\" > seen\necho \"$KUBERNETES_EXEC_INFO\" > info\n{Answer(V1, new JsonObject { ["token"] = server.Server.Token })}";
        var extra = """
            args: [get-token, two words]
                  env:
                  - {name: REGION, value: eu-north}
                  provideClusterInfo: true
            """;
        var cluster = """
            certificate-authority-data: ""
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: {audience: meet, scopes: [1, "1"], strict: true}
            """;
        using var client = new KubeClient(Config(server.Server.Address, V1, script, extra, cluster));

        await client.ListAllAsync<Namespace>(null, new(), default);

        Assert.Equal("get-token|two words|eu-north\n", await File.ReadAllTextAsync(Path.Combine(_folder, "seen")));
        var info = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "info")))!;
        Assert.Equal((V1, "ExecCredential", false), ((string?)info["apiVersion"], (string?)info["kind"], (bool)info["spec"]!["interactive"]!));
        var expected = new JsonObject { ["server"] = server.Server.Address.AbsoluteUri, ["config"] = JsonNode.Parse("""{"audience":"meet","scopes":[1,"1"],"strict":true}""") };
        Assert.True(JsonNode.DeepEquals(expected, info["spec"]!["cluster"]), info.ToJsonString());
    }

    [Fact]
    public async Task Request_CertificateOfProgram_IsPresentedAndReplaced()
    {
        var seen = new ConcurrentQueue<string?>();
        using var certificate = ScriptedServer.CreateCertificate("api.example.io");
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                seen.Enqueue((await context.Connection.GetClientCertificateAsync())?.Subject);
                await (seen.Count == 2 ? ScriptedServer.StatusAsync(context, 401, "Unauthorized", "expired") : ScriptedServer.JsonAsync(context, new { kind = "NamespaceList", apiVersion = "v1", metadata = new { }, items = Array.Empty<object>() }));
            },
            certificate);
        WriteCertificate("first");
        WriteCertificate("second");
        var script = "name=$([ $(wc -l < runs) = 1 ] && echo first || echo second)\ncat $name.json";
        var config = Config(server.Address, V1, script, cluster: "insecure-skip-tls-verify: true");
        using var client = new KubeClient(config, new KubeClientOptions { UseHttp1 = true });

        await client.ListAllAsync<Namespace>(null, new(), default);
        await client.ListAllAsync<Namespace>(null, new(), default);

        Assert.Equal(["CN=first", "CN=first", "CN=second"], seen);
    }

    [Theory]
    [InlineData("exit 7", "ended with exit code 7")]
    [InlineData("echo no", "wrote no JSON")]
    [InlineData("echo '[]'", "wrote no JSON object")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}'""", "set exec.apiVersion to what the program supports")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}'""", "answered without status")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":7}}'""", "neither status.token nor")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientKeyData":"x"}}'""", "both are needed")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"SECRET","clientKeyData":"SECRET","clientCertificateData":"SECRET"}}'""", "not a matching PEM pair")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"SECRET","expirationTimestamp":"soon"}}'""", "must be a time of RFC 3339")]
    [InlineData("head -c 2000000 /dev/zero", "wrote more than")]
    public async Task Request_ProgramFails_ErrorNamesFieldAndCause(string script, string expected)
    {
        using var client = new KubeClient(Config(new Uri("http://127.0.0.1:9"), V1, script));

        var error = await Assert.ThrowsAsync<CredentialException>(() => client.ListAllAsync<Namespace>(null, new(), default));

        Assert.Contains("users[u].user.exec: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ProgramIsMissing_ErrorShowsInstallHint()
    {
        var file = Path.Combine(_folder, "config");
        await File.WriteAllTextAsync(file, Document("http://127.0.0.1:9", V1, "no-such-program", "interactiveMode: Never\n      installHint: Install it with apt", string.Empty));
        using var client = new KubeClient(KubeConfig.FromFile(file));

        var error = await Assert.ThrowsAsync<CredentialException>(() => client.ListAllAsync<Namespace>(null, new(), default));

        Assert.EndsWith("users[u].user.exec: the program no-such-program is not installed or not executable. Install it with apt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ProgramNeedsTerminal_ErrorSaysSo()
    {
        var config = Config(new Uri("http://127.0.0.1:9"), V1, "cat", mode: "Always");
        using var client = new KubeClient(config);

        var error = await Assert.ThrowsAsync<CredentialException>(() => client.ListAllAsync<Namespace>(null, new(), default));

        Assert.Contains("needs a terminal", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Runs);
    }

    [Fact]
    public async Task Request_ProgramHangs_IsEndedAtLimit()
    {
        var time = new ManualTime();
        using var client = new KubeClient(Config(new Uri("http://127.0.0.1:9"), V1, "echo $$ > pid\nexec sleep 1000"), time: time);

        var request = client.ListAllAsync<Namespace>(null, new(), default);
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(Path.Combine(_folder, "pid"))), "the program runs");
        time.Advance(TimeSpan.FromSeconds(61));

        Assert.Contains("did not finish within 60 s", (await Assert.ThrowsAsync<CredentialException>(() => request)).Message, StringComparison.Ordinal);
        var pid = (await File.ReadAllTextAsync(Path.Combine(_folder, "pid"))).Trim();
        await Eventually.TrueAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}")), "the program has ended");
    }

    private int Runs => File.Exists(Path.Combine(_folder, "runs")) ? File.ReadAllLines(Path.Combine(_folder, "runs")).Length : 0;

    /// <summary>A kubeconfig whose program is a script beside it, which counts its runs in the file "runs".</summary>
    private KubeConfig Config(Uri server, string version, string script, string extra = "", string cluster = "", string mode = "Never")
    {
        var plugin = Path.Combine(_folder, "plugin");
        File.WriteAllText(plugin, $"#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho run >> runs\n{script}\n");
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var file = Path.Combine(_folder, "config");
        File.WriteAllText(file, Document(server.AbsoluteUri, version, "./plugin", $"interactiveMode: {mode}\n      {extra}", cluster));
        return KubeConfig.FromFile(file);
    }

    private static string Document(string server, string version, string command, string extra, string cluster) => $$"""
        current-context: c
        clusters:
        - name: k
          cluster:
            server: {{server}}
            {{cluster}}
        users:
        - name: u
          user:
            exec:
              apiVersion: {{version}}
              command: {{command}}
              {{extra}}
        contexts:
        - name: c
          context: {cluster: k, user: u}

        """;

    private static string Answer(string version, JsonObject status) =>
        $"cat <<'EOF'\n{new JsonObject { ["apiVersion"] = version, ["kind"] = "ExecCredential", ["status"] = status }.ToJsonString()}\nEOF";

    private void WriteCertificate(string name)
    {
        using var certificate = ScriptedServer.CreateCertificate(name);
        var status = new JsonObject { ["clientCertificateData"] = certificate.ExportCertificatePem(), ["clientKeyData"] = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() };
        File.WriteAllText(Path.Combine(_folder, name + ".json"), new JsonObject { ["apiVersion"] = V1, ["kind"] = "ExecCredential", ["status"] = status }.ToJsonString());
    }
}
