using System.Diagnostics;
using System.Text;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// Runs coturn, from the operator's first state on: coturn reads the peers when it starts, and then only every 5 s. When it ends, this process ends too, so that the container is started again.
/// </summary>
internal sealed partial class CoturnProcess(TurnOptions options, AppliedState state, RunningCoturn running, CoturnLog log, IHostApplicationLifetime lifetime, ILogger<CoturnProcess> logger) : IHostedService, IDisposable
{
    private const string SetPriv = "/usr/bin/setpriv";

    /// <summary>Longer than any line of coturn.</summary>
    private const int MaxLineLength = 4096;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private volatile Process? _process;
    private volatile bool _isStopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The kernel ends a child with the thread that started it, so that thread lives as long as the child.
        new Thread(Run) { IsBackground = true, Name = "coturn" }.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            _process?.Kill(); // coturn has no state that it would write.
        }
        catch (InvalidOperationException)
        {
            return; // It has already ended.
        }

        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>
    /// The command that starts coturn; it ends when this process is killed, where the system can do that. The environment of this process contains the key of its certificate, which coturn
    /// does not need.
    /// </summary>
    private ProcessStartInfo Command()
    {
        var arguments = CoturnArguments.Build(options, CoturnOptions.Of(options.Server));
        var command = File.Exists(SetPriv) ? new ProcessStartInfo(SetPriv, ["--pdeathsig", "KILL", options.Server, .. arguments]) : new ProcessStartInfo(options.Server, arguments);
        command.RedirectStandardOutput = true;
        command.StandardOutputEncoding = Encoding.Latin1; // one character for each byte, whatever clients sent
        command.Environment.Clear();
        command.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        return command;
    }

    private void Run()
    {
        try
        {
            var command = Command(); // coturn tells its options meanwhile
            state.First.Wait(_stop.Token);
            using var process = Process.Start(command)!;
            _process = process;
            running.ProcessId = process.Id;
            if (_isStopping)
            {
                process.Kill();
            }

            var lines = new BoundedLines(process.StandardOutput, MaxLineLength);
            while (lines.Read() is { } line)
            {
                if (log.Read(line) is { } text)
                {
                    LogCoturn(text);
                }
            }

            process.WaitForExit();
            if (!_isStopping)
            {
                LogEnded(process.ExitCode);
            }
        }
        catch (OperationCanceledException) when (_isStopping)
        {
            // The agent was stopped before coturn was started.
        }
        catch (Exception failed)
        {
            LogFailed(options.Server, failed.Message); // An exception here would end the process without a message that helps.
        }

        if (!_isStopping)
        {
            Environment.ExitCode = 1;
        }

        _ended.TrySetResult();
        lifetime.StopApplication();
    }

    [LoggerMessage(7001, LogLevel.Warning, "coturn: {Text}")]
    private partial void LogCoturn(string text);

    [LoggerMessage(7002, LogLevel.Error, "coturn ended with exit code {Code}.")]
    private partial void LogEnded(int code);

    [LoggerMessage(7003, LogLevel.Error, "coturn could not be run as {Server}: {Reason}")]
    private partial void LogFailed(string server, string reason);
}
