using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Help;
using MeetOperator.KubectlMeet.Inside;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Runs a command line: parses it, runs its command, prints errors, and returns the exit code.</summary>
internal static class Plugin
{
    /// <summary>The hidden command of the completion scripts.</summary>
    private const string Complete = "__complete";

    /// <param name="words">The arguments of the program.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="terminal">Whether colors are used with <c>--color auto</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="folder">The current folder.</param>
    /// <param name="ct">Ends the command.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, TextWriter output, TextWriter error, bool terminal, TimeProvider time, string folder, CancellationToken ct)
    {
        if (words is [Complete, ..])
        {
            foreach (var candidate in await Completer.CompleteAsync([.. words.Skip(1)], ct).ConfigureAwait(false))
            {
                await output.WriteAsync($"{candidate}\n").ConfigureAwait(false);
            }

            await output.WriteAsync($"{Completer.NoFiles}\n").ConfigureAwait(false);
            return ExitCodes.Ok;
        }

        if (words is [InsidePod.Command, ..])
        {
            if (await InsideProgram.TryRunAsync(words.Skip(1), Environment.GetEnvironmentVariable, output, time, ct).ConfigureAwait(false))
            {
                return ExitCodes.Ok;
            }

            await error.WriteAsync("error: the arguments are not those of a check of this version\n").ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        try
        {
            var line = CommandParser.Parse(CommandTable.Specs, words);
            if (line.Command is null || line.Has(GlobalOptions.Help))
            {
                await output.WriteAsync(line.Command is null ? HelpText.Of(CommandTable.Specs) : HelpText.Of(line.Command)).ConfigureAwait(false);
                return ExitCodes.Ok;
            }

            var colors = line.Value(GlobalOptions.Color) switch { "always" => true, "never" => false, _ => terminal };
            var command = CommandTable.Commands.First(command => ReferenceEquals(command.Spec, line.Command));
            return await command.RunAsync(new CommandContext(output, error, colors, time, folder), line, ct).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            await error.WriteAsync($"error: {e.Message}\n").ConfigureAwait(false);
            return ExitCodes.Usage;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCodes.Error;
        }
        catch (Exception e) when (ErrorText.Of(e) is not null)
        {
            await error.WriteAsync($"error: {ErrorText.Of(e)}\n").ConfigureAwait(false);
            return ExitCodes.Error;
        }
    }
}
