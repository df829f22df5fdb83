using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace MeetOperator.Signaling;

/// <summary>
/// The OpenAPI document of all routes. It is made on the first request for it, in a service container of its own, so that a server that is never asked does
/// not load the libraries. The container also has the server's services, so that what routes take from them is not described as part of a request.
/// Safe to use from any thread.
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
            openApi.Servers = [new OpenApiServer { Url = "/" }]; // Relative, so it is right whichever host name the caller uses.
            return Task.CompletedTask;
        }));

        // Not disposed: it shares objects that belong to the server.
        var container = own.BuildServiceProvider();
        var document = await container.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync(CancellationToken.None).ConfigureAwait(false);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1).ConfigureAwait(false);
    }
}
