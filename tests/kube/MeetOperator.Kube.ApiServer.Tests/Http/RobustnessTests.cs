using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Tests.Http;

public sealed class RobustnessTests
{
    private const string W = Api.Widgets + "/w";

    private static void AssertStatus((int Code, JsonObject Body) answer, int code, string reason)
    {
        Assert.Equal("Status", (string?)answer.Body["kind"]);
        Assert.Equal("Failure", (string?)answer.Body["status"]);
        Assert.Equal(reason, (string?)answer.Body["reason"]);
        Assert.Equal(code, answer.Code);
        Assert.Equal(code, (int)answer.Body["code"]!);
        Assert.False(string.IsNullOrEmpty((string?)answer.Body["message"]));
    }

    [Theory]
    [InlineData("/apis/example.test/v1/gizmos", "GET")]
    [InlineData("/apis/example.test/v9/widgets", "GET")]
    [InlineData("/apis/none.test", "GET")]
    [InlineData("/apis/example.test/v1/namespaces/default/widgets/w/nope", "GET")]
    [InlineData("/apis/example.test/v1/namespaces/default/widgets/w/status/deeper", "GET")]
    [InlineData("/api/v1/namespaces/default/configmaps/a/status", "GET")]
    [InlineData("/nothing", "GET")]
    [InlineData("/", "POST")]
    [InlineData("/api//v1", "GET")]
    [InlineData("/apis/example.test/v1/namespaces//widgets", "GET")]
    [InlineData("/openapi/v3/apis/none/v1", "GET")]
    public async Task Path_Unknown_IsNotFound(string path, string method)
    {
        await using var api = await Api.StartAsync();
        AssertStatus(await api.SendAsync(method, path), 404, "NotFound");
    }

    [Theory]
    [InlineData("POST", W)]
    [InlineData("DELETE", W + "/status")]
    [InlineData("DELETE", W + "/scale")]
    [InlineData("OPTIONS", W)]
    public async Task Method_NotServed_IsNotAllowed(string method, string path)
    {
        await using var api = await Api.StartAsync();
        AssertStatus(await api.SendAsync(method, path, "{}"), 405, "MethodNotAllowed");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{\"a\":1}{}")]
    [InlineData("{\"apiVersion\":\"example.test/v1\",\"kind\":\"Widget\",\"metadata\":7}")]
    [InlineData("{\"apiVersion\":\"example.test/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\",\"labels\":7}}")]
    [InlineData("{\"apiVersion\":\"example.test/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\",\"labels\":{\"a\":7}}}")]
    [InlineData("{\"apiVersion\":\"example.test/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\",\"ownerReferences\":[7]}}")]
    [InlineData("{\"apiVersion\":\"example.test/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\",\"finalizers\":{}}}")]
    [InlineData("{\"apiVersion\":\"example.test/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\",\"namespace\":\"other\"}}")]
    [InlineData("{\"metadata\":{\"name\":\"w\"}}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":1e999}")]
    public async Task Body_Malformed_IsBadRequest(string body)
    {
        await using var api = await Api.StartAsync();
        AssertStatus(await api.SendAsync("POST", Api.Widgets, body), 400, "BadRequest");
    }

    [Theory]
    [InlineData("a: [", 400)]
    [InlineData("a: 1\na: 2", 400)]
    [InlineData("a: *nope", 400)]
    [InlineData("? [x]\n: 1", 400)]
    [InlineData("a: 1\n---\nb: 2", 400)]
    [InlineData("apiVersion: example.test/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: Small}", 201)]
    public async Task Yaml_Body_IsParsedOrRejected(string body, int code)
    {
        await using var api = await Api.StartAsync();
        Assert.Equal(code, (await api.SendAsync("POST", Api.Widgets, body, "application/yaml")).Code);
    }

    [Theory]
    [InlineData("{\"metadata\":{}}")]
    [InlineData("{\"metadata\":{\"name\":\"UPPER\"}}")]
    [InlineData("{\"metadata\":{\"name\":\"a/b\"}}")]
    [InlineData("{\"metadata\":{\"name\":\"a\",\"labels\":{\"bad key\":\"x\"}}}")]
    [InlineData("{\"metadata\":{\"name\":\"a\",\"labels\":{\"k\":\"bad value!\"}}}")]
    [InlineData("{\"metadata\":{\"name\":\"a\",\"finalizers\":[\"bad finalizer\"]}}")]
    [InlineData("{\"metadata\":{\"name\":\"a\",\"ownerReferences\":[{\"kind\":\"X\"}]}}")]
    [InlineData("{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":7}}")]
    public async Task Metadata_Invalid_NamesTheField(string body)
    {
        await using var api = await Api.StartAsync();
        var answer = await api.SendAsync("POST", "/api/v1/namespaces/default/configmaps", body);
        AssertStatus(answer, 422, "Invalid");
        Assert.NotEmpty(answer.Body["details"]!["causes"]!.AsArray());
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/xml; charset=utf-8", 415)]
    [InlineData("application/merge-patch+json", 415)]
    [InlineData("application/vnd.kubernetes.protobuf", 400)]
    public async Task ContentType_NotAccepted_IsUnsupported(string type, int code)
    {
        await using var api = await Api.StartAsync();
        Assert.Equal(code, (await api.SendAsync("POST", Api.Widgets, WidgetCrd.Json("w"), type)).Code);
    }

    [Fact]
    public async Task Body_OverThreeMebibytes_IsTooLarge()
    {
        await using var api = await Api.StartAsync();
        var big = WidgetCrd.Json("w", $$"""{"size":"Small","note":"{{new string('x', 3 << 20)}}"}""");
        AssertStatus(await api.SendAsync("POST", Api.Widgets, big), 413, "RequestEntityTooLarge");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, Api.Widgets) { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(big))) };
        chunked.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        chunked.Headers.TransferEncodingChunked = true;
        using var response = await api.Http.SendAsync(chunked);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        await api.CreateWidgetAsync("w");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/yaml")]
    public async Task Body_TooDeeplyNested_IsBadRequest(string type)
    {
        await using var api = await Api.StartAsync();
        var deep = new string('[', 100_000) + new string(']', 100_000);
        AssertStatus(await api.SendAsync("POST", Api.Widgets, $$"""{"a":{{deep}}}""", type), 400, "BadRequest");
    }

