using System.Net.Sockets;
using MeetOperator;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Signaling.Hosting;
using MeetOperator.Signaling.Settings;

if (!SignalingEnvironment.TryRead(Environment.GetEnvironmentVariable, TimeProvider.System, out var options, out var errors))
{
    foreach (var error in errors)
    {
        await Console.Error.WriteLineAsync(error);
    }

    return 2;
}

if (MinimumRuntime.FindWarning(Environment.Version) is { } old)
{
    await Console.Error.WriteLineAsync(old);
}

try
{
    using var traces = TraceExport.Start("meet-signaling", Environment.GetEnvironmentVariable);
    using var kube = new KubeClient(KubeConfig.Load());
    await using var app = await SignalingHost.BuildAsync(options, kube, TimeProvider.System);
    await app.StartAsync();
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (e is KubeConfigException or IOException or UnauthorizedAccessException or SocketException)
{
    // For example, an unreadable kubeconfig, a folder without write access, or a port in use.
    await Console.Error.WriteLineAsync($"The server failed to start: {e.Message}");
    return 2;
}
