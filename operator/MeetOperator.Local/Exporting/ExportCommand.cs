using MeetOperator.Kube;
using MeetOperator.Kube.ApiServer;

namespace MeetOperator.Local;

/// <summary><c>./meet export</c>: everything that people put into an embedded installation, as YAML for <c>kubectl apply</c> on a cluster.</summary>
internal static class ExportCommand
{
    /// <summary>Asks the installation when it runs; else reads its store, which it holds meanwhile.</summary>
    /// <exception cref="LocalException">There is no installation in <paramref name="path"/>, or its store cannot be read.</exception>
    public static async Task RunAsync(string path, TextWriter output, CancellationToken ct)
    {
        var kubeconfig = Path.Combine(path, "kubeconfig");
        if (!File.Exists(kubeconfig))
        {
            throw new LocalException($"{path} holds no installation: nothing was started there with ./meet up. MEET_HOME names the folder of another one");
        }

        HomeFolder home;
        try
        {
            home = HomeFolder.Open(path);
        }
        catch (LocalException)
        {
            // It runs: its own server answers, over plain HTTP on the port of the kubeconfig too.
            var running = Kube.Client.KubeConfig.FromFile(kubeconfig);
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
