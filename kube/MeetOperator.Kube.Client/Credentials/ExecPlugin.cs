using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client.Config;

namespace MeetOperator.Kube.Client.Credentials;

/// <summary>Runs a program that provides credentials, as kubectl does. Its messages on standard error are those of this process.</summary>
internal static class ExecPlugin
{
    /// <summary>A program that cannot ask anybody has to finish in this time.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The largest output that is read.</summary>
    private const int MaxOutput = 1024 * 1024;

    public static async Task<ClientCredential> RunAsync(ExecConfig exec, TimeProvider time, CancellationToken ct)
    {
        var hasTerminal = !Console.IsInputRedirected;
        if (exec.Interaction == ExecInteraction.Always && !hasTerminal)
        {
            throw new CredentialException($"{exec.Origin}: {exec.Command} needs a terminal (interactiveMode Always): run the command in one, or use a credential that needs no dialog");
        }

        var interactive = hasTerminal && exec.Interaction != ExecInteraction.Never;
        using var limit = new CancellationTokenSource(interactive ? Timeout.InfiniteTimeSpan : Limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var process = Start(exec, interactive);
        try
        {
            if (!interactive)
            {
                process.StandardInput.Close();
            }

            var output = await ReadAsync(process.StandardOutput, linked.Token).ConfigureAwait(false)
                ?? throw new CredentialException($"{exec.Origin}: {exec.Command} wrote more than {MaxOutput} characters; an ExecCredential in JSON is expected");
            await process.WaitForExitAsync(linked.Token).ConfigureAwait(false);
            return process.ExitCode == 0
                ? ExecCredential.Parse(output, exec)
                : throw new CredentialException($"{exec.Origin}: {exec.Command} ended with exit code {process.ExitCode}; its message on standard error says why. Log in again if it asks for that");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new CredentialException($"{exec.Origin}: {exec.Command} did not finish within {Limit.TotalSeconds:0} s; run it by hand to see what it waits for");
        }
        finally
        {
            Stop(process);
        }
    }

    private static Process Start(ExecConfig exec, bool interactive)
    {
        var missing = $"{exec.Origin}: the program {exec.Command} is not installed or not executable. {exec.InstallHint ?? "Install it, or add its folder to PATH"}";
        var start = new ProcessStartInfo(FindProgram(exec.Command) ?? throw new CredentialException(missing.TrimEnd()))
        {
            RedirectStandardInput = !interactive,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in exec.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in exec.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = Request(exec, interactive);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CredentialException($"{exec.Origin}: the program {exec.Command} cannot be started: {e.Message}. {exec.InstallHint}".TrimEnd(), e);
        }
    }

    /// <summary>The input of the program.</summary>
    private static string Request(ExecConfig exec, bool interactive)
    {
        var spec = new JsonObject { ["interactive"] = interactive };
        if (exec.Cluster is { } cluster)
        {
            spec["cluster"] = cluster.DeepClone();
        }

        return new JsonObject { ["apiVersion"] = exec.ApiVersion, ["kind"] = ExecCredential.Kind, ["spec"] = spec }.ToJsonString();
    }

    /// <summary>Looks only in absolute folders of PATH. .NET would also look beside this program and in the current folder, which may belong to somebody else.</summary>
    private static string? FindProgram(string command) => command.Contains('/', StringComparison.Ordinal)
        ? File.Exists(command) ? command : null
        : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Where(Path.IsPathRooted)
            .Select(folder => Path.Combine(folder, command))
            .FirstOrDefault(IsExecutable);

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);

    /// <summary>Reads to the end; null if that is too far.</summary>
    private static async Task<string?> ReadAsync(StreamReader reader, CancellationToken ct)
    {
        var buffer = new char[MaxOutput + 1];
        var length = 0;
        while (length < buffer.Length && await reader.ReadAsync(buffer.AsMemory(length), ct).ConfigureAwait(false) is > 0 and var read)
        {
            length += read;
        }

        return length > MaxOutput ? null : new string(buffer, 0, length);
    }

    private static void Stop(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
