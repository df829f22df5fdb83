using MeetOperator;
using MeetOperator.MediaNode.Benching;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

using var loggers = LoggerFactory.Create(b => LogLineFormatter.AddTo(b));
if (args is ["--bench", var benchPort])
{
    return await BenchServer.RunAsync(benchPort, loggers);
}

if (args.Length > 0)
{
    Console.Error.WriteLine(Usage.Text);
    return args is ["--help"] ? 0 : 2;
}

var options = NodeOptionsReader.Read(Environment.GetEnvironmentVariable, BindAddress.LocalAddresses(), out var errors);
if (options is null)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine(error);
    }

    return 2;
}

if (MinimumRuntime.FindWarning(Environment.Version) is { } warning)
{
    Console.Error.WriteLine(warning);
}

using var traces = TraceExport.Start("meet-media-node", Environment.GetEnvironmentVariable, startsTraces: false);
using var node = new MediaNodeHost(options, loggers, TimeProvider.System);
await using var app = ControlServer.Build(node);
await app.StartAsync();
await node.WarmUpAsync(app.Lifetime.ApplicationStopping);
await app.WaitForShutdownAsync();
return 0;
