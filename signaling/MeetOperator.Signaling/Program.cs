using MeetOperator;
using MeetOperator.Kube.Client;
using MeetOperator.Signaling;

if (!SignalingEnvironment.TryRead(Environment.GetEnvironmentVariable, TimeProvider.System, out var options, out var errors))
{
    foreach (var error in errors)
    {
        await Console.Error.WriteLineAsync(error);
    }

    return 2;
}

if (RuntimeFloor.Finding(Environment.Version) is { } old)
{
    await Console.Error.WriteLineAsync(old);
}

using var kube = new KubeClient(KubeConfig.Load());
await using var app = await SignalingHost.BuildAsync(options, kube, TimeProvider.System);
await app.RunAsync();
return 0;
