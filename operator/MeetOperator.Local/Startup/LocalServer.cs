using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Startup;

/// <summary>Starts the embedded API server, and reports problems with its data directory to the user.</summary>
internal static class LocalServer
{
    /// <exception cref="LocalException">The directory is in use, damaged or not writable.</exception>
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
