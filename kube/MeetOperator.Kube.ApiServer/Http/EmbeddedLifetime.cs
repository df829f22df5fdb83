using Microsoft.Extensions.Hosting;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Leaves signals to the process that embeds the server. The default lifetime would handle SIGTERM itself.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
