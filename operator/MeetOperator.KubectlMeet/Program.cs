using System.Runtime.InteropServices;
using System.Text;
using MeetOperator.KubectlMeet.Commands;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

// A terminal that closes, or a script that ends this program, must not leave a Pod behind.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
await using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = !Console.IsOutputRedirected };
await using var error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true };
var terminal = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";
try
{
    return await Plugin.RunAsync(args, output, error, terminal, TimeProvider.System, Environment.CurrentDirectory, stop.Token);
}
catch (IOException) when (Console.IsOutputRedirected)
{
    // The reader of the output has ended, as `head` does.
    return 1;
}
