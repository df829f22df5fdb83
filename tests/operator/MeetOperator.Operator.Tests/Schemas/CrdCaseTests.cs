using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.Testing;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Schemas;

/// <summary>
/// <c>tests/golden/crds/&lt;kind&gt;/{valid,invalid}</c> sent to the embedded server. Of two documents the first is created and the second replaces it.
/// The first line of an invalid case names the field that the refusal must name.
/// </summary>
public sealed class CrdCaseTests(CrdCaseTests.ServerFixture fixture) : IClassFixture<CrdCaseTests.ServerFixture>
{
    public static TheoryData<string> Valid => Cases("valid");

    public static TheoryData<string> Invalid => Cases("invalid");

    [Theory]
    [MemberData(nameof(Valid))]
    public async Task Write_ValidCase_IsTaken(string path)
    {
        var (status, body) = await fixture.WriteAsync(Repository.Golden("crds", path));

        Assert.True(status is HttpStatusCode.Created or HttpStatusCode.OK, body);
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task Write_InvalidCase_IsRefusedAndNamesTheField(string path)
    {
        var file = Repository.Golden("crds", path);
        var field = File.ReadLines(file).First()["# field: ".Length..];

        var (status, body) = await fixture.WriteAsync(file);

        Assert.True(status == HttpStatusCode.UnprocessableEntity, body);
        var causes = JsonNode.Parse(body)!["details"]!["causes"]!.AsArray();
        Assert.Contains(field, causes.Select(cause => cause!["field"]!.GetValue<string>()));
        Assert.All(causes, cause => Assert.NotEmpty(cause!["message"]!.GetValue<string>()));
    }

    private static TheoryData<string> Cases(string verdict)
    {
        var root = Repository.Golden("crds");
        return new(Directory.GetFiles(root, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file))
            .Where(file => file.Split(Path.DirectorySeparatorChar)[1] == verdict).Order(StringComparer.Ordinal));
    }

    public sealed class ServerFixture : IAsyncLifetime
    {
        private TestApiServer _server = null!;
        private HttpClient _http = null!;

        public async Task InitializeAsync()
        {
            _server = await TestApiServer.StartAsync(new ApiServerOptions { Manifests = Repository.Crds(), AdmissionPolicies = [new MeetAdmission()] });
            _http = _server.CreateHttpClient();
            await SendAsync(HttpMethod.Post, "api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: meet-a}}");
        }

        public async Task DisposeAsync()
        {
            _http.Dispose();
            await _server.DisposeAsync();
        }

        public async Task<(HttpStatusCode Status, string Body)> WriteAsync(string file)
        {
            var documents = File.ReadAllText(file).Split("\n---\n");
            var kind = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file)))!;
            var collection = kind == "tenant" ? "apis/meetoperator.io/v1alpha1/tenants" : $"apis/meetoperator.io/v1alpha1/namespaces/meet-a/{kind}s";
            var name = $"case-{Guid.NewGuid():N}";
            var answer = (Status: HttpStatusCode.OK, Body: string.Empty);
            for (var index = 0; index < documents.Length; index++)
            {
                var document = documents[index].Replace("name: x", $"name: {name}", StringComparison.Ordinal);
                answer = index == 0
                    ? await SendAsync(HttpMethod.Post, collection, document)
                    : await SendAsync(HttpMethod.Patch, $"{collection}/{name}", document);
                if (index < documents.Length - 1)
                {
                    Assert.True(answer.Status == HttpStatusCode.Created, answer.Body);
                }
            }

            return answer;
        }

        private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string yaml)
        {
            if (method == HttpMethod.Patch)
            {
                // A replacement by the same field manager: what is not in the second document is gone.
                var current = JsonNode.Parse(await _http.GetStringAsync(path))!;
                method = HttpMethod.Put;
                yaml = yaml.Replace("metadata: {", $"metadata: {{resourceVersion: \"{current["metadata"]!["resourceVersion"]}\", ", StringComparison.Ordinal);
            }

            using var request = new HttpRequestMessage(method, path) { Content = new StringContent(yaml, Encoding.UTF8) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/yaml");
            using var response = await _http.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }
}
