using System.Runtime.InteropServices;
using MeetOperator.Local.Defaults;
using MeetOperator.Local.Exporting;
using MeetOperator.Local.Settings;
using MeetOperator.Local.Startup;
using Microsoft.Extensions.Logging;

using var stop = new CancellationTokenSource();
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

// A terminal shows only warnings and errors; a log file (--detach) contains all messages.
using var loggers = LoggerFactory.Create(builder => builder
    .SetMinimumLevel(Console.IsOutputRedirected ? LogLevel.Information : LogLevel.Warning)
    .AddSimpleConsole(o =>
    {
        o.SingleLine = true;
        o.TimestampFormat = "HH:mm:ss.fff ";
    }));

try
{
    if (args is ["export", "--home", var exported])
    {
        await ExportCommand.RunAsync(Path.GetFullPath(exported), Console.Out, stop.Token);
        return 0;
    }

    var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? string.Empty);
    var options = LocalOptions.Parse(args, environment, LocalNetwork.FirstAddress, LocalNetwork.HasIPv6Loopback);
    await using var host = await LocalHost.StartAsync(options, loggers, stop.Token);
    await PageProbe.WaitAsync(host, options, stop.Token);
    var plugin = Path.Combine(options.Programs, "kubectl-meet");
    host.Announce(Banner.Build(options, host.Kubeconfig, Directory.Exists(plugin) ? plugin : null));
    await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    return 0;
}
catch (LocalException e)
{
    await Console.Error.WriteLineAsync($"meet: {e.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
