using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

using var loggers = LoggerFactory.Create(b => b.AddSimpleConsole(o => o.SingleLine = true));
var options = NodeOptionsReader.Read(Environment.GetEnvironmentVariable, out var errors);
if (options is null)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine(error);
    }

    return 2;
}

using var node = new MediaNodeHost(options, loggers, TimeProvider.System);
await using var app = ControlServer.Build(node);

// Rooms end before the server stops, so that the event streams can still say why.
app.Lifetime.ApplicationStopping.Register(() => node.EndRoomsAsync("node-shutdown", CancellationToken.None).Wait(TimeSpan.FromSeconds(3)));
node.IsReady = true;
await app.RunAsync();
return 0;
