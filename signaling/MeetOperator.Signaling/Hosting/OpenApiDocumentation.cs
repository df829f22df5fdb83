using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace MeetOperator.Signaling;

/// <summary>
/// The OpenAPI document of every route, made when somebody first asks for it: in a container of its own, so that a server that nobody asks loads none of
/// the libraries that make it. That has the server's services too: what a route takes from them is no parameter of a request. Safe to use from any thread.
/// </summary>
internal sealed class OpenApiDocumentation
{
    private readonly Lazy<Task<string>> _document;

    public OpenApiDocumentation(IServiceCollection services, EndpointDataSource routes) => _document = new Lazy<Task<string>>(() => MakeAsync(services, routes));

    public async Task<IResult> AnswerAsync(CancellationToken ct) => Results.Text(await _document.Value.WaitAsync(ct).ConfigureAwait(false), "application/json");

    private static async Task<string> MakeAsync(IServiceCollection services, EndpointDataSource routes)
    {
        IServiceCollection own = new ServiceCollection();
        own.Add(services).Replace(ServiceDescriptor.Singleton(routes));
        own.AddOpenApi("v1", document => document.AddDocumentTransformer((openApi, _, _) =>
        {
            openApi.Info.Title = "MeetOperator";
            openApi.Info.Description = "Meetings over REST. The WebSocket protocol and the codes of problems are described in docs/signaling-protocol.md.";
            openApi.Servers = [new OpenApiServer { Url = "/" }]; // relative: right by every name that the server is reached by
            return Task.CompletedTask;
        }));

        // Not disposed: what it shares with the server is the server's.
        var container = own.BuildServiceProvider();
        var document = await container.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync(CancellationToken.None).ConfigureAwait(false);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1).ConfigureAwait(false);
    }
}
