using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace MeetOperator.Signaling.Hosting;

/// <summary>
/// The OpenAPI document of all routes. It is generated on the first request, in a separate service container, so that the libraries are loaded only if needed.
/// The container also has the server's services; otherwise, service parameters of route handlers would be documented as request parameters. Thread-safe.
/// </summary>
internal sealed class OpenApiDocumentation
{
    private readonly Lazy<Task<string>> _document;

    public OpenApiDocumentation(IServiceCollection services, EndpointDataSource routes) => _document = new Lazy<Task<string>>(() => GenerateAsync(services, routes));

    public async Task<IResult> AnswerAsync(CancellationToken ct) => Results.Text(await _document.Value.WaitAsync(ct).ConfigureAwait(false), "application/json");

    private static async Task<string> GenerateAsync(IServiceCollection services, EndpointDataSource routes)
    {
        IServiceCollection own = new ServiceCollection();
        own.Add(services).Replace(ServiceDescriptor.Singleton(routes));
        own.AddOpenApi("v1", document => document.AddDocumentTransformer((openApi, _, _) =>
        {
            openApi.Info.Title = "MeetOperator";
            openApi.Info.Description = "The REST API for meetings. See docs/signaling-protocol.md for the WebSocket protocol and the problem codes.";
            openApi.Servers = [new OpenApiServer { Url = "/" }]; // A relative URL is valid for every host name.
            return Task.CompletedTask;
        }));

        // Not disposed, because it shares objects with the server.
        var container = own.BuildServiceProvider();
        var document = await container.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync(CancellationToken.None).ConfigureAwait(false);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1).ConfigureAwait(false);
    }
}
