using MeetOperator.Kube.Client;

namespace MeetOperator.Signaling.Tests;

/// <summary>
/// The server as its own program starts it, but with times that do not run out on a machine that is busy with other things. This assembly, run as a
/// program, is it.
/// </summary>
internal static class PatientServer
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
        var patient = options with { Timings = options.Timings with { PongTimeout = Long, JoinTimeout = Long, NodeCallTimeout = Long, PresenceLifetime = Long, NodeConnectTimeout = Long, FirstByteTimeout = Long, MessageTimeout = Long } };
        await using var app = await SignalingHost.BuildAsync(patient, kube, TimeProvider.System);
        await app.RunAsync();
        return 0;
    }
}
