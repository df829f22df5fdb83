using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.ApiServer.Tests.Http;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Lists;
using MeetOperator.Testing;

namespace MeetOperator.Kube.ApiServer.Tests;

public sealed class EmbeddedApiServerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("api").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Restart_SameDirectory_KeepsObjectsTokenAndCertificate()
    {
        var options = new ApiServerOptions { DataDirectory = _directory };
        string token, kubeconfig, version;
        int port;
        await using (var api = await Api.StartAsync(options))
        {
            version = (string)(await api.CreateWidgetAsync("w"))["metadata"]!["resourceVersion"]!;
            (token, kubeconfig, port) = (api.Server.Token, api.Server.Kubeconfig, api.Server.Address.Port);
        }

        await using var restarted = await Api.StartAsync(options with { Port = port });
        Assert.Equal(token, restarted.Server.Token);
        Assert.Equal(kubeconfig, restarted.Server.Kubeconfig);
        var widget = await restarted.OkAsync("GET", Api.Widgets + "/w");
        Assert.Equal(version, (string?)widget["metadata"]!["resourceVersion"]);
        Assert.Equal("ERROR", (string?)(await restarted.OkAsync("GET", $"{Api.Widgets}?watch=true&resourceVersion=2"))["type"]);
        var later = await restarted.CreateWidgetAsync("later");
        Assert.True(long.Parse((string)later["metadata"]!["resourceVersion"]!) > long.Parse(version));
    }

    [Fact]
    public async Task Restart_DependentsOfDeletedOwner_AreCollected()
    {
        var options = new ApiServerOptions { DataDirectory = _directory };
        await using (var api = await Api.StartAsync(options))
        {
            var owner = await api.CreateWidgetAsync("owner");
            await api.CreateWidgetAsync("child", metadata: $$$""","ownerReferences":[{"apiVersion":"example.test/v1","kind":"Widget","name":"owner","uid":"{{{owner["metadata"]!["uid"]}}}"}]""");
            await api.OkAsync("DELETE", Api.Widgets + "/owner");
        }

        await using var restarted = await Api.StartAsync(options);
        await restarted.WaitUntilDeletedAsync(Api.Widgets + "/child");
    }

    [Fact]
    public async Task Start_DirectoryInUse_ErrorContainsFix()
    {
        await using var api = await Api.StartAsync(new ApiServerOptions { DataDirectory = _directory });
        var error = await Assert.ThrowsAsync<IOException>(() => EmbeddedApiServer.StartAsync(new ApiServerOptions { DataDirectory = _directory }));
        Assert.Contains("is in use by another process. Stop that process first", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n")]
    public async Task Start_CorruptCertificate_ErrorNamesFileAndFix(string content)
    {
        var options = new ApiServerOptions { DataDirectory = _directory };
        await (await EmbeddedApiServer.StartAsync(options)).DisposeAsync();
        var file = Path.Combine(_directory, "server.pem");
        File.WriteAllText(file, content);

        var error = await Assert.ThrowsAsync<IOException>(() => EmbeddedApiServer.StartAsync(options));

        Assert.Contains($"{file} does not contain a valid certificate and key of the API server", error.Message);
        Assert.Contains("delete it", error.Message);
        File.Delete(file);
        await using var restarted = await EmbeddedApiServer.StartAsync(options);
    }

    [Fact]
    public async Task Events_OneHourAfterLastObservation_AreDeleted()
    {
        var time = new ManualTime();
        await using var api = await Api.StartAsync(new ApiServerOptions { TimeProvider = time });
        const string Events = "/api/v1/namespaces/default/events";
        string Event(string name, TimeSpan ago) =>
            $$"""{"metadata":{"name":"{{name}}"},"involvedObject":{"kind":"Widget","name":"w","namespace":"default"},"lastTimestamp":"{{time.GetUtcNow() - ago:yyyy-MM-ddTHH:mm:ssZ}}"}""";
        await api.OkAsync("POST", Events, Event("early", TimeSpan.Zero));
        time.Advance(TimeSpan.FromMinutes(40));
        await api.OkAsync("POST", Events, Event("late", TimeSpan.Zero));
        time.Advance(TimeSpan.FromMinutes(22));

        await api.WaitUntilDeletedAsync(Events + "/early");
        await api.OkAsync("GET", Events + "/late");
    }

    [Fact]
    public async Task Start_PortInUse_FailsAndReleasesDirectory()
    {
        await using var api = await Api.StartAsync();
        var options = new ApiServerOptions { DataDirectory = _directory, Port = api.Server.Address.Port };
        await Assert.ThrowsAnyAsync<IOException>(() => EmbeddedApiServer.StartAsync(options));
        await using var free = await EmbeddedApiServer.StartAsync(options with { Port = 0 });
    }

    [Fact]
    public async Task Kubeconfig_TypedClient_ConnectsOverTls()
    {
        await using var api = await Api.StartAsync();
        var path = Path.Combine(_directory, "config");
        await File.WriteAllTextAsync(path, api.Server.Kubeconfig);
        using var client = new KubeClient(KubeConfig.FromFile(path));
        var namespaces = await client.ListAsync<Core.Namespace>(null, null, CancellationToken.None);
        Assert.Equal(["default", "kube-system"], namespaces.Items.Select(n => n.Metadata.Name));
    }

    [Fact]
    public async Task Admission_RejectedWrite_NamesFieldsAndStoresNothing()
    {
        await using var api = await Api.StartAsync(new ApiServerOptions { AdmissionPolicies = [new NoLargeOnes()] });
        var (code, status) = await api.SendAsync("POST", Api.Widgets, WidgetCrd.Json("w", """{"size":"Large","replicas":7}"""));
        Assert.Equal(422, code);
        Assert.Equal("Widget.example.test \"w\" is invalid: [spec.size: Invalid value: must not be Large, spec.replicas: Invalid value: 7 are too many]", (string?)status["message"]);
        Assert.Equal(["spec.size", "spec.replicas"], status["details"]!["causes"]!.AsArray().Select(c => (string)c!["field"]!));
        Assert.Equal(404, (await api.SendAsync("GET", Api.Widgets + "/w")).Code);
        await api.CreateWidgetAsync("w");
        Assert.Equal(422, (await api.SendAsync("PATCH", Api.Widgets + "/w", """{"spec":{"size":"Large"}}""", "application/merge-patch+json")).Code);
        await api.PatchAsync(Api.Widgets + "/w", """{"metadata":{"labels":{"keep":"me"}}}""");
        var (deletion, error) = await api.SendAsync("DELETE", Api.Widgets + "/w");
        Assert.Equal(422, deletion);
        Assert.Contains("kept", (string?)error["message"]);
    }

    [Fact]
    public async Task RegisterCrd_InvalidCrd_ThrowsWithReason()
    {
        await using var api = await Api.StartAsync();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => api.Server.RegisterCrdAsync(WidgetCrd.Yaml.Replace("name: widgets.example.test", "name: wrong", StringComparison.Ordinal)));
        Assert.Contains("must be spec.names.plural+\".\"+spec.group", error.Message);
        await api.Server.RegisterCrdAsync(WidgetCrd.Yaml.Replace("maximum: 50", "maximum: 60", StringComparison.Ordinal));
        await api.CreateWidgetAsync("w", """{"size":"Small","replicas":60}""");
    }

    [Fact]
    public async Task Crd_TwoVersions_ShareOneStore()
    {
        await using var api = await Api.StartAsync();
        await api.Server.RegisterCrdAsync("""
            {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: gadgets.example.test},
             spec: {group: example.test, scope: Cluster, names: {kind: Gadget, plural: gadgets}, versions: [
               {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}},
               {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}
            """);
        await api.OkAsync("POST", "/apis/example.test/v1beta1/gadgets", """{"apiVersion":"example.test/v1beta1","kind":"Gadget","metadata":{"name":"g"},"spec":{"a":1}}""");
        Assert.Equal("example.test/v1", (string?)(await api.OkAsync("GET", "/apis/example.test/v1/gadgets/g"))["apiVersion"]);
        Assert.Equal("example.test/v1beta1", (string?)(await api.OkAsync("GET", "/apis/example.test/v1beta1/gadgets"))["items"]![0]!["apiVersion"]);
        await api.PatchAsync("/apis/example.test/v1beta1/gadgets/g", """{"spec":{"a":2}}""");
        Assert.Equal(2, (int)(await api.OkAsync("GET", "/apis/example.test/v1/gadgets/g"))["spec"]!["a"]!);
        var group = await api.OkAsync("GET", "/apis/example.test");
        Assert.Equal("v1", (string?)group["preferredVersion"]!["version"]);
    }

    [Fact]
    public async Task Discovery_ServedResources_AreListedWithSchemas()
    {
        await using var api = await Api.StartAsync();
        Assert.Equal("1", (string?)(await api.OkAsync("GET", "/version"))["major"]);
        Assert.Contains("v1", (await api.OkAsync("GET", "/api"))["versions"]!.AsArray().Select(v => (string)v!));
        Assert.Contains("example.test", (await api.OkAsync("GET", "/apis"))["groups"]!.AsArray().Select(g => (string)g!["name"]!));
        var resources = (await api.OkAsync("GET", "/apis/example.test/v1"))["resources"]!.AsArray();
        Assert.Equal(["widgets", "widgets/status", "widgets/scale"], resources.Select(r => (string)r!["name"]!));
        var index = await api.OkAsync("GET", "/openapi/v3");
        var document = await api.OkAsync("GET", (string)index["paths"]!["apis/example.test/v1"]!["serverRelativeURL"]!);
        Assert.Equal("The size of the widget.", (string?)document["components"]!["schemas"]!["test.example.v1.Widget"]!["properties"]!["spec"]!["properties"]!["size"]!["description"]);
        Assert.NotNull((await api.OkAsync("GET", "/openapi/v2"))["definitions"]!["io.k8s.api.core.v1.Pod"]);
        Assert.Contains("apiserver_registered_watchers 0", await api.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task FieldSelector_Pods_SelectsMatches()
    {
        await using var api = await Api.StartAsync();
        const string P = "/api/v1/namespaces/default/pods";
        foreach (var (name, node) in new[] { ("a", "one"), ("b", "two") })
        {
            await api.OkAsync("POST", P, $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","image":"i"}]}}""");
        }

        await api.PatchAsync(P + "/a/status", """{"status":{"phase":"Running"}}""");
        async Task<string> NamesAsync(string selector) => string.Join(',', (await api.OkAsync("GET", $"/api/v1/pods?fieldSelector={Uri.EscapeDataString(selector)}"))["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));
        Assert.Equal("b", await NamesAsync("spec.nodeName=two"));
        Assert.Equal("a", await NamesAsync("status.phase=Running,spec.nodeName!=two"));
        Assert.Equal("b", await NamesAsync("metadata.name!=a,metadata.namespace=default"));
        Assert.Equal(string.Empty, await NamesAsync("spec.nodeName=three"));
    }

    [Fact]
    public async Task Policy_Throws_FailsOnlyItsRequest()
    {
        await using var api = await Api.StartAsync(new ApiServerOptions { AdmissionPolicies = [new Broken()] });
        var owner = await api.CreateWidgetAsync("owner");
        string Owned(string more) => $$$""","ownerReferences":[{"apiVersion":"example.test/v1","kind":"Widget","name":"owner","uid":"{{{owner["metadata"]!["uid"]}}}"}]{{{more}}}""";
        await api.CreateWidgetAsync("broken", metadata: Owned(string.Empty));
        await api.CreateWidgetAsync("fine", metadata: Owned(string.Empty));
        var (code, status) = await api.SendAsync("DELETE", Api.Widgets + "/broken");
        Assert.Equal(500, code);
        Assert.Equal("InternalError", (string?)status["reason"]);
        await api.OkAsync("DELETE", Api.Widgets + "/owner");
        await api.CreateWidgetAsync("late", metadata: Owned(string.Empty));
        await api.WaitUntilDeletedAsync(Api.Widgets + "/late");
    }

    private sealed class Broken : IAdmissionPolicy
    {
        public AdmissionDecision Review(AdmissionRequest request) =>
            request is { Operation: AdmissionOperation.Delete, Name: "broken" } ? throw new InvalidOperationException("policy failure") : AdmissionDecision.Allow;
    }

    private sealed class NoLargeOnes : IAdmissionPolicy
    {
        public AdmissionDecision Review(AdmissionRequest request)
        {
            var errors = new List<FieldError>();
            if (request.Operation == AdmissionOperation.Delete)
            {
                return request.OldObject!["metadata"]!["labels"]?["keep"] is null ? AdmissionDecision.Allow : new AdmissionDecision([new("metadata.labels", "must be kept")]);
            }

            if ((string?)request.Object!["spec"]!["size"] == "Large")
            {
                errors.Add(new("spec.size", "must not be Large"));
            }

            if ((long)request.Object["spec"]!["replicas"]! > 5)
            {
                errors.Add(new("spec.replicas", $"{request.Object["spec"]!["replicas"]} are too many"));
            }

            return new AdmissionDecision(errors);
        }
    }
}
