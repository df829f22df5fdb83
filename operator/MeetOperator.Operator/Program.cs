using System.Net.Sockets;
using MeetOperator;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Uninstalling;

if (args is [FinalizerRelease.Verb])
{
    return await FinalizerRelease.RunAsync(Console.Out, Console.Error).ConfigureAwait(false);
}

if (args.Length > 0)
{
    Console.Error.WriteLine($"usage: MeetOperator.Operator [{FinalizerRelease.Verb}]");
    return 2;
}

var options = OperatorOptionsReader.Read(Environment.GetEnvironmentVariable, out var errors);
if (options is null)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine(error);
    }

    return 2;
}

if (MinimumRuntime.FindWarning(Environment.Version) is { } old)
{
    Console.Error.WriteLine(old);
}

try
{
    using var traces = TraceExport.Start("meet-operator", Environment.GetEnvironmentVariable);
    await using var app = OperatorHost.Build(KubeConfig.Load(), options);
    await app.StartAsync().ConfigureAwait(false);
    await app.WaitForShutdownAsync().ConfigureAwait(false);
    return 0;
}
catch (Exception broken) when (broken is KubeConfigException or IOException or SocketException)
{
    // For example an unreadable kubeconfig, an address that this host does not have, or a port that is in use.
    Console.Error.WriteLine($"The operator cannot start: {broken.Message}");
    return 2;
}
