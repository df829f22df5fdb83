using System.Net.NetworkInformation;
using MeetOperator;
using MeetOperator.Turn.Control;
using MeetOperator.Turn.Settings;

var local = NetworkInterface.GetAllNetworkInterfaces().SelectMany(each => each.GetIPProperties().UnicastAddresses).Select(each => each.Address).ToHashSet();
if (!TurnOptionsReader.TryRead(Environment.GetEnvironmentVariable, address => local.Contains(address) || System.Net.IPAddress.IsLoopback(address), out var options, out var errors))
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

await using var app = TurnServer.Build(options, TimeProvider.System);
await app.RunAsync();
return Environment.ExitCode;
