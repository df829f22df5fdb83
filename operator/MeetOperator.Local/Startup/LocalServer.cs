using MeetOperator.Kube.ApiServer;

namespace MeetOperator.Local;

/// <summary>Starts the embedded API server; what it says about its own folder is for the person who starts it.</summary>
internal static class LocalServer
{
    /// <exception cref="LocalException">The folder is in use, damaged or cannot be written.</exception>
    public static async Task<EmbeddedApiServer> StartAsync(ApiServerOptions options, CancellationToken ct)
    {
        try
        {
            return await EmbeddedApiServer.StartAsync(options, ct).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new LocalException(e.Message);
        }
    }
}
