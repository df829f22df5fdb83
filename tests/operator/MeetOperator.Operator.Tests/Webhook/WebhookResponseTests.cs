using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Webhook;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>Responses of the HTTPS endpoint. Golden cases must get the same result as from the embedded admission.</summary>
public sealed class WebhookResponseTests(WebhookResponseTests.Fixture fixture) : IClassFixture<WebhookResponseTests.Fixture>
{
    public static TheoryData<string> Cases
    {
        get
        {
            var root = Repository.Golden("crds");
            return new(Directory.GetFiles(root, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Validate_GoldenCase_MatchesEmbeddedAdmission(string path)
    {
        var documents = (await File.ReadAllTextAsync(Repository.Golden("crds", path))).Split("\n---\n").Select(text => Yaml.Parse(text).AsObject()).ToArray();
        var (item, old) = (documents[^1], documents.Length > 1 ? documents[0] : null);
        var request = WebhookCaller.About((JsonObject)item.DeepClone(), old is null ? "CREATE" : "UPDATE", (JsonObject?)old?.DeepClone());

        var answer = await fixture.ValidateAsync(request);

        var expected = new Admission.MeetAdmission().Review(new AdmissionRequest
        {
            Operation = old is null ? AdmissionOperation.Create : AdmissionOperation.Update,
            Group = "meetoperator.io",
            Kind = item["kind"]!.GetValue<string>(),
            Namespace = item["metadata"]!["namespace"]?.GetValue<string>(),
            Name = "x",
            Object = item,
            OldObject = old,
        });
        Assert.Equal(expected.Allowed, answer["allowed"]!.GetValue<bool>());
        Assert.Equal(request["uid"]!.GetValue<string>(), answer["uid"]!.GetValue<string>());
        var causes = answer["status"]?["details"]?["causes"]?.AsArray().Select(cause => cause!["field"]!.GetValue<string>()) ?? [];
        Assert.Equal(expected.Errors.Select(error => error.Field), causes);
        Assert.All(expected.Errors, error => Assert.Contains($"{error.Field}: {error.Message}", answer["status"]!["message"]!.GetValue<string>(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/validate", "not json", HttpStatusCode.BadRequest, "not JSON")]
    [InlineData("POST", "/validate", "{}", HttpStatusCode.BadRequest, "AdmissionReview")]
    [InlineData("POST", "/validate", "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}", HttpStatusCode.BadRequest, "request.uid")]
    [InlineData("POST", "/validate", "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\"}}", HttpStatusCode.BadRequest, "request.kind")]
    [InlineData("GET", "/validate", "", HttpStatusCode.MethodNotAllowed, "POST")]
    [InlineData("POST", "/metrics", "", HttpStatusCode.NotFound, "/validate, /mutate or /evict")]
    public async Task Endpoint_InvalidRequest_ReturnsReason(string method, string path, string body, HttpStatusCode expected, string reason)
    {
        using var http = await fixture.ClientAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(fixture.Address, path)) { Content = body.Length == 0 ? null : new StringContent(body) };

        using var answer = await http.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Contains(reason, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_TooLarge_IsRejected()
    {
        using var http = await fixture.ClientAsync();
        http.DefaultRequestHeaders.ExpectContinue = true; // The response arrives before the body is sent.
        using var content = new ByteArrayContent(new byte[WebhookHandler.MaxBodyBytes + 1]);

        using var answer = await http.PostAsync(new Uri(fixture.Address, "/validate"), content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("""{"spec":{"regions":null}}""", "spec.regions")]
    [InlineData("""{"spec":null}""", "spec")]
    [InlineData("""{"spec":{"tenantRef":{"name":"a"},"regions":{"allowed":[null]}}}""", "spec.regions.allowed[0]")]
    [InlineData("""{"spec":{"tenantRef":{"name":"a"},"maxParticipants":1e308}}""", "spec.maxParticipants")]
    public async Task Validate_ObjectWithoutSchemaCheck_ReturnsField(string partial, string field)
    {
        var item = JsonNode.Parse(partial)!.AsObject();
        item["kind"] = "Meeting";

        var answer = await fixture.ValidateAsync(WebhookCaller.About(item));

        Assert.False(answer["allowed"]!.GetValue<bool>());
        Assert.Equal(field, answer["status"]!["details"]!["causes"]![0]!["field"]!.GetValue<string>());
    }

    public sealed class Fixture : IAsyncLifetime
    {
        private WebhookStage _stage = null!;

        internal Uri Address => _stage.Addresses[0];

        public async Task InitializeAsync()
        {
            _stage = await WebhookStage.StartAsync(replicas: 1);
            await _stage.Keeper.AdvanceAsync(default);
            await _stage.RefreshAsync();
        }

        public async Task DisposeAsync() => await _stage.DisposeAsync();

        internal async Task<HttpClient> ClientAsync() => WebhookCaller.Client(await WebhookConfigurations.BundleAsync(_stage.Client), _stage.Time);

        internal async Task<JsonObject> ValidateAsync(JsonObject request) =>
            await WebhookCaller.CallAsync(Address, "/validate", await WebhookConfigurations.BundleAsync(_stage.Client), request, _stage.Time);
    }
}
