using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Serialization;
using MeetOperator.Local.Home;
using MeetOperator.Local.Settings;
using MeetOperator.Local.Startup;

namespace MeetOperator.Local.Exporting;

/// <summary><c>./meet export</c>: writes all user-created objects of an embedded installation as YAML for <c>kubectl apply</c> on a cluster.</summary>
internal static class ExportCommand
{
    /// <summary>Reads from the running installation, or from its store when it is stopped. The store is locked while it is read.</summary>
    /// <exception cref="LocalException">There is no installation in <paramref name="path"/>, or its store cannot be read.</exception>
    public static async Task RunAsync(string path, TextWriter output, CancellationToken ct)
    {
        var kubeconfig = Path.Combine(path, "kubeconfig");
        if (!File.Exists(kubeconfig))
        {
            throw new LocalException($"{path} contains no installation: start one with ./meet up, or set MEET_HOME to the directory of an existing one");
        }

        HomeFolder home;
        try
        {
            home = HomeFolder.Open(path);
        }
        catch (LocalException)
        {
            // The installation is running. Its server also serves plain HTTP on the port in the kubeconfig.
            var running = KubeConfig.FromFile(kubeconfig);
            await WriteAsync(new UriBuilder(running.Server) { Scheme = "http" }.Uri, running.Token!, output, ct).ConfigureAwait(false);
            return;
        }

        using (home)
        {
            await using var server = await LocalServer.StartAsync(new ApiServerOptions { DataDirectory = home.ApiData, Token = home.Key("api-token") }, ct).ConfigureAwait(false);
            await WriteAsync(server.Address, server.Token, output, ct).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(Uri server, string token, TextWriter output, CancellationToken ct)
    {
        using var reader = new ExportReader(server, token);
        foreach (var item in ExportRules.Select(await reader.ReadAllAsync(ct).ConfigureAwait(false)))
        {
            await output.WriteAsync("---\n").ConfigureAwait(false);
            await output.WriteAsync(YamlWriter.Write(item)).ConfigureAwait(false);
        }
    }
}
