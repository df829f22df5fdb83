using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace MeetOperator.Signaling;

/// <summary>
/// The OpenAPI document of every route, made when somebody first asks for it: in a container of its own, so that a server that nobody asks loads none of
/// the libraries that make it. Safe to use from any thread.
/// </summary>
/// <param name="services">Those of the server: what a route takes from them is no parameter of a request.</param>
/// <param name="routes">What is described.</param>
internal sealed class OpenApiDocumentation(IServiceCollection services, EndpointDataSource routes)
{
    private Task<string>? _document;

    public async Task<IResult> AnswerAsync(CancellationToken ct)
    {
        // Two first callers make it twice, which does no harm; one that could not be made is tried again.
        if (_document is not { IsFaulted: false } document)
        {
            _document = document = MakeAsync();
        }

        return Results.Text(await document.WaitAsync(ct).ConfigureAwait(false), "application/json");
    }

    private async Task<string> MakeAsync()
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
        await using var container = own.BuildServiceProvider();
        var document = await container.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync(CancellationToken.None).ConfigureAwait(false);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1).ConfigureAwait(false);
    }
}
