using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Signaling.Hosting;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>
/// The entry point of this assembly: starts the server like its own program, but with timeouts that do not expire on a busy machine.
/// </summary>
internal static class LongTimeoutServer
{
    public const string Program = "MeetOperator.Signaling.Tests.dll";

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    public static async Task<int> Main()
    {
        if (!SignalingEnvironment.TryRead(Environment.GetEnvironmentVariable, TimeProvider.System, out var options, out var errors))
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, errors));
            return 2;
        }

        using var kube = new KubeClient(KubeConfig.Load());
        var withLongTimeouts = options with { Timings = options.Timings with { PongTimeout = Long, JoinTimeout = Long, NodeCallTimeout = Long, PresenceLifetime = Long, NodeConnectTimeout = Long, FirstByteTimeout = Long, MessageTimeout = Long } };
        await using var app = await SignalingHost.BuildAsync(withLongTimeouts, kube, TimeProvider.System);
        await app.RunAsync();
        return 0;
    }
}
