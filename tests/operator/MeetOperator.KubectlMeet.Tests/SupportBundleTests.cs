using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>Canaries stand wherever a secret could: none of them may be in a bundle.</summary>
public sealed class SupportBundleTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    private const string MeetingId = "2f1c3b1e-8a57-4c1d-9f0e-5d3c7e6b8a90";

    /// <summary>Log lines with a secret each; the word CANARY marks what must not remain.</summary>
    private const string Log = """
        2026-01-02T03:04:05Z kept-line connected to worker-1
        Authorization: Bearer CANARY.token-1
        authorization=Basic Q0FOQVJZCANARY2
        GET /v1/meetings?token=CANARY3&limit=5
        {"password":"CANARY4","user":"kept-user"}
        {\"secret\":\"CANARY5\"}
        Host=db;Username=meet;Password=CANARY6;Port=5432
        postgres://meet:CANARY7@db:5432/meet
        redis://:CANARY8@redis:6379
        a=ice-ufrag:CANARY9
        a=ice-pwd:CANARY10CANARY10CANARY10
        m=audio 9\r\na=ice-pwd:CANARY11\r\na=setup:actpass
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:CANARY12CANARY12|2^20
        {"urls":"turn:turn.example.com","username":"1767323045:CANARY13","credential":"CANARY14"}
        mail from CANARY15@example.com
        X-Api-Key: CANARY16
        --password CANARY17
        eyJhbGciOiJIUzI1NiJ9.CANARY18.sig
        key 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef is CANARY-free
        set-cookie: session=CANARY19
        -----BEGIN PRIVATE KEY-----
        CANARY20
        -----END PRIVATE KEY-----
        MEET_DATABASE_PASSWORD=CANARY21
        "iceServers": [{"credential": "CANARY22"}]
        ticket: CANARY23
        icePwd="CANARY24" iceUfrag='CANARY25'
        {"password":"correct horse, CANARY26; staple"}
        SMTP_PASS=CANARY27
        ENCRYPTION_KEY: CANARY28
        """;

    [Fact]
    public async Task Bundle_CanariesEverywhere_ContainsNone()
    {
        cluster.Log = Log.Replace("is CANARY-free", "is long", StringComparison.Ordinal);
        await AddCanariesAsync();

        var files = await BundleAsync("canaries.tar.gz");

        var all = string.Join('\n', files.Select(file => $"{file.Key}\n{file.Value}"));
        Assert.DoesNotContain("CANARY", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("0123456789abcdef0123456789abcdef", all, StringComparison.Ordinal);
        Assert.DoesNotContain(MeetingId, all, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("CANARY"u8)[..6], all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundle_UsefulFacts_Remain()
    {
        cluster.Log = Log;

        var files = await BundleAsync("facts.tar.gz");

        Assert.Contains("shared-aaaaa", files["objects/sfunodes.yaml"], StringComparison.Ordinal);
        Assert.Contains("does not respond to the operator", files["objects/sfunodes.yaml"], StringComparison.Ordinal);
        Assert.Contains("placed on shared-aaaaa: 12 % full", files["objects/events.yaml"], StringComparison.Ordinal);
        Assert.Contains("participantsPerMeeting: 50", files["objects/tenants.yaml"], StringComparison.Ordinal);
        Assert.Contains("gitVersion", files["server-version.json"], StringComparison.Ordinal);
        Assert.Contains("well: false", files["overview.yaml"], StringComparison.Ordinal);
        Assert.Contains("Not included:   nothing", files["about.txt"], StringComparison.Ordinal);
        Assert.Contains("objects/pods.yaml", files.Keys);
    }

    [Fact]
    public async Task Bundle_LogsOfPods_KeepHarmlessText()
    {
        cluster.Log = Log;
        await CreatePodAsync("operator-kept", []);

        var files = await BundleAsync("logs.tar.gz");

        var log = files["logs/meet-pools/operator-kept/main.log"];
        Assert.Contains("kept-line connected to worker-1", log, StringComparison.Ordinal);
        Assert.Contains("kept-user", log, StringComparison.Ordinal);
        Assert.Contains("&limit=5", log, StringComparison.Ordinal);
        Assert.Contains("a=setup:actpass", log, StringComparison.Ordinal);
        Assert.Contains("logs/meet-pools/operator-kept/main.previous.log", files.Keys);
    }

    [Fact]
    public async Task Bundle_FileExists_IsNotReplaced()
    {
        var path = Path.Combine(cluster.Folder, "existing.tar.gz");
        await File.WriteAllTextAsync(path, "kept");

        var result = await cluster.RunAsync(["support-bundle", "-f", path]);

        Assert.Equal((1, "kept"), (result.Code, await File.ReadAllTextAsync(path)));
        Assert.Contains("existing.tar.gz' already exists", result.Error, StringComparison.Ordinal);
    }

    private async Task AddCanariesAsync()
    {
        var client = cluster.Api.Client;
        await client.CreateAsync(new Secret { Metadata = new ObjectMeta { Name = "api-key", Namespace = "meet-acme" }, StringData = new Dictionary<string, string> { ["key"] = "CANARY-secret" } }, default);
        await client.CreateAsync(new ConfigMap { Metadata = new ObjectMeta { Name = "hashes", Namespace = "meet-acme" }, Data = new Dictionary<string, string> { ["a"] = "CANARY-configmap" } }, default);
        await cluster.CreateAsync($$"""
            apiVersion: meetoperator.io/v1alpha1
            kind: Meeting
            metadata:
              name: {{MeetingId}}
              namespace: meet-acme
              annotations:
                kubectl.kubernetes.io/last-applied-configuration: '{"title":"CANARY applied"}'
                example.com/auth-token: CANARY-annotation
                example.com/owner: canary-owner@example.com
            spec: {tenantRef: {name: acme}, title: CANARY title, hostSubject: CANARY-subject}
            status: {joinUrl: "https://meet.example.com/m/{{MeetingId}}?k=CANARY", message: "joined by canary-person@example.com with Bearer CANARY-message"}
            """);
        await client.CreateAsync(
            new Event
            {
                Metadata = new ObjectMeta { Name = "filled.1", Namespace = "meet-acme" },
                InvolvedObject = new ObjectReference { Kind = "Meeting", Name = MeetingId, Namespace = "meet-acme" },
                Reason = "Tested",
                Message = $"meeting {MeetingId}: password=CANARY-event, canary-event@example.com",
            },
            default);
        await CreatePodAsync("operator-filled",
        [
            new EnvVar { Name = "MEET_API_KEY", Value = "CANARY-env1" },
            new EnvVar { Name = "MEET_DATABASE", Value = "CANARY-env2" },
            new EnvVar { Name = "MEET_TURN_SECRET", Value = "CANARY-env3" },
            new EnvVar { Name = "ANY_URL", Value = "https://user:CANARY-env4@example.com/" },
        ]);
    }

    private async Task CreatePodAsync(string name, IList<EnvVar> env)
    {
        var pod = await cluster.Api.Client.CreateAsync(
            new Pod
            {
                Metadata = new ObjectMeta { Name = name, Namespace = "meet-pools", Labels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.Operator } },
                Spec = new PodSpec
                {
                    Containers = [new Container { Name = "main", Image = "example.com/operator:1", Command = ["operator", "--password", "CANARY-arg1"], Args = ["--token=CANARY-arg2", "--api-key", "CANARY-arg3"], Env = env }],
                },
            },
            default);
        var status = new PodStatus { Phase = "Running", ContainerStatuses = [new ContainerStatus { Name = "main", Ready = true, RestartCount = 1, Image = "example.com/operator:1" }] };
        await cluster.Api.Client.ReplaceStatusAsync(pod, System.Text.Json.JsonSerializer.SerializeToNode(status, Kube.Serialization.KubeJson.Options)!, default);
    }

    /// <summary>The files of a new bundle, without the folder that they are in.</summary>
    private async Task<Dictionary<string, string>> BundleAsync(string name)
    {
        var path = Path.Combine(cluster.Folder, name);
        var result = await cluster.RunAsync(["support-bundle", "-f", path]);
        Assert.True(result.Code == 0, result.Error);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        await using var tar = new TarReader(file);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var reader = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8);
            files[entry.Name[(entry.Name.IndexOf('/', StringComparison.Ordinal) + 1)..]] = await reader.ReadToEndAsync();
        }

        return files;
    }
}
