using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Finds the candidates for the last word of a command line that is being written. Errors give no candidates, because a shell cannot show them.</summary>
internal static class Completer
{
    /// <summary>The directive of kubectl's completion for "offer no files".</summary>
    public const string NoFiles = ":4";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>The limit of everything, with a program that provides credentials, which may wait for a login.</summary>
    private static readonly TimeSpan TotalTimeout = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<string>> CompleteAsync(IReadOnlyList<string> words, CancellationToken ct)
    {
        var current = words.Count == 0 ? string.Empty : words[^1];
        var before = words.Take(Math.Max(0, words.Count - 1)).ToArray();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TotalTimeout);
        try
        {
            var candidates = current.StartsWith('-') ? Options(before) : await ArgumentsAsync(before, limit.Token).ConfigureAwait(false);
            return [.. candidates.Where(candidate => candidate.StartsWith(current, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is UsageException or MissingObjectException or KubeConfigException or KubeApiException or HttpRequestException or TimeoutException or OperationCanceledException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Options(string[] before) => GlobalOptions.Of(Command(before).Command).Select(option => $"--{option.Name}");

    private static async Task<IEnumerable<string>> ArgumentsAsync(string[] before, CancellationToken ct)
    {
        var positions = Positions(before, out var pending);
        var (command, used) = Command(before);
        if (pending is not null)
        {
            return pending.Names == NameKind.None || command is null ? pending.Choices : await NamesAsync(pending.Names, before[..^1], command, ct).ConfigureAwait(false);
        }

        if (command is null)
        {
            // The next word of a command's name.
            var start = positions.Length == 0 ? string.Empty : positions[0] + " ";
            return CommandTable.Specs.Where(spec => spec.Name.StartsWith(start, StringComparison.Ordinal)).Select(spec => spec.Name[start.Length..].Split(' ')[0]).Distinct(StringComparer.Ordinal);
        }

        var completion = command.Complete(positions[used..]);
        return completion.Names == NameKind.None ? completion.Words : await NamesAsync(completion.Names, before, command, ct).ConfigureAwait(false);
    }

    private static async Task<IEnumerable<string>> NamesAsync(NameKind kind, string[] before, CommandSpec command, CancellationToken ct)
    {
        // The argument is still missing, so only the options are read.
        var options = before.Where(word => word.StartsWith('-')).Any() ? CommandParser.Parse([command with { MinArguments = 0 }], before).Options : new Dictionary<string, string>(StringComparer.Ordinal);
        using var cluster = ClusterReader.Open(new CommandLine(command, [], options), timeout: Timeout);
        return kind switch
        {
            NameKind.Meetings => Names(await cluster.ListAsync<Meeting>(ct).ConfigureAwait(false)),
            NameKind.Nodes => Names(await cluster.ListAsync<SfuNode>(ct).ConfigureAwait(false)),
            _ => Names(await cluster.ListAsync<SfuPool>(ct).ConfigureAwait(false)),
        };
    }

    private static IEnumerable<string> Names<T>(Listing<T> listing)
        where T : KubernetesObject =>
        listing.Items.Select(item => item.Metadata.Name ?? string.Empty).Distinct(StringComparer.Ordinal);

    private static (CommandSpec? Command, int Words) Command(string[] before)
    {
        var positions = Positions(before, out _);
        if (positions.Length == 0 || !CommandTable.Specs.Any(spec => spec.Name == positions[0] || spec.Name == string.Join(' ', positions.Take(2))))
        {
            return (null, 0);
        }

        return CommandParser.FindCommand(CommandTable.Specs, positions);
    }

    /// <summary>The words that are no options and no values of options. <paramref name="pending"/> is the option that waits for its value.</summary>
    private static string[] Positions(string[] words, out OptionSpec? pending)
    {
        var options = CommandTable.Specs.SelectMany(GlobalOptions.Of).ToArray();
        var positions = new List<string>();
        pending = null;
        foreach (var word in words)
        {
            if (pending is not null)
            {
                pending = null;
            }
            else if (word.StartsWith('-'))
            {
                pending = options.FirstOrDefault(option => option.Value is not null && (word == $"--{option.Name}" || word == $"-{option.Letter}"));
            }
            else
            {
                positions.Add(word);
            }
        }

        return [.. positions];
    }
}
