using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Tests.Http;

public sealed class ApplyTests
{
    private const string W = Api.Widgets + "/w";

    private static Task<(int Code, JsonObject Body)> ApplyAsync(Api api, string manager, string spec, string query = "", string metadata = "", string path = W) =>
        api.SendAsync("PATCH", $"{path}?fieldManager={manager}{query}", WidgetCrd.Json("w", spec, metadata), "application/apply-patch+yaml");

    private static string Spec(JsonObject widget, string field) => widget["spec"]![field]?.ToJsonString() ?? "none";

    [Fact]
    public async Task Apply_NewObject_CreatesAndOwnsItsFields()
    {
        await using var api = await Api.StartAsync();
        var (code, created) = await ApplyAsync(api, "one", """{"size":"Small","ports":[{"name":"http","port":80}]}""");
        Assert.Equal(201, code);
        var entry = Assert.Single(created["metadata"]!["managedFields"]!.AsArray())!;
        Assert.Equal("Apply", (string?)entry["operation"]);
        Assert.Equal(
            """{"f:spec":{"f:size":{},"f:ports":{"k:{\"name\":\"http\"}":{".":{},"f:name":{},"f:port":{}}}}}""".Replace("\\u0022", "\\\"", StringComparison.Ordinal),
            entry["fieldsV1"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(1, (int)created["spec"]!["replicas"]!);
    }

    [Fact]
    public async Task Apply_SameConfiguration_ChangesNothing()
    {
        await using var api = await Api.StartAsync();
        var (_, first) = await ApplyAsync(api, "one", """{"size":"Small"}""");
        var (code, second) = await ApplyAsync(api, "one", """{"size":"Small"}""");
        Assert.Equal(200, code);
        Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)second["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task Apply_OmittedField_IsRemovedUnlessOwnedByOther()
    {
        await using var api = await Api.StartAsync();
        await ApplyAsync(api, "one", """{"size":"Small","weight":2,"options":{"a":"1","b":"2"}}""");
        await ApplyAsync(api, "two", """{"size":"Small","options":{"b":"2"}}""");
        var (_, after) = await ApplyAsync(api, "one", """{"size":"Small"}""");
        Assert.Equal("none", Spec(after, "weight"));
        Assert.Equal("""{"b":"2"}""", Spec(after, "options"));
    }

    [Fact]
    public async Task Apply_ChangedFieldOfOtherManager_ConflictNamesOwner()
    {
        await using var api = await Api.StartAsync();
        await ApplyAsync(api, "one", """{"size":"Small","ports":[{"name":"http","port":80}]}""");
        var (code, status) = await ApplyAsync(api, "two", """{"size":"Large","ports":[{"name":"http","port":81}]}""");
        Assert.Equal(409, code);
        Assert.Equal("Conflict", (string?)status["reason"]);
        var causes = status["details"]!["causes"]!.AsArray();
        Assert.Equal([".spec.size", ".spec.ports[name=\"http\"].port"], causes.Select(c => (string)c!["field"]!));
        Assert.All(causes, c => Assert.Equal("FieldManagerConflict", (string?)c!["reason"]));
        Assert.Contains("conflicts with \"one\":\n- .spec.size", (string?)status["message"]);
        var (_, forced) = await ApplyAsync(api, "two", """{"size":"Large","ports":[{"name":"http","port":81}]}""", "&force=true");
        Assert.Equal("\"Large\"", Spec(forced, "size"));
        var (_, back) = await ApplyAsync(api, "one", """{"size":"Large"}""");
        Assert.Equal(81, (int)back["spec"]!["ports"]![0]!["port"]!);
    }

    [Fact]
    public async Task Apply_SameValue_SharesOwnership()
    {
        await using var api = await Api.StartAsync();
        await ApplyAsync(api, "one", """{"size":"Small","colour":"red"}""");
        Assert.Equal(200, (await ApplyAsync(api, "two", """{"size":"Small","colour":"red"}""")).Code);
        await ApplyAsync(api, "one", """{"size":"Small"}""");
        Assert.Equal("\"red\"", Spec(await api.OkAsync("GET", W), "colour"));
    }

    [Fact]
    public async Task Update_AppliedField_TakesOwnership()
    {
        await using var api = await Api.StartAsync();
        await ApplyAsync(api, "one", """{"size":"Small"}""");
        await api.PatchAsync(W + "?fieldManager=editor", """{"spec":{"size":"Large"}}""");
        var (code, status) = await ApplyAsync(api, "one", """{"size":"Small"}""");
        Assert.Equal(409, code);
        Assert.Contains("conflict with \"editor\" using example.test/v1: ", (string?)status["message"]);
    }

    [Fact]
    public async Task ApplyStatus_TwoManagers_OwnConditionsByType()
    {
        await using var api = await Api.StartAsync();
        await ApplyAsync(api, "user", """{"size":"Small"}""");
        async Task<JsonObject> StatusAsync(string manager, string status) => (await api.SendAsync(
            "PATCH", $"{W}/status?fieldManager={manager}", $$"""{"apiVersion":"example.test/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":"Large"},"status":{{status}}}""", "application/apply-patch+yaml")).Body;
        await StatusAsync("a", """{"phase":"Up","conditions":[{"type":"Ready","status":"True"}]}""");
        var both = await StatusAsync("b", """{"conditions":[{"type":"Placed","status":"True"}]}""");
        Assert.Equal(["Ready", "Placed"], both["status"]!["conditions"]!.AsArray().Select(c => (string)c!["type"]!));
        Assert.Equal("\"Small\"", Spec(both, "size"));
        var less = await StatusAsync("a", """{"phase":"Up"}""");
        Assert.Equal(["Placed"], less["status"]!["conditions"]!.AsArray().Select(c => (string)c!["type"]!));
        Assert.Equal(404, (await api.SendAsync("PATCH", $"{Api.Widgets}/none/status?fieldManager=a", """{"apiVersion":"example.test/v1","kind":"Widget","status":{}}""", "application/apply-patch+yaml")).Code);
    }

    [Fact]
    public async Task Apply_LabelsAndFinalizers_MergeWithLiveObject()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w", metadata: ""","labels":{"user":"x"},"finalizers":["example.test/user"]""");
        var (_, applied) = await ApplyAsync(api, "op", """{"size":"Small"}""", metadata: ""","labels":{"op":"y"},"finalizers":["example.test/op"]""");
        Assert.Equal("""{"user":"x","op":"y"}""", applied["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal("""["example.test/user","example.test/op"]""", applied["metadata"]!["finalizers"]!.ToJsonString());
        var (_, less) = await ApplyAsync(api, "op", """{"size":"Small"}""");
        Assert.Equal("""["example.test/user"]""", less["metadata"]!["finalizers"]!.ToJsonString());
    }

    [Fact]
    public async Task Apply_NoManagerOrWithManagedFields_IsRejected()
    {
        await using var api = await Api.StartAsync();
        Assert.Equal(422, (await api.SendAsync("PATCH", W, WidgetCrd.Json("w"), "application/apply-patch+yaml")).Code);
        var (code, status) = await ApplyAsync(api, "one", """{"size":"Small"}""", metadata: ""","managedFields":[{"manager":"x"}]""");
        Assert.Equal(400, code);
        Assert.Equal("metadata.managedFields must be nil", (string?)status["message"]);
    }

    [Fact]
    public async Task Apply_Pod_MergesContainersAndEnvironmentByName()
    {
        await using var api = await Api.StartAsync();
        const string P = "/api/v1/namespaces/default/pods/p";
        Task<(int, JsonObject Body)> PodAsync(string manager, string containers) => api.SendAsync(
            "PATCH", $"{P}?fieldManager={manager}", $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":{{{containers}}}}}""", "application/apply-patch+yaml");
        await PodAsync("a", """[{"name":"main","image":"i","env":[{"name":"A","value":"1"}],"ports":[{"containerPort":80}]}]""");
        var (_, pod) = await PodAsync("b", """[{"name":"main","env":[{"name":"B","value":"2"}]}]""");
        var main = pod["spec"]!["containers"]![0]!;
        Assert.Equal("i", (string?)main["image"]);
        Assert.Equal(["A", "B"], main["env"]!.AsArray().Select(e => (string)e!["name"]!));
        Assert.Equal("Always", (string?)pod["spec"]!["restartPolicy"]);
    }

    [Fact]
    public async Task Apply_ManyConcurrentManagers_KeepsAllFields()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            var (code, body) = await api.SendAsync("PATCH", $"{W}?fieldManager=m{i}", $$$"""{"apiVersion":"example.test/v1","kind":"Widget","metadata":{"name":"w","annotations":{"m{{{i}}}":"x"}} }""", "application/apply-patch+yaml");
            Assert.True(code == 200, body.ToJsonString());
        }));
        Assert.Equal(24, (await api.OkAsync("GET", W))["metadata"]!["annotations"]!.AsObject().Count);
    }
}