    [Fact]
    public async Task Yaml_WithManyAliases_IsBadRequest()
    {
        await using var api = await Api.StartAsync();
        var bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 9; i++)
        {
            bomb.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        AssertStatus(await api.SendAsync("POST", Api.Widgets, bomb.ToString(), "application/yaml"), 400, "BadRequest");
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Basic YTpi")]
    [InlineData(null)]
    public async Task Token_WrongOrMissing_IsUnauthorized(string? authorization)
    {
        await using var api = await Api.StartAsync();
        api.Http.DefaultRequestHeaders.Authorization = authorization is null ? null : AuthenticationHeaderValue.Parse(authorization);
        AssertStatus(await api.SendAsync("GET", Api.Widgets), 401, "Unauthorized");
        Assert.Equal("ok", await api.Http.GetStringAsync("/readyz"));
    }

    [Theory]
    [InlineData("labelSelector=a%20in%20(")]
    [InlineData("labelSelector=%3Da")]
    [InlineData("fieldSelector=spec.size%3DSmall")]
    [InlineData("fieldSelector=nonsense")]
    [InlineData("limit=many")]
    [InlineData("resourceVersion=abc")]
    public async Task Query_Invalid_IsBadRequest(string query)
    {
        await using var api = await Api.StartAsync();
        AssertStatus(await api.SendAsync("GET", $"{Api.Widgets}?{query}"), 400, "BadRequest");
    }

    [Fact]
    public async Task Requests_RandomlyMutated_NeverReturnServerErrors()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        var random = new Random(4711);
        string[] paths = [Api.Widgets, W, W + "/status", W + "/scale", "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/pods/p/log", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"];
        string[] methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        string[] types = ["application/json", "application/yaml", "application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/vnd.kubernetes.protobuf"];
        string[] seeds =
        [
            WidgetCrd.Json("w"), """[{"op":"add","path":"/spec/x","value":{"a":[1]}}]""", """{"metadata":{"managedFields":[{"manager":"m","operation":"Apply","fieldsV1":{"f:spec":{"k:x":{}}}}]}}""",
            """{"spec":{"replicas":3,"ports":[{"name":"a"}]},"status":{"conditions":[{"type":"A"}]}}""", """{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","metadata":{"name":"a.b"},"spec":{"versions":[{}]}}""",
            "k8s\0\n\u0005\n\u0002v1\u0012", """{"propagationPolicy":"Sideways","preconditions":{"uid":"x"}}""",
        ];
        for (var i = 0; i < 600; i++)
        {
            var body = Mutate(random, seeds[random.Next(seeds.Length)]);
            var path = $"{paths[random.Next(paths.Length)]}?fieldManager=fuzz&dryRun=All&force={random.Next(2) == 0}";
            using var request = new HttpRequestMessage(new HttpMethod(methods[random.Next(methods.Length)]), path) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(types[random.Next(types.Length)]);
            using var response = await api.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode < 500, $"{request.Method} {path} {request.Content.Headers.ContentType} {Convert.ToBase64String(body)}: {text}");
            Assert.True(response.IsSuccessStatusCode || (string?)JsonNode.Parse(text)!["kind"] == "Status", text);
        }
    }

    private static byte[] Mutate(Random random, string seed)
    {
        var bytes = Encoding.UTF8.GetBytes(seed).ToList();
        for (var edits = random.Next(6); edits > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes.RemoveAt(at);
                    break;
                case 1:
                    bytes.Insert(at, (byte)"{}[]\":,x0-n"[random.Next(11)]);
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                default:
                    var length = Math.Min(random.Next(12), bytes.Count - at);
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }
}
