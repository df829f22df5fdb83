using System.Text;
using System.Text.Json;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>What this program does in the Pod of a check.</summary>
internal static class InsideProgram
{
    /// <param name="arguments">The work (<see cref="InsideText"/>).</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="output">Gets the result.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Ends the checks.</param>
    /// <returns>Whether the arguments were work of this version.</returns>
    public static async Task<bool> TryRunAsync(IEnumerable<string> arguments, Func<string, string?> variable, TextWriter output, TimeProvider time, CancellationToken ct)
    {
        InsideWork work;
        try
        {
            work = InsideText.ReadWork(arguments);
        }
        catch (JsonException)
        {
            return false;
        }

        var relays = work.Relays ?? [];
        var result = new InsideResult
        {
            Ports = work.Ports is { } ports ? await NetChecker.RunAsync(ports, time, ct).ConfigureAwait(false) : null,
            Relays = work.Relays is null ? null : await RelayChecker.RunAsync(relays, SecretOf, work.Route, time, ct).ConfigureAwait(false),
        };
        await output.WriteAsync($"{InsideText.Write(result)}\n").ConfigureAwait(false);
        return true;

        (string? Secret, string? Problem) SecretOf(RelayTarget target) =>
            RelaySecrets.Read(Encoding.UTF8.GetBytes(variable(InsidePod.SecretVariable(relays.IndexOf(target))) ?? string.Empty), target.Pool, target.Uid);
    }

    private static int IndexOf(this IReadOnlyList<RelayTarget> all, RelayTarget one) => all.Select((each, index) => (each, index)).First(pair => ReferenceEquals(pair.each, one)).index;
}
